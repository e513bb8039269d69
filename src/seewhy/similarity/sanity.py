"""Sanity check: does a map depend on what the encoder has learned?

The encoder's weights are replaced by random ones, stage after stage from the head down to the first
layer. A map that looks the same for an encoder that knows nothing shows the pictures, not the
encoder.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair
from seewhy.similarity.ranks import correlate_ranks

Floats = NDArray[np.floating[Any]]
UNCHANGED = 0.9
"""Rank correlation with the original from which a map counts as unchanged."""


@dataclass(frozen=True)
class SanityCheck:
    """How a map changes while weights become random."""

    stages: tuple[str, ...]
    """What was made random, in this order, each in addition to those before."""
    correlations: tuple[float, ...]
    """Mean rank correlation of both maps with the original ones; NaN where one is flat."""

    @property
    def is_passed(self) -> bool:
        """Whether the map of an encoder that is random all through is another one."""
        last = self.correlations[-1]
        return not last > UNCHANGED  # a flat map is another one too


def check_sanity(
    pair: Pair, explain: Callable[[Pair], tuple[Floats, Floats]], *, seed: int = 0
) -> SanityCheck:
    """Explain a pair again and again while the weights of a copy of the encoder become random.

    Args:
        pair: the pictures before their encoder, which is left as it is.
        explain: the method, a pair to two maps.
        seed: of the random weights.

    Source: Adebayo et al., Sanity Checks for Saliency Maps, arXiv:1810.03292 (cascading
        randomization).
    Differs: a stage's weights are drawn with the spread they had, so that a network without norms
        does not fall silent. See docs/decisions/similarity-measures.md.
    """
    clean = explain(pair)
    model = PairModel(copy.deepcopy(pair.model.encoder), layer=pair.model.place)
    numbers = torch.Generator().manual_seed(seed)
    names, correlations = [], []
    for name, parts in list_stages(model):
        for part in parts:
            _randomize(part, numbers)
        disturbed = explain(Pair(model, *pair.views, effort=pair.effort))
        names.append(name)
        correlations.append(
            float(np.mean([correlate_ranks(a, b) for a, b in zip(clean, disturbed, strict=True)]))
        )
    return SanityCheck(tuple(names), tuple(correlations))


def list_stages(model: PairModel) -> Iterator[tuple[str, list[nn.Module]]]:
    """Parts of the network from the head down, each with its name.

    First what follows the layers, then the layers from the last to the first, then what comes
    before them.
    """
    module, layers = model.encoder.module, model.layout.layers
    below = [name for name, _ in module.named_modules()]
    inside = {name for name in below for layer in layers if _is_in(name, layer)}
    outside = [name for name in below if name not in inside and _has_own(module, name)]
    first = below.index(layers[0])
    after = [name for name in outside if below.index(name) > first]
    if after:
        yield "head", [module.get_submodule(name) for name in after]
    for layer in reversed(layers):
        yield layer, list(module.get_submodule(layer).modules())
    before = [name for name in outside if name not in after]
    if before:
        yield "stem", [module.get_submodule(name) for name in before]


def _is_in(name: str, layer: str) -> bool:
    return name == layer or name.startswith(f"{layer}.")


def _has_own(module: nn.Module, name: str) -> bool:
    part = module.get_submodule(name) if name else module
    return any(True for _ in part.parameters(recurse=False))


@torch.no_grad()
def _randomize(part: nn.Module, numbers: torch.Generator) -> None:
    """New weights of the old mean and spread for one module, not for those below it."""
    for weights in part.parameters(recurse=False):
        drawn = torch.randn(weights.shape, generator=numbers)
        spread = weights.float().std() if weights.numel() > 1 else weights.float().abs().mean()
        weights.copy_(weights.float().mean() + spread * drawn.to(weights.device))
