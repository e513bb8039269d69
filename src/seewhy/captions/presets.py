"""The published stages of training as named recipes, and how one is found and changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from seewhy.captions.learning import Objective
from seewhy.captions.recipe import CaptionRecipe, FileCaptions, Pace, WorldCaptions
from seewhy.errors import UnknownNameError

REWARD = Objective(aim="reward")
SELF_CRITICAL = Pace(learning_rate=5e-5, schedule="plateau", decay=0.5, epochs=25, patience=0)
"""Half the rate after each epoch that is no better than the best."""
PRESETS: dict[str, CaptionRecipe] = {
    "up-down": CaptionRecipe(model="up-down", pace=Pace(batch_size=100)),
    "adaptive-attention": CaptionRecipe(
        model="adaptive-attention", pace=Pace(batch_size=80, betas=(0.8, 0.999))
    ),
    "editnet": CaptionRecipe(model="editnet", objective=Objective(samples_words=True)),
    "dcnet": CaptionRecipe(model="dcnet", pace=Pace(batch_size=60, epochs=10)),
    "dcnet-mse": CaptionRecipe(
        model="dcnet-mse",
        objective=Objective(aim="ending"),
        pace=Pace(batch_size=60, learning_rate=1e-4, schedule="constant", epochs=10),
    ),
    "modification": CaptionRecipe(
        model="modification",
        min_count=6,
        longest=50,
        pace=Pace(batch_size=100, epochs=50, patience=8),
    ),
    "up-down-reward": CaptionRecipe(
        model="up-down", objective=REWARD, pace=SELF_CRITICAL, start_from="up-down"
    ),
    "editnet-reward": CaptionRecipe(
        model="editnet", objective=REWARD, pace=SELF_CRITICAL, start_from="editnet"
    ),
    "dcnet-reward": CaptionRecipe(
        model="dcnet-mse",
        objective=REWARD,
        pace=replace(SELF_CRITICAL, batch_size=60, epochs=40),
        start_from="dcnet-mse",
    ),
}
"""Stages as published, for COCO and 36 regions of 2,048 channels; begin the last three with
``start_from``, the folder of the stage before."""


@dataclass(frozen=True, kw_only=True)
class RecipeChanges:
    """What a person may change of a preset; ``None`` leaves it as it is."""

    data: WorldCaptions | FileCaptions | None = None
    start_from: str | None = None
    dim: int | None = None
    """Of the decoder, words and sentence vectors alike; attention has half of it."""
    dropout: float | None = None
    sentences: str | None = None
    """See ``CaptionRecipe.sentences``."""
    min_count: int | None = None
    longest: int | None = None
    num_samples: int | None = None
    baseline: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    device: str | None = None
    use_bf16: bool | None = None
    validation_pictures: int | None = None


def find_preset(name: str) -> CaptionRecipe:
    """The preset of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return PRESETS[name]


def change_preset(recipe: CaptionRecipe, changes: RecipeChanges) -> CaptionRecipe:
    """The recipe with what was asked for changed."""
    pace = _take(changes, "epochs", "batch_size", "learning_rate", "seed", "device", "use_bf16")
    named = ("data", "start_from", "min_count", "longest", "validation_pictures", "sentences")
    whole = _take(changes, *named)
    drawn = _take(changes, "num_samples", "baseline")
    objective = recipe.objective
    return replace(
        recipe,
        **whole,
        pace=replace(recipe.pace, **pace),
        objective=replace(objective, self_critical=replace(objective.self_critical, **drawn)),
        sizes={**recipe.sizes, **_find_sizes(recipe.model, changes)},
    )


def _find_sizes(model: str, changes: RecipeChanges) -> dict[str, int | float]:
    sizes: dict[str, int | float] = _take(changes, "dropout")
    if changes.dim is None:
        return sizes
    sizes["dim"] = changes.dim
    if model == "modification":
        return {**sizes, "embedding_dim": changes.dim, "sentence_dim": changes.dim}
    sizes["attention_dim"] = max(1, changes.dim // 2)
    if model in ("up-down", "adaptive-attention"):
        sizes["embedding_dim"] = changes.dim
    return sizes


def _take(changes: RecipeChanges, *names: str) -> dict[str, Any]:
    asked = {name: getattr(changes, name) for name in names}
    return {name: value for name, value in asked.items() if value is not None}
