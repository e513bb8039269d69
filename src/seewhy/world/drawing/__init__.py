"""Drawing scenes: a pen, a file for each family, backgrounds, and the whole."""

from seewhy.world.drawing.scenes import Drawing, draw_scene

__all__ = ["Drawing", "draw_scene"]
