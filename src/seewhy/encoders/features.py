"""Features of the patches: what a block gives, and the keys its attention compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, TypeVar

import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.protocols import EncoderLayout, FeatureKind, PatchFeatures
from seewhy.errors import EncoderError, InvalidArgumentError

Kept = TypeVar("Kept")

NORMS = ("ln_1", "norm1", "layer_norm1", "layernorm_before")
"""What the norm before the attention is called, inside a block."""

KEY_WEIGHTS = {  # place inside a block -> whether queries, keys and values are stacked there
    "attn.in_proj_weight": True,  # open_clip, nn.MultiheadAttention
    "self_attention.in_proj_weight": True,  # torchvision
    "attn.qkv.weight": True,  # timm, ours
    "attn.k_proj.weight": False,
    "self_attn.k_proj.weight": False,  # Hugging Face CLIP and SigLIP
    "attention.k_proj.weight": False,  # Hugging Face DINOv2 and ViT
    "attention.attention.key.weight": False,  # the same before transformers 5
}


@contextmanager
def record_outputs(
    module: nn.Module, names: Iterable[str], keep: Callable[[Tensor], Kept]
) -> Iterator[dict[str, Kept]]:
    """Record what the sub-modules ``names`` give while the block runs, in order of their end.

    The hooks are gone afterwards, also after an exception.

    Args:
        module: what holds the sub-modules.
        names: as in ``module.named_modules()``.
        keep: what to keep of a tensor.
    """
    found: dict[str, Kept] = {}

    def record(name: str, output: Any) -> None:
        output = output[0] if isinstance(output, (tuple, list)) and output else output
        if isinstance(output, Tensor):
            found.pop(name, None)  # a module that is called twice counts where it is last called
            found[name] = keep(output)

    handles = []
    try:
        for name in names:
            place = module.get_submodule(name)
            handles.append(
                place.register_forward_hook(lambda _m, _i, o, name=name: record(name, o))
            )
        yield found
    finally:
        for handle in handles:
            handle.remove()


def choose_layer(layout: EncoderLayout, layer: int) -> str:
    """Name of the layer with number ``layer``; negative numbers count from the last.

    Raises:
        EncoderError: if the probe found no layers.
        InvalidArgumentError: if there is no such layer.
    """
    if not layout.layers:
        raise EncoderError(
            "This encoder has no feature map that the probe could find. Name its blocks or stages "
            "with wrap_module(..., layers=[...])."
        )
    if not -len(layout.layers) <= layer < len(layout.layers):
        raise InvalidArgumentError(
            f"layer must be from {-len(layout.layers)} to {len(layout.layers) - 1}, got {layer}."
        )
    return layout.layers[layer]


def find_source(
    module: nn.Module, layout: EncoderLayout, kind: FeatureKind, layer: int
) -> tuple[str, Tensor | None]:
    """Where features come from: the sub-module to record, and what to multiply with.

    ``tokens`` are what the block gives. ``keys`` are what the norm before its attention gives,
    times the key weights: no bias, all heads side by side.

    Raises:
        InvalidArgumentError: if ``kind`` is none of the two.
        EncoderError: if there are no such features; says what to ask for instead.
    """
    name = choose_layer(layout, layer)
    if kind == "tokens":
        return name, None
    if kind != "keys":
        raise InvalidArgumentError(f"kind must be 'tokens' or 'keys', got {kind!r}.")
    if layout.kind != "vit":
        raise EncoderError(
            f"Keys exist only where there is attention, and {name!r} is a stage of a "
            f"{layout.kind}. Ask for kind='tokens'."
        )
    block = module.get_submodule(name)
    norm = next((norm for norm in NORMS if hasattr(block, norm)), None)
    weight = find_key_weight(block)
    if norm is None or weight is None:
        raise EncoderError(
            f"The block {name!r} ({type(block).__name__}) keeps its norm or its key weights at a "
            f"place that is not known (norms: {', '.join(NORMS)}; weights: "
            f"{', '.join(KEY_WEIGHTS)}). Ask for kind='tokens'."
        )
    return f"{name}.{norm}", weight


def find_key_weight(block: nn.Module) -> Tensor | None:
    """The weights that make keys, (channels, channels), or ``None`` if none are found."""
    for place, is_stacked in KEY_WEIGHTS.items():
        try:
            weight = attrgetter(place)(block)
        except AttributeError:
            continue
        if isinstance(weight, Tensor):
            return weight.chunk(3)[1] if is_stacked else weight
    return None


def to_patches(
    output: Tensor, weight: Tensor | None, layout: EncoderLayout, size: tuple[int, int]
) -> PatchFeatures:
    """Put what was recorded on the grid.

    Args:
        output: (batch, tokens, channels), or (batch, channels, rows, columns) in either order.
        weight: what to multiply tokens with, as ``find_source`` gives it.
        layout: the encoder's.
        size: height and width of the pixels.

    Raises:
        EncoderError: if the tokens do not fill a grid.
    """
    if output.ndim == 4:
        is_channels_last = output.shape[1] != layout.width and output.shape[3] == layout.width
        values = output if is_channels_last else output.permute(0, 2, 3, 1)
        return PatchFeatures(values.flatten(1, 2).float(), (values.shape[1], values.shape[2]))
    values = output[:, layout.num_prefix_tokens :]  # (batch, patches, channels)
    if weight is not None:
        values = F.linear(values, weight)
    grid = scale_grid(layout, size)
    if grid[0] * grid[1] != values.shape[1]:
        raise EncoderError(
            f"{values.shape[1]} patches do not fill a grid of {grid[0]} x {grid[1]}, which a "
            f"picture of {size[0]} x {size[1]} should give. Use pictures of "
            f"{layout.input_size[0]} x {layout.input_size[1]}."
        )
    return PatchFeatures(values.float(), grid)


def scale_grid(layout: EncoderLayout, size: tuple[int, int]) -> tuple[int, int]:
    """The grid for pixels of another size than the one that was probed."""
    rows, columns = layout.grid or (1, 1)
    height, width = layout.input_size
    return size[0] * rows // height, size[1] * columns // width
