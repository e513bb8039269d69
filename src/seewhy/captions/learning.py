"""What a captioning model learns in one step, and how it is judged meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from seewhy.captions.batches import CaptionBatch, CaptionBatches
from seewhy.captions.beam_search import BeamSettings, search_captions
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.dcnet import DCNetWithMSE
from seewhy.captions.losses import ending_loss, find_sampling, teacher_forced_loss
from seewhy.captions.modification import ModificationNetwork
from seewhy.captions.self_critical import SelfCriticalSettings, self_critical_step
from seewhy.datasets.editing_files import EditingExample
from seewhy.errors import InvalidArgumentError
from seewhy.scores.cider_reward import DocumentFrequencies
from seewhy.scores.scoring import score
from seewhy.training.processes import Share, find_weight

Aim = Literal["words", "ending", "reward"]


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is learned: the right next word; and the right ending; or a reward."""

    aim: Aim = "words"
    samples_words: bool = False
    """Scheduled sampling, as EditNet is trained with."""
    self_critical: SelfCriticalSettings = field(default_factory=SelfCriticalSettings)
    """How captions are drawn and rewarded, where that is the aim."""

    def __post_init__(self) -> None:
        if self.aim not in get_args(Aim):
            raise InvalidArgumentError(f"aim must be one of {get_args(Aim)}, got {self.aim!r}.")


class Learner(nn.Module):
    """A model together with what it learns, so that several processes share each step."""

    def __init__(
        self,
        learned: CaptionModel,
        objective: Objective,
        *,
        frequencies: DocumentFrequencies | None = None,
    ) -> None:
        """Put a model before an objective.

        Args:
            learned: whose weights are learned, those of its sentence vectors too. What has no
                part in the objective is frozen: what compares endings in a dcnet-mse, and what
                reads attributes in a modification network that is to read none.
            objective: what is learned.
            frequencies: of the training captions, for a reward.

        Raises:
            InvalidArgumentError: if the objective does not fit the model, or lacks frequencies.
        """
        super().__init__()
        if objective.aim == "ending" and learned.kind != "dcnet-mse":
            raise InvalidArgumentError(f"Only a dcnet-mse learns endings, got {learned.kind}.")
        if objective.aim == "reward" and frequencies is None:
            raise InvalidArgumentError("A reward needs document frequencies, got None.")
        self.learned, self.objective, self.frequencies = learned, objective, frequencies
        self.model, self.sentences = learned.model, learned.sentences
        if isinstance(learned.model, DCNetWithMSE):  # processes wait for every gradient
            learned.model.affine_hidden.requires_grad_(objective.aim == "ending")
        if isinstance(learned.model, ModificationNetwork):
            learned.model.attribute_decoding.requires_grad_(learned.reads_attributes)

    def forward(self, batch: CaptionBatch, epoch: int, *, weight: float = 1.0) -> dict[str, Tensor]:
        """Losses of a batch.

        Args:
            batch: of this process.
            epoch: from 0; decides how often words are drawn.
            weight: what its mean over words weighs beside that of other processes.
        """
        inputs, objective = self.learned.complete(batch.inputs), self.objective
        if objective.aim == "reward":
            assert self.frequencies is not None  # noqa: S101  as checked at the start
            return self_critical_step(
                self.model,
                inputs,
                batch.references,
                self.frequencies,
                self.learned.vocabulary,
                objective.self_critical,
            )
        if objective.aim == "ending":
            assert isinstance(self.model, DCNetWithMSE)  # noqa: S101  as checked at the start
            found = ending_loss(self.model, inputs, batch.captions)
            return {**found, "loss": weight * found["cross_entropy"] + found["mse"]}
        sampling = find_sampling(epoch) if objective.samples_words else 0.0
        found = teacher_forced_loss(self.model, inputs, batch.captions, sampling=sampling)
        return {"loss": weight * found["loss"]}


@dataclass(frozen=True)
class Validation:
    """Pictures that are captioned while a model learns."""

    batches: CaptionBatches
    beams: int = 3

    @torch.no_grad()
    def say(self, learned: CaptionModel, *, batch_size: int = 64) -> list[list[str]]:
        """The caption of each example, in words."""
        vocabulary, count = learned.vocabulary, len(self.batches.examples)
        device = next(learned.model.parameters()).device
        settings = BeamSettings(beams=self.beams)
        said: list[list[str]] = []
        for start in range(0, count, batch_size):
            rows = torch.arange(start, min(start + batch_size, count))
            inputs = learned.complete(self.batches.gather(rows).to(device))
            found = search_captions(learned.model, inputs, vocabulary, settings)
            said += [vocabulary.decode(words) for words in found.best()]
        return said


def judge_captions(
    said: Sequence[Sequence[str]], examples: Sequence[EditingExample]
) -> dict[str, float]:
    """CIDEr-D, BLEU-4, and the share of captions that equal a true one."""
    candidates = {str(i): " ".join(words) for i, words in enumerate(said)}
    references = {
        str(i): [" ".join(caption) for caption in example.captions]
        for i, example in enumerate(examples)
    }
    report = score(candidates, references, metrics=["bleu", "cider"], tokenizer="whitespace")
    right = sum(candidates[key] in references[key] for key in candidates)
    return {
        "cider": report.corpus["CIDEr-D"],
        "bleu_4": report.corpus["BLEU-4"],
        "exact": right / len(candidates),
    }


class CaptioningTask:
    """A captioning model, what it learns from, and what it is judged by."""

    def __init__(
        self, learner: Learner, batches: CaptionBatches, validation: Validation | None = None
    ) -> None:
        self.model: nn.Module = learner
        self.learner, self.batches, self.validation = learner, batches, validation

    def compute_losses(self, model: nn.Module, step: int, share: Share) -> dict[str, Tensor]:
        """Losses of this process's share of a batch."""
        batch, epoch = self.batches.draw(step, share), step // self.batches.steps_per_epoch
        words = int((batch.captions[:, 1:] != 0).sum())
        return model(batch, epoch, weight=find_weight(words, share))

    def evaluate(self) -> dict[str, float]:
        """Scores on the validation examples."""
        if self.validation is None:
            return {}
        said = self.validation.say(self.learner.learned)
        return judge_captions(said, self.validation.batches.examples)


def count_documents(batches: CaptionBatches) -> DocumentFrequencies:
    """Document frequencies of the captions that are learned from, each picture counted once."""
    documents: dict[str, dict[tuple[str, ...], None]] = {}
    for example in batches.examples:
        documents.setdefault(example.id, {}).update(dict.fromkeys(example.captions))
    encode = batches.vocabulary.encode
    return DocumentFrequencies.count(
        [[*encode(caption), 0] for caption in captions] for captions in documents.values()
    )
