"""One token after another through the decoder, without doing anything twice.

The arithmetic is that of ``RationaleDecoder.forward``. Keys and values of the text are kept
from step to step, those of a picture are computed once and shared by all texts about it, and
words are scored only where the next one is wanted.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.errors import InvalidArgumentError
from seewhy.rationales.decoder import RationaleDecoder, TextBatch

HIDDEN = -1e4
"""Added to the scores of what may not be looked at."""


class PictureMemory:
    """Keys and values of pictures in every block, computed once."""

    def __init__(self, decoder: RationaleDecoder, pictures: Tensor) -> None:
        """Compute them.

        Args:
            decoder: whose blocks look at the pictures.
            pictures: (pictures, patches, image width).
        """
        projected = decoder.project(pictures)
        heads = decoder.config.heads
        self.layers: list[tuple[Tensor, Tensor]] = []
        """Keys (pictures, heads, dim, patches) and values (pictures, heads, patches, dim)."""
        for block in decoder.blocks:
            keys, values = apply(block.crossattention.c_attn, projected).chunk(2, dim=-1)
            # Contiguous once, or every step would copy them to multiply with them.
            turned = split_heads(keys, heads).transpose(-1, -2).contiguous()
            self.layers.append((turned, split_heads(values, heads).contiguous()))

    def __len__(self) -> int:
        return len(self.layers[0][0])


class Seating:
    """Which text looks at which picture: texts about one picture attend to it together."""

    def __init__(self, owners: Tensor, num_pictures: int) -> None:
        """Find each text a seat.

        Args:
            owners: number of each text's picture, (texts,).
            num_pictures: pictures in memory.
        """
        self.num_pictures = num_pictures
        counts = torch.bincount(owners, minlength=num_pictures)
        self.places = int(counts.max())  # seats at each picture
        self.is_plain = torch.equal(owners, torch.arange(num_pictures, device=owners.device))
        taken = torch.zeros_like(owners)
        for picture in counts.nonzero().flatten().tolist():
            mine = owners == picture
            taken[mine] = torch.arange(int(mine.sum()), device=owners.device)
        self.seats = owners * self.places + taken  # (texts,)

    def gather(self, x: Tensor) -> Tensor:
        """(texts, heads, tokens, dim) → (pictures, heads, places · tokens, dim)."""
        if self.is_plain:
            return x
        seated = x.new_zeros(self.num_pictures * self.places, *x.shape[1:])
        seated[self.seats] = x
        seated = seated.unflatten(0, (self.num_pictures, self.places)).transpose(1, 2)
        return seated.flatten(2, 3)

    def scatter(self, x: Tensor) -> Tensor:
        """The way back, for the last dimension whatever it is."""
        if self.is_plain:
            return x
        x = x.unflatten(2, (self.places, -1)).transpose(1, 2)  # (pictures, places, heads, ...)
        return x.flatten(0, 1)[self.seats]


class Decoding:
    """Texts that grow, with what has been computed of them."""

    def __init__(
        self, decoder: RationaleDecoder, memory: PictureMemory, owners: Tensor, *, capacity: int
    ) -> None:
        """Begin with nothing read.

        Args:
            decoder: in evaluation mode.
            memory: of the pictures.
            owners: number of each text's picture, (texts,).
            capacity: columns at most: the longest prompt and all that is to follow.

        Raises:
            InvalidArgumentError: if the decoder has fewer positions.
        """
        config = decoder.config
        if capacity > config.positions:
            raise InvalidArgumentError(
                f"A text of {capacity} tokens is longer than the decoder's {config.positions} "
                "positions. Shorten the question, or ask for fewer tokens."
            )
        self.decoder, self.memory, self.owners = decoder, memory, owners
        self.seating = Seating(owners, len(memory))
        shape = (len(owners), config.heads, capacity, config.width // config.heads)
        like = memory.layers[0][0]
        self.keys = [like.new_empty(shape) for _ in range(config.depth)]
        self.values = [like.new_empty(shape) for _ in range(config.depth)]
        self.columns = 0
        self.padding = torch.zeros_like(owners)
        """Empty columns on the left of each text."""
        self.gaze: Tensor | None = None
        """Where the last token looked, mean over blocks and heads, (texts, patches)."""

    def read(
        self, batch: TextBatch, *, padding: Tensor | None = None, gaze: bool = False
    ) -> Tensor:
        """Read the next tokens of every text; logits of the word after the last one.

        Args:
            batch: of (texts, new tokens).
            padding: empty columns on the left of each text, (texts,); with the first call only.
            gaze: whether ``gaze`` is to be kept.

        Returns:
            (texts, vocabulary).
        """
        if padding is not None:
            self.padding = padding
        first, self.columns = self.columns, self.columns + batch.ids.shape[1]
        columns = torch.arange(first, self.columns, device=batch.ids.device)
        positions = (columns - self.padding[:, None]).clamp(min=0)  # (texts, tokens)
        x = self.decoder.embed(batch) + self.decoder.language.transformer.wpe(positions)
        mask = self._make_mask(columns)
        looks = []
        for number in range(len(self.keys)):
            x = x + self._attend_to_text(number, x, mask)
            seen, look = self._attend_to_picture(number, x, gaze)
            x = x + seen
            x = x + run_mlp(self.decoder.blocks[number], x)
            looks.append(look)
        self.gaze = torch.stack(looks).mean(0) if gaze else None
        last = self.decoder.language.transformer.ln_f(x[:, -1])
        return F.linear(last, self.decoder.language.lm_head.weight)

    def select(self, rows: Tensor) -> None:
        """Go on with these texts only, in this order; one may come several times.

        Args:
            rows: their numbers, (texts,).
        """
        self.owners, self.padding = self.owners[rows], self.padding[rows]
        self.seating = Seating(self.owners, len(self.memory))
        self.keys = [self._pick(kept, rows) for kept in self.keys]
        self.values = [self._pick(kept, rows) for kept in self.values]

    def _pick(self, kept: Tensor, rows: Tensor) -> Tensor:
        picked = kept.new_empty(len(rows), *kept.shape[1:])
        picked[:, :, : self.columns] = kept[rows, :, : self.columns]
        return picked

    def _make_mask(self, columns: Tensor) -> Tensor | None:
        """What is added to scores, (texts, 1, new tokens, columns); ``None``: nothing to hide."""
        if len(columns) == 1 and not self.padding.any():
            return None
        every = torch.arange(self.columns, device=columns.device)
        later = every[None] > columns[:, None]  # (new tokens, columns)
        empty = every[None] < self.padding[:, None]  # (texts, columns)
        hidden = later[None] | empty[:, None]
        mask = torch.zeros(hidden.shape, device=columns.device)
        return mask.masked_fill(hidden, HIDDEN)[:, None]

    def _attend_to_text(self, number: int, x: Tensor, mask: Tensor | None) -> Tensor:
        block, heads = self.decoder.blocks[number], self.decoder.config.heads
        parts = apply(block.attn.c_attn, block.ln_1(x)).chunk(3, dim=-1)
        queries, keys, values = (split_heads(part, heads) for part in parts)
        new = slice(self.columns - x.shape[1], self.columns)
        self.keys[number][:, :, new], self.values[number][:, :, new] = keys, values
        known = slice(0, self.columns)
        weights = score(queries, self.keys[number][:, :, known].transpose(-1, -2), mask)
        return apply(block.attn.c_proj, join_heads(weights @ self.values[number][:, :, known]))

    def _attend_to_picture(self, number: int, x: Tensor, gaze: bool) -> tuple[Tensor, Tensor]:
        block, heads = self.decoder.blocks[number], self.decoder.config.heads
        keys, values = self.memory.layers[number]
        queries = split_heads(apply(block.crossattention.q_attn, block.ln_cross_attn(x)), heads)
        weights = score(self.seating.gather(queries), keys)
        seen = join_heads(self.seating.scatter(weights @ values))
        look = self.seating.scatter(weights)[:, :, -1].mean(1) if gaze else x.new_empty(0)
        return apply(block.crossattention.c_proj, seen), look


def score(queries: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention weights (texts, heads, queries, keys), of keys (texts, heads, dim, keys)."""
    scores = (queries / math.sqrt(queries.shape[-1])) @ keys
    return (scores if mask is None else scores + mask).softmax(dim=-1)


def run_mlp(block: Any, x: Tensor) -> Tensor:
    """What the MLP of a block adds."""
    inner = F.gelu(apply(block.mlp.c_fc, block.ln_2(x)), approximate="tanh")
    return apply(block.mlp.c_proj, inner)


def apply(layer: Any, x: Tensor) -> Tensor:
    """GPT-2's linear layer, whose weight is (in, out)."""
    flat = torch.addmm(layer.bias, x.reshape(-1, x.shape[-1]), layer.weight)
    return flat.view(*x.shape[:-1], -1)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(batch, tokens, width) → (batch, heads, tokens, dim)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """(batch, heads, tokens, dim) → (batch, tokens, width)."""
    return x.transpose(1, 2).flatten(2)
