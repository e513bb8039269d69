"""seewhy: see why a vision or vision-language model answers as it does."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy import captions as captions
    from seewhy import concepts as concepts
    from seewhy import rationales as rationales
    from seewhy import scores as scores
    from seewhy import similarity as similarity
    from seewhy import world as world
    from seewhy.captions.catalogue import load_captioner as load_captioner
    from seewhy.captions.catalogue import load_editor as load_editor
    from seewhy.encoders.catalogue import load_encoder as load_encoder
    from seewhy.errors import SeewhyError as SeewhyError
    from seewhy.rationales.catalogue import load_rationale_model as load_rationale_model

__version__ = "0.1.0"

_HOME = {  # public name -> module that defines it; imported on first use
    "SeewhyError": "seewhy.errors",
    "load_captioner": "seewhy.captions.catalogue",
    "load_editor": "seewhy.captions.catalogue",
    "load_encoder": "seewhy.encoders.catalogue",
    "load_rationale_model": "seewhy.rationales.catalogue",
}
# public rooms, imported on first use
_ROOMS = ("captions", "concepts", "rationales", "scores", "similarity", "world")
__all__ = [
    "SeewhyError",
    "__version__",
    "captions",
    "concepts",
    "load_captioner",
    "load_editor",
    "load_encoder",
    "load_rationale_model",
    "rationales",
    "scores",
    "similarity",
    "world",
]


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"seewhy.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
