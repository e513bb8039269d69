"""Guided backpropagation: gradients that only pass where they are positive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from seewhy.errors import EncoderError, InvalidArgumentError

Guidance = Literal["none", "modules", "all"]
"""Which rectifiers are guided: none; those that are ``nn.ReLU`` modules, as published; or all,
also where a network calls a function."""

RECTIFIERS = frozenset(
    (F.relu, F.relu6, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_, F.relu_)
)


def check_guidance(guidance: str) -> None:
    """Refuse what is no kind of guidance.

    Raises:
        InvalidArgumentError: names what there is.
    """
    if guidance not in ("none", "modules", "all"):
        raise InvalidArgumentError(
            f"guidance must be 'none', 'modules' or 'all', got {guidance!r}."
        )


@contextmanager
def guiding(module: nn.Module, guidance: Guidance) -> Iterator[None]:
    """Clamp gradients at rectifiers of a network to be at least 0 while the block runs.

    What runs forward inside is guided when gradients are taken, also later.

    Args:
        module: the network.
        guidance: which rectifiers.

    Raises:
        EncoderError: if the network has used no rectifier at all: guided gradients would be plain
            ones.
    """
    if guidance == "none":
        yield
        return
    count = [0]

    def guide(output: Tensor) -> Tensor:
        count[0] += 1
        if output.requires_grad:
            output.register_hook(lambda gradient: gradient.clamp(min=0))
        return output

    with _guide_modules(module, guide) if guidance == "modules" else _GuideFunctions(guide):
        yield
    if not count[0]:
        raise EncoderError(
            f"Guided gradients need ReLUs, and {type(module).__name__} has used none"
            f"{' that is a module' if guidance == 'modules' else ''}. Ask for guidance 'none'."
        )


@contextmanager
def _guide_modules(module: nn.Module, guide: Callable[[Tensor], Tensor]) -> Iterator[None]:
    def change(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        return guide(output)

    handles = [
        part.register_forward_hook(change) for part in module.modules() if isinstance(part, nn.ReLU)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _GuideFunctions(TorchFunctionMode):
    """Guide what every rectifier gives, whoever calls it."""

    def __init__(self, guide: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.guide = guide

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        return self.guide(output) if func in RECTIFIERS else output
