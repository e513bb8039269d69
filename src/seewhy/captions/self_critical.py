"""Self-critical training: captions that are drawn are rewarded against a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from seewhy.captions.decoder import CaptionDecoder
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.sampling import MAX_WORDS, roll_out
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.scores.cider_reward import DocumentFrequencies
from seewhy.text.word_vocabulary import WordVocabulary

Baseline = Literal["greedy", "leave-one-out"]


@dataclass(frozen=True, kw_only=True)
class SelfCriticalSettings:
    """How captions are drawn and rewarded. Defaults: as published."""

    num_samples: int = 1
    """Captions drawn for each picture."""
    baseline: Baseline = "greedy"
    """What a sample is compared with: the greedy caption, or the picture's other samples."""
    max_words: int = MAX_WORDS

    def __post_init__(self) -> None:
        if self.baseline not in ("greedy", "leave-one-out"):
            raise InvalidArgumentError(
                f"baseline must be 'greedy' or 'leave-one-out', got {self.baseline!r}."
            )
        least = 2 if self.baseline == "leave-one-out" else 1
        if self.num_samples < least:
            raise InvalidArgumentError(
                f"num_samples must be at least {least} for {self.baseline}, got {self.num_samples}."
            )


def self_critical_step(
    model: CaptionDecoder[Any, Any],
    inputs: CaptionInputs,
    references: Tensor,
    frequencies: DocumentFrequencies,
    vocabulary: WordVocabulary,
    settings: SelfCriticalSettings = SelfCriticalSettings(),
    *,
    generator: torch.Generator | None = None,
) -> dict[str, Tensor]:
    """The loss of one batch of self-critical training.

    The greedy caption is taken in evaluation mode and without gradients, the samples in the
    mode the model is in.

    Args:
        model: in training mode, for dropout.
        inputs: of the pictures.
        references: right captions of each picture, as ``frame_references`` makes them,
            (pictures, captions, words).
        frequencies: counted over training captions in which the end is the word 0.
        vocabulary: of the model.
        settings: how captions are drawn and rewarded.
        generator: of random numbers.

    Returns:
        ``loss``; ``reward``, the mean CIDEr-D of the samples; ``advantage``, how much it is above
        the baseline.

    Source: Rennie et al. (CVPR 2017), arXiv:1612.00563, as in Show, Edit and Tell (CVPR 2020).
    """
    samples = settings.num_samples
    greedy = None
    if settings.baseline == "greedy":
        greedy = _say_greedily(model, inputs, vocabulary, settings.max_words)
    drawn = roll_out(
        model,
        inputs,
        vocabulary,
        num_samples=samples,
        max_words=settings.max_words,
        generator=generator,
    )
    repeated = references.repeat_interleave(samples, dim=0)
    scores = score_words(drawn.words, repeated, frequencies).view(-1, samples)
    baseline = None if greedy is None else score_words(greedy, references, frequencies)
    advantage = compare_rewards(scores, baseline)
    loss = self_critical_loss(drawn.log_probs, drawn.words, advantage.flatten())
    return {"loss": loss, "reward": scores.mean(), "advantage": advantage.mean()}


@torch.no_grad()
def _say_greedily(
    model: CaptionDecoder[Any, Any],
    inputs: CaptionInputs,
    vocabulary: WordVocabulary,
    max_words: int,
) -> Tensor:
    """Words of the greedy captions; the model is left in the mode it was in."""
    was_training = model.training
    model.eval()
    try:
        return roll_out(model, inputs, vocabulary, max_words=max_words).words
    finally:
        model.train(was_training)


def score_words(words: Tensor, references: Tensor, frequencies: DocumentFrequencies) -> Tensor:
    """CIDEr-D of captions as word numbers, the end (0) counted as a word.

    Args:
        words: 0 from the end on, (captions, steps); one that was cut off has no 0.
        references: (captions, references, words), likewise; a row of -1 is no reference.
        frequencies: of the training captions.

    Returns:
        (captions,), double precision, on the CPU.
    """
    rows, groups = words.cpu(), references.cpu()
    counts = (groups[:, :, 0] >= 0).sum(dim=1)
    scores = torch.zeros(len(rows), dtype=torch.float64)
    for count in counts.unique().tolist():  # pictures of as many references together
        chosen = counts == count
        found = frequencies.score(rows[chosen].numpy(), groups[chosen, :count].numpy())
        scores[chosen] = torch.from_numpy(found)
    return scores


def frame_references(captions: Sequence[Sequence[Sequence[int]]]) -> Tensor:
    """Right captions of pictures as rewards read them: a 0 behind each, which is the end.

    A picture of fewer captions than another has rows of -1 behind its own.

    Args:
        captions: word numbers, without ``<start>`` and ``<end>``.

    Returns:
        (pictures, captions, words + 1), int64.

    Raises:
        InvalidArgumentError: if a picture has no caption.
    """
    if not all(captions):
        place = next(place for place, group in enumerate(captions) if not group)
        raise InvalidArgumentError(f"Picture {place} has no caption to be rewarded by.")
    most = max((len(group) for group in captions), default=0)
    longest = max((len(caption) for group in captions for caption in group), default=0)
    nothing = [-1] * (longest + 1)
    rows = [
        [[*caption, *[0] * (longest + 1 - len(caption))] for caption in group]
        + [nothing] * (most - len(group))
        for group in captions
    ]
    return torch.tensor(rows, dtype=torch.int64).view(len(captions), most, longest + 1)


def self_critical_loss(log_probs: Tensor, words: Tensor, rewards: Tensor) -> Tensor:
    """REINFORCE on sampled captions: likely becomes what was rewarded more than its baseline.

        L = -Σ log p · r · mask / Σ mask

    The mask covers each word and the end behind the last.

    Args:
        log_probs: of the words that were drawn, (samples, steps).
        words: their numbers, 0 from the end on, (samples, steps).
        rewards: above the baseline, (samples,) or (samples, steps); no gradient is taken.

    Raises:
        ShapeError: if the shapes do not fit each other.

    Source: Rennie et al. (CVPR 2017), arXiv:1612.00563.
    """
    if log_probs.shape != words.shape or len(rewards) != len(words):
        raise ShapeError(
            "log_probs and words must be (samples, steps) and rewards one for each sample, got "
            f"{tuple(log_probs.shape)}, {tuple(words.shape)} and {tuple(rewards.shape)}."
        )
    mask = counted_steps(words).to(log_probs)
    rewards = rewards.detach().to(log_probs)
    rewards = rewards[:, None] if rewards.ndim == 1 else rewards
    return -(log_probs * rewards * mask).sum() / mask.sum()


def counted_steps(words: Tensor) -> Tensor:
    """Which steps count: the first, and all behind a word that is not the end, (samples, steps)."""
    before = words[:, :-1] != 0
    return torch.cat([torch.ones_like(words[:, :1], dtype=torch.bool), before], dim=1)


def compare_rewards(scores: Tensor, baseline: Tensor | None) -> Tensor:
    """How much better each sample is than what it is compared with.

    Args:
        scores: (pictures, samples).
        baseline: score of the greedy caption, (pictures,); ``None``: the mean of the picture's
            other samples (leave one out).

    Returns:
        (pictures, samples).

    Raises:
        InvalidArgumentError: if there is no baseline and no second sample.

    Source: Rennie et al. (CVPR 2017); leave one out: Luo (2020), arXiv:2003.09971.
    """
    if baseline is not None:
        return scores - baseline[:, None]
    samples = scores.shape[1]
    if samples < 2:
        raise InvalidArgumentError(
            f"A leave-one-out baseline needs at least 2 samples, got {samples}."
        )
    return scores - (scores.sum(dim=1, keepdim=True) - scores) / (samples - 1)
