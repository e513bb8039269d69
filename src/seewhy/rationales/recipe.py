"""How a rationale model is trained, whole: decoder, data, loop; and the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from accelerate import PartialState

from seewhy.datasets.catalogue import read_examples
from seewhy.datasets.e_snli_ve import LABELS
from seewhy.datasets.nle import CAPTIONS, TASKS, NLEExample
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.rationales.alignment import WordAlignment
from seewhy.rationales.beginnings import build_start, is_new_decoder
from seewhy.rationales.configuration import RationaleConfig
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.eyes import PictureSource, free_parameters
from seewhy.rationales.layouts import LayoutMaker
from seewhy.rationales.learning import RationaleTask, Truth, list_units
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.patch_store import find_patch_folder, keep_patches, keep_world_patches
from seewhy.rationales.tasks import Compat
from seewhy.rationales.tokens import RationaleTokenizer
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.rationales.world_examples import draw_picture, read_world_questions
from seewhy.training.feature_store import FeatureStore
from seewhy.training.loop import train
from seewhy.training.recipe import keep_recipe
from seewhy.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class WorldScenes:
    """Scenes of the small world, with their questions."""

    scenes: int = 8_000
    kind: Literal["world"] = "world"
    validation_scenes: int = 40
    first: int = 0
    """Number of the first scene; behind those the encoder learned from, whose patches are
    clearer than of scenes that are new to it."""

    def __post_init__(self) -> None:
        if self.first < 0 or self.scenes < 1:
            raise InvalidArgumentError(
                f"first must be at least 0 and scenes at least 1, got {self.first} and "
                f"{self.scenes}."
            )

    @property
    def numbers(self) -> range:
        """Of the scenes to learn from."""
        return range(self.first, self.first + self.scenes)


@dataclass(frozen=True, kw_only=True)
class AnnotationFile:
    """One file of annotations, and where its pictures lie."""

    task: str
    annotations: str
    images: str
    image_column: str | None = None


@dataclass(frozen=True, kw_only=True)
class AnnotationFiles:
    """Files of data sets (see ``datasets.catalogue``)."""

    train: tuple[AnnotationFile, ...]
    validation: tuple[AnnotationFile, ...] = ()
    kind: Literal["files"] = "files"
    validation_examples: int = 1_000
    """At most so many, from all over the files."""

    def __post_init__(self) -> None:
        if not self.train:
            raise InvalidArgumentError("train must name at least one file of annotations.")


@dataclass(frozen=True, kw_only=True)
class RationaleRecipe:
    """Everything that decides a rationale model's weights; saved as ``recipe.json``."""

    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    """Its vocabulary and image width follow the tokenizer and the encoder."""
    patches: PatchSettings
    data: WorldScenes | AnnotationFiles = field(default_factory=WorldScenes)
    tasks: tuple[str, ...] = TASKS
    is_unified: bool = True
    compat: Compat = None
    vocabulary: int = 1024
    """Tokens of a tokenizer of its own, which is trained where ``start_from`` brings none."""
    start_from: str | None = None
    """A rationale model (folder or hub), or ``gpt2:`` with a GPT-2's name or folder."""
    epochs: int | None = None
    """Decides the number of steps; ``None``: ``training.steps`` does."""
    packs: int = 1
    """Texts about one picture in a row; more are faster, and weigh pictures alike."""
    every_reason: bool = True
    """Whether an epoch has each example once for each of its reasons."""
    answer_weight: float = 1.0
    trains_encoder: bool = False
    """Whether the encoder learns along; published: it stays as it is."""
    looks: bool = True
    """Whether it looks at patches; else it is told how well questions fit, and nothing more: of few
    pictures it would learn each by heart."""
    is_blind: bool = False
    """Learn from words alone, as a twin to compare with."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    half: bool = True
    """Keep the finished weights in 16 bits."""

    def __post_init__(self) -> None:
        if self.packs < 1 or not self.answer_weight > 0 or not self.tasks:
            raise InvalidArgumentError(
                "packs must be at least 1, answer_weight above 0 and tasks not empty, got "
                f"{self.packs}, {self.answer_weight} and {self.tasks}."
            )
        if self.trains_encoder and (self.is_blind or not self.looks):
            raise InvalidArgumentError(
                "An encoder cannot learn from pictures that are hidden. Leave out --train-encoder, "
                "or let the model look (--look, and not --text-only)."
            )
        if self.epochs is not None and self.epochs < 1:
            raise InvalidArgumentError(f"epochs must be at least 1, got {self.epochs}.")

    def to_dict(self) -> dict[str, Any]:
        """The recipe as ``recipe.json`` holds it."""
        return {**asdict(self), "loss": "next word"}


@dataclass(frozen=True)
class RationaleData:
    """What a recipe learns from and is judged by."""

    examples: Sequence[NLEExample]
    validation: Sequence[NLEExample]
    patches: FeatureStore | PictureSource
    truth: Truth | None = None


def prepare_examples(
    recipe: RationaleRecipe, reader: PatchReader, *, progress: bool
) -> RationaleData:
    """Read examples, and see to it that the patches of their pictures are there.

    Raises:
        DataFormatError: if no example is left to learn from.
    """
    source = recipe.data
    if isinstance(source, WorldScenes):
        known = read_world_questions(source.numbers, tasks=recipe.tasks)
        asked = read_world_questions(
            range(source.validation_scenes), split="validation", tasks=recipe.tasks
        )
        names = [str(e.image) for e in (*known.examples, *asked.examples)]
        if recipe.trains_encoder:
            side = max(reader.preprocessing.size)
            drawn = PictureSource(reader, lambda name: draw_picture(name, side))
            return RationaleData(known.examples, asked.examples, drawn, asked.is_true)
        store = keep_world_patches(reader, names, progress=progress)
        return RationaleData(known.examples, asked.examples, store, asked.is_true)
    known_files, asked_files = _read_files(source.train), _read_files(source.validation)
    few = _spread(asked_files, source.validation_examples)
    if recipe.trains_encoder:
        return RationaleData(
            [e for e in known_files if e.explanations],
            few,
            PictureSource(reader, lambda name: name),
        )
    pictures = [str(e.image) for e in (*known_files, *few)]
    store, _ = keep_patches(
        reader, pictures, lambda name: name, find_patch_folder(reader), progress=progress
    )
    left = [e for e in known_files if str(e.image) in store and e.explanations]
    if not left:
        raise DataFormatError(
            f"Of {len(known_files)} examples none has a picture that can be read and an "
            "explanation. Check the folder of the pictures with `seewhy datasets check`."
        )
    return RationaleData(left, [e for e in few if str(e.image) in store], store)


def run_rationale_recipe(
    recipe: RationaleRecipe,
    folder: str | Path,
    *,
    resume: bool = False,
    progress: bool = True,
    tracks: bool = False,
) -> dict[str, float]:
    """Train a rationale model by a recipe and save it.

    ``folder`` gets the model (see ``RationaleModel.save_pretrained``), ``recipe.json``,
    ``log.jsonl`` and ``checkpoint.pt``. Under ``torchrun`` all processes train it together.

    Args:
        recipe: everything that decides the weights.
        folder: of the run; made if it is not there.
        resume: go on from the folder's checkpoint.
        progress: show progress bars where there is a terminal.
        tracks: write for TensorBoard too.

    Returns:
        Scores on the validation examples, from 0 to 1.

    Raises:
        InvalidArgumentError: if ``folder`` holds a run and ``resume`` is false, or it was
            started by another recipe.
        MissingFileError: if there is nothing to resume, or data are not there.
    """
    folder = Path(folder)
    keep_recipe(recipe, folder, resume=resume)
    reader = PatchReader(recipe.patches)
    state = PartialState(cpu=recipe.training.device == "cpu")
    with state.main_process_first():  # it fills the store of patches, which the others find full
        data = prepare_examples(recipe, reader, progress=progress)
    wanted = recipe.decoder
    captioned = [example for example in data.examples if example.task == CAPTIONS]
    if not captioned:
        wanted = replace(wanted, alignment=0)
    with torch.random.fork_rng():  # the caller's random numbers stay untouched
        torch.manual_seed(recipe.training.seed)
        decoder, tokenizer = build_start(
            wanted,
            start_from=recipe.start_from,
            vocabulary=recipe.vocabulary,
            image_width=reader.encoder.layout.width,
            texts=_list_texts(data.examples),
        )
    if decoder.alignment is not None:
        if isinstance(data.patches, PictureSource):
            raise InvalidArgumentError(
                "The words of this decoder are aligned with what its encoder gives now, so the "
                "encoder must not learn. Leave --train-encoder out, or begin with --alignment 0."
            )
        if is_new_decoder(recipe.start_from):
            align_words(decoder.alignment, tokenizer, captioned, data.patches)
    config = RationaleConfig(
        decoder=decoder.config,
        patches=replace(recipe.patches, is_tuned=recipe.trains_encoder),
        tasks=recipe.tasks,
        is_unified=recipe.is_unified,
        compat=recipe.compat,
        looks=recipe.looks,
        is_blind=recipe.is_blind,
    )
    model = RationaleModel(config, decoder, tokenizer, reader, name=str(folder))
    task = _make_task(recipe, model, data)
    settings = recipe.training
    if recipe.epochs is not None:
        steps = recipe.epochs * task.order.steps // settings.accumulate
        settings = replace(settings, steps=max(1, steps))
    decoder.requires_grad_(True)
    if recipe.trains_encoder:
        free_parameters(reader)
    scores = train(task, settings, folder, resume=resume, progress=progress, tracks=tracks)
    if state.is_main_process:
        model.save_pretrained(folder, half=recipe.half)
    return scores


def align_words(
    alignment: WordAlignment,
    tokenizer: RationaleTokenizer,
    captioned: Sequence[NLEExample],
    patches: FeatureStore,
) -> None:
    """Find out from captions which words fit which pictures."""
    captions: dict[str, list[str]] = {}
    for example in captioned:
        captions.setdefault(str(example.image), []).extend(example.explanations)
    means = np.stack([patches[name].values.astype(np.float64).mean(0) for name in captions])
    alignment.fit(means, list(captions.values()), tokenizer)


def _make_task(
    recipe: RationaleRecipe, model: RationaleModel, data: RationaleData
) -> RationaleTask:
    makers = {
        name: LayoutMaker(model.config.find_task(name), model.tokenizer, compat=recipe.compat)
        for name in recipe.tasks
    }
    units = list_units(data.examples, packs=recipe.packs, every_reason=recipe.every_reason)
    return RationaleTask(
        model.decoder,
        makers,
        units,
        data.patches,
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        compat=recipe.compat,
        every_reason=recipe.every_reason,
        answer_weight=recipe.answer_weight,
        looks=recipe.looks,
        is_blind=recipe.is_blind,
        validation=data.validation,
        truth=data.truth,
    )


def _read_files(files: Sequence[AnnotationFile]) -> list[NLEExample]:
    return [
        example
        for file in files
        for example in read_examples(
            file.task, file.annotations, file.images, image_column=file.image_column
        )
    ]


def _spread(examples: Sequence[NLEExample], count: int) -> list[NLEExample]:
    """``count`` examples from all over a list, or all where there are fewer."""
    step = max(1, len(examples) // max(1, count))
    return list(examples[::step][:count])


def _list_texts(examples: Sequence[NLEExample], *, most: int = 20_000) -> list[str]:
    """Texts a tokenizer can learn from, as they stand in a layout."""
    texts = [f" {number}" for number in range(10)] * 50
    if not any(example.answers for example in examples):  # captions: for what will begin with them
        texts += [f" the answer is {label} because" for label in LABELS] * 50
    for example in _spread(examples, most):
        texts += [example.question, *(f" the answer is {answer}" for answer in example.answers)]
        texts += [f" because {reason}" for reason in example.explanations]
        texts += [f" {name}" for name in example.objects]
    return texts
