"""Text encoders of transformers: a vector for each token, or one for a whole text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import normalize

from seewhy.errors import InvalidArgumentError, MetricUnavailableError, MissingFileError
from seewhy.progress import quiet_transformers, show_progress

if TYPE_CHECKING:
    from torch import Tensor

UNLIMITED = 100_000
"""Tokenizers without a limit of their own give an astronomical one."""


@dataclass(frozen=True)
class TokenVectors:
    """What an encoder makes of a batch of texts."""

    tokens: Tensor
    """Token numbers, (batch, tokens)."""
    mask: Tensor
    """True where there is a token and no padding, (batch, tokens)."""
    values: Tensor
    """(batch, tokens, dim), float32."""


@dataclass(frozen=True)
class TextEncoder:
    """A transformers encoder with its tokenizer, in evaluation mode."""

    name: str
    module: Any
    tokenizer: Any

    @classmethod
    def from_pretrained(cls, source: str | Path, *, device: str = "cpu") -> TextEncoder:
        """Load an encoder by hub name or from a local folder; no code from the hub is run.

        Args:
            source: as ``distilbert-base-uncased``, or a folder of ``save_pretrained``.
            device: where to compute.

        Raises:
            MissingFileError: if ``source`` is written as a path and is not there.
            MetricUnavailableError: if it cannot be fetched or read, or lacks weights.
        """
        from transformers import AutoModel, AutoTokenizer

        place = _find_place(source)
        try:
            with quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(place)
                module, report = AutoModel.from_pretrained(
                    place, dtype=torch.float32, output_loading_info=True
                )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            first = str(error).strip().splitlines()[0]
            raise MetricUnavailableError(
                f"The text encoder {source} cannot be loaded: {first} Name a folder, or a model of "
                "the hub where there is a network."
            ) from error
        if missing := sorted(key for key in report["missing_keys"] if "pooler" not in key):
            raise MetricUnavailableError(
                f"{source} holds no weights for {len(missing)} parts of its model, as {missing[0]}."
            )
        return cls(str(source), module.eval().requires_grad_(False).to(device), tokenizer)

    @cached_property
    def num_layers(self) -> int:
        """Layers that can be asked for; 0 are the embeddings below the first."""
        return int(self.module.config.num_hidden_layers)

    @cached_property
    def max_tokens(self) -> int:
        """Tokens of the longest text; longer ones are cut."""
        config = self.module.config
        limit = int(getattr(config, "max_position_embeddings", None) or UNLIMITED)
        if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet"):
            limit -= config.pad_token_id + 1  # their positions begin behind the padding's number
        return min(int(self.tokenizer.model_max_length), limit)

    @cached_property
    def frame_tokens(self) -> frozenset[int]:
        """Numbers of the tokens set before and behind each text."""
        return frozenset(self.tokenize([""])[0])

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, with the tokens before and behind it.

        Spaces at either end are cut off first.
        """
        stripped = [text.strip() for text in texts]
        return self.tokenizer(stripped, truncation=True, max_length=self.max_tokens)["input_ids"]

    def encode_tokens(self, tokens: Sequence[Sequence[int]], *, layer: int = -1) -> TokenVectors:
        """Vectors of the tokens of a few texts after one layer, on the CPU.

        Args:
            tokens: of each text, as ``tokenize`` gives them.
            layer: from 0 (the embeddings) to ``num_layers``; -1 is the last.

        Raises:
            InvalidArgumentError: if the encoder has no such layer.
        """
        if not -1 <= layer <= self.num_layers:
            raise InvalidArgumentError(
                f"{self.name} has layers 0 to {self.num_layers}, got layer={layer}."
            )
        width = max(len(row) for row in tokens)
        mask = torch.arange(width) < torch.tensor([len(row) for row in tokens])[:, None]
        padding = self.tokenizer.pad_token_id or 0
        numbers = torch.tensor([[*row, *[padding] * (width - len(row))] for row in tokens])
        device = self.module.device
        with torch.inference_mode():
            states = self.module(
                input_ids=numbers.to(device),
                attention_mask=mask.long().to(device),
                output_hidden_states=True,
            ).hidden_states
        return TokenVectors(numbers, mask, states[layer].float().cpu())

    def encode_texts(
        self, texts: Sequence[str], *, batch_size: int = 64, progress: bool = False
    ) -> Tensor:
        """Sentence vectors: the mean over a text's tokens of the last layer, of unit length.

        Args:
            texts: any number; each distinct text is encoded once.
            batch_size: texts in one forward pass; those of similar length go together.
            progress: whether a bar counts them.

        Returns:
            (texts, dim), float32.

        Source: Reimers and Gurevych, Sentence-BERT (EMNLP 2019), arXiv:1908.10084.
        """
        distinct = list(dict.fromkeys(texts))
        found: dict[str, Tensor] = {}
        for rows, vectors in self.encode_by_length(
            distinct, batch_size=batch_size, progress=progress
        ):
            weight = vectors.mask[..., None].float()
            mean = (vectors.values * weight).sum(1) / weight.sum(1)
            found.update(zip([distinct[row] for row in rows], normalize(mean, dim=-1), strict=True))
        if not distinct:
            return torch.zeros(0, int(self.module.config.hidden_size))
        return torch.stack([found[text] for text in texts])

    def encode_by_length(
        self,
        texts: Sequence[str],
        *,
        layer: int = -1,
        batch_size: int = 64,
        progress: bool = False,
    ) -> Iterator[tuple[list[int], TokenVectors]]:
        """Vectors of texts in batches of similar length, longest first, with their numbers."""
        tokens = self.tokenize(texts) if texts else []
        order = sorted(range(len(texts)), key=lambda row: -len(tokens[row]))
        batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        for rows in show_progress(
            batches, description="Texts", total=len(batches), enabled=progress
        ):
            yield rows, self.encode_tokens([tokens[row] for row in rows], layer=layer)


def _find_place(source: str | Path) -> str:
    """A folder as such, and a hub name as it is."""
    text = str(source)
    is_path = isinstance(source, Path) or text.startswith((".", "/", "~"))
    if is_path and not Path(source).expanduser().is_dir():
        raise MissingFileError(f"No folder of a text encoder at {source}.")
    return str(Path(source).expanduser()) if is_path else text
