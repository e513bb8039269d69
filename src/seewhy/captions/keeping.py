"""Existing captions that stay, because no edit was found that is much likelier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.captions.beam_search import FoundCaptions
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.reading_back import Decoder, read_back
from seewhy.text.word_vocabulary import WordVocabulary


@dataclass(frozen=True)
class Refusal:
    """An edit that was found and not made."""

    words: tuple[int, ...]
    """Numbers of its words, ``<start>`` and ``<end>`` among them."""
    gain: float
    """Its log-probability less that of the existing caption."""


def keep_unless_likelier(
    found: FoundCaptions,
    members: Sequence[tuple[Decoder, CaptionInputs]],
    existing: Tensor,
    may_stay: Tensor,
    vocabulary: WordVocabulary,
    *,
    margin: float,
    length_penalty: float = 0.0,
) -> tuple[FoundCaptions, tuple[Refusal | None, ...]]:
    """Put existing captions in the place of edits that are not likelier by ``margin``.

        an edit is made if    log P(edit) - log P(existing) >= margin

    P is that of the models that found the edit, for all words and the end.

    Args:
        found: the edits.
        members: models of an ensemble, in evaluation mode, each with its inputs.
        existing: captions padded with 0, (pictures, words).
        may_stay: which of them can be compared, (pictures,).
        vocabulary: of the models.
        margin: see above.
        length_penalty: of the search, for the scores of captions that stay.

    Returns:
        What is said of each picture, and the edit that was refused, where one was.
    """
    kept = frame_captions(existing, vocabulary)
    following = kept[:, 1:]
    chances = read_back(members, kept).probabilities
    log_probs = chances.log().masked_fill(following == 0, 0).sum(dim=1)
    gain = found.log_probs[:, 0] - log_probs
    length = max(kept.shape[1], found.words.shape[2])
    kept, words = (F.pad(each, (0, length - each.shape[-1])) for each in (kept, found.words))
    is_other = (kept != words[:, 0]).any(dim=1)
    stays = may_stay & is_other & (gain < margin)
    num_words = (following != 0).sum(dim=1)
    refusals = tuple(
        Refusal(tuple(edit), by) if is_kept else None
        for edit, by, is_kept in zip(found.best(), gain.tolist(), stays.tolist(), strict=True)
    )
    changed = replace(
        found,
        words=_put_first(words, kept, stays),
        log_probs=_put_first(found.log_probs, log_probs, stays),
        scores=_put_first(found.scores, log_probs / num_words**length_penalty, stays),
        is_finished=_put_first(found.is_finished, torch.ones_like(stays), stays),
    )
    return changed, refusals


def frame_captions(captions: Tensor, vocabulary: WordVocabulary) -> Tensor:
    """``<start>`` before each caption and ``<end>`` behind it, (pictures, words + 2).

    Args:
        captions: padded with 0, (pictures, words).
        vocabulary: whose numbers they are.
    """
    framed = F.pad(captions, (1, 1))
    framed[:, 0] = vocabulary.start
    ends = 1 + (captions != 0).sum(dim=1, keepdim=True)
    return framed.scatter(1, ends, vocabulary.end)


def _put_first(table: Tensor, first: Tensor, rows: Tensor) -> Tensor:
    """A table, (pictures, best, ...), with the first entry of some rows replaced."""
    changed = table.clone()
    changed[rows, 0] = first[rows].to(table.dtype)
    return changed
