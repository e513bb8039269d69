"""One model against several: fair budgets, runs that go on, differences by definition."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seewhy.errors import DataFormatError, InvalidArgumentError, UnknownNameError
from seewhy.rationales import study
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.learning import list_units
from seewhy.rationales.predictions import Prediction
from seewhy.rationales.recipe import AnnotationFile, AnnotationFiles, RationaleRecipe, WorldScenes
from seewhy.rationales.study import study_rationales
from seewhy.rationales.study_plan import UNIFIED, StudySettings, plan_recipes
from seewhy.rationales.study_report import RationaleStudy, StudiedModel, compare_answers
from seewhy.rationales.vision import PatchSettings
from seewhy.rationales.world_examples import read_world_questions, stream_world_examples
from seewhy.rationales.world_truth import WorldAnswer
from seewhy.reports.html import to_html
from seewhy.results import Provenance
from seewhy.training import loop
from seewhy.training.settings import TrainingSettings

TASKS = ("imagenet-x", "vqa-x")
RECIPE = RationaleRecipe(
    decoder=DecoderConfig(positions=192, width=16, depth=1, heads=2, dropout=0.0),
    patches=PatchSettings(encoder="mini:clip-tiny"),
    data=WorldScenes(scenes=12, validation_scenes=1),
    tasks=TASKS,
    vocabulary=400,
    packs=2,
    every_reason=False,
    training=TrainingSettings(steps=12, batch_size=2, checkpoint_every=2, seed=5),
)
SETTINGS = StudySettings(recipe=RECIPE, scenes=8)


def count_rows(tasks: Sequence[str]) -> int:
    examples = read_world_questions(range(12), tasks=tasks).examples
    return len(list_units(examples, packs=2, every_reason=False))


def test_a_separate_model_sees_its_examples_as_often_as_the_unified_one() -> None:
    recipes = plan_recipes(SETTINGS, seed=9)
    assert list(recipes) == [UNIFIED, *TASKS]
    assert recipes[UNIFIED] == replace(RECIPE, training=replace(RECIPE.training, seed=9))
    passes = {name: 2 * recipe.training.steps / count_rows(recipe.tasks)
              for name, recipe in recipes.items()}  # fmt: skip
    for task in TASKS:
        assert recipes[task].tasks == (task,)
        assert passes[task] == pytest.approx(passes[UNIFIED], abs=2 / count_rows((task,)))
        same = replace(recipes[task], tasks=TASKS, training=recipes[UNIFIED].training)
        assert same == recipes[UNIFIED]  # nothing else differs
    assert recipes["imagenet-x"].training.steps == 6  # one text of four, in every second row


def test_other_budgets_share_the_steps_or_give_as_many() -> None:
    for budget, steps in (("share", 6), ("steps", 12)):
        recipes = plan_recipes(replace(SETTINGS, budget=budget), seed=5)
        assert [recipes[task].training.steps for task in TASKS] == [steps, steps]
        assert recipes[UNIFIED].training.steps == 12
    epochs = replace(SETTINGS, recipe=replace(RECIPE, epochs=3), budget="steps")
    recipes = plan_recipes(epochs, seed=5)
    assert {r.training.steps for r in recipes.values()} == {3 * (count_rows(TASKS) // 2)}
    assert all(recipe.epochs is None for recipe in recipes.values())
    given = replace(SETTINGS, given=dict.fromkeys(SETTINGS.names, "somewhere"))
    assert plan_recipes(given, seed=5) == {}


def make_answers(wrong: dict[tuple[int, str], set[int]]) -> Any:
    """Right answers with true reasons, but for some scenes; in 7 unified models have none."""
    found: dict[tuple[int, str], list[WorldAnswer]] = {}
    for (seed, name), scenes in wrong.items():
        tasks = TASKS if name == UNIFIED else (name,)
        for one in stream_world_examples("test", tasks=tasks, count=8, draw=False):
            scene = int(str(one.example.image).split("-")[1])
            answer, reason = one.example.answers[0], one.example.explanations[0]
            if scene in scenes:
                answer = reason = "glorious"
            elif scene == 7 and name == UNIFIED:
                reason = ""
            said = Prediction(one.example.id, answer, reason)
            found.setdefault((seed, name), []).append(WorldAnswer(one, said))
    return found


WRONG = {
    (5, UNIFIED): {0, 1}, (5, "imagenet-x"): {0}, (5, "vqa-x"): {2, 3, 4},
    (6, UNIFIED): {5}, (6, "imagenet-x"): set[int](), (6, "vqa-x"): {1},
}  # fmt: skip


def test_differences_are_those_of_shares_averaged_over_tasks_and_seeds() -> None:
    answers = make_answers(WRONG)
    found = compare_answers(answers, TASKS)

    def share(name: str, task: str, true: bool = False) -> float:
        mine = [a for (_, n), said in answers.items() if n == name for a in said]
        mine = [a for a in mine if a.asked.example.task == task]
        return float(np.mean([a.check().is_true if true else a.is_right for a in mine]))

    for task in TASKS:
        one = found[f"accuracy {task}"]
        assert one.first == pytest.approx(share(task, task))
        assert one.second == pytest.approx(share(UNIFIED, task))
    for measure, true in (("accuracy", False), ("true reasons", True)):
        unified = np.mean([share(UNIFIED, task, true) for task in TASKS])
        separate = np.mean([share(task, task, true) for task in TASKS])
        assert found[measure].difference == pytest.approx(unified - separate)
        low, high = found[measure].interval
        assert low < found[measure].difference < high
    assert found["accuracy"].second > found["true reasons"].second


def test_models_that_are_wrong_together_do_not_differ() -> None:
    same = compare_answers(make_answers({key: {0, 3} for key in WRONG}), TASKS)
    assert same["accuracy"].interval == (0, 0)
    assert same["accuracy"].p_value == 1


def make_study() -> RationaleStudy:
    models = [
        StudiedModel(
            name=name, seed=seed, source="here", digest="0" * 64, parameters=1_000, megabytes=4.0,
            training_steps=6, training_seconds=10.0, questions=8, answering_seconds=2.0,
        )
        for seed, name in WRONG
    ]  # fmt: skip
    provenance = Provenance(model=UNIFIED, model_digest="0" * 64)
    return RationaleStudy.compare(SETTINGS, models, make_answers(WRONG), provenance)


def test_tables_say_what_was_found_and_what_it_costs(tmp_path: Path) -> None:
    found = make_study()
    assert (found.seeds, found.unified.parameters, found.separate.parameters) == (2, 1_000, 2_000)
    assert (found.separate.training_seconds, found.separate.seconds_per_1000) == (20, 250)
    assert np.mean(found.by_seed) == pytest.approx(found.accuracy.difference)
    assert found.is_within_margin == (found.accuracy.difference >= -0.02)
    table = (found.save(tmp_path) / "table.md").read_text()
    page = str(to_html(found))
    one = found.tasks["vqa-x"]
    for text in (f"{one.accuracy.second:.3f}", f"{one.accuracy.first:.3f}", "2,000", "250.0"):
        assert text in table
        assert text in page
    assert f"{100 * found.accuracy.difference:+.1f} points" in table
    assert found.is_within_margin is ("It is no more than 2 points below them." in table)
    assert "as often as the unified model" in table
    saved = json.loads((tmp_path / "result.json").read_text())
    assert saved["accuracy"]["difference"] == pytest.approx(found.accuracy.difference)
    assert (tmp_path / "figure.png").stat().st_size > 1_000


def strip(found: RationaleStudy) -> list[Any]:
    return [found.tasks, found.accuracy, [(m.name, m.digest, m.questions) for m in found.models]]


def test_a_study_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    whole = study_rationales(SETTINGS, tmp_path / "whole", progress=False)
    assert list(whole.tasks) == list(TASKS)
    save, saved = loop.save_checkpoint, []

    def die_in_the_second_model(*args: Any, **options: Any) -> Any:
        saved.append(save(*args, **options))
        if len(saved) == 6 + 1:  # the unified model has six checkpoints
            raise KeyboardInterrupt
        return saved[-1]

    monkeypatch.setattr(loop, "save_checkpoint", die_in_the_second_model)
    with pytest.raises(KeyboardInterrupt):
        study_rationales(SETTINGS, tmp_path / "killed", progress=False)
    monkeypatch.setattr(loop, "save_checkpoint", save)
    trained, run = [], study.run_rationale_recipe

    def note(recipe: Any, folder: Path, **options: Any) -> Any:
        trained.append((folder.name, options["resume"]))
        return run(recipe, folder, **options)

    monkeypatch.setattr(study, "run_rationale_recipe", note)
    again = study_rationales(SETTINGS, tmp_path / "killed", progress=False)
    assert trained == [("imagenet-x", True), ("vqa-x", False)]
    assert strip(again) == strip(whole)
    asked = []
    monkeypatch.setattr(study, "ask_about_world", lambda *_, **__: asked.append(1))
    kept = study_rationales(SETTINGS, tmp_path / "killed", progress=False)
    assert strip(kept) == strip(whole)
    assert not asked
    assert len(trained) == 2
    other = replace(SETTINGS, recipe=replace(RECIPE, vocabulary=300))
    with pytest.raises(InvalidArgumentError, match="another recipe"):
        study_rationales(other, tmp_path / "killed", progress=False)
    monkeypatch.undo()
    check_given_models(tmp_path)


def check_given_models(folder: Path) -> None:
    """Models that were trained before are taken as they are."""
    runs = folder / "whole" / "seed-5"
    given = {name: str(runs / name) for name in (UNIFIED, *TASKS)}
    found = study_rationales(replace(SETTINGS, given=given), folder / "given", progress=False)
    assert found.unified.training_seconds is None
    assert "given, not trained here" in found.to_markdown()
    more = study_rationales(replace(SETTINGS, given=given, scenes=9), folder / "given")
    assert more.models[0].questions > found.models[0].questions  # asked anew
    assert not list((folder / "given").rglob("*.safetensors"))
    swapped = replace(SETTINGS, given={**given, "vqa-x": given["imagenet-x"]})
    with pytest.raises(InvalidArgumentError, match=r"was to answer vqa-x, and knows imagenet-x\."):
        study_rationales(swapped, folder / "given", progress=False)
    (folder / "given" / "seed-5" / UNIFIED / "answers.json").write_text("{")
    with pytest.raises(DataFormatError, match=r"answers\.json is damaged"):
        study_rationales(replace(SETTINGS, given=given), folder / "given", progress=False)


def test_wrong_use_is_told() -> None:
    files = AnnotationFiles(train=(AnnotationFile(task="vqa-x", annotations="a", images="b"),))
    for changes, message in (
        ({"recipe": replace(RECIPE, data=files)}, "is of the world"),
        ({"recipe": replace(RECIPE, tasks=("vqa-x",))}, "two tasks or more"),
        ({"scenes": 3}, "scenes at least 8"),
        ({"seeds": 2, "given": {"vqa-x": "there"}}, "seeds=2 was asked for"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            replace(SETTINGS, **changes)
    with pytest.raises(UnknownNameError, match="Did you mean 'vqa-x'"):
        replace(SETTINGS, given={"vqax": "there"})
    with pytest.raises(UnknownNameError, match="budget"):
        replace(SETTINGS, budget="fair")
