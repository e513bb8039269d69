"""What `make demo` runs: six drawn scenes and two photographs, explained in parts and words."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_sample_images

import seewhy
from seewhy.concepts.settings import ConceptSettings
from seewhy.reports.index import write_index
from seewhy.world.catalogue import CLASSES
from seewhy.world.drawing import draw_scene
from seewhy.world.sampling import sample_scene

SCENES = ("rabbit", "owl", "elephant", "sailboat", "truck", "lighthouse")
PHOTOGRAPH_CLASSES = ["temple", "flower", "dog", "beach", "mountain", "street", "crowd", "boat"]


def main() -> None:
    """Write the pages to the folder given, or to build/demo."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/demo")

    # Scenes of the small world: what is in them is known, so every word can be checked.
    pictures, labels = [], {}
    for seed, name in enumerate(SCENES):
        scene = sample_scene(seed, split="test", classes=[name], max_things=1)
        path = folder / "scenes" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_scene(scene, 224).image).save(path)
        pictures.append(path)
        labels[str(path)] = name
    encoder = seewhy.load_encoder("mini:clip-base")
    settings = ConceptSettings(foreground="border")  # what is unlike the edges of its picture
    scenes = seewhy.concepts.explain(
        encoder, pictures, list(CLASSES), "world", settings=settings, labels=labels, progress=True
    )

    # The two photographs that scikit-learn carries, by a small encoder trained on photographs.
    paths = []
    for name, image in zip(("temple.png", "flower.png"), load_sample_images().images, strict=True):
        path = folder / "photographs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        paths.append(path)
    photo_encoder = seewhy.load_encoder("mini:photo-clip")
    photographs = seewhy.concepts.explain(photo_encoder, paths, PHOTOGRAPH_CLASSES, progress=True)

    page = write_index(
        {"Six scenes of the small world": scenes, "Two photographs": photographs},
        folder / "index.html",
        title="seewhy: a demonstration",
    )
    for report in (scenes, photographs):
        for picture in report.pictures:
            best, shown = picture.prediction[0], picture.explanations[0]
            words = ", ".join(concept.text for concept in shown.ranked[:4])
            print(f"{Path(picture.name).name:16} {best.text:12} {best.score:4.0%}  sees: {words}")
    print(
        f"\nThe same from the command line:\n  seewhy concepts {folder}/scenes "
        "--model mini:clip-base --classes world --descriptors world --foreground border \\\n"
        "      --html concepts.html"
    )
    print(f"The report: {page}")


if __name__ == "__main__":
    main()
