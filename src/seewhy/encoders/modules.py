"""Any torch module as an image encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.preprocessing import Preprocessing


def wrap_module(
    module: nn.Module,
    *,
    preprocessing: Preprocessing,
    name: str | None = None,
    embed: Callable[[Tensor], Tensor] | None = None,
    layers: Sequence[str] | None = None,
    num_prefix_tokens: int | None = None,
) -> TorchImageEncoder:
    """An image encoder around a torch module of your own.

    A probe pass finds its blocks or stages, its grid and its prefix tokens; what it finds is in
    ``.layout``, and the arguments overrule it. The module is not moved or changed.

    Args:
        module: the network, on its device.
        preprocessing: how it wants its pictures.
        name: what it is called in results; ``None``: the name of its class.
        embed: maps pixels (batch, 3, height, width) → (batch, dim) through ``module``; ``None``:
            calling it does.
        layers: names of its blocks or stages, first to last, as in ``named_modules()``.
        num_prefix_tokens: tokens before the patches.

    Raises:
        EncoderError: if the network fails on a picture, or gives no embedding.

    Example:
        >>> from torch.nn import AdaptiveAvgPool2d, Conv2d, Flatten, Sequential
        >>> network = Sequential(Conv2d(3, 4, 3, stride=2), AdaptiveAvgPool2d(1), Flatten())
        >>> wanted = Preprocessing(size=(9, 9), mean=(0.5,) * 3, std=(0.5,) * 3)
        >>> wrap_module(network, preprocessing=wanted).layout.grid
        (4, 4)
    """
    encoder = TorchImageEncoder(
        name=name or f"module:{type(module).__name__}",
        module=module,
        embed=embed or module,
        preprocessing=preprocessing,
        layers=layers,
        num_prefix_tokens=num_prefix_tokens,
    )
    _ = encoder.layout  # a network that makes no sense fails here, not at its first use
    return encoder
