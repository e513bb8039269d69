"""Textual concepts: which descriptors name what is seen in each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

from seewhy.concepts.optimal_transport import transport
from seewhy.errors import InvalidArgumentError, ShapeError

RelevanceForm = Literal["code", "paper"]
PAPER_MARGIN = 0.02


@dataclass(frozen=True)
class Candidates:
    """Descriptors that all parts of a picture have among their best."""

    indices: Tensor
    """Into the descriptors, ascending, (candidates,)."""
    shared: int
    """Size of the intersection over the parts' best."""
    is_union: bool
    """Whether the intersection was too small, so that the union was taken."""


def find_candidates(logits: Tensor, *, best: int = 500, least: int = 3) -> Candidates:
    """Find the descriptors that are among the best of every part.

    Args:
        logits: similarity of each part and descriptor, (parts, descriptors).
        best: descriptors taken of each part; all of them if there are fewer.
        least: with a smaller intersection, the union is taken instead.

    Raises:
        InvalidArgumentError: if ``best`` is not positive or there is no part or descriptor.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016, released code.
    Differs: the published code fails on too small an intersection; see
        docs/decisions/candidates-fallback.md.
    """
    if best < 1 or not logits.numel():
        raise InvalidArgumentError(
            f"best must be positive and there must be parts and descriptors; got {best} and "
            f"{tuple(logits.shape)}."
        )
    top = logits.topk(min(best, logits.shape[1]), dim=1).indices
    times = torch.bincount(top.reshape(-1), minlength=logits.shape[1])
    shared = (times == len(logits)).nonzero().squeeze(1)
    needed = min(least, logits.shape[1])
    if len(shared) >= needed:
        return Candidates(shared, len(shared), is_union=False)
    return Candidates((times > 0).nonzero().squeeze(1), len(shared), is_union=True)


def average_prompts(embeddings: Tensor) -> Tensor:
    """Make one visual concept of the embeddings of its prompted pictures.

        v = mean over prompts of n(e),   n(x) = x / ‖x‖

    Args:
        embeddings: as the encoder gives them, (parts, prompts, dim).

    Returns:
        (parts, dim); as published, not brought to unit length again.

    Raises:
        ShapeError: if there are not three axes.
    """
    if embeddings.ndim != 3:
        raise ShapeError(
            f"Embeddings must be (parts, prompts, dim), got {tuple(embeddings.shape)}."
        )
    return normalize(embeddings.float(), dim=-1).mean(1)


def find_relevance_threshold(
    relevance: Tensor, *, form: RelevanceForm = "code", offset: float = 0.02
) -> float:
    """What the relevance of a candidate must exceed; see ``filter_relevant``."""
    if not len(relevance):
        raise InvalidArgumentError("There is no candidate to tell the relevance of, got 0.")
    if form == "code":
        return float(relevance.mean()) - offset
    if form == "paper":
        return float(relevance.quantile(0.5)) + PAPER_MARGIN
    raise InvalidArgumentError(f"form must be 'code' or 'paper', got {form!r}.")


def filter_relevant(
    relevance: Tensor, *, form: RelevanceForm = "code", offset: float = 0.02, least: int = 3
) -> Tensor:
    """Tell which candidates have to do with the whole picture.

        code     r > mean(r) - offset
        paper    r > median(r) + 0.02

    Args:
        relevance: cosine of the whole picture and each candidate's raw text, (candidates,).
        form: as in the released code, or as in the paper, which says the opposite sign.
        offset: of the form ``code``.
        least: if fewer pass, the most relevant ``least`` are kept.

    Returns:
        Which to keep, (candidates,) of booleans.

    Raises:
        InvalidArgumentError: if ``form`` is neither or there is no candidate.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016.
    Differs: see docs/decisions/relevance-filter.md.
    """
    keep = relevance > find_relevance_threshold(relevance, form=form, offset=offset)
    if int(keep.sum()) < min(least, len(relevance)):
        keep = torch.zeros_like(keep)
        keep[relevance.topk(min(least, len(relevance))).indices] = True
    return keep


@dataclass(frozen=True)
class PartConcepts:
    """Descriptors chosen for each part, best first."""

    indices: Tensor
    """Into the descriptors, (parts, concepts)."""
    scores: Tensor
    """Share of the transport plan, or similarity without transport, (parts, concepts)."""


def select_concepts(
    logits: Tensor,
    kept: Tensor | None = None,
    *,
    use_transport: bool = True,
    concepts: int = 3,
    temperature: float = 1.0,
) -> PartConcepts:
    """Choose the descriptors of each part.

    Args:
        logits: similarity of each part and descriptor, (parts, descriptors).
        kept: indices of the candidates, (candidates,); ``None`` for all descriptors.
        use_transport: rank by the transport plan between parts and candidates, so that parts
            share descriptors out; else by similarity.
        concepts: descriptors a part, fewer if there are fewer.
        temperature: of the transport.

    Raises:
        InvalidArgumentError: if there is no descriptor to choose, or none to be chosen.

    Source: CLIP mutual knowledge (NeurIPS 2024), arXiv:2410.13016.
    """
    kept = torch.arange(logits.shape[1]) if kept is None else kept
    if concepts < 1:
        raise InvalidArgumentError(f"concepts must be at least 1, got {concepts}.")
    if not len(kept):
        raise InvalidArgumentError("There is no descriptor to choose from, got 0.")
    values = logits[:, kept]
    if use_transport:
        values = transport(values, temperature=temperature)
    top = values.topk(min(concepts, len(kept)), dim=1)
    return PartConcepts(kept[top.indices], top.values)
