"""BERTScore: tokens of candidate and reference matched by what a text encoder makes of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence

from seewhy.progress import show_progress
from seewhy.scores.ngrams import Floats
from seewhy.scores.text_encoder import TextEncoder

RECOMMENDED_LAYERS = {  # those that agree best with people, by the end of the name
    "albert-base-v2": 9, "albert-large-v2": 14, "albert-xlarge-v2": 13, "albert-xxlarge-v2": 8,
    "bert-base-multilingual-cased": 9, "bert-base-uncased": 9, "bert-large-uncased": 18,
    "deberta-base": 9, "deberta-base-mnli": 9, "deberta-large": 16, "deberta-large-mnli": 18,
    "deberta-v3-base": 9, "deberta-v3-large": 12, "deberta-v3-small": 4, "deberta-xlarge": 18,
    "deberta-xlarge-mnli": 40, "distilbert-base-multilingual-cased": 5,
    "distilbert-base-uncased": 5, "distilroberta-base": 5, "mpnet-base": 8, "roberta-base": 10,
    "roberta-large": 17, "roberta-large-mnli": 19, "scibert_scivocab_uncased": 8,
    "xlm-roberta-base": 9, "xlm-roberta-large": 17,
}  # fmt: skip
ITEMS_AT_ONCE, PAIRS_AT_ONCE = 256, 256


@dataclass(frozen=True)
class BertScores:
    """BERTScore of each item; each column is the best over the item's references."""

    precision: Floats
    """(items,)."""
    recall: Floats
    """(items,)."""
    f1: Floats
    """(items,)."""
    layer: int
    """The layer of the encoder that was used."""


@dataclass(frozen=True)
class _Text:
    vectors: Tensor  # (tokens, dim), unit length
    weights: Tensor  # (tokens,), summing to one, or all 0 for a text without a word


def bert_score(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    encoder: TextEncoder,
    *,
    layer: int | None = None,
    idf: bool = False,
    batch_size: int = 64,
    progress: bool = False,
) -> BertScores:
    """BERTScore of each candidate against its references.

        P = Σ_i w(c_i) max_j cos(c_i, r_j) / Σ_i w(c_i)      over the tokens c_i of the candidate
        R = Σ_j w(r_j) max_i cos(c_i, r_j) / Σ_j w(r_j)      over the tokens r_j of the reference
        F = 2 P R / (P + R)

    with w = 1, or ln((N + 1) / (df + 1)) over the N references; tokens set before and behind a
    text can be matched but weigh nothing.

    Args:
        candidates: one text an item.
        references: at least one text for each.
        encoder: what gives the tokens their vectors.
        layer: whose vectors are taken; ``None``: the one recommended for an encoder of this name,
            the last one where there is no recommendation.
        idf: whether rare tokens weigh more.
        batch_size: texts in one forward pass.
        progress: whether a bar is shown.

    Returns:
        Scores, not rescaled; 0 where candidate or reference has no word.

    Raises:
        InvalidArgumentError: if the encoder has no such layer.

    Source: Zhang et al. (ICLR 2020), arXiv:1904.09675.

    Differs: layers are taken from the whole encoder; the bert-score package cuts it off above the
        layer, which differs for encoders that end with a norm of their own.
    """
    layer = find_layer(encoder) if layer is None else layer
    frequencies = _document_frequencies(encoder, references) if idf else None
    columns: list[Tensor] = []
    starts = range(0, len(candidates), ITEMS_AT_ONCE)
    for begin in show_progress(
        starts, description="BERTScore", total=len(starts), enabled=progress
    ):
        kept = slice(begin, begin + ITEMS_AT_ONCE)
        groups = references[kept]
        texts = list(dict.fromkeys([*candidates[kept], *(t for group in groups for t in group)]))
        known = _encode(texts, encoder, frequencies, layer=layer, batch_size=batch_size)
        pairs = [
            (candidate, reference)
            for candidate, group in zip(candidates[kept], groups, strict=True)
            for reference in group
        ]
        item = torch.repeat_interleave(torch.tensor([len(group) for group in groups]))
        found = _match_pairs([(known[c], known[r]) for c, r in pairs])
        best = torch.full((len(groups), 3), -torch.inf)
        columns.append(best.scatter_reduce(0, item[:, None].expand(-1, 3), found, "amax"))
    whole = torch.cat([torch.zeros(0, 3), *columns]).double().numpy().astype(np.float64)
    return BertScores(whole[:, 0], whole[:, 1], whole[:, 2], layer)


def find_layer(encoder: TextEncoder) -> int:
    """The layer recommended for an encoder of this name, else the last."""
    name = encoder.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    layer = RECOMMENDED_LAYERS.get(name, encoder.num_layers)
    return layer if layer <= encoder.num_layers else encoder.num_layers


@dataclass(frozen=True)
class _Frequencies:
    documents: int
    counts: Counter[int]

    def weigh(self, token: int) -> float:
        return math.log((self.documents + 1) / (self.counts[token] + 1))


def _document_frequencies(
    encoder: TextEncoder, references: Sequence[Sequence[str]]
) -> _Frequencies:
    flat = [text for group in references for text in group]
    counts: Counter[int] = Counter()
    for tokens in encoder.tokenize(flat):
        counts.update(set(tokens))
    return _Frequencies(len(flat), counts)


def _encode(
    texts: Sequence[str],
    encoder: TextEncoder,
    frequencies: _Frequencies | None,
    *,
    layer: int,
    batch_size: int,
) -> dict[str, _Text]:
    found: dict[str, _Text] = {}
    for rows, vectors in encoder.encode_by_length(texts, layer=layer, batch_size=batch_size):
        for place, row in enumerate(rows):
            inside = vectors.mask[place]
            tokens = vectors.tokens[place][inside].tolist()
            weights = torch.tensor([_weigh(token, encoder, frequencies) for token in tokens])
            if set(tokens) <= encoder.frame_tokens:  # no word at all
                weights = torch.zeros(len(tokens))
            total = weights.sum()
            found[texts[row]] = _Text(
                normalize(vectors.values[place][inside], dim=-1),
                weights / total if total > 0 else torch.zeros(len(tokens)),
            )
    return found


def _weigh(token: int, encoder: TextEncoder, frequencies: _Frequencies | None) -> float:
    if frequencies is not None:
        return frequencies.weigh(token)
    return 0.0 if token in encoder.frame_tokens else 1.0


def _match_pairs(pairs: Sequence[tuple[_Text, _Text]]) -> Tensor:
    """P, R and F of each pair, (pairs, 3)."""
    sizes = [len(candidate.weights) + len(reference.weights) for candidate, reference in pairs]
    order = sorted(range(len(pairs)), key=sizes.__getitem__)
    found = torch.zeros(len(pairs), 3)
    for begin in range(0, len(order), PAIRS_AT_ONCE):
        rows = order[begin : begin + PAIRS_AT_ONCE]
        candidates, references = zip(*(pairs[row] for row in rows), strict=True)
        found[rows] = _match(candidates, references)
    return found


def _match(candidates: Sequence[_Text], references: Sequence[_Text]) -> Tensor:
    c, c_weights, c_mask = _stack(candidates)
    r, r_weights, r_mask = _stack(references)
    cosines = c @ r.transpose(1, 2)  # (pairs, tokens of c, tokens of r)
    inside = c_mask[:, :, None] & r_mask[:, None, :]
    cosines = cosines.masked_fill(~inside, -torch.inf)
    best_of_c = cosines.amax(2).masked_fill(~c_mask, 0)
    best_of_r = cosines.amax(1).masked_fill(~r_mask, 0)
    has_words = (c_weights.sum(1) > 0) & (r_weights.sum(1) > 0)
    precision = torch.where(has_words, (best_of_c * c_weights).sum(1), 0.0)
    recall = torch.where(has_words, (best_of_r * r_weights).sum(1), 0.0)
    total = precision + recall
    f1 = torch.where(total.abs() > 0, 2 * precision * recall / total, 0.0)
    return torch.stack([precision, recall, f1], 1)


def _stack(texts: Sequence[_Text]) -> tuple[Tensor, Tensor, Tensor]:
    vectors = pad_sequence([text.vectors for text in texts], batch_first=True)
    weights = pad_sequence([text.weights for text in texts], batch_first=True)
    lengths = torch.tensor([len(text.weights) for text in texts])
    return vectors, weights, torch.arange(vectors.shape[1]) < lengths[:, None]
