"""How an image model is trained without labels, whole: model, data, loss, loop; and the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from accelerate import PartialState
from numpy.typing import NDArray

from seewhy.encoders.image_model import ImageModel, ImageModelConfig
from seewhy.errors import InvalidArgumentError
from seewhy.images.views import VIEW_RECIPES
from seewhy.training.batched_views import fit_recipes
from seewhy.training.loop import train
from seewhy.training.moved_scenes import load_moved
from seewhy.training.picture_folders import LabeledImages, load_pictures
from seewhy.training.recipe import WorldData, keep_recipe
from seewhy.training.self_supervised import Judges, SelfSupervisedTask, ViewSampler
from seewhy.training.settings import TrainingSettings
from seewhy.training.world_scenes import load_world

HELD_BACK = 10  # every so many labeled pictures one is asked and not learned from


@dataclass(frozen=True, kw_only=True)
class PictureData:
    """Folders of pictures."""

    folders: tuple[str, ...]
    kind: Literal["pictures"] = "pictures"
    captions: str | None = None
    """Captions file of the first folder; only its split ``train`` is learned from."""
    known: str | None = None
    """Folder with sub-folders for classes to be judged by; ``None``: the first of ``folders``,
    if it has sub-folders, with every tenth picture held back."""
    asked: str | None = None
    """Folder of the same classes whose pictures are classified; ``None``: every tenth of
    ``known``."""
    stored_size: int | None = None
    """Height and width pictures are kept at, to be cropped from; ``None``: the model's."""

    def __post_init__(self) -> None:
        if not self.folders:
            raise InvalidArgumentError("folders must name at least one folder of pictures.")
        if self.asked is not None and self.known is None:
            raise InvalidArgumentError(
                f"asked={self.asked!r} needs known=, a folder of the same classes."
            )


@dataclass(frozen=True, kw_only=True)
class SelfSupervisedRecipe:
    """Everything that decides an image model's weights; saved as ``recipe.json`` beside them."""

    model: ImageModelConfig = field(default_factory=ImageModelConfig)
    data: WorldData | PictureData = field(default_factory=WorldData)
    views: str | None = None
    """How views are drawn, a name of ``VIEW_RECIPES`` with two; ``None``: the objective's."""
    view_size: int | None = None
    """Height and width of views; ``None``: the model's. Smaller ones cost less, and what random
    crops enlarge has about the size again that it has in whole pictures (arXiv:1906.06423)."""
    exchanges_backgrounds: bool = False
    """Whether the second view is of the same things before another background, which only the world
    can draw. Else small networks learn the background, by which most pictures can be told apart
    (arXiv:2103.12719)."""
    temperature: float = 0.5
    """Of SimCLR's loss."""
    redundancy: float = 0.0051
    """What Barlow Twins' loss multiplies correlations between different numbers with."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    judged_pictures: int = 2_000
    """Labeled pictures that are known when it is judged, and a quarter as many asked, at most."""
    half: bool = True
    """Keep the finished weights in 16 bits."""

    def __post_init__(self) -> None:
        if not self.temperature > 0 or not self.redundancy >= 0:
            raise InvalidArgumentError(
                "temperature must be above 0 and redundancy not negative, got "
                f"{self.temperature} and {self.redundancy}."
            )
        if self.exchanges_backgrounds:
            _check_scenes(self.data)
        if self.views is not None and len(VIEW_RECIPES.get(self.views, ())) != 2:
            two = ", ".join(name for name, views in VIEW_RECIPES.items() if len(views) == 2)
            raise InvalidArgumentError(f"views must be one of {two}, got {self.views!r}.")
        if self.view_size is not None and self.view_size < 1:
            raise InvalidArgumentError(f"view_size must be at least 1, got {self.view_size}.")
        if self.judged_pictures < 4:
            raise InvalidArgumentError(
                f"judged_pictures must be at least 4, got {self.judged_pictures}."
            )

    def to_dict(self) -> dict[str, Any]:
        """The recipe as ``recipe.json`` holds it."""
        return {**asdict(self), "model": self.model.to_dict(), "loss": self.model.objective}


def _check_scenes(data: WorldData | PictureData) -> None:
    """Refuse data whose backgrounds cannot be exchanged.

    Raises:
        InvalidArgumentError: if they are no scenes, or scenes were left out.
    """
    if not isinstance(data, WorldData):
        raise InvalidArgumentError(
            "exchanges_backgrounds=True needs scenes of the world; of pictures nobody knows the "
            "background. Leave it out."
        )
    if data.without:
        raise InvalidArgumentError(
            "exchanges_backgrounds=True needs all families, got data without "
            f"{', '.join(data.without)}."
        )


def prepare_pictures(recipe: SelfSupervisedRecipe) -> tuple[LabeledImages, Judges | None]:
    """What a recipe learns from, and what it is judged by where labels are known."""
    size, count = recipe.model.image.size, recipe.judged_pictures
    if isinstance(recipe.data, WorldData):
        world = load_world(recipe.data.scenes, size=size, without=recipe.data.without)
        judge = load_world(count // 4, size=size, split="validation")
        data = LabeledImages(world.images, world.classes)
        known, asked = data, LabeledImages(judge.images, judge.classes)
    else:
        data, known, asked = _prepare_folders(recipe.data, size)
    if known is None or asked is None:
        return data, None
    return data, Judges(_sample(known, count), _sample(asked, count // 4))


def _load_others(recipe: SelfSupervisedRecipe) -> NDArray[np.uint8] | None:
    """What second views are drawn of, where not of the same pictures."""
    if not recipe.exchanges_backgrounds or not isinstance(recipe.data, WorldData):
        return None
    return load_moved(recipe.data.scenes, size=recipe.model.image.size)


def _prepare_folders(
    source: PictureData, size: int
) -> tuple[LabeledImages, LabeledImages | None, LabeledImages | None]:
    """What to learn from, what is known and what is asked."""
    stored, first = source.stored_size or size, source.folders[0]
    loaded = {first: load_pictures(first, size=stored, captions=source.captions)}
    beside = (*source.folders[1:], source.known, source.asked)
    for folder in dict.fromkeys(name for name in beside if name not in (None, first)):
        loaded[folder] = load_pictures(folder, size=stored)
    parts = [loaded[folder] for folder in source.folders]
    known = loaded[source.known or first]
    asked = None if source.asked is None else loaded[source.asked]
    if source.known is not None and known.labels is None:
        raise InvalidArgumentError(
            f"{source.known} has no sub-folders that could name classes. Put the pictures of each "
            "class in a folder of its own."
        )
    if known.labels is None:
        known = None
    elif asked is None:
        numbers = np.arange(len(known))
        is_asked = numbers % HELD_BACK == 0
        asked, known = known.take(numbers[is_asked]), known.take(numbers[~is_asked])
        parts[0] = known if source.known is None else parts[0]
    return LabeledImages(np.concatenate([part.images for part in parts])), known, asked


def _sample(data: LabeledImages, count: int) -> LabeledImages:
    """``count`` pictures from all over the data, or all where there are fewer."""
    if len(data) <= count:
        return data
    return data.take(np.linspace(0, len(data) - 1, count).astype(np.int64))


def run_self_supervised(
    recipe: SelfSupervisedRecipe, folder: str | Path, *, resume: bool = False, progress: bool = True
) -> dict[str, float]:
    """Train an image model by a recipe and save it.

    ``folder`` gets the model (see ``ImageModel.save_pretrained``), ``recipe.json``,
    ``log.jsonl`` and ``checkpoint.pt``. Under ``torchrun`` all processes train it together.

    Args:
        recipe: everything that decides the weights.
        folder: of the run; made if it is not there.
        resume: go on from the folder's checkpoint.
        progress: show progress bars where there is a terminal.

    Returns:
        ``knn`` and ``linear_probe`` on pictures it has not seen, where labels are known.

    Raises:
        InvalidArgumentError: if ``folder`` holds a run and ``resume`` is false, or it was
            started by another recipe.
        MissingFileError: if there is nothing to resume, or data are not there.
    """
    folder = Path(folder)
    keep_recipe(recipe, folder, resume=resume)
    data, judges = prepare_pictures(recipe)
    with torch.random.fork_rng():  # the caller's random numbers stay untouched
        torch.manual_seed(recipe.training.seed)
        model = ImageModel(recipe.model)
    sampler = ViewSampler(
        data.images,
        recipe.model,
        fit_recipes(
            recipe.views or recipe.model.objective, recipe.view_size or recipe.model.image.size
        ),
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        others=_load_others(recipe),
    )
    task = SelfSupervisedTask(
        model,
        sampler,
        temperature=recipe.temperature,
        redundancy=recipe.redundancy,
        judges=judges,
    )
    scores = train(task, recipe.training, folder, resume=resume, progress=progress)
    if PartialState().is_main_process:
        model.save_pretrained(folder, half=recipe.half)
    return scores
