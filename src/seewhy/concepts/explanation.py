"""``explain``: what a dual encoder sees in pictures and knows of their classes, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.reference import ConceptReference
from seewhy.concepts.report import ConceptReport
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.protocols import ImageEncoder


def explain(
    encoder: ImageEncoder,
    images: Any,
    classes: Sequence[str],
    vocabulary: object = None,
    *,
    settings: ConceptSettings | None = None,
    labels: Mapping[str, str] | None = None,
    explain_label: bool = False,
    reference: ConceptReference | None = None,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = False,
) -> ConceptReport:
    """Explain in words what a dual encoder sees in pictures and knows of their classes.

    Each picture's foreground is divided into parts, each part is named by descriptors, and what
    is named is compared with what the text side holds nearest to the class.

    Args:
        encoder: whose pictures and texts share a space (CLIP, SigLIP).
        images: paths, folders, PIL pictures, arrays (height, width, 3), or several of them.
        classes: names to decide between, at least two.
        vocabulary: descriptors: ``None`` for our own, a path, a list, a mapping of classes to
            descriptors, or a ``Vocabulary``.
        settings: ``None`` for those of the published notebook.
        labels: true class of a picture by its name, where known.
        explain_label: compare with what is known of the true class instead of the predicted one.
        reference: foreground and parts fitted before; ``None``: fitted on the pictures, or taken
            from the encoder's own reference for fewer than 8.
        batch_size: pictures or prompts in one forward pass.
        seed: of k-means.
        progress: whether bars are shown.

    Returns:
        The pictures explained; those that could not be read are in ``failures``.

    Raises:
        EncoderError: if the encoder has no text side or no feature map.
        InvalidArgumentError: if there are fewer than two classes.
        ImageReadError: if no picture could be read.
        MissingFileError: if a path does not exist, or a folder holds no picture.

    Source: Sammani and Deligiannis, Interpreting and Analysing CLIP's Zero-Shot Image
        Classification via Mutual Knowledge (NeurIPS 2024), arXiv:2410.13016.
    Differs: texts are encoded once; parts may come from a reference; everything random is seeded;
        what has no foreground or too few candidates is answered; pictures are pointed at as they
        are, not as restored from the encoder's input. See docs/decisions.
    """
    explainer = ConceptExplainer(
        encoder,
        classes,
        vocabulary,
        settings=settings,
        reference=reference,
        batch_size=batch_size,
        seed=seed,
        progress=progress,
    )
    pictures = list(explainer.run(images, labels=labels, explain_label=explain_label))
    return explainer.report(pictures)
