"""One model for all tasks against one for each: which models are trained, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.rationales.learning import list_units
from seewhy.rationales.recipe import RationaleRecipe, WorldScenes
from seewhy.rationales.world_examples import read_world_questions
from seewhy.training.epochs import EpochOrder

Budget = Literal["examples", "share", "steps"]
UNIFIED = "unified"
"""Name of the model for all tasks; the others are named after their task."""
MIN_SCENES = 8


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """What is trained, and on what it is judged."""

    recipe: RationaleRecipe
    """Of the unified model; the separate ones differ from it in task and steps alone."""
    budget: Budget = "examples"
    """How long a separate model learns. ``examples``: until it has seen each of its examples as
    often as the unified one has; ``share``: the unified one's steps divided by the number of
    tasks; ``steps``: as many steps as the unified one, which is more than it has for a task."""
    seeds: int = 1
    """Runs of each model; their seeds count up from the recipe's."""
    scenes: int = 200
    """Of the split that is judged on; no model has seen them."""
    split: str = "test"
    given: Mapping[str, str] = field(default_factory=dict)
    """Models that are loaded instead of trained: ``unified`` or a task, and a name or folder."""

    def __post_init__(self) -> None:
        tasks = self.recipe.tasks
        if not isinstance(self.recipe.data, WorldScenes):
            raise InvalidArgumentError("The study is of the world, and the recipe learns files.")
        if not self.recipe.is_unified or len(tasks) < 2:
            raise InvalidArgumentError(
                "The study needs a unified recipe of two tasks or more, as uni-nlx-mini; got "
                f"{', '.join(tasks)}, unified: {self.recipe.is_unified}."
            )
        if self.budget not in get_args(Budget):
            raise UnknownNameError("budget", self.budget, get_args(Budget))
        if self.seeds < 1 or self.scenes < MIN_SCENES:
            raise InvalidArgumentError(
                f"seeds must be at least 1 and scenes at least {MIN_SCENES}, got {self.seeds} and "
                f"{self.scenes}."
            )
        for name in self.given:
            if name not in self.names:
                raise UnknownNameError("model of the study", name, self.names)
        if self.given and self.seeds > 1:
            raise InvalidArgumentError(
                f"Models that are given have one seed each, and seeds={self.seeds} was asked for."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models: ``unified``, then each task."""
        return (UNIFIED, *self.recipe.tasks)


def plan_recipes(settings: StudySettings, *, seed: int) -> dict[str, RationaleRecipe]:
    """The recipe of each model that is to be trained, by its name.

    Under the budget ``examples``, with E steps in a pass over a model's own rows and S steps of
    the unified model,

        steps = S * E(task) / E(unified)      (rounded, at least 1)

    so that every example is learned from as often by the one as by the other. Rows hold texts of
    one picture; those of one task fill fewer rows, each of them shorter.

    Args:
        settings: of the study.
        seed: of these runs.
    """
    recipe = settings.recipe
    recipe = replace(recipe, training=replace(recipe.training, seed=seed))
    wanted = [name for name in settings.names if name not in settings.given]
    if not wanted:
        return {}
    passes = _count_passes(recipe)
    whole = recipe.training.steps
    if recipe.epochs is not None:
        whole = max(1, recipe.epochs * passes[UNIFIED] // recipe.training.accumulate)
    found = {}
    for name in wanted:
        tasks, budget = ((name,), settings.budget) if name != UNIFIED else (recipe.tasks, "steps")
        steps = {
            "examples": round(whole * passes[name] / passes[UNIFIED]),
            "share": whole // len(recipe.tasks),
            "steps": whole,
        }[budget]
        training = replace(recipe.training, steps=max(1, steps))
        found[name] = replace(recipe, tasks=tasks, epochs=None, training=training)
    return found


def _count_passes(recipe: RationaleRecipe) -> dict[str, int]:
    """Batches in a pass over the rows of each model."""
    assert isinstance(recipe.data, WorldScenes)  # noqa: S101  the settings know nothing else
    examples = read_world_questions(recipe.data.numbers, tasks=recipe.tasks).examples
    found = {}
    for name in (UNIFIED, *recipe.tasks):
        mine = [e for e in examples if name in (UNIFIED, e.task)]
        units = list_units(mine, packs=recipe.packs, every_reason=recipe.every_reason)
        found[name] = EpochOrder(len(units), recipe.training.batch_size, 0).steps
    return found
