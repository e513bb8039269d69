"""How a captioning model is trained, whole: data, model, objective, loop; and the run of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate import PartialState

from seewhy.captions.batches import CaptionBatches, build_vocabulary
from seewhy.captions.caption_model import KINDS, CaptionModel, find_kind
from seewhy.captions.dcnet import DCNet, DCNetWithMSE
from seewhy.captions.learning import (
    CaptioningTask,
    Learner,
    Objective,
    Validation,
    count_documents,
)
from seewhy.captions.modification import ModificationNetwork
from seewhy.captions.sentence_embedding import make_sentences
from seewhy.captions.world_examples import make_caption_examples, make_editing_examples
from seewhy.datasets.captions import CaptionEntry, divide_entries, read_captions
from seewhy.datasets.editing_files import EditingExample
from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import InvalidArgumentError
from seewhy.scores.caption_files import read_single_captions
from seewhy.text.word_vocabulary import split_words
from seewhy.training.feature_extraction import load_world_features
from seewhy.training.feature_store import FeatureStore
from seewhy.training.loop import train
from seewhy.training.recipe import keep_recipe
from seewhy.training.settings import Schedule, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class WorldCaptions:
    """Scenes of the small world, with captions that are flawed where the model edits."""

    kind: Literal["world"] = "world"
    scenes: int = 6_000
    first: int = 0
    """Number of the first scene; behind those the encoder learned from, whose features are
    better than what it will see."""
    rounds: int = 1
    """Captions of each kind of flaw a scene."""
    kept: int = 1
    """Right captions a scene, which must stay."""
    encoder: str = "mini:clip-base"
    """Whose features the model sees."""


@dataclass(frozen=True, kw_only=True)
class FileCaptions:
    """A captions file, features of its pictures, and captions to be edited."""

    captions: str
    """Any form that ``datasets.captions.read_captions`` knows."""
    kind: Literal["files"] = "files"
    features: str | None = None
    """A store that `seewhy features` wrote; ``None`` for a model that sees no pictures."""
    existing: tuple[str, ...] = ()
    """COCO results with captions to be edited, of all splits together."""
    validation_split: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast and how long a model learns, in epochs. Defaults: EditNet, as published."""

    batch_size: int = 80
    learning_rate: float = 5e-4
    schedule: Schedule = "stairs"
    decay: float = 0.8
    decay_epochs: int = 3
    """Epochs between two stairs."""
    epochs: int = 25
    patience: int = 3
    """Epochs without a better validation CIDEr after which training ends; 0: never."""
    clip: float = 0.25
    betas: tuple[float, float] = (0.9, 0.999)
    warmup: float = 0.0
    weight_decay: float = 0.0
    use_bf16: bool = False
    seed: int = 0
    device: str = "cpu"

    def to_settings(self, steps_per_epoch: int) -> TrainingSettings:
        """The loop's settings, in steps."""
        return TrainingSettings(
            steps=self.epochs * steps_per_epoch,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            warmup=self.warmup,
            schedule=self.schedule,
            decay=self.decay,
            decay_every=self.decay_epochs * steps_per_epoch,
            betas=self.betas,
            weight_decay=self.weight_decay,
            clip=self.clip,
            use_bf16=self.use_bf16,
            seed=self.seed,
            evaluate_every=steps_per_epoch,
            select_by="cider",
            patience=self.patience,
            device=self.device,
        )


@dataclass(frozen=True, kw_only=True)
class CaptionRecipe:
    """Everything that decides a captioning model's weights; saved as ``recipe.json``."""

    model: str
    """A name of ``caption_model.KINDS``."""
    sizes: Mapping[str, int | float] = field(default_factory=dict)
    """Of the model's configuration; what is not named is as published."""
    data: WorldCaptions | FileCaptions = field(default_factory=WorldCaptions)
    objective: Objective = field(default_factory=Objective)
    pace: Pace = field(default_factory=Pace)
    sentences: str = "dan"
    """What makes one vector of an existing caption, where the model reads that: ``dan``,
    ``attentive`` or a text encoder (see ``sentence_embedding.make_sentences``)."""
    start_from: str | None = None
    """Folder of a model to begin with; its words and sizes are kept."""
    min_count: int = 3
    """How often a word must occur to get a number."""
    longest: int = 18
    """Words of a caption at most; longer ones are cut there."""
    validation_pictures: int = 400
    validation_beams: int = 3
    half: bool = False
    """Keep the finished weights in 16 bits."""

    def __post_init__(self) -> None:
        find_kind(self.model)
        if self.objective.aim == "reward" and self.start_from is None:
            raise InvalidArgumentError(
                "A reward is learned from after words: name the model to begin with (start_from)."
            )
        for name in ("min_count", "longest", "validation_pictures", "validation_beams"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")

    def to_dict(self) -> dict[str, Any]:
        """The recipe as ``recipe.json`` holds it."""
        return asdict(self)


@dataclass(frozen=True)
class ExampleSet:
    """Examples with the features of their pictures."""

    examples: Sequence[EditingExample]
    features: FeatureStore | None


def run_caption_recipe(
    recipe: CaptionRecipe,
    folder: str | Path,
    *,
    resume: bool = False,
    progress: bool = True,
    tracks: bool = False,
) -> dict[str, float]:
    """Train a captioning model by a recipe and save it.

    ``folder`` gets the model (see ``CaptionModel.save_pretrained``), ``recipe.json``,
    ``log.jsonl`` and ``checkpoint.pt``. Under ``torchrun`` all processes train it together.

    Args:
        recipe: everything that decides the weights.
        folder: of the run; made if it is not there.
        resume: go on from the folder's checkpoint.
        progress: show progress bars where there is a terminal.
        tracks: write losses and scores for TensorBoard too.

    Returns:
        The scores of the weights that are kept, on the validation pictures.

    Raises:
        InvalidArgumentError: if ``folder`` holds a run and ``resume`` is false, or it was
            started by another recipe.
        MissingFileError: if there is nothing to resume, or data are not there.
        DataFormatError: if data cannot be used; says what is wrong with them.
    """
    folder = Path(folder)
    keep_recipe(recipe, folder, resume=resume)
    learn, judge = prepare_examples(recipe, progress=progress)
    learned = build_caption_model(recipe, learn)
    batches = _draw_from(recipe, learned, learn, recipe.pace.batch_size)
    held = _draw_from(recipe, learned, judge, 1)  # read in order, whatever their number
    frequencies = count_documents(batches) if recipe.objective.aim == "reward" else None
    learner = Learner(learned, recipe.objective, frequencies=frequencies)
    task = CaptioningTask(learner, batches, Validation(held, recipe.validation_beams))
    settings = recipe.pace.to_settings(batches.steps_per_epoch)
    scores = train(task, settings, folder, resume=resume, progress=progress, tracks=tracks)
    if PartialState().is_main_process:
        learned.save_pretrained(folder, half=recipe.half)
    return scores


def prepare_examples(
    recipe: CaptionRecipe, *, progress: bool = False
) -> tuple[ExampleSet, ExampleSet]:
    """What a recipe learns from, and what it is judged by while it learns."""
    kind = KINDS[recipe.model]
    if isinstance(recipe.data, WorldCaptions):
        encoder = load_encoder(recipe.data.encoder) if kind.sees else None
        found = []
        start = recipe.data.first
        parts = (
            ("train", range(start, start + recipe.data.scenes)),
            ("validation", range(recipe.validation_pictures)),
        )
        for split, scenes in parts:
            examples = _speak_of(recipe, scenes, split, edits=kind.edits)
            store = None
            if encoder is not None:
                store = load_world_features(encoder, scenes, split=split, progress=progress)
            found.append(ExampleSet(examples, store))
        return found[0], found[1]
    source = recipe.data
    train_entries, judges = divide_entries(
        read_captions(source.captions), validation=source.validation_split
    )
    existing: dict[str, str] = {}
    for path in source.existing:
        existing |= read_single_captions(path)
    if kind.edits and not existing:
        raise InvalidArgumentError(f"{recipe.model} edits captions: name files of existing ones.")
    if kind.sees and source.features is None:
        raise InvalidArgumentError(f"{recipe.model} sees pictures: name a store of features.")
    store = FeatureStore(source.features) if kind.sees and source.features else None
    learn, judge = (
        ExampleSet([_to_example(entry, existing) for entry in part], store)
        for part in (train_entries, judges[: recipe.validation_pictures])
    )
    return learn, judge


def _speak_of(
    recipe: CaptionRecipe, scenes: range, split: str, *, edits: bool
) -> list[EditingExample]:
    assert isinstance(recipe.data, WorldCaptions)  # noqa: S101
    if not edits:
        return list(make_caption_examples(scenes, split=split, longest=recipe.longest))
    rounds, kept = (recipe.data.rounds, recipe.data.kept) if split == "train" else (1, 1)
    made = make_editing_examples(
        scenes, split=split, rounds=rounds, kept=kept, longest=recipe.longest
    )
    return list(made)


def _to_example(entry: CaptionEntry, existing: Mapping[str, str]) -> EditingExample:
    words = entry.words or tuple(tuple(split_words(caption)) for caption in entry.captions)
    old = tuple(split_words(existing.get(entry.id, "")))
    return EditingExample(entry.image, entry.id, old, words, entry.split)


def build_caption_model(recipe: CaptionRecipe, learn: ExampleSet) -> CaptionModel:
    """The model as training begins; the caller's random numbers stay untouched.

    Raises:
        InvalidArgumentError: if the model to begin with is of another kind, or sizes are unknown.
    """
    if recipe.start_from is not None:
        return continue_from(recipe, CaptionModel.from_pretrained(recipe.start_from))
    kind = KINDS[recipe.model]
    vocabulary = build_vocabulary(
        learn.examples, min_count=recipe.min_count, longest=recipe.longest
    )
    sizes: dict[str, Any] = {**recipe.sizes, "vocabulary": len(vocabulary)}
    if learn.features is not None:
        sizes["feature_dim"] = learn.features.width
    with torch.random.fork_rng():
        torch.manual_seed(recipe.pace.seed)
        try:
            model = kind.build(kind.config(**sizes))
        except TypeError as error:
            raise InvalidArgumentError(f"sizes of {recipe.model}: {error}.") from error
        sentences = None
        if kind.reads_sentences:
            assert isinstance(model, ModificationNetwork)  # noqa: S101  no other reads them
            width = model.config.sentence_dim
            sentences = make_sentences(recipe.sentences, vocabulary, width)
    return CaptionModel(
        kind=recipe.model,
        model=model,
        vocabulary=vocabulary,
        longest=recipe.longest,
        features={} if learn.features is None else dict(learn.features.settings.source),
        sentences=sentences,
    )


def continue_from(recipe: CaptionRecipe, start: CaptionModel) -> CaptionModel:
    """A model to go on with: the same, or a DCNet put into one with MSE."""
    if start.kind == recipe.model:
        return start
    if recipe.model == "dcnet-mse" and isinstance(start.model, DCNet):
        with torch.random.fork_rng():
            torch.manual_seed(recipe.pace.seed)
            model = DCNetWithMSE(start.model)
        return CaptionModel(
            kind="dcnet-mse",
            model=model,
            vocabulary=start.vocabulary,
            longest=start.longest,
            features=start.features,
        )
    raise InvalidArgumentError(
        f"{recipe.start_from} holds a {start.kind}, which a {recipe.model} cannot begin with."
    )


def _draw_from(
    recipe: CaptionRecipe, learned: CaptionModel, part: ExampleSet, batch_size: int
) -> CaptionBatches:
    return CaptionBatches(
        part.examples,
        learned.vocabulary,
        features=part.features,
        batch_size=batch_size,
        longest=learned.longest,
        edits=learned.edits,
        seed=recipe.pace.seed,
    )
