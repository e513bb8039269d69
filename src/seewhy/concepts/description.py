"""One picture in words: its class, its parts, and what pulled it to a wrong class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.concepts.decision import find_pulls, list_prediction
from seewhy.concepts.feature_store import StoredPicture
from seewhy.concepts.knowledge import TextKnowledge
from seewhy.concepts.naming import name_parts
from seewhy.concepts.prompts import VisualPrompt
from seewhy.concepts.ranking import rank_classes
from seewhy.concepts.report import PictureConcepts, Pull, ScoredConcept
from seewhy.concepts.settings import ConceptSettings


def describe_picture(
    picture: StoredPicture,
    foreground: NDArray[np.bool_],
    prompts: Mapping[str, Sequence[VisualPrompt]],
    embedded: Mapping[str, Sequence[Tensor]],
    *,
    text: TextKnowledge,
    settings: ConceptSettings,
    logit_scale: float,
    label: str | None,
    explain_label: bool,
) -> PictureConcepts:
    """Name what was pointed out in a picture, and compare it with what is known of its class.

    Args:
        picture: with the embedding of the whole of it.
        foreground: (height, width).
        prompts: parts that were pointed out, by method.
        embedded: embedding (dim,) of each of ``prompts``.
        text: the classes and descriptors, encoded.
        settings: of the run.
        logit_scale: of the encoder.
        label: true class, where known.
        explain_label: compare with what is known of the true class instead of the predicted one.
    """
    probabilities = rank_classes(
        picture.embedding[None], text.class_weights, logit_scale=logit_scale
    )[0]
    prediction = list_prediction(probabilities, text.classes)
    explained = label if explain_label and label is not None else prediction[0].text
    known = text.of_class(text.classes.index(explained))
    words = tuple(
        ScoredConcept(text.descriptors[i], s)
        for i, s in zip(known.indices, known.scores, strict=True)
    )
    explanations = tuple(
        name_parts(
            method,
            found,
            torch.stack(list(embedded[method])) if found else picture.embedding[None][:0],
            whole=picture.embedding,
            size=(foreground.shape[0], foreground.shape[1]),
            text=text,
            class_concepts=[word.text for word in words],
            settings=settings,
        )
        for method, found in prompts.items()
    )
    result = PictureConcepts(
        name=picture.name,
        image=picture.image,
        prediction=prediction,
        label=label,
        explained=explained,
        class_concepts=words,
        foreground=foreground,
        explanations=explanations,
        notes=() if foreground.any() else ("No foreground was found in this picture.",),
    )
    if not result.is_wrong:
        return result
    return replace(result, pulls=_find_pulls(result, picture.embedding, text))


def _find_pulls(
    picture: PictureConcepts, embedding: Tensor, text: TextKnowledge
) -> tuple[Pull, ...]:
    place = {name: index for index, name in enumerate(text.descriptors)}
    predicted = text.classes.index(picture.prediction[0].text)
    known = text.of_class(predicted)
    return find_pulls(
        [place[c.text] for found in picture.explanations for c in found.ranked],
        text.descriptors,
        whole=embedding,
        embeddings=text.prompted,
        predicted=text.class_weights[predicted],
        true=text.class_weights[text.classes.index(picture.label or "")],
        shared=frozenset(text.descriptors[i] for i in known.indices),
    )
