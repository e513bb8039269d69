"""Fits the reference a bundled encoder carries: ``python -m seewhy.concepts.reference_fitting``.

    python -m seewhy.concepts.reference_fitting mini:clip-base
    python -m seewhy.concepts.reference_fitting mini:photo-clip --images FOLDER --limit 1000

Without ``--images``, scenes of the small world's training split are taken. Two are written: for
the published foreground, and for the one by borders.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.reference import FILE_NAME, ConceptReference
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.encoders.protocols import ImageEncoder
from seewhy.images.folders import find_images
from seewhy.world.stream import stream_scenes

SCENES = 400


def fit_on(
    encoder: ImageEncoder,
    images: Any,
    *,
    fitted_on: str,
    settings: ConceptSettings | None = None,
    seed: int = 0,
    progress: bool = False,
) -> ConceptReference:
    """Fit foreground and parts on pictures, to be applied to others.

    Args:
        encoder: a dual encoder.
        images: paths, folders, PIL pictures or arrays; a few hundred.
        fitted_on: these pictures, in words; reports say it.
        settings: how; ``None`` for the published ones.
        seed: of k-means.
        progress: whether bars are shown.
    """
    explainer = ConceptExplainer(
        encoder, ["one thing", "another thing"], ["a thing"], settings=settings, seed=seed
    )
    explainer.progress = progress
    return explainer.fit(images, fitted_on=fitted_on)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and write a reference from the command line."""
    parser = argparse.ArgumentParser(prog="python -m seewhy.concepts.reference_fitting")
    parser.add_argument("name", help="encoder, such as mini:clip-base")
    parser.add_argument("--images", type=Path, help="folder of pictures instead of the world")
    parser.add_argument("--limit", type=int, default=SCENES, help="pictures at most")
    parser.add_argument("--out", type=Path, help="folder; default: the bundled encoder's")
    options = parser.parse_args(arguments)
    encoder = load_encoder(options.name)
    if options.images is None:
        size = encoder.preprocessing.size[0]
        images = [d.image for _, d in stream_scenes("train", size=size, count=options.limit)]
        fitted_on = f"{len(images)} scenes of the small world"
    else:
        images = find_images(options.images)[: options.limit]
        fitted_on = f"{len(images)} photographs"
    folder = options.out or MINIS_FOLDER / options.name.partition(":")[2]
    for foreground in ("svd", "border"):
        settings = ConceptSettings(foreground=foreground)
        reference = fit_on(encoder, images, fitted_on=fitted_on, settings=settings, progress=True)
        reference.save(folder / FILE_NAME.format(foreground))


if __name__ == "__main__":
    main()
