"""What every result can do, and where it came from."""

from __future__ import annotations

import dataclasses
import io
import json
import platform
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zipfile import BadZipFile

from seewhy.errors import DataFormatError, InvalidArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RUN_FILE = "run.json"
Kept = TypeVar("Kept")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a result came from: enough to make it again."""

    model: str
    """Name under which the model was loaded."""
    model_digest: str
    """SHA-256 of its weights, as hexadecimal digits."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    versions: Mapping[str, str] = field(default_factory=lambda: library_versions())


def library_versions() -> dict[str, str]:
    """Versions of what decides the numbers of a result."""
    from seewhy import __version__

    versions = {"seewhy": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "scipy", "scikit-learn", "pillow"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # an optional one
            continue
    return versions


class Result:
    """Base of all results: frozen dataclasses with one way to be kept, sent and shown.

    Sub-classes are ``@dataclass(frozen=True)`` and define ``figure()``. Arrays and tensors
    are fields like any other: ``to_dict()`` turns them into nested lists, ``save()`` keeps
    them in ``arrays.npz`` beside ``result.json``.
    """

    @abstractmethod
    def figure(self) -> Figure:
        """The result drawn with matplotlib."""

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready dictionaries, lists, strings and numbers."""
        return to_plain(self)

    def save(self, folder: str | Path) -> Path:
        """Write ``result.json``, ``arrays.npz`` and ``figure.png`` and return the folder.

        In the JSON, an array stands as ``{"array": KEY, "shape": [...]}`` with its KEY in
        ``arrays.npz``.
        """
        import numpy as np

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {}
        plain = to_plain(self, arrays=arrays)
        (folder / "result.json").write_text(
            json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
            encoding="utf-8",
        )
        if arrays:
            np.savez_compressed(folder / "arrays.npz", **arrays)
        (folder / "figure.png").write_bytes(self.to_png())
        return folder

    def to_png(self) -> bytes:
        """The figure as the bytes of a PNG file."""
        buffer = io.BytesIO()
        self.figure().savefig(buffer, format="png", dpi=120, bbox_inches="tight")
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return self.to_png()


def to_plain(value: Any, *, arrays: dict[str, Any] | None = None, key: str = "") -> Any:
    """Turn dataclasses, tensors, arrays and paths into what JSON can hold.

    Args:
        value: anything a result holds.
        arrays: where arrays are put aside, by their dotted path; ``None`` writes them out.
        key: dotted path of ``value``.

    Raises:
        TypeError: if something has no JSON form; names its path.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return to_plain({f.name: getattr(value, f.name) for f in fields}, arrays=arrays, key=key)
    if isinstance(value, Mapping):
        return {
            str(name): to_plain(item, arrays=arrays, key=f"{key}.{name}" if key else str(name))
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [to_plain(item, arrays=arrays, key=f"{key}.{i}") for i, item in enumerate(items)]
    return _array_to_plain(value, arrays, key)


def _array_to_plain(value: Any, arrays: dict[str, Any] | None, key: str) -> Any:
    """A tensor, array or NumPy scalar: written out, or put aside under its path."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if not (hasattr(value, "tolist") and hasattr(value, "shape")):
        kind = type(value).__name__
        raise TypeError(f"{key or 'the value'} is a {kind}, which has no JSON form.")
    if value.shape == () or arrays is None:
        return to_plain(value.tolist(), key=key)
    arrays[key] = value
    return {"array": key, "shape": list(value.shape)}


class ResultFolder(Generic[Kept]):
    """A folder that keeps results as they are made: one file each, written whole or not at all.

    Which run they are of stands in ``run.json``, so that none is mixed up with another's.
    """

    def __init__(
        self,
        folder: str | Path,
        run: Mapping[str, Any],
        *,
        kind: str,
        build: Callable[[dict[str, Any], dict[str, Any]], Kept],
    ) -> None:
        """Open or make the folder.

        Args:
            folder: where to keep them.
            run: what decides the results; JSON-ready.
            kind: name of the results, and of the folder for them inside; as ``answers``.
            build: makes a result of what ``to_plain`` made of it, and of its arrays.

        Raises:
            InvalidArgumentError: if it holds the results of another run.
        """
        self.folder, self.details, self._build = Path(folder), Path(folder) / kind, build
        self.details.mkdir(parents=True, exist_ok=True)
        path = self.folder / RUN_FILE
        content = json.dumps(run, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") != content:
            raise InvalidArgumentError(
                f"{self.folder} holds the {kind} of another run (see {path}). Save to another "
                "folder, or remove this one."
            )
        path.write_text(content, encoding="utf-8")

    def keep(self, number: int, result: Kept) -> None:
        """Keep one result."""
        import numpy as np

        arrays: dict[str, Any] = {}
        plain = to_plain(result, arrays=arrays)
        stem = self.details / f"{number:06d}"
        with stem.with_suffix(".npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished = stem.with_suffix(".part")
        unfinished.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(stem.with_suffix(".json"))  # the JSON says that all of it is there

    def read(self) -> dict[int, Kept]:
        """The results that are there, by number.

        Raises:
            DataFormatError: if a file is damaged; names it.
        """
        return {int(path.stem): self._read(path) for path in sorted(self.details.glob("*.json"))}

    def _read(self, path: Path) -> Kept:
        import numpy as np

        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            with (
                path.with_suffix(".npz").open("rb") as file,  # which numpy leaves open on an error
                np.load(file, allow_pickle=False) as stored,
            ):
                arrays = {name: stored[name] for name in stored.files}
            return self._build(plain, arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise DataFormatError(
                f"{path} is damaged ({error}). Remove it, and it is made anew."
            ) from error
