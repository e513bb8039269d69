"""Finding out how an encoder is built, by sending a dummy picture through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isqrt
from typing import Literal

import torch
from torch import Tensor, nn

from seewhy.encoders.features import record_outputs
from seewhy.encoders.protocols import EncoderLayout
from seewhy.errors import EncoderError

PICTURES = 2  # more than one, so that no axis of length 1 is taken for the batch
MIN_STAGES = 3  # fewer than this are rather parts that hold the stages
Shapes = Mapping[str, tuple[int, ...]]


@torch.no_grad()
def probe(
    module: nn.Module,
    embed: Callable[[Tensor], Tensor],
    size: tuple[int, int],
    *,
    layers: Sequence[str] | None = None,
    num_prefix_tokens: int | None = None,
) -> EncoderLayout:
    """Find the blocks or stages of an image encoder, its grid, and the sizes of what it gives.

    A transformer is known by its list of like blocks that give (batch, tokens, width); the grid
    is that of the last map before the first block. Anything else that gives maps is taken for a
    convolutional network, and its stages are the outermost modules that do.

    Args:
        module: the network, on its device and in evaluation mode.
        embed: maps pixels (batch, 3, height, width) to embeddings (batch, dim) through it.
        size: height and width of a preprocessed picture.
        layers: names of blocks or stages, first to last, where the search should not decide.
        num_prefix_tokens: tokens before the patches, where the search should not decide.

    Raises:
        EncoderError: if the network fails on the picture, or what it gives makes no sense.
    """
    names = [name for name, _ in module.named_modules() if name]
    unknown = [name for name in layers or () if name not in names]
    if unknown:
        raise EncoderError(f"The network has no module {unknown[0]!r}. Its modules: {names[:20]}.")
    with record_outputs(module, names, keep=lambda output: tuple(output.shape)) as shapes:
        dim = _embed_dummy(module, embed, size)
    shapes = {name: shape for name, shape in shapes.items() if shape[:1] == (PICTURES,)}
    found = tuple(layers) if layers is not None else _find_layers(module, shapes)
    if not found:
        return EncoderLayout("unknown", None, 0, (), 0, dim, size)
    kind, shape = _read_last(found, shapes)
    if kind == "convnet":
        grid, width = _read_map(shape)
        return EncoderLayout(kind, grid, 0, found, width, dim, size)
    grid, prefix = _find_grid(shape[1], found[0], shapes, size, num_prefix_tokens)
    return EncoderLayout(kind, grid, prefix, found, shape[2], dim, size)


def _embed_dummy(
    module: nn.Module, embed: Callable[[Tensor], Tensor], size: tuple[int, int]
) -> int:
    """Send two gray pictures through, and return the length of an embedding."""
    weight = next(module.parameters(), torch.zeros(()))
    pixels = torch.zeros(PICTURES, 3, *size, device=weight.device, dtype=weight.dtype)
    try:
        embedding = embed(pixels)
    except (RuntimeError, ValueError, TypeError) as error:
        raise EncoderError(
            f"The network fails on pictures of {size[0]} x {size[1]}: {error} "
            "Check the size in its preprocessing."
        ) from error
    if not isinstance(embedding, Tensor) or embedding.ndim != 2 or len(embedding) != PICTURES:
        given = (
            tuple(embedding.shape) if isinstance(embedding, Tensor) else type(embedding).__name__
        )
        raise EncoderError(
            f"An image encoder must give (batch, dim); for a batch of {PICTURES} it gave {given}. "
            "Say with embed= how to get one vector for each picture."
        )
    return embedding.shape[1]


def _find_layers(module: nn.Module, shapes: Shapes) -> tuple[str, ...]:
    """Blocks of a transformer if there are any, else stages of a convolutional network."""
    composite = {
        name for name, part in module.named_modules() if any(True for _ in part.children())
    }
    groups: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for name, shape in shapes.items():
        parent, _, last = name.rpartition(".")
        if len(shape) == 3 and last.isdigit() and name in composite:
            groups.setdefault((parent, shape), []).append(name)
    if groups:
        return tuple(max(groups.values(), key=len))
    maps = [name for name, shape in shapes.items() if len(shape) == 4 and max(shape[2:]) > 1]
    stages = _outermost([name for name in maps if name in composite])
    if 0 < len(stages) < MIN_STAGES:
        inner = _outermost([name for name in maps if name in composite and name not in stages])
        if len(inner) > len(stages) and shapes[inner[-1]] == shapes[stages[-1]]:
            return inner
    return stages or tuple(maps)


def _outermost(names: list[str]) -> tuple[str, ...]:
    """Names that lie inside no other of them."""
    return tuple(name for name in names if not any(name.startswith(f"{other}.") for other in names))


def _read_last(
    layers: Sequence[str], shapes: Shapes
) -> tuple[Literal["vit", "convnet"], tuple[int, ...]]:
    """What the last layer gives."""
    shape = shapes.get(layers[-1], ())
    if len(shape) == 3:
        return "vit", shape
    if len(shape) == 4:
        return "convnet", shape
    raise EncoderError(
        f"The layer {layers[-1]!r} gives neither tokens (batch, tokens, width) nor a map (batch, "
        f"channels, rows, columns), but {shape or 'no tensor'}. Name other layers."
    )


def _read_map(shape: tuple[int, ...]) -> tuple[tuple[int, int], int]:
    """Grid and channels of a map; channels come last where only the first two sides agree."""
    if shape[1] == shape[2] != shape[3]:
        return (shape[1], shape[2]), shape[3]
    return (shape[2], shape[3]), shape[1]


def _find_grid(
    num_tokens: int,
    first_block: str,
    shapes: Shapes,
    size: tuple[int, int],
    num_prefix_tokens: int | None,
) -> tuple[tuple[int, int], int]:
    """Grid of the patches, and how many tokens stand before them."""
    map_before = None
    for name, shape in shapes.items():  # in order of execution
        if name == first_block:
            break
        if len(shape) == 4 and not name.startswith(f"{first_block}."):
            map_before = shape[2:]
    if map_before is not None:
        rows, columns = map_before
        prefix = num_tokens - rows * columns
    else:
        rows, columns, prefix = _guess_grid(num_tokens, size, num_prefix_tokens)
    if prefix < 0 or num_prefix_tokens not in (None, prefix):
        wanted = "" if num_prefix_tokens is None else f" after {num_prefix_tokens} prefix tokens"
        raise EncoderError(
            f"{num_tokens} tokens do not hold a grid of {rows} x {columns} patches{wanted}. "
            "Say with num_prefix_tokens= how many tokens stand before the patches."
        )
    return (rows, columns), prefix


def _guess_grid(
    num_tokens: int, size: tuple[int, int], num_prefix_tokens: int | None
) -> tuple[int, int, int]:
    """Rows, columns and prefix where no map shows the grid: square patches, fewest before them."""
    candidates = range(num_tokens) if num_prefix_tokens is None else [num_prefix_tokens]
    for prefix in candidates:
        patches = num_tokens - prefix
        rows = isqrt(patches * size[0] // size[1])
        if (
            rows
            and patches == rows * (patches // rows)
            and patches // rows * size[0] == rows * size[1]
        ):
            return rows, patches // rows, prefix
    raise EncoderError(
        f"{num_tokens} tokens less {num_prefix_tokens} do not fill a grid over a picture of "
        f"{size[0]} x {size[1]}. Say with num_prefix_tokens= how many stand before the patches."
    )
