"""SimCLRv2's network and head out of a published conversion."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seewhy.encoders.projection_heads import build_mlp, fill
from seewhy.encoders.simclr_v2 import SimCLRv2Config, SimCLRv2Network
from seewhy.encoders.weight_files import keep_tensors
from seewhy.errors import WeightsError

BLOCK = re.compile(r"net\.(\d+)\.blocks\.(\d+)\.")
STEM = "net.0.0.weight"
MIXER = "net.1.blocks.0.net.2.main_conv.0.weight"


def build_simclr_v2(
    content: Mapping[str, Any], *, source: str
) -> tuple[SimCLRv2Network, list[nn.Module]]:
    """Network and head of a checkpoint, whose sizes are read from its weights.

    Args:
        content: what the file holds: ``resnet`` and ``head``, both state dicts; or the former's
            weights alone.
        source: what error messages call it.

    Returns:
        The network, in evaluation mode, and its heads: one, or none where the file has none.

    Raises:
        WeightsError: if a weight is missing, left over, or of another shape.
    """
    weights = keep_tensors(content.get("resnet", content))
    weights = {n: value for n, value in weights.items() if not n.startswith("fc.")}  # classifier
    config = read_shape(weights, source)
    with torch.device("meta"):
        network = SimCLRv2Network(config)
    fill(network, weights, source=source)
    if "head" not in content:
        return network.eval(), []
    layers = keep_tensors(content["head"])
    head = {name.removeprefix("layers."): value for name, value in layers.items()}
    return network.eval(), [build_mlp(head, source=f"{source}: head.layers.").eval()]


def read_shape(weights: Mapping[str, Tensor], source: str) -> SimCLRv2Config:
    """Sizes that the weights show."""
    blocks = [match for match in map(BLOCK.match, weights) if match]
    counts = Counter(int(group) for group, _ in {(match[1], match[2]) for match in blocks})
    if STEM not in weights or sorted(counts) != list(range(1, len(counts) + 1)):
        raise WeightsError(
            f"{source} is no conversion of SimCLRv2: it holds {sorted(weights)[:3]}, but no {STEM}."
        )
    has_selective_kernels = MIXER in weights
    width = len(weights[STEM])
    return SimCLRv2Config(
        depths=tuple(counts[group] for group in sorted(counts)),
        width=2 * width if has_selective_kernels else width,  # there, the stem begins narrower
        has_selective_kernels=has_selective_kernels,
    )
