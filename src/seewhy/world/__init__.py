"""The embedded world: scenes with known truth, drawn and described."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.world.captions import caption_scene as caption_scene
    from seewhy.world.catalogue import CLASSES as CLASSES
    from seewhy.world.catalogue import FAMILIES as FAMILIES
    from seewhy.world.contact_sheet import make_contact_sheet as make_contact_sheet
    from seewhy.world.descriptors import describe_class as describe_class
    from seewhy.world.descriptors import describe_scene as describe_scene
    from seewhy.world.drawing.scenes import Drawing as Drawing
    from seewhy.world.drawing.scenes import draw_scene as draw_scene
    from seewhy.world.export import export_scenes as export_scenes
    from seewhy.world.flaws import flaw_caption as flaw_caption
    from seewhy.world.pairs import compare_scenes as compare_scenes
    from seewhy.world.questions import ask_questions as ask_questions
    from seewhy.world.sampling import sample_scene as sample_scene
    from seewhy.world.scene import Scene as Scene
    from seewhy.world.scene import Thing as Thing
    from seewhy.world.stream import stream_scenes as stream_scenes

_HOME = {  # public name -> module that defines it; imported on first use
    "CLASSES": "seewhy.world.catalogue",
    "Drawing": "seewhy.world.drawing.scenes",
    "FAMILIES": "seewhy.world.catalogue",
    "Scene": "seewhy.world.scene",
    "Thing": "seewhy.world.scene",
    "ask_questions": "seewhy.world.questions",
    "caption_scene": "seewhy.world.captions",
    "compare_scenes": "seewhy.world.pairs",
    "describe_class": "seewhy.world.descriptors",
    "describe_scene": "seewhy.world.descriptors",
    "draw_scene": "seewhy.world.drawing.scenes",
    "export_scenes": "seewhy.world.export",
    "flaw_caption": "seewhy.world.flaws",
    "make_contact_sheet": "seewhy.world.contact_sheet",
    "sample_scene": "seewhy.world.sampling",
    "stream_scenes": "seewhy.world.stream",
}
__all__ = [
    "CLASSES",
    "FAMILIES",
    "Drawing",
    "Scene",
    "Thing",
    "ask_questions",
    "caption_scene",
    "compare_scenes",
    "describe_class",
    "describe_scene",
    "draw_scene",
    "export_scenes",
    "flaw_caption",
    "make_contact_sheet",
    "sample_scene",
    "stream_scenes",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.world' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
