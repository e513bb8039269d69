"""Texts through open_clip's towers, without the padding behind their ends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

READ_AT_THE_END = ("argmax", "eos")
"""Ways of pooling that read a text's end token, which nothing behind it can change."""


def embed_tokens(model: Any, tokens: Tensor) -> Tensor:
    """Embed token numbers as ``model.encode_text`` does, up to length and rounding.

    A causal tower that is read at the end token sees no padding, so columns that hold nothing
    else are left out: most texts have a dozen tokens of the 77 that open_clip pads them to.

    Args:
        model: of open_clip.
        tokens: (texts, context), padded with zeros.

    Returns:
        (texts, dim); of unit length where columns were left out.
    """
    columns = int((tokens != 0).any(dim=0).sum())
    tables = _find_tables(model)
    if tables is None or columns == tokens.shape[1]:
        return model.encode_text(tokens)
    mask, positions = tables
    prefix = "" if hasattr(model, "token_embedding") else "text."
    shorter = {
        f"{prefix}attn_mask": mask[:columns, :columns],
        f"{prefix}positional_embedding": positions[:columns],
    }
    found = functional_call(model, shorter, kwargs={"text": tokens[:, :columns]})
    return found["text_features"] if isinstance(found, dict) else found[1]


def _find_tables(model: Any) -> tuple[Tensor, Tensor] | None:
    """Mask and positions of a tower that may be cut to the length of its texts, or ``None``."""
    tower = model if hasattr(model, "token_embedding") else model.text
    pooling = getattr(tower, "text_pool_type", getattr(tower, "pool_type", None))
    mask, positions = (getattr(tower, name, None) for name in ("attn_mask", "positional_embedding"))
    if pooling not in READ_AT_THE_END or getattr(tower, "cls_emb", None) is not None:
        return None
    if not isinstance(mask, Tensor) or not isinstance(positions, Tensor):
        return None
    length = len(positions)
    causal = torch.ones(length, length, dtype=torch.bool, device=mask.device).tril()
    if mask.shape != (length, length) or not torch.equal(mask == 0, causal):
        return None
    return mask, positions
