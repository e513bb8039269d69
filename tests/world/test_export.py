import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.export import export_scenes
from seewhy.world.sampling import sample_scene


def test_a_folder_holds_the_pictures_and_what_is_true_of_them(tmp_path: Path) -> None:
    folder = export_scenes(tmp_path / "new" / "world", split="test", size=48, start=2, count=3)
    lines = (folder / "scenes.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    entry = json.loads(lines[1])
    scene = sample_scene(3, split="test")
    drawing = draw_scene(scene, 48)
    with Image.open(folder / entry["image"]) as image:
        assert np.array_equal(np.asarray(image), drawing.image)
    assert entry["scene"] == json.loads(json.dumps(asdict(scene)))
    assert entry["class"] == scene.things[0].name
    assert [tuple(box) for box in entry["boxes"]] == list(drawing.boxes)
    assert len(entry["captions"]) == 5
