"""Whole modules out of pickled checkpoints: their weights and plain attributes, and no code.

Scripts that ``torch.save`` a module leave a pickle that names classes of their own. Here each of
those becomes an object that holds what was saved and can do nothing; tensors and containers are
built by a short list of functions, and a file that calls anything else is refused.
"""

from __future__ import annotations

import collections
import pickle
import tarfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor
from torch._utils import _rebuild_parameter, _rebuild_tensor, _rebuild_tensor_v2

from seewhy.encoders.weight_files import is_torchscript, shorten
from seewhy.errors import MissingFileError, WeightsError

DEEPEST = 64  # modules inside modules


@dataclass(frozen=True)
class PickledModule:
    """A module as it was saved: what it held, under the names of its state dict."""

    kind: str
    """Name of its class."""
    weights: Mapping[str, Tensor]
    attributes: Mapping[str, Any]
    """Plain values it held beside its weights (numbers, texts, dictionaries), by dotted name."""


class _Inert(type):
    """The class of classes that a pickle may name but neither call nor change."""

    dump_patches = False
    """Asked for by torch where a class's source has changed since; ``True`` writes a file."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise pickle.UnpicklingError(f"it changes {cls.__module__}.{cls.__qualname__}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise pickle.UnpicklingError(f"it calls {cls.__module__}.{cls.__qualname__}")


class _Builder:
    """A function that a pickle may call but not change."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, "_function", function)

    def __setattr__(self, name: str, value: Any) -> None:
        raise pickle.UnpicklingError(f"it changes {self._function.__name__}")

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)


def _make_scalar(kind: np.dtype[Any], data: bytes) -> Any:
    """A NumPy number from its bytes, as pickles hold it."""
    if kind.kind not in "biuf" or not isinstance(data, bytes) or len(data) != kind.itemsize:
        raise pickle.UnpicklingError("it makes a NumPy scalar that is no number")
    return np.frombuffer(data, dtype=kind)[0].item()


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Bytes as old protocols of pickle hold them."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError(f"it encodes text as {encoding!r}")
    return text.encode("latin1")


def _reconstruct(kind: Any, base: Any, state: Any) -> Any:
    """An object as the oldest protocols of pickle hold it; inert ones alone."""
    if not isinstance(kind, _Inert) or base is not object:
        raise pickle.UnpicklingError("it reconstructs an object of a class that is not inert")
    return object.__new__(kind)


def _make_backend() -> Any:
    """What stands for the backend that every module held before torch 1.4."""
    kind = _make_inert("torch.nn.backends.thnn", "THNNFunctionBackend")
    return object.__new__(kind)


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    ("_codecs", "encode"): _Builder(_encode),
    ("copyreg", "_reconstructor"): _Builder(_reconstruct),
    ("copy_reg", "_reconstructor"): _Builder(_reconstruct),
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "scalar"): _Builder(_make_scalar),
    ("numpy._core.multiarray", "scalar"): _Builder(_make_scalar),
    ("torch", "Size"): torch.Size,
    ("torch", "device"): torch.device,
    ("torch._utils", "_rebuild_tensor"): _Builder(_rebuild_tensor),
    ("torch._utils", "_rebuild_tensor_v2"): _Builder(_rebuild_tensor_v2),
    ("torch._utils", "_rebuild_parameter"): _Builder(_rebuild_parameter),
    ("torch.nn.backends.thnn", "_get_thnn_function_backend"): _Builder(_make_backend),
    **{
        (module, kind.__name__): kind
        for module in ("builtins", "__builtin__")
        for kind in (
            object,
            dict,
            set,
            frozenset,
            list,
            tuple,
            int,
            float,
            complex,
            bool,
            str,
            bytes,
        )
    },
}


class _ModuleUnpickler(pickle.Unpickler):
    """Builds tensors and containers; everything else becomes inert."""

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for."""
        found = _ALLOWED.get((module, name))
        return _make_inert(module, name) if found is None else found


def _make_inert(module: str, name: str) -> type:
    return _Inert(name, (), {"__module__": module, "__qualname__": name})


def _load(file: IO[bytes], **options: Any) -> Any:
    return _ModuleUnpickler(file, **options).load()


_PICKLE = SimpleNamespace(Unpickler=_ModuleUnpickler, load=_load, __name__="pickled_modules")


def read_pickled_modules(path: str | Path) -> dict[str, Any]:
    """A checkpoint that holds whole modules, with nothing of it run.

    Args:
        path: what ``torch.save`` wrote, in its format since 1.6 or the one before.

    Returns:
        What the file holds by name; modules as ``PickledModule``, tensors on the CPU. Objects
        that are no modules, such as optimizers, are left out.

    Raises:
        MissingFileError: if it is not there.
        WeightsError: if it is damaged, no checkpoint, or would have to be run to be read.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise MissingFileError(f"No checkpoint at {path}. Name a .tar or .pth.tar file.")
    if is_torchscript(path):
        raise WeightsError(f"{path} is a TorchScript archive, that is, a program; not read.")
    if tarfile.is_tarfile(path):
        raise WeightsError(
            f"{path} is a real tar archive, not a checkpoint that torch.save wrote. If the "
            "checkpoint is inside, unpack it first."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the source of inert classes is not found
            content = torch.load(path, "cpu", _PICKLE, weights_only=False)
    except Exception as error:  # a damaged or hostile file may fail in any way
        raise WeightsError(
            f"{path} is no checkpoint that can be read without running it: {shorten(error)}."
        ) from error
    if not isinstance(content, dict):
        content = {"model": content}
    return {
        str(name): _open_module(value, path) if _is_module(value) else value
        for name, value in content.items()
        if _is_module(value) or not isinstance(type(value), _Inert)
    }


def _is_module(value: Any) -> bool:
    return isinstance(type(value), _Inert) and isinstance(vars(value).get("_modules"), dict)


def _open_module(module: Any, path: Path) -> PickledModule:
    """Names and tensors of a module and of all inside it."""
    weights: dict[str, Tensor] = {}
    attributes: dict[str, Any] = {}
    waiting = [("", module, 0)]
    while waiting:
        prefix, part, depth = waiting.pop()
        if depth > DEEPEST:
            raise WeightsError(f"{path} holds modules nested deeper than {DEEPEST}.")
        held = vars(part)
        for store in ("_parameters", "_buffers"):
            for name, value in _items(held, store, path):
                if isinstance(value, Tensor):
                    weights[f"{prefix}{name}"] = value.detach()
        for name, value in held.items():
            if not name.startswith("_") and isinstance(value, (dict, str, int, float)):
                attributes[f"{prefix}{name}"] = value
        for name, inner in _items(held, "_modules", path):
            if _is_module(inner):
                waiting.append((f"{prefix}{name}.", inner, depth + 1))
    return PickledModule(type(module).__qualname__, weights, attributes)


def _items(held: Mapping[str, Any], store: str, path: Path) -> list[tuple[str, Any]]:
    content = held.get(store, {})
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds a module whose {store} is a {type(content).__name__}.")
    return list(content.items())
