"""A tensor that stands in for maps that are computed only where they differ from known ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from seewhy.similarity.local_maps import LocalMap, all_known
from seewhy.similarity.local_rules import RULES

FACTS = frozenset("shape dtype device ndim size dim ndimension is_floating_point __len__".split())
"""What the stand-in itself can be asked for."""


class StandIn(Tensor):
    """Has the shape of whole maps, and holds NaN should anything read it by itself.

    A network is run on it as it is: what it calls is done to the regions where that is possible,
    and else to the whole maps, which are then a plain tensor.
    """

    local: LocalMap

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do what a network calls."""
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name == "__get__":  # of an attribute
            name = func.__self__.__name__  # type: ignore[attr-defined]
        if name in FACTS:
            return super().__torch_function__(func, types, args, kwargs)
        if "out" in kwargs:
            raise NotImplementedError(f"{name} writes to a tensor that it is given.")
        if name in ("to", "float") and _keeps_type(args[0], [*args[1:], *kwargs.values()]):
            return args[0]
        base, writes = _split_name(name)
        writes = writes or kwargs.get("inplace", False)
        rule = RULES.get(base)
        found = rule(*map(_look_up, args), **kwargs) if rule else None
        if found is not None:
            return _give(found, args[0] if writes else None)
        plain = [_fill(each) for each in args]
        if writes:
            plain[0] = plain[0].clone()
        result = func(*plain, **{key: _fill(each) for key, each in kwargs.items()})
        if writes and isinstance(args[0], StandIn):
            args[0].local = all_known(args[0].local.known.memory, plain[0])
            return args[0]
        return result


def stand_in(local: LocalMap) -> StandIn:
    """A tensor that a network can be run on."""
    batch, channels, height, width = local.shape
    shape = (batch, height, width, channels) if local.is_last else local.shape
    empty = torch.full((), torch.nan, device=local.known.memory.device)
    tensor = empty.expand(shape).as_subclass(StandIn)
    tensor.local = local
    return tensor


def _give(found: LocalMap, written: Any) -> Any:
    """A new stand-in, or the one that was written to."""
    if not isinstance(written, StandIn):
        return stand_in(found)
    written.local = found
    return written


def _split_name(name: str) -> tuple[str, bool]:
    """What an operation does, and whether to what it is given: ``relu_``, ``__iadd__``."""
    if name.startswith("__"):
        inner = name.strip("_")
        is_written = inner in ("setitem", "iadd", "isub", "imul", "itruediv")
        return (inner[1:] if is_written else name), is_written
    return name.removesuffix("_"), name.endswith("_")


def _keeps_type(tensor: Tensor, wanted: list[Any]) -> bool:
    """Whether a conversion changes nothing."""
    for each in wanted:
        if isinstance(each, torch.dtype) and each != tensor.dtype:
            return False
        if isinstance(each, (str, torch.device)) and torch.device(each) != tensor.device:
            return False
        if isinstance(each, Tensor):
            return False
    return True


def _look_up(value: Any) -> Any:
    return value.local if isinstance(value, StandIn) else value


def _fill(value: Any) -> Any:
    """Whole maps in place of stand-ins."""
    if isinstance(value, StandIn):
        whole = value.local.whole().float()
        return whole.permute(0, 2, 3, 1) if value.local.is_last else whole
    if isinstance(value, (list, tuple)):
        return type(value)(_fill(each) for each in value)
    return value
