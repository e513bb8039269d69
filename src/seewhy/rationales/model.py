"""Models that answer questions about pictures and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from torch import Tensor, zeros_like

from seewhy.datasets.nle import NLEExample
from seewhy.encoders.base import TorchImageEncoder, split_batches
from seewhy.encoders.digests import digest_module, digest_texts
from seewhy.errors import InvalidArgumentError, WeightsError
from seewhy.progress import show_progress
from seewhy.rationales.concept_head import ConceptWords
from seewhy.rationales.configuration import RationaleConfig, check_fit
from seewhy.rationales.decoder import RationaleDecoder
from seewhy.rationales.decoding import DecodingSettings, Generated, generate
from seewhy.rationales.layouts import Layout, LayoutMaker
from seewhy.rationales.question_fit import name_fits
from seewhy.rationales.rationale import Rationale, join_words, mean_probability, name_tokens
from seewhy.rationales.splitting import split_text
from seewhy.rationales.tokens import RationaleTokenizer
from seewhy.rationales.vision import PatchReader
from seewhy.results import Provenance

BLIND = "The model learned from words alone, and was shown nothing of the picture."
TOLD = "The model was told how well the question fits the picture, and shown nothing more of it."


@dataclass
class RationaleModel:
    """A decoder with its tokenizer and the encoder whose patches it looks at."""

    config: RationaleConfig
    decoder: RationaleDecoder
    tokenizer: RationaleTokenizer
    reader: PatchReader
    name: str = "rationale model"
    concept_words: ConceptWords | None = None
    _digest: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_fit(self.config, self.tokenizer)

    @property
    def digest(self) -> str:
        """SHA-256 of the decoder, the tokenizer and what reads the patches."""
        if self._digest is None:
            parts = [digest_module(self.decoder), self.tokenizer.digest, self.reader.digest]
            if self.concept_words is not None:
                parts.append(digest_module(self.concept_words.head))
            self._digest = digest_texts(*parts)
        return self._digest

    def to(self, device: str) -> RationaleModel:
        """The model, its encoder included, on another device."""
        self.decoder.to(device)
        self.reader.encoder.module.to(device)
        if self.concept_words is not None:
            self.concept_words.head.to(device)
        return self

    @overload
    def answer(
        self,
        images: Any,
        question: str | None = ...,
        *,
        task: str | None = ...,
        settings: DecodingSettings | None = ...,
        batch_size: int = ...,
        progress: bool = ...,
    ) -> Rationale: ...

    @overload
    def answer(
        self,
        images: Any,
        question: Sequence[str],
        *,
        task: str | None = ...,
        settings: DecodingSettings | None = ...,
        batch_size: int = ...,
        progress: bool = ...,
    ) -> list[Rationale]: ...

    def answer(
        self,
        images: Any,
        question: str | Sequence[str] | None = None,
        *,
        task: str | None = None,
        settings: DecodingSettings | None = None,
        batch_size: int = 16,
        progress: bool = False,
    ) -> Rationale | list[Rationale]:
        """Answer a question about a picture, and say why.

        Args:
            images: a picture (path, PIL picture, array or tensor), or a list of pictures.
            question: asked of every picture; or a list: of one picture several questions, of a
                list of pictures one question each. A statement for ``e-snli-ve``; tasks that
                ask nothing need none.
            task: one of ``config.tasks``; ``None``: the first of them.
            settings: how words are chosen; greedily by default.
            batch_size: texts in one forward pass; a picture is encoded once for all questions.
            progress: whether a bar counts them.

        Returns:
            One ``Rationale`` for one picture and one question, else a list of them.

        Raises:
            ImageReadError: if a picture cannot be read; names it.
            UnknownNameError: if the model's form has no such task.
            InvalidArgumentError: if there are not as many questions as pictures, or the task
                needs a question and none is given.
        """
        chosen = self.config.find_task(task)
        pictures = list(images) if isinstance(images, (list, tuple)) else [images]
        is_one = not isinstance(images, (list, tuple)) and not isinstance(question, (list, tuple))
        questions = [question] if question is None or isinstance(question, str) else list(question)
        if len(questions) == 1:
            questions *= len(pictures)
        elif len(pictures) == 1:
            pictures *= len(questions)
        if len(questions) != len(pictures):
            raise InvalidArgumentError(
                f"There are {len(pictures)} pictures and {len(questions)} questions. Give one "
                "question for all, or one for each."
            )
        examples = [
            NLEExample(f"{number}", chosen.name, (picture,), text or "", (), ())
            for number, (picture, text) in enumerate(zip(pictures, questions, strict=True), 1)
        ]
        found = self.answer_examples(
            examples, task=chosen.name, settings=settings, batch_size=batch_size, progress=progress
        )
        return found[0] if is_one else found

    def answer_examples(
        self,
        examples: Sequence[NLEExample],
        *,
        task: str | None = None,
        settings: DecodingSettings | None = None,
        batch_size: int = 16,
        attention: bool = True,
        progress: bool = False,
    ) -> list[Rationale]:
        """Answer the questions of a data set, in order.

        Args:
            examples: with pictures; answers and explanations are not looked at.
            task: ``None``: each example's own.
            settings: how words are chosen.
            batch_size: texts in one forward pass.
            attention: whether to keep where the model looked.
            progress: whether a bar counts them.
        """
        settings = settings or DecodingSettings()
        makers: dict[str, LayoutMaker] = {}
        found: list[Rationale] = []
        bar = show_progress(examples, description="Answers", total=len(examples), enabled=progress)
        for batch in split_batches(bar, batch_size):
            found += self._answer_batch(batch, task, makers, settings, attention)
        return found

    def _answer_batch(
        self,
        examples: Sequence[NLEExample],
        task: str | None,
        makers: dict[str, LayoutMaker],
        settings: DecodingSettings,
        attention: bool,
    ) -> list[Rationale]:
        pictures, owners = gather_pictures([example.image for example in examples])
        fitted = [self.reader.fit(picture) for picture in pictures]
        patches, grid = self.reader.read(fitted)
        alignment = None if self.config.is_blind else self.decoder.alignment
        places = None if alignment is None else alignment.place(patches)
        if not self.config.sees_patches:
            patches = zeros_like(patches)
        layouts: list[tuple[LayoutMaker, Layout]] = []
        for example, owner in zip(examples, owners, strict=True):
            maker = self._find_maker(task or example.task, makers)
            if maker.task.has_concepts and not example.concepts:
                example = replace(example, concepts=self._find_concepts(patches[owner][None]))
            layout = maker.lay_out_prompt(example)
            if places is not None and alignment is not None:
                layout.align(alignment, places[owner])
            layouts.append((maker, layout))
        results: dict[int, Rationale] = {}
        for form in {_form_of(layout) for _, layout in layouts}:  # decoded apart, each at once
            rows = [n for n, (_, layout) in enumerate(layouts) if _form_of(layout) == form]
            written = generate(
                self.decoder,
                [layouts[n][1].to_prompt() for n in rows],
                patches.to(next(self.decoder.parameters()).device),
                [layouts[n][0].make_rules() for n in rows],
                owners=[owners[n] for n in rows],
                settings=settings,
                gaze=attention and self.config.sees_patches,
            )
            for n, one in zip(rows, written, strict=True):
                maker, layout = layouts[n]
                example, shown = examples[n], np.array(fitted[owners[n]])
                results[n] = self._build(example, shown, maker, layout, one, grid, settings)
        return [results[n] for n in range(len(examples))]

    def _find_maker(self, name: str, makers: dict[str, LayoutMaker]) -> LayoutMaker:
        if name not in makers:
            task = self.config.find_task(name)
            makers[name] = LayoutMaker(task, self.tokenizer, compat=self.config.compat)
        return makers[name]

    def _find_concepts(self, patches: Tensor) -> tuple[str, ...]:
        if self.concept_words is None:
            raise WeightsError(
                "This task needs concepts, and the model has no concept head. Load it with "
                "concept_head= and concepts=, or give examples with concepts."
            )
        is_published = self.config.compat == "published"
        return self.concept_words.find(patches, dropout=is_published)[0]

    def _build(
        self,
        example: NLEExample,
        image: Any,
        maker: LayoutMaker,
        layout: Layout,
        written: Generated,
        grid: tuple[int, int],
        settings: DecodingSettings,
    ) -> Rationale:
        split = split_text(written.ids, maker.task, self.tokenizer, compat=self.config.compat)
        tokens = name_tokens(written.ids, written.log_probabilities, split.boundary, self.tokenizer)
        answer_chances = written.log_probabilities[: split.boundary]
        picture = example.image
        return Rationale(
            picture=str(picture) if isinstance(picture, (str, Path)) else f"picture {example.id}",
            image=image,
            task=maker.task.name,
            question=example.question or maker.task.default_question,
            answer=split.answer,
            explanation=split.explanation,
            full=split.full,
            score=mean_probability(written.log_probabilities),
            answer_probability=exp(sum(answer_chances)) if answer_chances else 0.0,
            tokens=tokens,
            words=join_words(tokens, written.gaze, grid),
            notes=(*layout.notes, *self._tell_sight()),
            provenance=Provenance(
                model=self.name,
                model_digest=self.digest,
                settings={"task": maker.task.name, **vars(settings)},
                seed=settings.seed,
            ),
            fit=name_fits(layout, self.tokenizer),
        )

    def _tell_sight(self) -> list[str]:
        if self.config.is_blind:
            return [BLIND]
        return [] if self.config.looks else [TOLD]

    def save_pretrained(self, folder: str | Path, *, half: bool = False) -> Path:
        """Write ``config.json``, ``model.safetensors`` and ``tokenizer.json``.

        The encoder is named in the configuration, not copied.

        Args:
            folder: made if it is not there.
            half: keep the weights in 16 bits.
        """
        from seewhy.rationales.folders import save_rationale_folder

        return save_rationale_folder(self, folder, half=half)

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        *,
        encoder: TorchImageEncoder | str | None = None,
        device: str = "cpu",
    ) -> RationaleModel:
        """Load what ``save_pretrained`` wrote; see ``folders.load_rationale_folder``."""
        from seewhy.rationales.folders import load_rationale_folder

        return load_rationale_folder(source, encoder=encoder, device=device)

    def push_to_hub(self, name: str, *, private: bool = False, token: str | None = None) -> str:
        """Upload the model to the Hugging Face hub.

        Args:
            name: as ``user/model``; made if it is not there.
            private: whether only its owner may see it, when it is made.
            token: of the hub; ``None``: the one that was logged in with.

        Returns:
            The address of the commit.
        """
        from seewhy.rationales.folders import upload_model

        return upload_model(self, name, private=private, token=token)


def gather_pictures(pictures: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """Different pictures, and which of them each one is: paths by name, others by identity."""
    order: dict[Any, int] = {}
    distinct, owners = [], []
    for picture in pictures:
        key = str(picture) if isinstance(picture, (str, Path)) else id(picture)
        if key not in order:
            order[key] = len(distinct)
            distinct.append(picture)
        owners.append(order[key])
    return distinct, owners


def _form_of(layout: Layout) -> tuple[Literal["segments"] | None, Literal["boxes"] | None]:
    """Texts of one form can be decoded side by side."""
    return (
        "segments" if layout.has_segments else None,
        "boxes" if layout.has_boxes else None,
    )
