"""Scenes as files: pictures in a folder, and their truth beside them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from seewhy.world.captions import caption_scene
from seewhy.world.stream import stream_scenes


def export_scenes(
    folder: str | Path, *, split: str = "test", size: int = 224, start: int = 0, count: int = 100
) -> Path:
    """Write pictures, and ``scenes.jsonl`` with what is true of each.

    Each line has ``image`` (file name), ``captions`` (five), ``class`` (of the main thing),
    ``boxes`` (left, top, right, bottom of each thing, in pixels) and ``scene`` (the scene graph).

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "scenes.jsonl").open("w", encoding="utf-8") as lines:
        scenes = stream_scenes(split, size=size, start=start, count=count, masks=True)
        for number, (scene, drawing) in enumerate(scenes, start=start):
            name = f"{split}-{number:06d}.png"
            Image.fromarray(drawing.image).save(folder / name)
            entry = {
                "image": name,
                "captions": list(caption_scene(scene)),
                "class": scene.things[0].name,
                "boxes": drawing.boxes,
                "scene": asdict(scene),
            }
            lines.write(json.dumps(entry) + "\n")
    return folder
