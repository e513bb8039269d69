"""One model for all tasks against one for each, trained alike and asked the same; resumable."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from accelerate import PartialState

from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.folders import list_own_weights
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.predictions import Prediction
from seewhy.rationales.recipe import RationaleRecipe, run_rationale_recipe
from seewhy.rationales.study_plan import UNIFIED, StudySettings, plan_recipes
from seewhy.rationales.study_report import RationaleStudy, StudiedModel
from seewhy.rationales.world_examples import stream_world_examples
from seewhy.rationales.world_truth import WorldAnswer, ask_about_world
from seewhy.results import Provenance
from seewhy.training.checkpoints import FILE_NAME
from seewhy.training.pool import read_seconds
from seewhy.training.recipe import keep_recipe

ANSWERS, SCORES = "answers.json", "scores.json"


def study_rationales(
    settings: StudySettings, folder: str | Path, *, progress: bool = True
) -> RationaleStudy:
    """Train one model for all tasks and one for each, and ask all of them about unseen scenes.

    Each run lies in a folder of its own, ``seed-NUMBER/NAME`` below ``folder``, with its scores on
    validation scenes in ``scores.json`` and its answers in ``answers.json``. A study that was
    stopped goes on there: finished models are not trained again, the one under way goes on from
    its checkpoint, and answers are not asked for twice.

    Args:
        settings: what is trained, and on what it is judged.
        folder: of the study.
        progress: show progress bars where there is a terminal.

    Raises:
        InvalidArgumentError: if a run there was started by another recipe; or a model that was
            given knows another set of tasks.
        DataFormatError: if kept answers are damaged.

    Source: Uni-NLX (ICCVW 2023), arXiv:2308.09033, which compares one model with seven.
    """
    models, answers = [], {}
    first = settings.recipe.training.seed
    for seed in range(first, first + settings.seeds):
        recipes = plan_recipes(settings, seed=seed)
        for name in settings.names:
            place = Path(folder) / f"seed-{seed}" / name
            recipe = recipes.get(name)
            if recipe is not None:
                _train(recipe, place, progress=progress)
            model = _load(settings, name, place)
            kept = _ask(model, settings, name, place, progress=progress)
            answers[seed, name] = kept.answers
            models.append(_describe(model, name, seed, recipe, place, kept))
    provenance = Provenance(
        model=UNIFIED,
        model_digest=models[0].digest,
        settings={"budget": settings.budget, "recipe": settings.recipe.to_dict()},
        seed=first,
    )
    return RationaleStudy.compare(settings, models, answers, provenance)


def _train(recipe: RationaleRecipe, folder: Path, *, progress: bool) -> None:
    """Train a model, or go on with it, unless it is finished by this very recipe.

    Its scores on the validation scenes are written last, and say that all of it is there.
    """
    path = folder / SCORES
    if path.is_file():
        keep_recipe(recipe, folder, resume=True)  # which refuses another recipe
        return
    resume = (folder / FILE_NAME).is_file()
    scores = run_rationale_recipe(recipe, folder, resume=resume, progress=progress)
    path.write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")


def _load(settings: StudySettings, name: str, folder: Path) -> RationaleModel:
    source = settings.given.get(name, folder)
    is_cpu = settings.recipe.training.device == "cpu"
    device = "cpu" if is_cpu else str(PartialState().device)
    model = load_rationale_model(source, device=device)
    wanted = set(settings.recipe.tasks if name == UNIFIED else (name,))
    if not wanted <= set(model.config.tasks):
        raise InvalidArgumentError(
            f"{source} was to answer {', '.join(sorted(wanted))}, and knows "
            f"{', '.join(model.config.tasks)}."
        )
    return model


@dataclass(frozen=True)
class KeptAnswers:
    """What a model said, and how long it took."""

    answers: list[WorldAnswer]
    seconds: float


def _ask(
    model: RationaleModel, settings: StudySettings, name: str, folder: Path, *, progress: bool
) -> KeptAnswers:
    """Ask a model, or read what it said to the same questions."""
    tasks = settings.recipe.tasks if name == UNIFIED else (name,)
    asked = {
        "model": model.digest,
        "split": settings.split,
        "scenes": settings.scenes,
        "tasks": list(tasks),
    }
    path = folder / ANSWERS
    if path.is_file() and (kept := _read_answers(path, asked)) is not None:
        return kept
    since = time.perf_counter()
    found = ask_about_world(
        model, scenes=settings.scenes, tasks=tasks, split=settings.split, progress=progress
    )
    seconds = time.perf_counter() - since
    lines = [[a.said.id, a.said.answer, a.said.explanation] for a in found]
    content = json.dumps({"asked": asked, "seconds": seconds, "answers": lines}, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(content + "\n", encoding="utf-8")
    unfinished.replace(path)
    return KeptAnswers(found, seconds)


def _read_answers(path: Path, asked: dict[str, object]) -> KeptAnswers | None:
    """Kept answers; ``None`` if they are another model's, or to other questions.

    Raises:
        DataFormatError: if the file is damaged.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["asked"] != asked:
            return None
        questions = stream_world_examples(
            kept["asked"]["split"],
            tasks=kept["asked"]["tasks"],
            count=kept["asked"]["scenes"],
            draw=False,
        )
        said = [Prediction(*line) for line in kept["answers"]]
        answers = [WorldAnswer(q, s) for q, s in zip(questions, said, strict=True)]
        return KeptAnswers(answers, float(kept["seconds"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DataFormatError(
            f"{path} is damaged ({error}). Remove it, and the model is asked anew."
        ) from error


def _describe(
    model: RationaleModel,
    name: str,
    seed: int,
    recipe: RationaleRecipe | None,
    folder: Path,
    kept: KeptAnswers,
) -> StudiedModel:
    own = list_own_weights(model)
    return StudiedModel(
        name=name,
        seed=seed,
        source=model.name,
        digest=model.digest,
        parameters=sum(p.numel() for p in own),
        megabytes=sum(p.numel() * p.element_size() for p in own) / 1e6,
        training_steps=None if recipe is None else recipe.training.steps,
        training_seconds=None if recipe is None else read_seconds(folder),
        questions=len(kept.answers),
        answering_seconds=kept.seconds,
    )
