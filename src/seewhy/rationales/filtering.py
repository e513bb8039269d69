"""Which words may be drawn: the likeliest few, or those that make up most of the probability."""

from __future__ import annotations

import torch
from torch import Tensor

from seewhy.errors import InvalidArgumentError


def keep_likely(logits: Tensor, *, top_k: int = 0, top_p: float = 0.0) -> Tensor:
    """Scores in which unlikely words are minus infinity.

    First only the ``top_k`` highest scores stay, and all that equal the lowest of them. Then
    words are added up from the likeliest on, and those stay that are needed to come above
    ``top_p``; the likeliest always stays.

    Args:
        logits: (..., vocabulary).
        top_k: words to keep; 0: all.
        top_p: probability to keep, 0 to 1; 0: all.

    Returns:
        Scores of the same shape.

    Raises:
        InvalidArgumentError: if ``top_k`` is negative or ``top_p`` not from 0 to 1.

    Source: Holtzman et al. (ICLR 2020), arXiv:1904.09751; the order is that of NLX-GPT's code.

    Example:
        >>> keep_likely(torch.tensor([0.6, 0.3, 0.1]).log(), top_p=0.5).isfinite().tolist()
        [True, False, False]
        >>> keep_likely(torch.tensor([0.6, 0.3, 0.1]).log(), top_p=0.7).isfinite().tolist()
        [True, True, False]
    """
    if top_k < 0 or not 0 <= top_p <= 1:
        raise InvalidArgumentError(
            f"top_k must not be negative and top_p from 0 to 1, got {top_k} and {top_p}."
        )
    if top_k:
        lowest = logits.topk(min(top_k, logits.shape[-1])).values[..., -1:]
        logits = logits.masked_fill(logits < lowest, -torch.inf)
    if top_p > 0:
        ordered, places = logits.sort(dim=-1, descending=True)
        total = ordered.softmax(dim=-1).cumsum(dim=-1)
        dropped = (total > top_p).roll(1, dims=-1)  # the one that passes top_p stays
        dropped[..., 0] = False
        logits = logits.masked_fill(dropped.scatter(-1, places, dropped), -torch.inf)
    return logits
