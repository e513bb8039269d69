"""The zero-shot decision, and what pulled a wrong one astray."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from seewhy.concepts.report import Pull, ScoredConcept

SHOWN = 5


def list_prediction(probabilities: Tensor, classes: Sequence[str]) -> tuple[ScoredConcept, ...]:
    """Classes by probability, best first, at most five.

    Args:
        probabilities: (classes,).
        classes: their names.
    """
    top = probabilities.topk(min(SHOWN, len(classes)))
    return tuple(
        ScoredConcept(str(classes[i]), float(p))
        for i, p in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    )


def find_pulls(
    chosen: Sequence[int],
    descriptors: Sequence[str],
    *,
    whole: Tensor,
    embeddings: Tensor,
    predicted: Tensor,
    true: Tensor,
    shared: frozenset[str],
) -> tuple[Pull, ...]:
    """Weigh each visual concept between the predicted class and the true one.

        pull(c) = cos(picture, c) · (cos(predicted, c) - cos(true, c))

    Args:
        chosen: visual concepts, as indices into the descriptors.
        descriptors: texts.
        whole: embedding of the picture, (dim,), unit length.
        embeddings: of descriptors, (descriptors, dim), unit length.
        predicted: weight of the predicted class, (dim,), unit length.
        true: weight of the true class, (dim,), unit length.
        shared: concepts the text side knows of the predicted class.

    Returns:
        Strongest first; what speaks for the true class is negative and comes last.
    """
    pulls = [
        Pull(
            descriptors[index],
            float((embeddings[index] @ whole) * (embeddings[index] @ (predicted - true))),
            descriptors[index] in shared,
        )
        for index in dict.fromkeys(chosen)
    ]
    return tuple(sorted(pulls, key=lambda pull: -pull.strength))
