"""What a run has done, one line an item, appended whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.rationales.derivation.recipes import Row

LEDGER = "items.jsonl"
SETTINGS = "settings.json"
ROWS = "explanations.jsonl"
REJECTS = "rejects.jsonl"


@dataclass(frozen=True)
class Entry:
    """All that came of one item."""

    item: str
    number: int
    """Its place in the source."""
    rows: tuple[Row, ...]
    rejects: tuple[tuple[str, str], ...]
    """(reason, text)."""
    tries: int
    """Answers that it took; all but the last were of another form."""
    prompt_tokens: int
    completion_tokens: int
    retries: int
    """Requests that failed on the way."""


class Ledger:
    """The folder of one run. A kill loses the items that were under way, and nothing else.

    Every item is one line, written at once and forced to the disk before the next; a last line
    without its end was cut off by a kill, and is taken away. One run at a time may write.

    Args:
        folder: made if it is not there.
        settings: of the run; a run goes on only with the same ones.

    Raises:
        InvalidArgumentError: if the folder holds a run with other settings, or another process
            is writing there.
        DataFormatError: if the ledger was changed by somebody else.
    """

    def __init__(self, folder: str | Path, settings: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self.folder / ".lock")
        try:
            self._check_settings(settings)
            self.entries = {entry.item: entry for entry in self._recover()}
            self._file = (self.folder / LEDGER).open("ab")
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._lock.close()

    def append(self, entry: Entry) -> None:
        """Keep what came of an item, for good.

        Raises:
            InvalidArgumentError: if the item is in the ledger already.
        """
        if entry.item in self.entries:
            raise InvalidArgumentError(f"The item {entry.item} is in {self.folder} already.")
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        self._file.write(line.encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.entries[entry.item] = entry

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        path = self.folder / SETTINGS
        wanted = json.dumps(settings, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if not path.is_file():
            write_whole(path, wanted)
            return
        known = json.loads(path.read_text(encoding="utf-8"))
        differing = sorted(
            key for key in {*known, *settings} if known.get(key) != json.loads(wanted).get(key)
        )
        if differing:
            raise InvalidArgumentError(
                f"{self.folder} holds a run with other settings ({', '.join(differing)}). Go on "
                "with the same ones, or name another folder."
            )

    def _recover(self) -> Iterator[Entry]:
        path = self.folder / LEDGER
        if not path.is_file():
            return
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:  # cut off by a kill
            with path.open("r+b") as file:
                file.truncate(len(whole))
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                values = json.loads(line)
                yield Entry(
                    **values
                    | {
                        "rows": tuple(values["rows"]),
                        "rejects": tuple((r, text) for r, text in values["rejects"]),
                    }
                )
            except (ValueError, TypeError, KeyError) as error:
                raise DataFormatError(
                    f"{path}, line {number} is no line of a ledger ({error!r}); it was changed. "
                    "Take the line out to have its item done again."
                ) from error


def _lock(path: Path) -> Any:
    """An open file that nobody else can lock at the same time; the system frees it on a kill."""
    file = path.open("wb")
    try:
        import fcntl
    except ImportError:  # Windows: two runs in one folder are up to the user
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise InvalidArgumentError(
            f"Another run is writing to {path.parent}. Wait for it, or name another folder."
        ) from error
    return file


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there with all its text, or as it was before."""
    beside = path.with_name(f"{path.name}.part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
