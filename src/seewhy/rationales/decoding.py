"""Answers and reasons, word by word: many texts at once, each stopping where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seewhy.encoders.base import evaluating
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.rationales.beams import search_beams
from seewhy.rationales.decoder import RationaleDecoder
from seewhy.rationales.filtering import keep_likely
from seewhy.rationales.incremental import Decoding, PictureMemory
from seewhy.rationales.prompts import DecodingRules, Prompt, begin_prompts, next_input

Method = Literal["greedy", "nucleus", "beam"]


@dataclass(frozen=True, kw_only=True)
class DecodingSettings:
    """How words are chosen."""

    method: Method = "greedy"
    """``greedy``: the likeliest word each time; ``nucleus``: one drawn from the likely ones;
    ``beam``: the likeliest of several texts."""
    temperature: float = 1.0
    """Divides scores before a word is drawn."""
    top_p: float = 0.9
    top_k: int = 0
    beams: int = 4
    length_penalty: float = 1.0
    """A text's log-probability is divided by its length to this power."""
    max_new_tokens: int | None = None
    """``None``: as many as the task allows."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in ("greedy", "nucleus", "beam"):
            raise InvalidArgumentError(
                f"method must be 'greedy', 'nucleus' or 'beam', got {self.method!r}."
            )
        if not self.temperature > 0 or not 0 <= self.top_p <= 1 or self.top_k < 0:
            raise InvalidArgumentError(
                "temperature must be above 0, top_p from 0 to 1 and top_k not negative, got "
                f"{self.temperature}, {self.top_p} and {self.top_k}."
            )
        if self.beams < 1 or (self.max_new_tokens is not None and self.max_new_tokens < 1):
            raise InvalidArgumentError(
                f"beams and max_new_tokens must be at least 1, got {self.beams} and "
                f"{self.max_new_tokens}."
            )


@dataclass(frozen=True)
class Generated:
    """What was written behind one prompt."""

    ids: tuple[int, ...]
    """Tokens, without the one that stopped them."""
    log_probabilities: tuple[float, ...]
    """Of each token, among the whole vocabulary."""
    gaze: Tensor | None = None
    """Where the picture was looked at for each token, (tokens, patches), rows that sum to 1."""


@torch.no_grad()
def generate(
    decoder: RationaleDecoder,
    prompts: Sequence[Prompt],
    pictures: Tensor,
    rules: Sequence[DecodingRules],
    *,
    owners: Sequence[int] | None = None,
    settings: DecodingSettings | None = None,
    gaze: bool = False,
) -> list[Generated]:
    """Write on from each prompt until a word stops it.

    Prompts of any length go through together; each picture's keys and values are computed once,
    however many prompts are about it. What is written does not depend on which others are there.

    Args:
        decoder: any mode; it is in evaluation mode while this runs.
        prompts: what is given.
        pictures: patches of the pictures, (pictures, patches, image width).
        rules: segments and stops of each prompt.
        owners: number of each prompt's picture; ``None``: each has its own.
        settings: how words are chosen.
        gaze: whether to keep where the picture was looked at; not with beams.

    Raises:
        ShapeError: if prompts, rules and pictures do not fit together.
        InvalidArgumentError: if a text may become longer than the decoder has positions.
    """
    settings = settings or DecodingSettings()
    if not prompts:
        return []
    places = torch.tensor(list(range(len(prompts)) if owners is None else owners))
    if not len(prompts) == len(rules) == len(places) or not 0 <= places.max() < len(pictures):
        raise ShapeError(
            f"There must be rules and a picture for each prompt, got {len(prompts)} prompts, "
            f"{len(rules)} rules, {len(places)} owners and {len(pictures)} pictures."
        )
    lengths = [_find_length(one, settings) for one in rules]
    device = pictures.device
    with evaluating(decoder):
        memory = PictureMemory(decoder, pictures)
        longest = max(len(prompt.ids) for prompt in prompts)
        decoding = Decoding(decoder, memory, places.to(device), capacity=longest + max(lengths) - 1)
        batch, padding = begin_prompts(prompts, device)
        use_gaze = gaze and settings.method != "beam"
        logits = decoding.read(batch, padding=padding, gaze=use_gaze)
        if settings.method == "beam":
            found = search_beams(
                decoding, logits, rules, lengths, settings.beams, settings.length_penalty
            )
            return [Generated(ids, log_probabilities) for ids, log_probabilities in found]
        return _write(decoding, logits, rules, lengths, settings, use_gaze)


def _find_length(rules: DecodingRules, settings: DecodingSettings) -> int:
    return settings.max_new_tokens or rules.max_new_tokens


class _Writer:
    """One text that is being written."""

    def __init__(self, rules: DecodingRules, length: int, seed: int) -> None:
        self.rules, self.length = rules, length
        self.ids: list[int] = []
        self.log_probabilities: list[float] = []
        self.gaze: list[Tensor] = []
        self.is_explaining = self.is_done = False
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, scores: Tensor) -> int:
        """A word by its probability; the same whoever is written beside."""
        return int(torch.multinomial(scores.softmax(-1), 1, generator=self._generator))

    def add(self, word: int, log_probability: float, look: Tensor | None) -> bool:
        """Take a word up; whether the text goes on."""
        if self.is_done or word in self.rules.stops:
            self.is_done = True
            return False
        self.ids.append(word)
        self.log_probabilities.append(log_probability)
        if look is not None:
            self.gaze.append(look)
        self.is_explaining |= word == self.rules.because
        self.is_done = len(self.ids) == self.length
        return not self.is_done


def _write(
    decoding: Decoding,
    logits: Tensor,
    rules: Sequence[DecodingRules],
    lengths: Sequence[int],
    settings: DecodingSettings,
    gaze: bool,
) -> list[Generated]:
    """Greedy and nucleus decoding."""
    writers = [
        _Writer(one, length, settings.seed * 1_000_003 + number)
        for number, (one, length) in enumerate(zip(rules, lengths, strict=True))
    ]
    active = list(writers)
    while True:
        words, chances = _choose(logits, active, settings)
        looks = decoding.gaze.cpu() if gaze and decoding.gaze is not None else None
        going = [
            writer.add(word, chance, None if looks is None else looks[row])
            for row, (writer, word, chance) in enumerate(zip(active, words, chances, strict=True))
        ]
        if not any(going):
            return [_finish(writer) for writer in writers]
        if sum(going) <= len(active) // 2:  # those that are done no longer cost anything
            kept = [row for row, goes in enumerate(going) if goes]
            decoding.select(torch.tensor(kept, device=logits.device))
            active, words = [active[row] for row in kept], [words[row] for row in kept]
        flags = [writer.is_explaining for writer in active]
        batch = next_input(words, flags, [writer.rules for writer in active], logits.device)
        logits = decoding.read(batch, gaze=gaze)


def _choose(
    logits: Tensor, active: Sequence[_Writer], settings: DecodingSettings
) -> tuple[list[int], list[float]]:
    """The next word of each text, and its log-probability."""
    chances = logits.float().log_softmax(-1)
    if settings.method == "greedy":
        best = chances.max(-1)
        return best.indices.tolist(), best.values.tolist()
    likely = keep_likely(
        logits.float() / settings.temperature, top_k=settings.top_k, top_p=settings.top_p
    ).cpu()
    words = [writer.draw(row) for writer, row in zip(active, likely, strict=True)]
    return words, [float(chances[row, word]) for row, word in enumerate(words)]


def _finish(writer: _Writer) -> Generated:
    looks = torch.stack(writer.gaze) if writer.gaze else None
    return Generated(tuple(writer.ids), tuple(writer.log_probabilities), looks)
