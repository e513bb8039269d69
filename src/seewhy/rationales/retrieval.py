"""Which pictures and texts are near which: exact search, and the lists of the retrieval attack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch.nn.functional import normalize

from seewhy.datasets.examples import picture_name
from seewhy.datasets.nle import NLEExample
from seewhy.datasets.records import Record, read_json
from seewhy.encoders.protocols import DualEncoder, ImageEncoder
from seewhy.errors import EncoderError, InvalidArgumentError, ShapeError, UnknownNameError

if TYPE_CHECKING:
    from torch import Tensor

Direction = Literal["i2t", "t2i", "i2i"]
DIRECTIONS = ("i2t", "t2i", "i2i")
DEPTH = 15
"""How long the published lists are used."""
CHUNK = 1024
"""Queries compared with everything at once."""


class VectorIndex:
    """Exact search by cosine.

    Args:
        vectors: what is searched, (items, dim); need not be of unit length.

    Raises:
        ShapeError: if it is no matrix with at least one row.
    """

    def __init__(self, vectors: Tensor) -> None:
        if vectors.ndim != 2 or not len(vectors):
            raise ShapeError(f"vectors must be (items, dim), got {tuple(vectors.shape)}.")
        self.vectors = normalize(vectors.float(), dim=-1)

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The ``k`` nearest items of each query, the nearest first; of equals the first.

        Args:
            queries: (queries, dim).
            k: at least 1; all items, where there are fewer.

        Returns:
            Cosines and indices of items, both (queries, k).

        Raises:
            ShapeError: if queries have another dim.
            InvalidArgumentError: if ``k`` is below 1.
        """
        if queries.ndim != 2 or queries.shape[1] != self.vectors.shape[1]:
            raise ShapeError(
                f"queries must be (queries, {self.vectors.shape[1]}), got {tuple(queries.shape)}."
            )
        if k < 1:
            raise InvalidArgumentError(f"k must be at least 1, got {k}.")
        k, found = min(k, len(self)), []
        for part in normalize(queries.float(), dim=-1).split(CHUNK):
            cosines, order = (part @ self.vectors.T).sort(dim=-1, descending=True, stable=True)
            found.append((cosines[:, :k], order[:, :k]))
        empty = torch.zeros(0, k), torch.zeros(0, k, dtype=torch.long)
        values, indices = zip(*(found or [empty]), strict=True)
        return torch.cat(values), torch.cat(indices)


@dataclass(frozen=True)
class RetrievalLists:
    """What is near each query, the nearest first."""

    direction: Direction
    """``i2t``: texts near a picture; ``t2i``: pictures near a text; ``i2i``: pictures near one."""
    near: dict[str, tuple[str, ...]]
    """Texts as they stand in the data; pictures by their path below the folder of pictures."""

    def first(self, count: int | None) -> RetrievalLists:
        """The lists of the first so many queries; ``None``: all."""
        return RetrievalLists(self.direction, dict(list(self.near.items())[:count]))

    def save(self, path: str | Path) -> Path:
        """Write a JSON dictionary as the authors' ``retrieval_attack_data_*.json``."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.near, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return path


def read_retrieval_lists(path: str | Path, direction: Direction) -> RetrievalLists:
    """Lists that we or the authors wrote.

    Raises:
        UnknownNameError: if there is no such direction.
        MissingFileError: if there is no such file.
        DataFormatError: if it is no dictionary of lists of texts, or a picture would be outside
            its folder.
    """
    if direction not in DIRECTIONS:
        raise UnknownNameError("direction", direction, DIRECTIONS)
    table = Record(read_json(path), str(path))
    near = {str(query): table.texts(query) for query in table.values}
    pictures = [] if direction == "t2i" else list(near)
    pictures += [] if direction == "i2t" else [name for names in near.values() for name in names]
    for name in pictures:
        picture_name(name, str(path))
    return RetrievalLists(direction, near)


def build_retrieval_lists(
    encoder: ImageEncoder,
    examples: Sequence[NLEExample],
    direction: Direction,
    *,
    images: str | Path,
    depth: int = DEPTH,
    batch_size: int = 32,
    progress: bool = False,
) -> RetrievalLists:
    """Find for each picture or text of some examples what is near it among all of them.

    Each picture and each text is encoded once and occurs once. A picture is not in its own list;
    the text asked about a picture may be in the list of that picture.

    Args:
        encoder: a dual encoder; for ``i2i`` any image encoder.
        examples: whose pictures are files below ``images``, and whose questions are the texts.
        direction: from what to what.
        images: folder of the pictures.
        depth: length of the lists.
        batch_size: pictures in one forward pass.
        progress: whether bars are shown.

    Raises:
        UnknownNameError: if there is no such direction.
        EncoderError: if texts are to be compared and the encoder has no text side.
        InvalidArgumentError: if examples ask nothing, or there are too few for the lists.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081. Their retrieval is not published; this is ours.
    """
    if direction not in DIRECTIONS:
        raise UnknownNameError("direction", direction, DIRECTIONS)
    pictures = _list_pictures(examples, Path(images))
    texts = list(dict.fromkeys(example.question for example in examples if example.question))
    queries = texts if direction == "t2i" else list(pictures)
    items = texts if direction == "i2t" else list(pictures)
    if not queries or len(items) - (direction == "i2i") < depth:
        raise InvalidArgumentError(
            f"Lists of {depth} cannot be made from {len(items)} different "
            f"{'texts' if direction == 'i2t' else 'pictures'} of {len(examples)} examples; give "
            "more examples or a smaller depth."
        )
    vectors: dict[str, Tensor] = {
        "i": encoder.encode_images(
            list(pictures.values()), batch_size=batch_size, progress=progress
        )
    }
    if direction != "i2i":
        if not isinstance(encoder, DualEncoder):
            raise EncoderError(
                f"{encoder.name} has no text side; {direction} needs a dual encoder (CLIP, SigLIP)."
            )
        vectors["t"] = encoder.encode_texts(texts)
    index = VectorIndex(vectors[direction[2]])
    is_same = direction == "i2i"
    _, order = index.search(vectors[direction[0]], depth + is_same)
    near = {}
    for row, query in zip(order.tolist(), queries, strict=True):
        others = [items[i] for i in row if not (is_same and items[i] == query)]
        near[query] = tuple(others[:depth])
    return RetrievalLists(direction, near)


def _list_pictures(examples: Sequence[NLEExample], folder: Path) -> Mapping[str, Path]:
    """Different pictures by their path below the folder.

    Raises:
        InvalidArgumentError: if a picture is no file below it.
    """
    found: dict[str, Path] = {}
    for example in examples:
        path = example.image
        if not isinstance(path, Path) or not path.is_relative_to(folder):
            raise InvalidArgumentError(
                f"The picture of example {example.id} is no file below {folder}; read the "
                "examples with this folder of pictures."
            )
        found[path.relative_to(folder).as_posix()] = path
    return found
