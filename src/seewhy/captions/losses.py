"""What captioning models are trained on first: the right next word, the right ending."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.captions.dcnet import DCNetWithMSE
from seewhy.captions.decoder import CaptionDecoder
from seewhy.captions.editnet import EditNet
from seewhy.captions.inputs import CaptionInputs
from seewhy.errors import ShapeError

SAMPLING_STEP, SAMPLING_EVERY, MOST_SAMPLING = 0.05, 5, 0.25
ATTRIBUTE_WEIGHT, ATTRIBUTE_FLOOR = 0.4, 0.069


def cross_entropy(logits: Tensor, captions: Tensor) -> Tensor:
    """Mean over all words of -ln P(word), ``<end>`` among them and padding not.

    Args:
        logits: of each next word, (batch, steps, vocabulary).
        captions: (batch, length) with ``<start>`` and ``<end>``, padded with 0.

    Raises:
        ShapeError: if there are fewer steps than the captions have words.
    """
    steps = logits.shape[1]
    targets = captions[:, 1:]
    if bool((targets[:, steps:] != 0).any()) or len(targets) != len(logits):
        raise ShapeError(
            f"logits of {len(logits)} captions and {steps} steps do not fit captions of shape "
            f"{tuple(captions.shape)}."
        )
    targets = F.pad(targets[:, :steps], (0, max(0, steps - targets.shape[1])))
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)


def find_sampling(epoch: int) -> float:
    """The probability of scheduled sampling in an epoch, counted from 0.

        p = min(0.05 ⌊epoch / 5⌋, 0.25)

    Source: Show, Edit and Tell (CVPR 2020), released code; Bengio et al. (NeurIPS 2015).

    Example:
        >>> [find_sampling(epoch) for epoch in (0, 4, 5, 14, 90)]
        [0.0, 0.0, 0.05, 0.1, 0.25]
    """
    return min(SAMPLING_STEP * (epoch // SAMPLING_EVERY), MOST_SAMPLING)


def teacher_forced_loss(
    model: CaptionDecoder[Any, Any],
    inputs: CaptionInputs,
    captions: Tensor,
    *,
    sampling: float = 0.0,
    generator: torch.Generator | None = None,
) -> dict[str, Tensor]:
    """Cross-entropy of captions that are read word by word.

    Args:
        model: in training or evaluation mode.
        inputs: of the pictures.
        captions: (batch, length) with ``<start>`` and ``<end>``, padded with 0.
        sampling: of scheduled sampling; see ``find_sampling``.
        generator: of random numbers for that.

    Returns:
        ``loss``.
    """
    logits = model(inputs, captions, sampling=sampling, generator=generator)
    return {"loss": cross_entropy(logits, captions)}


def ending_loss(
    model: DCNetWithMSE | EditNet, inputs: CaptionInputs, captions: Tensor, *, weight: float = 1.0
) -> dict[str, Tensor]:
    """Cross-entropy, and the distance of the last hidden state to the right caption's code.

        L = CE + weight · mean (q - r)²

    Of an EditNet, it is the term that the published code for 10 to 100 boxes has, off by default.

    Returns:
        ``loss``, and its terms ``cross_entropy`` and ``mse``.

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """
    logits, q, r = model.forward_with_endings(inputs, captions)
    ce, mse = cross_entropy(logits, captions), F.mse_loss(q, r)
    return {"loss": ce + weight * mse, "cross_entropy": ce, "mse": mse}


def count_attribute_words(words: Tensor, attributes: Tensor) -> Tensor:
    """How many words of a caption are among its picture's attributes, in the mean of a batch.

    Args:
        words: (batch, steps), such as the most likely word of each step.
        attributes: (batch, attributes), of the same pictures.

    Returns:
        A number that grows with the agreement; no gradient flows.

    Raises:
        ShapeError: if they are not of the same pictures.

    Source: Look and Modify (BMVC 2019), released code.
    Differs: the published code compares captions in an order sorted by length with attributes
        that are not; give both in one order. See docs/decisions/attribute-loss.md.
    """
    if words.ndim != 2 or attributes.ndim != 2 or len(words) != len(attributes):
        raise ShapeError(
            "words must be (batch, steps) and attributes (batch, attributes), got "
            f"{tuple(words.shape)} and {tuple(attributes.shape)}."
        )
    hits = (words[:, :, None] == attributes[:, None, :]).any(dim=-1)
    return hits.sum() / len(words)


def published_attribute_term(frequency: float) -> float:
    """What the published code adds to the loss for attributes: a number without a gradient.

        term = exp(-2/3 f),    added as 0.4 · term if term > 0.069

    Source: Look and Modify (BMVC 2019), released code.
    """
    term = math.exp(-2 / 3 * frequency)
    return ATTRIBUTE_WEIGHT * term if term > ATTRIBUTE_FLOOR else 0.0


def attribute_loss(logits: Tensor, captions: Tensor, attributes: Tensor) -> Tensor:
    """A loss that falls as attributes become likely words, and that can be trained on.

        L = exp(-2/3 f),    f = mean over captions of Σ_t Σ_a P_t(a)

    Args:
        logits: (batch, steps, vocabulary).
        captions: (batch, length) with ``<start>`` and ``<end>``; padding does not count.
        attributes: (batch, attributes); a word named twice counts once.

    Source: after Look and Modify (BMVC 2019), whose own term has no gradient; see
        docs/decisions/attribute-loss.md.
    """
    chances = logits.softmax(dim=-1)
    wanted = torch.zeros_like(chances[:, 0]).scatter(1, attributes, 1.0)
    expected = (chances * wanted[:, None]).sum(dim=-1)  # (batch, steps)
    is_word = captions[:, 1 : 1 + logits.shape[1]] != 0
    return torch.exp(-2 / 3 * (expected * is_word).sum() / len(logits))
