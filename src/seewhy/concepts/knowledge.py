"""What the text side knows: classes and descriptors, encoded once for all pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seewhy.concepts.ranking import RankedConcepts, average_templates, find_class_concepts
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.protocols import DualEncoder


@dataclass(frozen=True)
class TextKnowledge:
    """Classes and descriptors in the space of pictures."""

    classes: tuple[str, ...]
    class_weights: Tensor
    """(classes, dim), unit length."""
    descriptors: tuple[str, ...]
    prompted: Tensor
    """Descriptors in their template, (descriptors, dim), unit length."""
    raw: Tensor
    """Descriptors by themselves, (descriptors, dim), unit length."""
    number: int
    """Concepts of a class."""

    def of_class(self, index: int) -> RankedConcepts:
        """Descriptors nearest to a class."""
        return find_class_concepts(self.class_weights[index], self.prompted, number=self.number)


def encode_knowledge(
    encoder: DualEncoder,
    classes: Sequence[str],
    descriptors: Sequence[str],
    settings: ConceptSettings,
    *,
    progress: bool = False,
) -> TextKnowledge:
    """Encode classes and descriptors; the encoder keeps what it has encoded on disk."""
    prompts = [t.format(name) for t in settings.class_templates for name in classes]
    prompted = [settings.descriptor_template.format(text) for text in descriptors]
    texts = [*prompts, *prompted, *descriptors]
    rows = encoder.encode_texts(texts, progress=progress)
    split = torch.split(rows, [len(prompts), len(prompted), len(descriptors)])
    by_template = split[0].reshape(len(settings.class_templates), len(classes), -1)
    return TextKnowledge(
        classes=tuple(classes),
        class_weights=average_templates(by_template),
        descriptors=tuple(descriptors),
        prompted=split[1],
        raw=split[2],
        number=settings.class_concepts,
    )
