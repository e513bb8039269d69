"""Pictures and texts to vectors: protocols, adapters and the embedded minis."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.encoders.base import TorchDualEncoder as TorchDualEncoder
    from seewhy.encoders.base import TorchImageEncoder as TorchImageEncoder
    from seewhy.encoders.catalogue import list_encoders as list_encoders
    from seewhy.encoders.catalogue import load_encoder as load_encoder
    from seewhy.encoders.huggingface import wrap_hugging_face as wrap_hugging_face
    from seewhy.encoders.modules import wrap_module as wrap_module
    from seewhy.encoders.openai_weights import convert_openai_clip as convert_openai_clip
    from seewhy.encoders.preprocessing import Preprocessing as Preprocessing
    from seewhy.encoders.protocols import DualEncoder as DualEncoder
    from seewhy.encoders.protocols import ImageEncoder as ImageEncoder

_HOME = {  # public name -> module that defines it; imported on first use
    "DualEncoder": "seewhy.encoders.protocols",
    "ImageEncoder": "seewhy.encoders.protocols",
    "Preprocessing": "seewhy.encoders.preprocessing",
    "TorchDualEncoder": "seewhy.encoders.base",
    "TorchImageEncoder": "seewhy.encoders.base",
    "convert_openai_clip": "seewhy.encoders.openai_weights",
    "list_encoders": "seewhy.encoders.catalogue",
    "load_encoder": "seewhy.encoders.catalogue",
    "wrap_hugging_face": "seewhy.encoders.huggingface",
    "wrap_module": "seewhy.encoders.modules",
}
__all__ = [
    "DualEncoder",
    "ImageEncoder",
    "Preprocessing",
    "TorchDualEncoder",
    "TorchImageEncoder",
    "convert_openai_clip",
    "list_encoders",
    "load_encoder",
    "wrap_hugging_face",
    "wrap_module",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.encoders' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
