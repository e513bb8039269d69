"""Text embeddings kept on disk: encoded once for each text side and never again."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from seewhy.errors import ShapeError

logger = logging.getLogger(__name__)

RECIPE = "1"  # to be raised whenever our code turns the same text into other numbers
MAX_SHARDS = 8  # more files than this are put together into one


class TextCache:
    """Embeddings of one text side, by text.

    A folder of shards, each a safetensors file that is written whole under another name, then
    put in place, and named by the SHA-256 of its content. So a reader never sees half a file,
    writers at the same time lose nothing, and a damaged file is noticed.
    """

    def __init__(self, digest: str, *, folder: str | Path | None = None) -> None:
        """Open the cache of one text side.

        Args:
            digest: of everything but the text that decides an embedding: weights, tokenizer.
            folder: where caches lie; ``None``: ``find_cache_folder()``.
        """
        root = find_cache_folder() if folder is None else Path(folder)
        self.folder = root / "texts" / f"{digest}-{RECIPE}"

    def read(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Embeddings of those texts that are there, each (dim,), float32."""
        keys = {_key(text): text for text in texts}
        found: dict[str, Tensor] = {}
        for path in self._shards():
            for key, row in self._read_shard(path).items():
                if key in keys:
                    found[keys[key]] = row
        return found

    def write(self, texts: Sequence[str], embeddings: Tensor) -> None:
        """Keep embeddings; a folder that cannot be written costs a warning, no more.

        Args:
            texts: what they are of.
            embeddings: (texts, dim), float32.
        """
        if embeddings.ndim != 2 or len(texts) != len(embeddings):
            raise ShapeError(
                f"embeddings must be ({len(texts)}, dim), got {tuple(embeddings.shape)}."
            )
        rows = dict(zip(map(_key, texts), embeddings.float(), strict=True))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            old = self._shards()
            if len(old) >= MAX_SHARDS:
                for path in old:
                    rows = self._read_shard(path) | rows
            kept = self._write_shard(rows)
            for path in old if len(old) >= MAX_SHARDS else ():
                if path != kept:
                    path.unlink(missing_ok=True)  # what it held is in the new one
        except OSError as error:
            logger.warning(
                "Text embeddings are not kept: %s. Set SEEWHY_CACHE to a folder that can be "
                "written, or SEEWHY_NO_CACHE=1.",
                error,
            )

    def _shards(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors"))

    def _read_shard(self, path: Path) -> dict[bytes, Tensor]:
        """Rows by key; of a damaged file nothing, and the file is gone afterwards."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # another process has just put shards together
            return {}
        except OSError as error:
            logger.warning("The text cache %s cannot be read: %s.", path, error)
            return {}
        try:
            if hashlib.sha256(data).hexdigest() != path.stem:
                raise ValueError("its content is not what its name says")
            tensors = load(data)
            keys = tensors["keys"].numpy()
            return dict(zip(map(bytes, keys), tensors["embeddings"], strict=True))
        except (SafetensorError, KeyError, ValueError) as error:
            logger.warning("The text cache %s is damaged (%s); it is written anew.", path, error)
            path.unlink(missing_ok=True)
            return {}

    def _write_shard(self, rows: dict[bytes, Tensor]) -> Path:
        keys = torch.from_numpy(np.frombuffer(b"".join(rows), dtype=np.uint8).copy())
        tensors = {
            "keys": keys.view(len(rows), -1),
            "embeddings": torch.stack(list(rows.values())).contiguous(),
        }
        data = save(tensors)
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}.safetensors"
        descriptor, unfinished = tempfile.mkstemp(dir=self.folder, suffix=".unfinished")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(unfinished).replace(path)
        finally:
            Path(unfinished).unlink(missing_ok=True)
        return path


def is_cache_enabled() -> bool:
    """Whether the variable ``SEEWHY_NO_CACHE`` leaves the cache on."""
    return os.environ.get("SEEWHY_NO_CACHE", "") in ("", "0")


def find_cache_folder() -> Path:
    """``SEEWHY_CACHE``, or where this system keeps what can be made again."""
    if named := os.environ.get("SEEWHY_CACHE"):
        return Path(named).expanduser()
    system = platform.system()
    if system == "Windows" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "seewhy" / "cache"
    if system == "Darwin":
        return Path.home() / "Library" / "Caches" / "seewhy"
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "seewhy"


def _key(text: str) -> bytes:
    """SHA-256 of a text, 32 bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
