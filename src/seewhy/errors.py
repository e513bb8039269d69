"""The exceptions of seewhy. Each derives from the built-in it resembles.

SeewhyError
├── InvalidArgumentError   (ValueError)         an argument is out of its range
│   └── ShapeError         (ValueError)         an array or tensor has another shape
├── UnknownNameError       (KeyError)           a name is in no catalogue
├── MissingFileError       (FileNotFoundError)  a file or folder is not there
├── MissingDependencyError (ImportError)        an extra is not installed
├── DataFormatError        (ValueError)         a file's content is not what it should be
├── ImageReadError         (OSError)            a picture cannot be read
├── WeightsError           (ValueError)         weights do not fit, are missing, or unsafe
├── MetricUnavailableError (RuntimeError)       a metric cannot be computed here
├── EndpointError          (ConnectionError)    a language model's server gives no answer
└── EncoderError           (RuntimeError)       an encoder cannot give what is asked of it
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SeewhyError(Exception):
    """Everything seewhy raises on purpose."""


class InvalidArgumentError(SeewhyError, ValueError):
    """An argument is out of its range; names it, what it may be and what it was."""


class ShapeError(InvalidArgumentError):
    """An array or tensor has another shape than the one asked for."""


class UnknownNameError(SeewhyError, KeyError):
    """A name is in no catalogue. Lists what exists and guesses what was meant."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        close = get_close_matches(name, self.known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        self.message = f"No {kind} named {name!r}.{hint} Known: {', '.join(self.known)}."
        super().__init__(self.message)

    def __str__(self) -> str:  # KeyError would print the quoted repr
        return self.message


class MissingFileError(SeewhyError, FileNotFoundError):
    """A file or folder that was named is not there."""


class MissingDependencyError(SeewhyError, ImportError):
    """An optional dependency is not installed; names the extra that brings it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'seewhy[{extra}]'."
        )


class DataFormatError(SeewhyError, ValueError):
    """A file's content is not of the form it should have; names file, entry and field."""


class ImageReadError(SeewhyError, OSError):
    """A picture cannot be read; names the file and the reason."""


class WeightsError(SeewhyError, ValueError):
    """Weights are missing, do not fit the model, or are of a kind that is not safe to read."""


class MetricUnavailableError(SeewhyError, RuntimeError):
    """A metric cannot be computed here; says what is missing and how to get it."""


class EndpointError(SeewhyError, ConnectionError):
    """A language model's server gives no answer, or refuses; says what it said."""


class EncoderError(SeewhyError, RuntimeError):
    """An encoder cannot give what is asked of it, or a probe of it found no sense."""
