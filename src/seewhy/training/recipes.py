"""The recipes of the bundled dual encoders, and how a recipe is found and changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.dual_encoder import DualEncoderConfig
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.training.dual_encoder import LossName
from seewhy.training.recipe import DualEncoderRecipe, FolderData, WorldData
from seewhy.training.settings import TrainingSettings

TEXT = TextTransformerConfig(width=96, depth=2, heads=4, context=40)
LOOP = TrainingSettings(
    steps=900, batch_size=64, learning_rate=3e-3, use_bf16=True, checkpoint_every=100
)
CONV = DualEncoderRecipe(
    model=DualEncoderConfig(
        image=ConvNetConfig(size=64, widths=(16, 32, 64, 128), strides=(1, 2, 2, 1), pooling="max"),
        text=TEXT,
    ),
    data=WorldData(scenes=8_000),
    training=replace(LOOP, steps=2_000, seed=1),
)
BASE = replace(
    CONV,
    model=DualEncoderConfig(
        image=VisionTransformerConfig(
            width=128, depth=2, heads=4, class_start="strongest", patch_dropout=0.5
        ),
        text=TEXT,
    ),
    data=WorldData(scenes=12_000),
    start_from="mini:clip-conv",
    training=replace(LOOP, steps=1_000, learning_rate=1.5e-3, evaluate_every=200),
)
FEW = replace(
    BASE,
    data=WorldData(scenes=1_000),
    start_from=None,
    training=replace(LOOP, steps=300, seed=3),
)
TINY = replace(
    CONV,
    model=DualEncoderConfig(
        image=ConvNetConfig(size=64, widths=(8, 16, 32), depths=(1, 1, 1), strides=(2, 2, 1)),
        text=TextTransformerConfig(width=48, depth=1, heads=2, context=40),
        dim=64,
    ),
    data=WorldData(scenes=6_000),
    training=replace(LOOP, steps=600, seed=2),
)

PLACES = replace(
    CONV,
    model=DualEncoderConfig(
        image=ConvNetConfig(
            size=96,
            widths=(16, 48, 96, 192),
            depths=(1, 1, 2, 3),
            strides=(1, 2, 2, 2),
            pooling="max",
        ),
        text=TEXT,
    ),
    data=WorldData(scenes=12_000),
    word_weight=0.0,
    place_weight=0.2,
    training=replace(LOOP, steps=3_000, evaluate_every=500, seed=7),
)

RECIPES: dict[str, DualEncoderRecipe] = {
    "clip-conv": CONV,
    "clip-base": BASE,  # after what it starts from
    "clip-places": PLACES,
    "clip-tiny": TINY,
    "clip-few": FEW,
    "clip-noisy": replace(CONV, mixed_up=0.5, training=replace(LOOP, seed=4)),
    "clip-no-pets": replace(
        CONV,
        data=WorldData(scenes=8_000, without=("pet",)),
        training=replace(LOOP, seed=5),
    ),
    "clip-siglip": replace(
        CONV,
        model=replace(CONV.model, has_logit_bias=True),
        loss="siglip",
        training=replace(LOOP, seed=6),
    ),
}
SUMMARIES: dict[str, str] = {
    "clip-base": "The default dual encoder: a small Vision Transformer of 12 x 12 tokens, which "
    "began with the trunk and the text tower of clip-conv.",
    "clip-conv": "A small residual network instead of a Vision Transformer.",
    "clip-places": "A residual network that also learned to name what is at each of its 6 x 6 "
    "places: things, parts, colors, actions, relations. Captioners and editors see by it.",
    "clip-tiny": "The smallest: three narrow stages, half of the scenes, few steps.",
    "clip-few": "The default's shape, trained on a twelfth of its scenes.",
    "clip-noisy": "A residual network of whose pictures half have the captions of another.",
    "clip-no-pets": "A residual network that has never seen a pet.",
    "clip-siglip": "A residual network trained with SigLIP's loss instead of InfoNCE.",
}
LIMITS = (
    "It knows the small world's drawings and nothing else: on photographs its answers mean "
    "nothing (use mini:photo-clip or a model of your own).",
    "It understands the world's few hundred words in short sentences. Of counting and of left "
    "and right it has seen little.",
    "It is small and trained for minutes on one CPU core, so that explanations can be tried and "
    "tested without a download; it is no foundation for anything else.",
)


@dataclass(frozen=True, kw_only=True)
class RecipeChanges:
    """What a person may change of a recipe; ``None`` leaves it as it is."""

    architecture: Literal["vit", "convnet"] | None = None
    loss: LossName | None = None
    folder: str | None = None
    """Pictures to learn from instead of the world."""
    captions: str | None = None
    """Captions file of ``folder``."""
    scenes: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    device: str | None = None
    start_from: str | None = None
    distill_from: str | None = None


def find_recipe(name: str) -> DualEncoderRecipe:
    """The recipe of a bundled dual encoder.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def change_recipe(recipe: DualEncoderRecipe, changes: RecipeChanges) -> DualEncoderRecipe:
    """The recipe with what was asked for changed, and what hangs on it changed along.

    Raises:
        InvalidArgumentError: if a folder comes without captions, or captions or scenes with
            data they do not belong to.
    """
    model, data = recipe.model, recipe.data
    if changes.architecture is not None and changes.architecture != model.image.kind:
        towers = {"vit": BASE.model.image, "convnet": CONV.model.image}
        tower = replace(towers[changes.architecture], size=model.image.size)
        model = replace(model, image=tower)
    loss = changes.loss or recipe.loss
    # Other data want a tokenizer of their own, another tower or loss other weights.
    is_other = any((changes.architecture, changes.loss, changes.folder))
    named = ("steps", "batch_size", "learning_rate", "seed", "device")
    asked = {name: getattr(changes, name) for name in named}
    asked = {name: value for name, value in asked.items() if value is not None}
    return replace(
        recipe,
        model=replace(model, has_logit_bias=loss == "siglip"),
        data=_change_data(data, changes),
        loss=loss,
        start_from=changes.start_from or (None if is_other else recipe.start_from),
        distill_from=changes.distill_from or recipe.distill_from,
        training=replace(recipe.training, **asked),
    )


def _change_data(data: WorldData | FolderData, changes: RecipeChanges) -> WorldData | FolderData:
    """The data asked for."""
    if (changes.folder is None) != (changes.captions is None):
        raise InvalidArgumentError(
            "A folder of pictures and a captions file go together: got the folder "
            f"{changes.folder!r} and the captions {changes.captions!r}. Give both or neither."
        )
    if changes.folder is not None and changes.captions is not None:
        if changes.scenes is not None:
            raise InvalidArgumentError(
                f"scenes={changes.scenes} is for the world, and a folder was given. Leave one out."
            )
        folder = Path(changes.folder).resolve()
        return FolderData(folder=str(folder), captions=str(Path(changes.captions).resolve()))
    if changes.scenes is None:
        return data
    if not isinstance(data, WorldData):
        raise InvalidArgumentError(f"scenes={changes.scenes} is for the world: use its recipe.")
    return replace(data, scenes=changes.scenes)
