"""The metrics that rest on a model: BERTScore, CLIPScore, similarity of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seewhy.scores.metric_scores import MetricScores, ScoringData, average_items

if TYPE_CHECKING:
    from torch import Tensor

    from seewhy.scores.ngrams import Floats


def score_tokens(data: ScoringData) -> dict[str, MetricScores]:
    """BERTScore: precision, recall and F1."""
    from seewhy.scores.token_matching import bert_score

    models = data.models
    encoder = models.bert_encoder
    found = bert_score(
        data.texts.candidates,
        data.texts.references,
        encoder,
        layer=models.layer,
        idf=models.idf,
        batch_size=models.batch_size,
        progress=data.progress,
    )
    model = f"model:{encoder.name}|layer:{found.layer}|idf:{'yes' if models.idf else 'no'}"
    columns = {"P": found.precision, "R": found.recall, "F1": found.f1}
    scores: dict[str, MetricScores] = {}
    for letter, values in columns.items():
        scores |= average_items(f"BERTScore-{letter}", values, model=model)
    return scores


def score_pictures(data: ScoringData) -> dict[str, MetricScores]:
    """CLIPScore and RefCLIPScore."""
    from seewhy.scores.embedding_scores import clip_score, ref_clip_score

    models = data.models
    encoder = models.pair_encoder
    images = models.encode_pictures(data.texts.ids, progress=data.progress)

    def encode(texts: list[str]) -> Tensor:
        prefixed = [models.prefix + text for text in texts]
        return encoder.encode_texts(
            prefixed, batch_size=models.batch_size, progress=data.progress
        ).float()

    captions = encode(list(data.texts.candidates))
    references, item = _flatten(data)
    model = f"model:{encoder.name}{_short_digest(encoder)}|prefix:{models.prefix.strip()}"
    fit = clip_score(images.float(), captions)
    both = ref_clip_score(images.float(), captions, encode(references), item)
    return {
        **average_items("CLIPScore", _to_numbers(fit), model=model),
        **average_items("RefCLIPScore", _to_numbers(both), model=model),
    }


def score_sentences(data: ScoringData) -> dict[str, MetricScores]:
    """Cosine of each candidate and the nearest of its references, as sentences."""
    from seewhy.scores.embedding_scores import sentence_similarity

    models = data.models
    encoder = models.sentences
    references, item = _flatten(data)
    candidates, others = (
        encoder.encode_texts(texts, batch_size=models.batch_size, progress=data.progress).float()
        for texts in (list(data.texts.candidates), references)
    )
    found = sentence_similarity(candidates, others, item)
    model = f"model:{encoder.name}{_short_digest(encoder)}"
    return average_items("Sentence-similarity", _to_numbers(found), model=model)


def _flatten(data: ScoringData) -> tuple[list[str], Tensor]:
    """All references, and the number of the item each belongs to."""
    import torch

    groups = data.texts.references
    sizes = torch.tensor([len(group) for group in groups])
    return [text for group in groups for text in group], torch.repeat_interleave(sizes)


def _short_digest(encoder: object) -> str:
    digest = getattr(encoder, "digest", "")
    return f"@{digest[:12]}" if digest else ""


def _to_numbers(values: Tensor) -> Floats:
    return values.double().numpy().astype(np.float64)
