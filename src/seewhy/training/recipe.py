"""How a dual encoder is trained, whole: model, data, loss, loop; and the run of it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from accelerate import PartialState
from tokenizers import Tokenizer

from seewhy.datasets.captions import divide_entries, read_captions
from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import InvalidArgumentError
from seewhy.text.byte_pairs import END_TOKEN, load_tokenizer, train_tokenizer
from seewhy.training.augmentation import Augmentation
from seewhy.training.caption_folders import load_entries
from seewhy.training.datasets import CaptionedImages, mix_up_captions
from seewhy.training.distillation import DistillationWeights, Teacher, encode_for_teaching
from seewhy.training.dual_encoder import Companion, DualEncoderTask, LossName, Validation
from seewhy.training.loop import check_no_run, train
from seewhy.training.pairs import PairSampler
from seewhy.training.places import PlaceNaming, load_places
from seewhy.training.settings import TrainingSettings
from seewhy.training.warm_start import copy_weights, find_start
from seewhy.training.words import WordPrediction
from seewhy.training.world_scenes import load_world


@dataclass(frozen=True, kw_only=True)
class WorldData:
    """Scenes of the small world."""

    kind: Literal["world"] = "world"
    scenes: int = 12_000
    without: tuple[str, ...] = ()
    """Families of which no member is ever seen."""


@dataclass(frozen=True, kw_only=True)
class FolderData:
    """A folder of pictures and a captions file (see ``datasets.captions.read_captions``)."""

    folder: str
    captions: str
    kind: Literal["folder"] = "folder"
    limit: int | None = None
    """At most so many pictures; ``None``: all of the split ``train``."""
    validation_split: str | None = None
    """Split to be judged by; ``None``: see ``datasets.captions.divide_entries``."""
    stored_size: int | None = None
    """Height and width pictures are kept at, to be cropped from; ``None``: the model's."""


@dataclass(frozen=True, kw_only=True)
class DualEncoderRecipe:
    """Everything that decides a dual encoder's weights; saved as ``recipe.json`` beside them."""

    model: DualEncoderConfig = field(default_factory=DualEncoderConfig)
    data: WorldData | FolderData = field(default_factory=WorldData)
    mixed_up: float = 0.0
    """Share of the pictures that have the captions of another one, from 0 to 1."""
    loss: LossName = "infonce"
    word_weight: float = 1.0
    """What the loss of predicting a picture's words is multiplied with; 0 leaves it out."""
    place_weight: float = 0.0
    """What the loss of naming what is at each patch is multiplied with; scenes only."""
    start_from: str | None = None
    """Dual encoder of ours to begin with: ``mini:NAME`` or a folder. Its tokenizer is kept."""
    distill_from: str | None = None
    """Image encoder to imitate beside, as ``load_encoder`` knows it."""
    distillation: DistillationWeights = field(default_factory=DistillationWeights)
    """How much the teacher counts."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    vocabulary: int = 1024
    """Tokens of the tokenizer at most; it learns its own from the captions."""
    validation_pictures: int = 500
    half: bool = True
    """Keep the finished weights in 16 bits."""

    def __post_init__(self) -> None:
        if self.validation_pictures < 1:
            raise InvalidArgumentError(
                f"validation_pictures must be at least 1, got {self.validation_pictures}."
            )
        if self.place_weight and not (
            isinstance(self.data, WorldData) and not self.data.without and self._shows_all_patches
        ):
            raise InvalidArgumentError(
                "place_weight is for whole scenes of the world: leave out folders, families to be "
                "left out, patch_dropout, and crops and mirroring."
            )

    @property
    def _shows_all_patches(self) -> bool:
        """Whether training sees every patch of a picture where it is."""
        dropped = getattr(self.model.image, "patch_dropout", 0.0)
        moved = self.augmentation.min_area < 1 or self.augmentation.use_mirror
        return not dropped and not moved

    def to_dict(self) -> dict[str, Any]:
        """The recipe as ``recipe.json`` holds it."""
        return {**asdict(self), "model": self.model.to_dict()}


def prepare_data(recipe: DualEncoderRecipe) -> tuple[CaptionedImages, CaptionedImages]:
    """What a recipe learns from, spoiled where it says so, and what it is judged by."""
    size, few = recipe.model.image.size, recipe.validation_pictures
    if isinstance(recipe.data, WorldData):
        data = load_world(recipe.data.scenes, size=size, without=recipe.data.without)
        validation = load_world(few, size=size, split="validation")
    else:
        source = recipe.data
        size = source.stored_size or size
        entries, judges = divide_entries(
            read_captions(source.captions), validation=source.validation_split
        )
        data = load_entries(source.folder, entries[: source.limit], size=size)
        validation = load_entries(source.folder, judges[:few], size=size)
    return mix_up_captions(data, share=recipe.mixed_up, seed=recipe.training.seed), validation


def run_recipe(
    recipe: DualEncoderRecipe, folder: str | Path, *, resume: bool = False, progress: bool = True
) -> dict[str, float]:
    """Train a dual encoder by a recipe and save it.

    ``folder`` gets the model (see ``DualEncoderModel.save_pretrained``), ``recipe.json``,
    ``log.jsonl`` and ``checkpoint.pt``. Under ``torchrun`` all processes train it together.

    Args:
        recipe: everything that decides the weights.
        folder: of the run; made if it is not there.
        resume: go on from the folder's checkpoint.
        progress: show progress bars where there is a terminal.

    Returns:
        The model's scores on the validation pictures.

    Raises:
        InvalidArgumentError: if ``folder`` holds a run and ``resume`` is false, or it was
            started by another recipe.
        MissingFileError: if there is nothing to resume, or data are not there.
    """
    folder = Path(folder)
    keep_recipe(recipe, folder, resume=resume)
    data, validation = prepare_data(recipe)
    tokenizer = make_tokenizer(recipe, data)
    model = build_model(recipe, tokenizer)
    sampler = PairSampler(
        data,
        tokenizer,
        model.config,
        batch_size=recipe.training.batch_size,
        augmentation=recipe.augmentation,
        seed=recipe.training.seed,
    )
    task = DualEncoderTask(
        model,
        sampler,
        tokenizer,
        loss=recipe.loss,
        validation=Validation(validation),
        companions=make_companions(recipe, sampler),
        teacher=make_teacher(recipe, data, progress=progress),
    )
    scores = train(task, recipe.training, folder, resume=resume, progress=progress)
    if PartialState().is_main_process:
        model.save_pretrained(folder, tokenizer=tokenizer, half=recipe.half)
    return scores


def make_teacher(
    recipe: DualEncoderRecipe, data: CaptionedImages, *, progress: bool
) -> Teacher | None:
    """The teacher a recipe asks for, with what it says of every picture; or ``None``."""
    if recipe.distill_from is None:
        return None
    features = encode_for_teaching(
        load_encoder(recipe.distill_from), data.images, progress=progress
    )
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        return Teacher(features, recipe.model.dim, recipe.distillation)


def make_companions(recipe: DualEncoderRecipe, sampler: PairSampler) -> dict[str, Companion]:
    """The further losses a recipe asks for; the caller's random numbers stay untouched."""
    companions = {}
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        if recipe.word_weight:
            words = WordPrediction(sampler, recipe.model.dim)
            companions["words"] = Companion(words, recipe.word_weight)
        if recipe.place_weight:
            companions["places"] = Companion(make_place_naming(recipe), recipe.place_weight)
    return companions


def make_place_naming(recipe: DualEncoderRecipe) -> PlaceNaming:
    """The loss of naming what is at each patch of a recipe's scenes."""
    assert isinstance(recipe.data, WorldData)  # noqa: S101  the recipe takes care of it
    image = recipe.model.image
    if isinstance(image, VisionTransformerConfig):
        side, width = image.size // image.patch, image.width
    else:
        side, width = image.size // (2 * math.prod(image.strides)), image.widths[-1]
    places = load_places(recipe.data.scenes, size=image.size, grid=(side, side))
    return PlaceNaming(places, width)


def make_tokenizer(recipe: DualEncoderRecipe, data: CaptionedImages) -> Tokenizer:
    """A tokenizer for the captions; or that of the model to start from."""
    if recipe.start_from is not None:
        return load_tokenizer(find_start(recipe.start_from))
    texts = (caption for captions in data.captions for caption in captions)
    context = recipe.model.text.context
    return train_tokenizer(texts, vocabulary=recipe.vocabulary, context=context)


def build_model(recipe: DualEncoderRecipe, tokenizer: Tokenizer) -> DualEncoderModel:
    """The model as training begins; the caller's random numbers stay untouched."""
    text = replace(recipe.model.text, vocabulary=tokenizer.get_vocab_size(), end_token=END_TOKEN)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        model = DualEncoderModel(replace(recipe.model, text=text))
    if recipe.start_from is not None:
        copy_weights(model, DualEncoderModel.from_pretrained(find_start(recipe.start_from)))
    return model


class Recipe(Protocol):
    """What can be written down as a recipe."""

    def to_dict(self) -> dict[str, Any]:
        """The recipe as ``recipe.json`` holds it."""
        ...


def keep_recipe(recipe: Recipe, folder: Path, *, resume: bool) -> None:
    """Write ``recipe.json``, or check that a run to be resumed was started by the same.

    Raises:
        InvalidArgumentError: if it was not, or a run is there and is not to be resumed.
    """
    path = folder / "recipe.json"
    content = json.dumps(recipe.to_dict(), indent=2) + "\n"
    if not resume:
        check_no_run(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    elif path.is_file() and json.loads(path.read_text(encoding="utf-8")) != json.loads(content):
        raise InvalidArgumentError(
            f"{path} is another recipe than the one to resume. Resume with the recipe the run "
            "was started with, or start in another folder."
        )
