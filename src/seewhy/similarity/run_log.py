"""What a long run has done so far, one line each, so that it goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.results import to_plain

RUN_FILE, RESULTS = "run.json", "results.jsonl"


class RunLog:
    """A folder with ``run.json``, which says what run it is, and ``results.jsonl``, its items."""

    def __init__(self, folder: str | Path, run: Mapping[str, Any]) -> None:
        """Open or make the folder.

        Args:
            folder: where to keep results.
            run: everything that decides them.

        Raises:
            InvalidArgumentError: if the folder holds another run.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.path, described = folder / RESULTS, folder / RUN_FILE
        content = json.dumps(to_plain(run), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if described.is_file() and described.read_text(encoding="utf-8") != content:
            raise InvalidArgumentError(
                f"{folder} holds the results of another run (see {described}). Save to another "
                "folder, or remove this one."
            )
        described.write_text(content, encoding="utf-8")

    def append(self, name: str, found: Mapping[str, Any]) -> None:
        """Add one item, whole."""
        line = json.dumps({"name": name, **to_plain(found)}, ensure_ascii=False, allow_nan=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def read(self) -> dict[str, Any]:
        """All items by name; a last line that was cut off is taken away, and its item done again.

        Raises:
            DataFormatError: if another line is damaged; names it.
        """
        if not self.path.is_file():
            return {}
        text = self.path.read_text(encoding="utf-8")
        whole, _, rest = text.rpartition("\n")
        if rest:  # the run was stopped in the middle of it
            self.path.write_text(whole + "\n" if whole else "", encoding="utf-8")
        found = {}
        for number, line in enumerate(filter(None, whole.split("\n")), start=1):
            try:
                item = json.loads(line)
                found[item.pop("name")] = item
            except (ValueError, KeyError) as error:
                raise DataFormatError(
                    f"{self.path}, line {number} is damaged ({error}). Remove the line, and its "
                    "item is done again."
                ) from error
        return found
