"""What a rationale model learns from, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seewhy.datasets.nle import NLEExample
from seewhy.rationales.decoder import IGNORED, RationaleDecoder, compute_loss
from seewhy.rationales.decoding import generate
from seewhy.rationales.eyes import PictureSource, SeeingDecoder
from seewhy.rationales.layouts import Layout, LayoutMaker
from seewhy.rationales.packing import NOTHING, pack_layouts
from seewhy.rationales.samples import choose_explanation, list_samples
from seewhy.rationales.splitting import split_text
from seewhy.rationales.tasks import Compat
from seewhy.rationales.tokens import ANSWER, RationaleTokenizer
from seewhy.training.epochs import EpochOrder
from seewhy.training.feature_store import FeatureStore
from seewhy.training.processes import Share, find_weight

Truth = Callable[[NLEExample, str], bool]
EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Turn:
    """One text of an epoch: an example, and which of its turns it is."""

    example: NLEExample
    turn: int


def list_units(
    examples: Sequence[NLEExample], *, packs: int, every_reason: bool
) -> list[tuple[Turn, ...]]:
    """What goes into one row each: at most ``packs`` texts about one picture.

    Args:
        examples: with at least one explanation each.
        packs: texts in a row at most; 1: each text is a row of its own.
        every_reason: whether an epoch has each example once for each of its reasons, or once.
    """
    counts = [len(e.explanations) if every_reason else 1 for e in examples]
    turns = [Turn(examples[s.example], s.turn) for s in list_samples(counts)]
    by_picture: dict[str, list[Turn]] = {}
    for number, turn in enumerate(turns):
        key = str(turn.example.image) if packs > 1 else str(number)
        by_picture.setdefault(key, []).append(turn)
    return [
        tuple(group[start : start + packs])
        for group in by_picture.values()
        for start in range(0, len(group), packs)
    ]


class RationaleTask:
    """Texts about pictures to learn, and questions to be judged by; for ``training.loop``."""

    def __init__(
        self,
        decoder: RationaleDecoder,
        makers: Mapping[str, LayoutMaker],
        units: Sequence[Sequence[Turn]],
        patches: FeatureStore | PictureSource,
        *,
        batch_size: int,
        seed: int,
        compat: Compat = None,
        every_reason: bool = True,
        answer_weight: float = 1.0,
        looks: bool = True,
        is_blind: bool = False,
        validation: Sequence[NLEExample] = (),
        truth: Truth | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            decoder: that is trained.
            makers: lays out the examples of each task.
            units: rows to learn from (see ``list_units``).
            patches: of all pictures; or the pictures, through whose encoder gradients flow.
            batch_size: rows in a step, over all processes.
            seed: of the order.
            compat: ``"published"`` chooses reasons as the released code does.
            every_reason: as for ``list_units``; else an example's reasons take turns by epochs.
            answer_weight: how much a token of an answer counts, one of a reason counting 1.
            looks: show it patches; else zeros, beside how well questions fit.
            is_blind: show it nothing but zeros, to see what the words alone tell.
            validation: examples to be judged by.
            truth: whether a reason is true, where that is known.
        """
        self.decoder, self.makers, self.units, self.patches = decoder, makers, units, patches
        self.model: nn.Module = decoder
        if isinstance(patches, PictureSource):
            self.model = SeeingDecoder(decoder, patches.reader)
        self.order = EpochOrder(len(units), batch_size, seed)
        self.compat: Compat = compat
        self.every_reason, self.answer_weight = every_reason, answer_weight
        self.looks, self.is_blind = looks, is_blind
        self.validation, self.truth = validation, truth

    @property
    def tokenizer(self) -> RationaleTokenizer:
        """Of the decoder."""
        return next(iter(self.makers.values())).tokenizer

    def compute_losses(self, model: nn.Module, step: int, share: Share) -> dict[str, Tensor]:
        """The loss of one batch."""
        numbers = self.order.find_batch(step)[share.slice_of(self.order.batch_size)]
        epoch = step // self.order.steps
        units = [self.units[number] for number in numbers]
        pictures = self._take([unit[0].example for unit in units]).to(share.device)
        places = self._place(pictures)
        rows = [
            [self._align(self._lay_out(turn, epoch), place) for turn in unit]
            for unit, place in zip(units, places, strict=True)
        ]
        batch = pack_layouts(
            rows,
            pad=self.tokenizer.pad,
            answer_segment=self._find_answer_segment(),
            answer_weight=self.answer_weight,
            with_boxes=self.decoder.box_embed is not None,
            with_alignment=self.decoder.alignment is not None,
        )
        logits = model(
            batch.text.to(share.device),
            self._hide(pictures),
            mask=batch.mask.to(share.device),
            positions=batch.positions.to(share.device),
        )
        weights = None if self.answer_weight == 1 else batch.weights.to(share.device)
        loss = compute_loss(logits, batch.labels.to(share.device), weights)
        learned = float(batch.weights[batch.labels != IGNORED].sum())
        return {"loss": loss * find_weight(learned, share)}

    def _lay_out(self, turn: Turn, epoch: int) -> Layout:
        example, count = turn.example, len(turn.example.explanations)
        if self.every_reason:
            chosen = choose_explanation(turn.turn, count, epoch=epoch, compat=self.compat)
        else:
            chosen = epoch % count
        return self.makers[example.task].lay_out_training(example, explanation=chosen)

    def _place(self, patches: Tensor) -> Sequence[Tensor | None]:
        """Where pictures are in the space of words; nothing of those that are not to be seen."""
        alignment = self.decoder.alignment
        if alignment is None or self.is_blind:
            return [None] * len(patches)
        return list(alignment.place(patches))

    def _align(self, layout: Layout, place: Tensor | None) -> Layout:
        alignment = self.decoder.alignment
        return layout if alignment is None or place is None else layout.align(alignment, place)

    def _find_answer_segment(self) -> int:
        found = self.tokenizer.find(ANSWER)
        return NOTHING if found is None else found

    def _take(self, examples: Sequence[NLEExample]) -> Tensor:
        """What there is of pictures: patches, or pixels where an encoder learns along."""
        names = [str(example.image) for example in examples]
        if isinstance(self.patches, PictureSource):
            return self.patches.take(names)
        return self.patches.gather(names).values

    def _hide(self, pictures: Tensor) -> Tensor:
        """What the decoder gets of them: zeros where it is not to look."""
        return pictures if self.looks and not self.is_blind else torch.zeros_like(pictures)

    def _gather(self, examples: Sequence[NLEExample]) -> Tensor:
        """Patches of the examples' pictures, (examples, patches, width)."""
        taken = self._take(examples)
        if not isinstance(self.patches, PictureSource):
            return taken
        reader = self.patches.reader
        return reader.encode(taken.to(reader.encoder.device))[0]

    def evaluate(self) -> dict[str, float]:
        """Share of right answers, of each task and in the mean; and of true reasons."""
        right: dict[str, list[bool]] = {}
        true: list[bool] = []
        device = next(self.decoder.parameters()).device
        forms: dict[bool, list[NLEExample]] = {}
        for example in self.validation:
            forms.setdefault(self.makers[example.task].task.has_objects, []).append(example)
        for examples in forms.values():
            for start in range(0, len(examples), EVALUATION_BATCH):
                batch = examples[start : start + EVALUATION_BATCH]
                for example, answer, reason in self._answer(batch, device):
                    task = self.makers[example.task].task
                    is_right = bool(example.answers) and task.is_right(answer, example.answers)
                    right.setdefault(example.task, []).append(is_right)
                    if self.truth is not None:
                        true.append(self.truth(example, reason))
        scores = {f"accuracy {task}": sum(r) / len(r) for task, r in sorted(right.items())}
        if scores:
            scores = {"accuracy": sum(scores.values()) / len(scores), **scores}
        if true:
            scores["true reasons"] = sum(true) / len(true)
        return scores

    def _answer(
        self, examples: Sequence[NLEExample], device: torch.device
    ) -> list[tuple[NLEExample, str, str]]:
        makers = [self.makers[example.task] for example in examples]
        names = [str(example.image) for example in examples]
        pictures = list(dict.fromkeys(names))
        first = {str(example.image): example for example in examples}
        patches = self._gather([first[name] for name in pictures]).to(device)
        owners, places = [pictures.index(name) for name in names], self._place(patches)
        prompts = [
            self._align(maker.lay_out_prompt(example), places[owner]).to_prompt()
            for maker, example, owner in zip(makers, examples, owners, strict=True)
        ]
        written = generate(
            self.decoder,
            prompts,
            self._hide(patches),
            [maker.make_rules() for maker in makers],
            owners=owners,
        )
        found = []
        for example, maker, one in zip(examples, makers, written, strict=True):
            split = split_text(one.ids, maker.task, self.tokenizer, compat=maker.compat)
            found.append((example, split.answer, split.explanation))
        return found
