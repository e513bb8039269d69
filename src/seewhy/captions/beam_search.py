"""The likeliest captions, found for a whole batch of pictures at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from seewhy.captions.decoder import SearchModel
from seewhy.captions.inputs import CaptionInputs, Compat
from seewhy.captions.rows import Rows
from seewhy.errors import InvalidArgumentError
from seewhy.text.word_vocabulary import WordVocabulary

NEVER = float("-inf")
PUBLISHED_STEPS, PUBLISHED_CUT = 51, 18


@dataclass(frozen=True, kw_only=True)
class BeamSettings:
    """How captions are searched for."""

    beams: int = 3
    max_words: int = 20
    """Longest caption; ``compat="published"`` goes on to 50."""
    num_best: int = 1
    """Captions given for each picture, the best first; at most ``beams``."""
    length_penalty: float = 0.0
    """Scores are divided by the number of words, the end among them, to this power; 0: not."""
    may_say_unknown: bool = False
    """Whether ``<unk>`` may be said."""
    block_ngrams: int = 0
    """No run of so many words is said twice in a caption; 0: any may be."""
    margin: float | None = None
    """Of an editor: how much likelier an edit must be than the existing caption, as the difference
    of their log-probabilities, or the caption stays as it is; ``None``: they are not compared."""
    compat: Compat = "default"
    """``published``: any token may be said; if a beam is still alive after 51 steps, all that
    are finished are discarded, and the best alive is cut to ``cut`` tokens."""
    cut: int = PUBLISHED_CUT
    """Tokens of a caption that never ends, ``<start>`` among them; 20 in Look and Modify."""

    def __post_init__(self) -> None:
        for name in ("beams", "max_words", "num_best", "cut"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.num_best > self.beams:
            raise InvalidArgumentError(
                f"num_best must be at most the {self.beams} beams, got {self.num_best}."
            )
        if self.length_penalty < 0 or self.block_ngrams < 0:
            raise InvalidArgumentError(
                "length_penalty and block_ngrams must not be negative, got "
                f"{self.length_penalty} and {self.block_ngrams}."
            )
        if self.margin is not None and not 0 <= self.margin < float("inf"):
            raise InvalidArgumentError(
                f"margin must be a number from 0 on, or None, got {self.margin}."
            )

    @property
    def steps(self) -> int:
        """Words that are looked for before giving up, the end among them."""
        return PUBLISHED_STEPS if self.compat == "published" else self.max_words + 1


@dataclass(frozen=True)
class FoundCaptions(Rows):
    """The best captions of each picture, the best first."""

    words: Tensor
    """(pictures, best, length): ``<start>``, words, ``<end>`` if it came to one, padding 0."""
    log_probs: Tensor
    """Sum over the words, (pictures, best); -inf where there is no further caption."""
    scores: Tensor
    """What they are ordered by: ``log_probs`` with the length penalty, (pictures, best)."""
    is_finished: Tensor
    """Whether the caption came to its end, (pictures, best)."""
    num_finished: Tensor
    """Captions that came to an end while searching, (pictures,)."""

    def best(self) -> list[list[int]]:
        """Word numbers of each picture's best caption, without padding."""
        rows = self.words[:, 0]
        return [row[:length] for row, length in zip(rows.tolist(), _count(rows), strict=True)]


def _count(rows: Tensor) -> list[int]:
    """Length of each row without the padding behind it."""
    places = torch.arange(1, rows.shape[1] + 1, device=rows.device)
    return ((rows != 0) * places).amax(dim=1).tolist()


@dataclass(frozen=True)
class _Beams(Rows):
    """The hypotheses of pictures that are still searched; those alive stand first."""

    picture: Tensor
    """Which picture of the batch, (pictures,)."""
    words: Tensor
    """(pictures, hypotheses, so far)."""
    log_probs: Tensor
    """(pictures, hypotheses); -inf for those that are no more."""
    room: Tensor
    """How many may be alive, (pictures,)."""


@dataclass
class _Finished:
    """Captions that came to an end, in a table of all pictures; filled as the search goes."""

    words: Tensor
    log_probs: Tensor
    scores: Tensor
    count: Tensor

    @classmethod
    def empty(cls, pictures: int, beams: int, length: int, device: torch.device) -> _Finished:
        never = torch.full((pictures, beams), NEVER, device=device)
        words = torch.zeros(pictures, beams, length, dtype=torch.int64, device=device)
        return cls(
            words, never, never.clone(), torch.zeros(pictures, dtype=torch.int64, device=device)
        )

    def add(self, beams: _Beams, ended: Tensor, penalty: float) -> None:
        """Keep hypotheses that ended, (pictures, hypotheses)."""
        slots = self.count[beams.picture, None] + ended.cumsum(dim=1) - 1
        row, column = ended.nonzero(as_tuple=True)
        picture, slot = beams.picture[row], slots[row, column]
        length = beams.words.shape[2]
        self.words[picture, slot, :length] = beams.words[row, column]
        log_probs = beams.log_probs[row, column]
        self.log_probs[picture, slot] = log_probs
        self.scores[picture, slot] = log_probs / (length - 1) ** penalty
        self.count.index_add_(0, beams.picture, ended.sum(dim=1))


@torch.no_grad()
def search_captions(
    model: SearchModel,
    inputs: CaptionInputs,
    vocabulary: WordVocabulary,
    settings: BeamSettings = BeamSettings(),
) -> FoundCaptions:
    """Search for each picture's likeliest captions, all pictures and beams together.

    A picture starts with one hypothesis. At each step the likeliest continuations of all its
    hypotheses go on, as many as there is room for; one that ends leaves, and its room with it.

    Args:
        model: one, or an ensemble; in evaluation mode.
        inputs: of the pictures.
        vocabulary: of the model.
        settings: how.

    Raises:
        InvalidArgumentError: if the vocabulary is of another size than the model's.

    Source: Show, Edit and Tell (CVPR 2020), released code.
    Differs: the best finished caption counts even if another beam never ends, and ``<pad>``,
        ``<start>`` and ``<unk>`` are not said. See docs/decisions/beam-search.md.
    """
    if model.vocabulary != len(vocabulary):
        raise InvalidArgumentError(
            f"The model has {model.vocabulary} words, the vocabulary {len(vocabulary)}. Give the "
            "vocabulary the model was trained with."
        )
    if not len(inputs):
        none = torch.zeros(0, settings.num_best)
        words = torch.zeros(0, settings.num_best, 1, dtype=torch.int64)
        return FoundCaptions(words, none, none, none.bool(), torch.zeros(0, dtype=torch.int64))
    return _Search(model, inputs, vocabulary, settings).run()


class _Search:
    """One search: what stays the same from step to step."""

    def __init__(
        self,
        model: SearchModel,
        inputs: CaptionInputs,
        vocabulary: WordVocabulary,
        settings: BeamSettings,
    ) -> None:
        self.model, self.vocabulary, self.settings = model, vocabulary, settings
        self.context = model.prepare(inputs)
        self.state = model.start(self.context)
        pictures = torch.arange(len(inputs), device=_find_device(inputs))
        start = torch.full((len(inputs), 1, 1), vocabulary.start, device=pictures.device)
        zeros = torch.zeros(len(inputs), 1, device=pictures.device)
        room = torch.full_like(pictures, settings.beams)
        self.beams = _Beams(pictures, start, zeros, room)
        self.finished = _Finished.empty(
            len(inputs), settings.beams, settings.steps + 1, pictures.device
        )
        self.left: list[_Beams] = []
        """Beams of pictures that came to the last step with hypotheses alive."""
        banned = [vocabulary.pad, vocabulary.start]
        banned += [] if settings.may_say_unknown else [vocabulary.unknown]
        self.banned = [] if settings.compat == "published" else banned

    def run(self) -> FoundCaptions:
        """Step until no picture is left, or the steps are."""
        before = self.beams
        for _ in range(self.settings.steps):
            if not len(self.beams.picture):
                break
            before = self.beams
            self.step()
        if len(self.beams.picture):
            self.left.append(self._take_unfinished(before))
        return self._collect()

    def _take_unfinished(self, before: _Beams) -> _Beams:
        """What is alive at last: as it was before the step that only an end could have taken."""
        if self.settings.compat == "published":
            return self.beams
        is_left = torch.isin(before.picture, self.beams.picture)
        return before.select(is_left.nonzero().squeeze(1))

    def step(self) -> None:
        """Every hypothesis reads its last word and goes on, ends, or is dropped."""
        beams = self.beams
        pictures, hypotheses, _ = beams.words.shape
        log_probs, self.state = self.model.advance(
            beams.words[:, :, -1].flatten(), self.state, self.context
        )
        parent, words, totals = self._choose(log_probs.view(pictures, hypotheses, -1))
        rank = torch.arange(words.shape[1], device=words.device)
        alive = (rank < beams.room[:, None]) & (totals > NEVER)
        said = beams.words.gather(1, parent[..., None].expand(-1, -1, beams.words.shape[2]))
        grown = replace(beams, words=torch.cat([said, words[..., None]], dim=2), log_probs=totals)
        ended = alive & (words == self.vocabulary.end)
        self.finished.add(grown, ended, self.settings.length_penalty)
        room = beams.room - ended.sum(dim=1)
        self._keep(replace(grown, room=room), alive & ~ended, parent)

    def _choose(self, log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The best continuations of each picture: parents, words and totals, (pictures, n)."""
        _, hypotheses, vocabulary = log_probs.shape
        if self.banned:
            log_probs[:, :, self.banned] = NEVER
        if self.settings.block_ngrams:
            _block_ngrams(log_probs, self.beams.words, self.settings.block_ngrams)
        totals = self.beams.log_probs[..., None] + log_probs
        # The best of a picture are among the best of each of its hypotheses.
        most = min(self.settings.beams, vocabulary)
        best, words = totals.topk(most, dim=-1)  # (pictures, hypotheses, most)
        best, place = best.flatten(1).topk(min(self.settings.beams, hypotheses * most), dim=-1)
        return place // most, words.flatten(1).gather(1, place), best

    def _keep(self, beams: _Beams, alive: Tensor, parent: Tensor) -> None:
        """Go on with what is alive: pictures without it leave, and so do empty columns."""
        order = alive.int().argsort(dim=1, descending=True, stable=True)
        order = order[:, : max(1, int(alive.sum(dim=1).max()))]
        log_probs = beams.log_probs.masked_fill(~alive, NEVER).gather(1, order)
        words = beams.words.gather(1, order[..., None].expand(-1, -1, beams.words.shape[2]))
        beams = replace(beams, words=words, log_probs=log_probs)
        parent = parent.gather(1, order)
        going = self._find_going(beams)
        first = torch.arange(len(parent), device=parent.device) * self.beams.words.shape[1]
        rows = (first[:, None] + parent)[going].flatten()
        self.state = self.state.select(rows)
        if not bool(going.all()):
            kept = going.nonzero().squeeze(1)
            beams, self.context = beams.select(kept), self.context.select(kept)
        self.beams = beams

    def _find_going(self, beams: _Beams) -> Tensor:
        """Which pictures are searched further, (pictures,).

        Totals only fall: a picture whose best finished caption is above all that are alive is
        done, if that one is all that is asked for.
        """
        going = beams.log_probs[:, 0] > NEVER
        settings = self.settings
        is_settled = settings.num_best == 1 and not settings.length_penalty
        if is_settled and settings.compat == "default":
            finished = self.finished.log_probs[beams.picture].amax(dim=1)
            going &= beams.log_probs.amax(dim=1) > finished
        return going

    def _collect(self) -> FoundCaptions:
        """The best of each picture; of those that are alive only where nothing has ended."""
        done, best = self.finished, self.settings.num_best
        scores, order = done.scores.topk(best, dim=1)
        words = done.words.gather(1, order[..., None].expand(-1, -1, done.words.shape[2]))
        log_probs = done.log_probs.gather(1, order)
        found = FoundCaptions(words, log_probs, scores, scores > NEVER, done.count)
        for beams in self.left:
            self._fill_in(found, beams)
        longest = int((found.words != 0).sum(dim=2).max()) if found.words.numel() else 1
        return replace(found, words=found.words[:, :, :longest])

    def _fill_in(self, found: FoundCaptions, beams: _Beams) -> None:
        """Write what never ended into the table."""
        is_published = self.settings.compat == "published"
        wanted = torch.ones_like(beams.picture, dtype=torch.bool)
        if not is_published:
            wanted = found.num_finished[beams.picture] == 0
        picture, best = beams.picture[wanted], min(found.words.shape[1], beams.words.shape[1])
        length = min(self.settings.cut, beams.words.shape[2]) if is_published else None
        words = beams.words[wanted, :best, :length]
        log_probs = beams.log_probs[wanted, :best]
        steps = beams.words.shape[2] - 1
        found.words[picture] = 0
        found.words[picture, :best, : words.shape[2]] = words
        found.log_probs[picture], found.scores[picture] = NEVER, NEVER
        found.log_probs[picture, :best] = log_probs
        found.scores[picture, :best] = log_probs / steps**self.settings.length_penalty
        found.is_finished[picture] = False


def _block_ngrams(log_probs: Tensor, words: Tensor, size: int) -> None:
    """Rule out words that would repeat a run of ``size`` words, in place.

    Args:
        log_probs: (pictures, hypotheses, vocabulary).
        words: said so far, (pictures, hypotheses, so far).
        size: of the runs.
    """
    if words.shape[2] < size:
        return
    runs = words.unfold(2, size, 1)  # (pictures, hypotheses, runs, size)
    tail = words[:, :, words.shape[2] - size + 1 :]
    is_same = (runs[..., :-1] == tail[:, :, None]).all(dim=-1)
    said = torch.zeros_like(log_probs, dtype=torch.bool)
    picture, hypothesis, run = is_same.nonzero(as_tuple=True)
    said[picture, hypothesis, runs[picture, hypothesis, run, -1]] = True
    log_probs.masked_fill_(said, NEVER)


def _find_device(inputs: CaptionInputs) -> Any:
    tensors = (inputs.features, inputs.caption, inputs.sentence)
    return next(tensor.device for tensor in tensors if tensor is not None)
