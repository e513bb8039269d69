"""Reading pickles that others published, without running anything they contain."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from seewhy.errors import DataFormatError, MissingFileError

_ALLOWED = {
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    *(
        (module, name)
        for module in ("builtins", "__builtin__")
        for name in ("dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
    ),
}


class RestrictedUnpickler(pickle.Unpickler):
    """An unpickler that builds containers, numbers and strings, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The class a pickle asks for, if it is harmless.

        Raises:
            pickle.UnpicklingError: if it is not.
        """
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def read_pickle(path: str | Path) -> Any:
    """Read a pickle of containers, numbers and strings.

    Raises:
        MissingFileError: if there is no such file.
        DataFormatError: if it is no pickle, or asks for anything else; nothing of it is run.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No file {path}.")
    try:
        with path.open("rb") as file:
            return RestrictedUnpickler(file, encoding="utf-8").load()
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        ImportError,
        UnicodeDecodeError,
    ) as error:
        raise DataFormatError(
            f"{path} is not a pickle of plain containers ({error or type(error).__name__}). "
            "Only dictionaries, lists, tuples, sets, numbers and strings are read from pickles."
        ) from error
