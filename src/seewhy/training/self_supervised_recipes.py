"""The recipes of the bundled image models, and how one is found and changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.image_model import ImageModelConfig, Objective
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.training.recipe import WorldData
from seewhy.training.self_supervised_recipe import PictureData, SelfSupervisedRecipe
from seewhy.training.settings import TrainingSettings

LOOP = TrainingSettings(
    steps=1_200,
    batch_size=128,
    learning_rate=2e-3,
    warmup=0.05,
    schedule="cooldown",
    weight_decay=0.01,
    use_bf16=True,
    evaluate_every=500,
    checkpoint_every=100,
    seed=11,
)
WORLD_TRUNK = ConvNetConfig(  # 8 x 8 positions
    size=64, widths=(16, 32, 64, 128), depths=(1, 1, 1, 1), strides=(1, 2, 2, 1)
)
SIMCLR = SelfSupervisedRecipe(
    model=ImageModelConfig(image=WORLD_TRUNK, projector=(128, 128, 128)),
    data=WorldData(scenes=4_000),
    views="simclr-world",
    view_size=48,
    exchanges_backgrounds=True,
    temperature=0.2,
    training=LOOP,
)
RECIPES: dict[str, SelfSupervisedRecipe] = {
    "simclr": SIMCLR,
    "barlow-twins": replace(
        SIMCLR,
        model=ImageModelConfig(
            image=WORLD_TRUNK, objective="barlow-twins", projector=(256, 256, 256)
        ),
        training=replace(LOOP, seed=12),
    ),
    "simsiam": replace(
        SIMCLR,
        model=ImageModelConfig(image=WORLD_TRUNK, objective="simsiam", projector=(256, 256, 256)),
        training=replace(LOOP, seed=13),
    ),
    "photo-simclr": replace(  # of the world unless pictures are named, whose background stays
        SIMCLR,
        model=ImageModelConfig(
            image=ConvNetConfig(size=32, widths=(32, 96, 256), depths=(1, 1, 1), strides=(1, 2, 2)),
            projector=(256, 256, 128),
        ),
        views="simclr-small",
        view_size=24,
        exchanges_backgrounds=False,
        training=replace(
            LOOP,
            steps=8_000,
            batch_size=256,
            learning_rate=3e-3,
            warmup=0.025,
            evaluate_every=500,
            seed=14,
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class RecipeChanges:
    """What a person may change of a recipe; ``None`` leaves it as it is."""

    objective: Objective | None = None
    folders: tuple[str, ...] = ()
    """Pictures to learn from instead of the world."""
    captions: str | None = None
    """Captions file of the first folder, whose split ``train`` is taken."""
    known: str | None = None
    asked: str | None = None
    scenes: int | None = None
    size: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    device: str | None = None


def find_recipe(name: str) -> SelfSupervisedRecipe:
    """The recipe of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def change_recipe(recipe: SelfSupervisedRecipe, changes: RecipeChanges) -> SelfSupervisedRecipe:
    """The recipe with what was asked for changed, and the head of another objective with it.

    Raises:
        InvalidArgumentError: if scenes are asked for beside a folder, or judges without one.
    """
    model, view_size = recipe.model, recipe.view_size
    if changes.objective is not None and changes.objective != model.objective:
        head = RECIPES[changes.objective].model
        model = replace(
            model,
            objective=head.objective,
            projector=head.projector,
            predictor=head.predictor,
        )
    if changes.size is not None:
        model = replace(model, image=replace(model.image, size=changes.size))
        view_size = None  # was chosen for the other size
    data = _change_data(recipe.data, changes)
    named = ("steps", "batch_size", "learning_rate", "seed", "device")
    asked = {name: getattr(changes, name) for name in named}
    asked = {name: value for name, value in asked.items() if value is not None}
    return replace(
        recipe,
        model=model,
        data=data,
        view_size=view_size,
        exchanges_backgrounds=recipe.exchanges_backgrounds and isinstance(data, WorldData),
        training=replace(recipe.training, **asked),
    )


def _change_data(data: WorldData | PictureData, changes: RecipeChanges) -> WorldData | PictureData:
    """The data asked for."""
    if changes.folders:
        if changes.scenes is not None:
            raise InvalidArgumentError(
                f"scenes={changes.scenes} is for the world, and a folder was given. Leave one out."
            )
        return PictureData(
            folders=tuple(str(Path(folder).resolve()) for folder in changes.folders),
            captions=_resolve(changes.captions),
            known=_resolve(changes.known),
            asked=_resolve(changes.asked),
        )
    beside = (changes.captions, changes.known, changes.asked)
    if any(beside):
        raise InvalidArgumentError(
            f"{next(filter(None, beside))} goes with a folder of pictures, and none was given."
        )
    if changes.scenes is None:
        return data
    if not isinstance(data, WorldData):
        raise InvalidArgumentError(f"scenes={changes.scenes} is for the world: use its recipe.")
    return replace(data, scenes=changes.scenes)


def _resolve(path: str | None) -> str | None:
    return None if path is None else str(Path(path).resolve())
