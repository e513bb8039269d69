"""From the parts of one picture to words, knowledge and a curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seewhy.concepts.dynamics import delete_concepts
from seewhy.concepts.knowledge import TextKnowledge
from seewhy.concepts.mutual_information import find_mutual_knowledge
from seewhy.concepts.prompts import VisualPrompt
from seewhy.concepts.ranking import rank_concepts
from seewhy.concepts.report import NamedPart, PartsExplanation, ScoredConcept
from seewhy.concepts.settings import ConceptSettings
from seewhy.concepts.textual import filter_relevant, find_candidates, select_concepts

NOTHING = "no foreground was found, so there are no parts"


def name_parts(
    method: str,
    prompts: Sequence[VisualPrompt],
    visual: Tensor,
    *,
    whole: Tensor,
    size: tuple[int, int],
    text: TextKnowledge,
    class_concepts: Sequence[str],
    settings: ConceptSettings,
) -> PartsExplanation:
    """Name the parts of a picture and compare them with what the text side knows.

    Args:
        method: way the parts were found.
        prompts: of each part.
        visual: mean embedding of each part's prompts, (parts, dim), not of unit length.
        whole: embedding of the whole picture, (dim,), unit length.
        size: height and width of the picture.
        text: classes and descriptors.
        class_concepts: what the text side knows of the class.
        settings: of the explanation.
    """
    regions = np.full(size, -1, np.int8)
    for prompt in prompts:
        regions[prompt.region] = prompt.part
    if not prompts:
        return _explain(method, (), regions, (), 0, (NOTHING,), text, class_concepts, settings)
    logits = visual @ text.prompted.T
    best = settings.count_best(len(text.descriptors))
    candidates = find_candidates(logits, best=best, least=settings.concepts)
    kept, notes = candidates.indices, []
    if candidates.is_union:
        notes.append(
            f"only {candidates.shared} descriptors were among the best of all parts; those of any "
            "part were taken"
        )
    if settings.use_relevance:
        relevance = text.raw[kept] @ whole
        kept = kept[
            filter_relevant(
                relevance,
                form=settings.relevance_form,
                offset=settings.relevance_offset,
                least=settings.concepts,
            )
        ]
    found = select_concepts(
        logits,
        kept if settings.use_transport else None,
        use_transport=settings.use_transport,
        concepts=settings.concepts,
        temperature=settings.temperature,
    )
    parts = tuple(
        NamedPart(
            prompt.part,
            _scored(indices, scores, text.descriptors),
            prompt.ellipse,
            float(prompt.region.mean()),
        )
        for prompt, indices, scores in zip(
            prompts, found.indices.tolist(), found.scores.tolist(), strict=True
        )
    )
    chosen = found.indices.reshape(-1).tolist()
    ranked = rank_concepts(chosen, whole, text.raw)
    words = _scored(ranked.indices, ranked.scores, text.descriptors)
    return _explain(
        method,
        parts,
        regions,
        words,
        candidates.shared,
        tuple(notes),
        text,
        class_concepts,
        settings,
    )


def _scored(
    indices: Sequence[int], scores: Sequence[float], descriptors: Sequence[str]
) -> tuple[ScoredConcept, ...]:
    pairs = zip(indices, scores, strict=True)
    return tuple(ScoredConcept(descriptors[index], score) for index, score in pairs)


def _explain(
    method: str,
    parts: tuple[NamedPart, ...],
    regions: NDArray[np.int8],
    ranked: tuple[ScoredConcept, ...],
    candidates: int,
    notes: tuple[str, ...],
    text: TextKnowledge,
    class_concepts: Sequence[str],
    settings: ConceptSettings,
) -> PartsExplanation:
    words = [concept.text for concept in ranked]
    known, size = set(class_concepts), len(text.descriptors)
    return PartsExplanation(
        method=method,
        parts=parts,
        regions=regions,
        ranked=ranked,
        shared=tuple(word for word in words if word in known),
        knowledge=find_mutual_knowledge(words, known, vocabulary=size),
        curve=delete_concepts(words, class_concepts, vocabulary=size, estimator=settings.estimator),
        candidates=candidates,
        notes=notes,
    )
