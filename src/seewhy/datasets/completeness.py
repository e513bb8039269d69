"""What a folder holds of the published data sets, and what is missing from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.datasets.known_files import UNIFIED_TOTALS, KnownFile, list_known_files
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.progress import show_progress
from seewhy.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class SplitCheck:
    """What there is of one split of one data set."""

    task: str
    split: str
    path: Path | None
    """The file found, below the folder that was looked through."""
    state: str
    """``complete``, ``unknown size``, ``other size``, ``unreadable`` or ``missing``."""
    examples: int = 0
    explanations: int = 0
    expected: int | None = None
    """How many examples there should be."""
    is_exact: bool = True
    """Whether ``expected`` was counted; else it is from the papers."""
    pictures: int = 0
    """Different pictures that the file names."""
    missing_pictures: tuple[str, ...] | None = None
    """Those that are not there; ``None`` where no folder of pictures was found."""
    problem: str = ""
    """Why it is unreadable, or what is odd about its size."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is known to be missing, of texts and pictures."""
        return self.state in ("complete", "unknown size") and self.missing_pictures == ()


@dataclass(frozen=True)
class DatasetCheck(Result):
    """What a folder holds of the published data sets."""

    folder: Path
    splits: tuple[SplitCheck, ...]
    """In the order of the tasks; of forms of one split that are not there, the first only."""
    totals: dict[str, tuple[int, int]]
    """For tasks of which only the sum over splits is known: (explanations, expected)."""

    def figure(self) -> Figure:
        """Examples found of those expected, and pictures found of those named."""
        from matplotlib.figure import Figure

        names = [f"{split.task}, {split.split}" for split in self.splits]
        texts = [min(1.0, s.examples / s.expected) if s.expected else 1.0 * (s.examples > 0)
                 for s in self.splits]  # fmt: skip
        pictures = [
            1 - len(s.missing_pictures) / s.pictures if s.missing_pictures is not None else 0.0
            for s in self.splits
        ]
        figure = Figure(figsize=(7, 1 + 0.3 * len(names)), layout="constrained")
        axes = figure.add_subplot()
        places = range(len(names))
        axes.barh([p - 0.2 for p in places], texts, height=0.36, label="texts", color="#0072b2")
        axes.barh(
            [p + 0.2 for p in places], pictures, height=0.36, label="pictures", color="#e69f00"
        )
        axes.set_yticks(list(places), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("share that is there")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
        return figure


def check_datasets(
    folder: str | Path, *, images: str | Path | None = None, progress: bool = False
) -> DatasetCheck:
    """Find the files of the published data sets in a folder, read them, and look for pictures.

    Args:
        folder: looked through to the bottom.
        images: folder of the pictures for all of them; without it each data set's pictures are
            looked for where its authors have them (``images/mpi``, ``image_datasets``, ...).
        progress: whether a bar is shown.

    Raises:
        MissingFileError: if a folder is not there.
        InvalidArgumentError: if nothing in the folder is a file of a known data set.
    """
    folder = Path(folder)
    for needed in (folder, *([] if images is None else [Path(images)])):
        if not needed.is_dir():
            raise MissingFileError(f"No folder at {needed}.")
    names: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        names.setdefault(path.name, []).append(path)
    known = list(list_known_files())
    found = [
        split
        for file in show_progress(known, description="data sets", enabled=progress)
        for split in _check_file(file, _find(file, names), folder, images)
    ]
    if all(split.path is None for split in found):
        raise InvalidArgumentError(
            f"{folder} holds no file of a known data set; known are "
            f"{', '.join(dict.fromkeys(name for file in known for name in file.names))}."
        )
    return DatasetCheck(folder, tuple(_drop_other_forms(found)), _add_up(found))


def _find(file: KnownFile, names: dict[str, list[Path]]) -> Path | None:
    for wanted in map(Path, file.names):
        for path in names.get(wanted.name, ()):
            if path.is_file() and path.parts[-len(wanted.parts) :] == wanted.parts:
                return path
    return None


def _check_file(
    file: KnownFile, path: Path | None, folder: Path, images: str | Path | None
) -> list[SplitCheck]:
    """One check for each task of the file."""
    blank = [
        SplitCheck(
            task, file.split, path, "missing", expected=file.examples, is_exact=file.is_exact
        )
        for task in file.tasks
    ]
    if path is None:
        return blank
    try:
        tallies = _read_file(file, path, place := _find_pictures(file, path, folder, images))
    except (DataFormatError, MissingFileError) as error:
        return [replace(check, state="unreadable", problem=str(error)) for check in blank]
    return [_finish(file, check, tallies[check.task], place) for check in blank]


def _find_pictures(
    file: KnownFile, path: Path, folder: Path, images: str | Path | None
) -> Path | None:
    """The folder that holds the first example's picture; else the first that is there at all."""
    if images is not None:
        return Path(images)
    places = [folder / name for name in file.pictures if (folder / name).is_dir()]
    for place in places:
        first = next(file.read(path, place).read_all(), None)
        if first is not None and any((place / str(name)).is_file() for name in first.images):
            return place
    return next((place for place in places if place != folder), None)


@dataclass
class _Tally:
    examples: int = 0
    explanations: int = 0
    pictures: dict[str, None] = field(default_factory=dict)


def _read_file(file: KnownFile, path: Path, images: Path | None) -> dict[str, _Tally]:
    """Count what is in a file, task by task, reading it once."""
    tallies = {task: _Tally() for task in file.tasks}
    for example in file.read(path, images).read_all():
        tally = tallies[example.task]
        tally.examples += 1
        tally.explanations += len(example.explanations)
        tally.pictures |= dict.fromkeys(map(str, example.images))
    return tallies


def _finish(file: KnownFile, check: SplitCheck, tally: _Tally, images: Path | None) -> SplitCheck:
    """A check with its counts; one without examples counts as missing."""
    if not tally.examples:
        return replace(check, path=None)
    missing = None
    if images is not None:
        missing = tuple(name for name in tally.pictures if not (images / name).is_file())
    state, problem = _judge_size(file, tally.examples, tally.explanations)
    return replace(
        check,
        state=state,
        problem=problem,
        examples=tally.examples,
        explanations=tally.explanations,
        pictures=len(tally.pictures),
        missing_pictures=missing,
    )


def _judge_size(file: KnownFile, examples: int, explanations: int) -> tuple[str, str]:
    if file.examples is None:
        return "unknown size", ""
    if abs(examples - file.examples) > file.tolerance * file.examples:
        about = "" if file.is_exact else "about "
        return "other size", f"{examples:,} examples, {about}{file.examples:,} expected"
    if file.explanations is not None and explanations != file.explanations:
        return "other size", f"{explanations:,} explanations, {file.explanations:,} expected"
    return "complete", ""


def _drop_other_forms(splits: list[SplitCheck]) -> Iterator[SplitCheck]:
    """All that is there, and of a split that is not there at all its first own form."""
    there = {(s.task, s.split.split(",")[0]) for s in splits if s.path is not None}
    for split in splits:
        key = split.task, split.split.split(",")[0]
        if split.path is not None:
            yield split
        elif key not in there and (split.task in UNIFIED_TOTALS or "unified" not in split.split):
            there.add(key)
            yield split


def _add_up(splits: list[SplitCheck]) -> dict[str, tuple[int, int]]:
    totals = {}
    for task, expected in UNIFIED_TOTALS.items():
        found = sum(s.explanations for s in splits if s.task == task)
        if found:
            totals[task] = (found, expected)
    return totals
