"""Beam search: several texts at once, of which the likeliest for its length is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from seewhy.rationales.incremental import Decoding
from seewhy.rationales.prompts import DecodingRules, next_input

Found = tuple[tuple[int, ...], tuple[float, ...]]
"""Tokens, and the log-probability of each."""


@dataclass(frozen=True)
class _Beam:
    """One text that is being written."""

    row: int
    """Of the decoding that holds it."""
    ids: tuple[int, ...] = ()
    chances: tuple[float, ...] = ()
    total: float = 0.0
    is_explaining: bool = False


@dataclass
class _Search:
    """All texts of one prompt."""

    rules: DecodingRules
    length: int
    num_beams: int
    penalty: float
    beams: list[_Beam]
    done: list[tuple[float, Found]] = field(default_factory=list)

    def keep(self, total: float, found: Found) -> None:
        """A text that ended; the stop counts as a token of it."""
        self.done.append((total / max(1, len(found[0]) + 1) ** self.penalty, found))
        self.done.sort(key=lambda entry: -entry[0])
        del self.done[self.num_beams :]

    def is_over(self) -> bool:
        """Whether no text that goes on can become better than those that ended."""
        if not self.beams:
            return True
        if len(self.done) < self.num_beams:
            return False
        best = max(beam.total for beam in self.beams)
        length = self.length + 1 if self.penalty > 0 else len(self.beams[0].ids) + 1
        return best / length**self.penalty <= self.done[-1][0]

    def step(self, chances: Tensor) -> None:
        """Let the beams grow by one word.

        Args:
            chances: log-probabilities, (rows of the decoding, vocabulary).
        """
        rows = torch.tensor([beam.row for beam in self.beams])
        totals = torch.tensor([beam.total for beam in self.beams])[:, None] + chances[rows]
        words = totals.shape[1]
        wanted = self.num_beams * (1 + len(self.rules.stops))  # enough, even if all stops are best
        best = totals.flatten().topk(min(wanted, totals.numel()))
        grown: list[_Beam] = []
        pairs = zip(best.values.tolist(), best.indices.tolist(), strict=True)
        for rank, (total, place) in enumerate(pairs):
            beam, word = self.beams[place // words], place % words
            chance = float(chances[beam.row, word])
            if word in self.rules.stops:
                if rank < self.num_beams:
                    self.keep(total, (beam.ids, beam.chances))
                continue
            explains = beam.is_explaining or word == self.rules.because
            ids, all_chances = (*beam.ids, word), (*beam.chances, chance)
            grown.append(_Beam(beam.row, ids, all_chances, total, explains))
            if len(grown) == self.num_beams:
                break
        self.beams = grown
        if grown and len(grown[0].ids) == self.length:
            for beam in grown:
                self.keep(beam.total, (beam.ids, beam.chances))
            self.beams = []


def search_beams(
    decoding: Decoding,
    logits: Tensor,
    rules: Sequence[DecodingRules],
    lengths: Sequence[int],
    num_beams: int,
    penalty: float,
) -> list[Found]:
    """The likeliest text behind each prompt, among those that beams find.

    Args:
        decoding: that has read the prompts.
        logits: of the first word, (prompts, vocabulary).
        rules: segments and stops of each prompt.
        lengths: tokens to be written at most.
        num_beams: texts that are kept for each prompt.
        penalty: log-probabilities are divided by the length, the stop counted, to this power.
    """
    searches = [
        _Search(one, length, num_beams, penalty, [_Beam(row)])
        for row, (one, length) in enumerate(zip(rules, lengths, strict=True))
    ]
    while True:
        chances = logits.float().log_softmax(-1).cpu()
        for search in searches:
            if search.beams:
                search.step(chances)
            if search.is_over():
                search.beams = []
        pairs = [(search, beam) for search in searches for beam in search.beams]
        if not pairs:
            return [search.done[0][1] for search in searches]
        decoding.select(torch.tensor([beam.row for _, beam in pairs], device=logits.device))
        _renumber(searches)
        batch = next_input(
            [beam.ids[-1] for _, beam in pairs],
            [beam.is_explaining for _, beam in pairs],
            [search.rules for search, _ in pairs],
            logits.device,
        )
        logits = decoding.read(batch)


def _renumber(searches: Sequence[_Search]) -> None:
    """Give beams the rows they have after ``Decoding.select``."""
    row = 0
    for search in searches:
        renumbered = []
        for beam in search.beams:
            renumbered.append(_Beam(row, beam.ids, beam.chances, beam.total, beam.is_explaining))
            row += 1
        search.beams = renumbered
