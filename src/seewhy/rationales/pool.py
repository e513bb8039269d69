"""Trains the bundled rationale model: ``python -m seewhy.rationales.pool``."""

from __future__ import annotations

import argparse
from pathlib import Path

from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.folders import FILES, list_own_weights
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.recipe import RationaleRecipe, WorldScenes, run_rationale_recipe
from seewhy.rationales.recipes import find_recipe
from seewhy.rationales.world_truth import ask_about_world, judge_by_task
from seewhy.training.cards import ModelCard, bundle_model
from seewhy.training.pool import read_seconds
from seewhy.training.world_scenes import digest_world

NAME, RECIPE = "uni-nlx", "uni-nlx-mini"
TEST_SCENES = 50
LIMITS = (
    "It knows the small world and nothing else; on photographs its answers mean nothing.",
    "Its answers are right, and its reasons true, no more often than the scores above say.",
    "It writes as the world's sentences are worded, in lower case.",
    "It was asked in the world's words, as 'What is the parrot doing?'; what is asked in others, "
    "as 'What is the animal doing?' of two giraffes, it may answer with nonsense.",
)


def score_model(model: RationaleModel, *, scenes: int = TEST_SCENES) -> dict[str, float]:
    """Shares of right answers and true reasons on scenes of the split ``test``, 0 to 1.

    Pictures are seen as the model sees them: through its own encoder where that learned along.
    """
    answers = ask_about_world(model, scenes=scenes, tasks=model.config.tasks)
    found = judge_by_task(answers, metrics=())
    shares = {f"accuracy {task}": one.accuracy for task, one in sorted(found.items())}
    true = sum(one.true_reasons * one.questions for one in found.values())
    return {
        "accuracy": sum(shares.values()) / len(shares),
        **shares,
        "true reasons": true / sum(one.questions for one in found.values()),
    }


def bundle_run(
    folder: Path, *, recipe: RationaleRecipe, name: str = NAME, target: Path | None = None
) -> Path:
    """Score a finished run on unseen scenes, and put it among the bundled models with its card.

    Args:
        folder: of the run.
        recipe: it was trained by, on the world.
        name: of the bundled model.
        target: where it is to lie; ``None``: with the others.

    Raises:
        InvalidArgumentError: if the recipe learns from something else.
    """
    if not isinstance(recipe.data, WorldScenes):
        raise InvalidArgumentError("Bundled rationale models are trained on the world.")
    model = load_rationale_model(folder)
    card = ModelCard(
        name=f"mini:{name}",
        summary=(
            "answers questions about scenes of the small world and says why, for seven tasks, "
            f"looking through {recipe.patches.encoder}"
        ),
        recipe=recipe.to_dict(),
        seed=recipe.training.seed,
        data={
            "scenes": recipe.data.scenes,
            "first scene": recipe.data.first,
            "tasks": ", ".join(recipe.tasks),
            "test scenes": TEST_SCENES,
            "world": digest_world(),
        },
        scores=score_model(model, scenes=TEST_SCENES),
        parameters=sum(p.numel() for p in list_own_weights(model)),
        training_seconds=read_seconds(folder),
        limits=LIMITS,
        command="python -m seewhy.rationales.pool",
        usage=f'model = seewhy.load_rationale_model("mini:{name}")',
        unit=f"rows of up to {recipe.packs} texts about a scene",
    )
    target = target or MINIS_FOLDER / name
    bundle_model(card, folder, target, [file for file in FILES if (folder / file).is_file()])
    return target


def main() -> None:
    """Train, score and bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs") / NAME, help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    arguments = parser.parse_args()
    recipe = find_recipe(RECIPE)
    is_done = (arguments.out / "model.safetensors").is_file()
    if not is_done:
        run_rationale_recipe(recipe, arguments.out, resume=arguments.resume)
    bundle_run(arguments.out, recipe=recipe)


if __name__ == "__main__":
    main()
