"""One example of natural-language explanation, whatever data set it is from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.errors import ShapeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    Picture = Path | Image.Image | NDArray[np.uint8]

TASKS = ("vqa-x", "vqa-parax", "a-okvqa", "imagenet-x", "act-x", "e-snli-ve", "vcr")
"""The seven tasks of Uni-NLX, named as everywhere in seewhy."""
CAPTIONS = "captions"
"""The task of caption pre-training."""


@dataclass(frozen=True)
class NLEExample:
    """A question about a picture, its answers and the reasons for them, as annotated.

    Texts are as they stand in the file; normalizing them is the task's affair.
    """

    id: str
    """Unique in its file."""
    task: str
    """One of ``TASKS``, or ``captions``."""
    images: tuple[Picture, ...]
    """Usually one: a path that ``images.reading.read_image`` takes, or a picture in memory.
    ImageNetX has several of one class."""
    question: str
    """A hypothesis for e-SNLI-VE; empty for ACT-X and captions, which ask nothing."""
    answers: tuple[str, ...]
    """As given, ten for VQA; one where a data set has one answer; none for captions."""
    explanations: tuple[str, ...]
    """Each a reason of its own for the answer; for captions, the captions."""
    choices: tuple[str, ...] = ()
    """What can be chosen from, for multiple choice (A-OKVQA, VCR)."""
    concepts: tuple[str, ...] = ()
    """Words for what is in the picture, the surest first (e-SNLI-VE with concepts)."""
    objects: tuple[str, ...] = ()
    """Class of each object that the texts may point at as ``person0`` (VCR)."""
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """Left, top, right and bottom of each object, in pixels of ``image_size``."""
    image_size: tuple[int, int] | None = None
    """Width and height of the picture that ``boxes`` refer to, in pixels."""

    def __post_init__(self) -> None:
        if len(self.objects) != len(self.boxes):
            raise ShapeError(
                f"Example {self.id} has {len(self.objects)} objects and {len(self.boxes)} boxes; "
                "give each object one box."
            )
        if self.boxes and (self.image_size is None or min(self.image_size) < 1):
            raise ShapeError(
                f"Example {self.id} has boxes in pixels, so image_size must be the picture's width "
                f"and height, got {self.image_size}."
            )

    @property
    def image(self) -> Picture:
        """The picture, or the first of several."""
        return self.images[0]
