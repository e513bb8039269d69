"""Digests of weights: two encoders have one digest only if their weights are the same bits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

COLUMNS = 1024  # numbers in a row of those whose sums are taken

_known: WeakKeyDictionary[nn.Module, dict[tuple[str, ...], tuple[list[_Trace], str]]] = (
    WeakKeyDictionary()
)


class _Trace(NamedTuple):
    """What shows cheaply that a tensor is as it was when its digest was taken."""

    name: str
    address: int
    version: int
    """Goes up with every change in place that autograd sees."""
    sums: bytes
    """Of the bits, by rows and by columns; they catch changes that bypass autograd, as through
    ``.data``, also where weights only changed places."""


def digest_module(module: nn.Module, *, skip: tuple[str, ...] = ()) -> str:
    """SHA-256 over the names, shapes, types and bytes of all parameters and buffers.

    Remembered for each module for as long as its weights do not change, which takes a sum over
    them to see (a tenth of the time of SHA-256 itself).

    Args:
        module: any module.
        skip: prefixes of names that are left out.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> layer = nn.Linear(2, 3)
        >>> before = digest_module(layer)
        >>> _ = layer.weight.data[1, 0].add_(1)
        >>> digest_module(layer) == before
        False
    """
    tensors = [(name, tensor) for name, tensor in _tensors(module) if not name.startswith(skip)]
    traces = [_trace(name, tensor) for name, tensor in tensors]
    known = _known.setdefault(module, {})
    if skip not in known or known[skip][0] != traces:
        digest = hashlib.sha256()
        for name, tensor in tensors:
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(_bytes(tensor).cpu().numpy().data)
        known[skip] = (traces, digest.hexdigest())
    return known[skip][1]


def digest_texts(*texts: str) -> str:
    """SHA-256 over several texts, each with its length, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}\n".encode() + data)
    return digest.hexdigest()


def describe_tokenizer(tokenizer: Any) -> str:
    """Everything that decides which numbers a transformers tokenizer makes of a text."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        return backend.to_str()
    described = [type(tokenizer).__name__, str(tokenizer.init_kwargs)]
    described.append(json.dumps(sorted(tokenizer.get_vocab().items())))
    file = getattr(tokenizer, "vocab_file", None)  # a SentencePiece model
    return "\n".join(described) + (Path(file).read_bytes().hex() if file else "")


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """All parameters and buffers, each under every name it has."""
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _trace(name: str, tensor: Tensor) -> _Trace:
    version = 0 if tensor.is_inference() else tensor._version  # inference tensors keep no count
    return _Trace(name, tensor.data_ptr(), version, _sum_bits(_bytes(tensor)))


def _sum_bits(data: Tensor) -> bytes:
    """A short digest of a row of uint8, many times faster than a cryptographic one."""
    if data.storage_offset() % 8:
        data = data.clone()  # eight bytes can be read as a number only from their own places
    whole = len(data) // 8 * 8
    words, rest = data[:whole].view(torch.int64), data[whole:].long()
    square = words[: len(words) // COLUMNS * COLUMNS].view(-1, COLUMNS)
    rest = torch.cat([words[square.numel() :], rest])
    sums = torch.cat([square.sum(dim=0), square.sum(dim=1), rest])
    return hashlib.sha256(sums.cpu().numpy().data).digest()


def _bytes(tensor: Tensor) -> Tensor:
    """The tensor's memory as one row of uint8."""
    return tensor.detach().contiguous().view(-1).view(torch.uint8)
