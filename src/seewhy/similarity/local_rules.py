"""What the operations of a network do to maps that are known but for a region.

A network is run as it is: it gets a tensor of the right shape that holds no pixels, and whatever
it calls with that tensor is looked up here. Operations that look only at the surroundings of a
place give such a tensor again; any other gets the whole maps, and goes on as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.similarity.local_maps import (
    Convolution,
    LocalMap,
    Pooling,
    combine,
    map_points,
    slide,
)
from seewhy.similarity.regions import Reach

Found = LocalMap | None
"""What a rule gives: a map; ``None`` where an operation does not look at the surroundings alone."""


def convolve(
    x: Any,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Found:
    """A convolution of two axes."""
    if not _is_map(x) or isinstance(padding, str) or weight.ndim != 4:
        return None
    reach = _reach(weight.shape[2:], stride, padding, dilation)
    return slide(x, Convolution(weight, bias, reach, groups), len(weight))


def pool_max(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Found:
    """The largest of each window."""
    if not _is_map(x) or ceil_mode or return_indices:
        return None
    reach = _reach(kernel_size, kernel_size if stride is None else stride, padding, dilation)
    return slide(x, Pooling(reach, is_max=True), x.channels)


def pool_mean(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Found:
    """The mean of each window."""
    if not _is_map(x) or ceil_mode or divisor_override or any(_two(padding)):
        return None
    reach = _reach(kernel_size, kernel_size if stride is None else stride, 0, 1)
    return slide(x, Pooling(reach, is_max=False), x.channels)


def normalize_batch(
    x: Any,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Found:
    """A norm by running statistics, joined to the convolution before it where there is one."""
    if not _is_map(x) or training or mean is None or variance is None:
        return None
    scale = torch.rsqrt(variance + eps)
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    if x.convolved is not None:
        source, convolution = x.convolved
        return slide(source, convolution.followed_by(scale, shift), x.channels)

    def normalize(values: Tensor, is_ours: bool) -> Tensor:
        factor, term = (each.to(values.dtype).view(-1, 1, 1) for each in (scale, shift))
        return values.mul_(factor).add_(term) if is_ours else (values * factor).add_(term)

    return map_points(x, normalize)


def normalize_layer(
    x: Any, shape: Any, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Found:
    """A norm over the channels of each place."""
    if not isinstance(x, LocalMap) or not x.is_last or len(shape) != 1:
        return None

    def normalize(values: Tensor) -> Tensor:
        return F.layer_norm(values, shape, _like(values, weight), _like(values, bias), eps)

    return _map_last(x, normalize)


def multiply_matrix(x: Any, weight: Tensor, bias: Tensor | None = None) -> Found:
    """A linear layer over the channels of each place."""
    if not isinstance(x, LocalMap) or not x.is_last:
        return None

    def multiply(values: Tensor) -> Tensor:
        return F.linear(values, weight.to(values.dtype), _like(values, bias))

    return _map_last(x, multiply, len(weight))


def permute(x: Any, *order: Any) -> Found:
    """Channels put last, or back to where they were."""
    dims = tuple(order[0]) if len(order) == 1 else order
    if not isinstance(x, LocalMap) or dims != ((0, 3, 1, 2) if x.is_last else (0, 2, 3, 1)):
        return None
    return x.with_channels(is_last=not x.is_last)


def keep(x: Any, *_args: Any, **_kwargs: Any) -> Found:
    """What gives what it gets."""
    return x


def drop_out(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Found:
    """Dropout, which does nothing in evaluation mode."""
    return None if training else x


def rectify(x: Any, inplace: bool = False) -> Found:
    """ReLU, over what it gets where nobody else has that."""
    return map_points(x, lambda values, is_ours: values.relu_() if is_ours else values.relu())


def bend(function: Callable[..., Tensor]) -> Callable[..., Found]:
    """The rule of an activation function."""

    def rule(x: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Found:
        return map_points(x, lambda values, _: function(values, *args, **kwargs))

    return rule


def join(function: Callable[..., Tensor]) -> Callable[..., Found]:
    """The rule of arithmetic between a map and another, a number, or one value a channel."""

    def rule(x: Any, y: Any, *, alpha: float = 1, **kwargs: Any) -> Found:
        if alpha != 1 or kwargs:
            return None
        if isinstance(x, LocalMap) and isinstance(y, LocalMap):
            if x.shape != y.shape or x.is_last != y.is_last:
                return None
            return combine(x, y, function, is_sum=function is torch.add)
        local, constant = (x, y) if isinstance(x, LocalMap) else (y, x)
        spread = _spread(constant, local)
        if spread is None:
            return None
        if local is x:
            return map_points(local, lambda values, _: function(values, _cast(spread, values)))
        return map_points(local, lambda values, _: function(_cast(spread, values), values))

    return rule


def _spread(constant: Any, local: LocalMap) -> Any:
    """A number, or one value a channel as (channels, 1, 1); ``None`` if it is neither."""
    if isinstance(constant, (int, float)):
        return constant
    if not isinstance(constant, Tensor):
        return None
    channel = -1 if local.is_last else -3
    shape = [1] * (4 - constant.ndim) + list(constant.shape)
    if len(shape) != 4 or any(side != 1 for axis, side in enumerate(shape) if axis != 4 + channel):
        return None
    return constant.reshape(-1, 1, 1)


def _cast(constant: Any, values: Tensor) -> Any:
    return constant.to(values.dtype) if isinstance(constant, Tensor) else constant


def _like(values: Tensor, weight: Tensor | None) -> Tensor | None:
    return None if weight is None else weight.to(values.dtype)


def _map_last(
    x: LocalMap, operation: Callable[[Tensor], Tensor], channels: int | None = None
) -> LocalMap:
    """What an operation gives that wants channels last."""

    def run(values: Tensor, _is_ours: bool) -> Tensor:
        return operation(values.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    return map_points(x, run, channels)


def _is_map(x: Any) -> bool:
    return isinstance(x, LocalMap) and not x.is_last


def _two(value: Any) -> tuple[int, int]:
    """Rows and columns of an argument that may be one number for both."""
    first, *rest = value if isinstance(value, (tuple, list)) else (value,)
    return int(first), int(rest[0] if rest else first)


def _reach(kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Reach, Reach]:
    sides = zip(*map(_two, (tuple(kernel) if isinstance(kernel, torch.Size) else kernel,
                            stride, padding, dilation)), strict=True)  # fmt: skip
    rows, columns = (Reach(*side) for side in sides)
    return rows, columns


RULES: Mapping[str, Callable[..., Found]] = {
    "conv2d": convolve,
    "max_pool2d": pool_max,
    "avg_pool2d": pool_mean,
    "batch_norm": normalize_batch,
    "layer_norm": normalize_layer,
    "linear": multiply_matrix,
    "permute": permute,
    "relu": rectify,
    "dropout": drop_out,
    **dict.fromkeys(("contiguous", "clone", "detach"), keep),
    **{name: bend(getattr(F, name)) for name in (
        "relu6", "hardtanh", "hardswish", "hardsigmoid", "leaky_relu", "elu", "gelu", "silu",
        "mish", "softplus", "sigmoid", "tanh",
    )},
    **{name: join(getattr(torch, name)) for name in ("add", "sub", "mul", "div")},
}  # fmt: skip
"""By the name under which torch has an operation."""
