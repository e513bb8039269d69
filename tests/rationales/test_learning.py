"""Learning: packed texts, turns of reasons, a twin that sees nothing, and a run that is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder, TextBatch, compute_loss
from seewhy.rationales.layouts import LayoutMaker
from seewhy.rationales.learning import list_units
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.packing import pack_layouts
from seewhy.rationales.recipe import (
    AnnotationFile,
    AnnotationFiles,
    RationaleRecipe,
    WorldScenes,
    prepare_examples,
    run_rationale_recipe,
)
from seewhy.rationales.recipes import RECIPES, RecipeChanges, change_recipe, find_recipe
from seewhy.rationales.tasks import find_task
from seewhy.rationales.tokens import ANSWER, RationaleTokenizer
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.rationales.world_examples import read_world_questions
from seewhy.training import loop
from seewhy.training.settings import TrainingSettings

TINY = RationaleRecipe(
    decoder=DecoderConfig(positions=192, width=16, depth=1, heads=2, has_boxes=True, dropout=0.1),
    patches=PatchSettings(encoder="mini:clip-tiny"),
    data=WorldScenes(scenes=12, validation_scenes=1),
    vocabulary=500,
    packs=4,
    every_reason=False,
    answer_weight=2.0,
    training=TrainingSettings(
        steps=6, batch_size=4, learning_rate=3e-3, checkpoint_every=2, log_every=1
    ),
)


def make_examples() -> list[NLEExample]:
    picture = Path("a.png")
    still = NLEExample(
        "v", "vcr", (picture,), "what is person0?", ("a dog",), ("it is red",),
        objects=("dog",), boxes=((0.0, 0.0, 5.0, 5.0),), image_size=(10, 10),
    )  # fmt: skip
    rest = [
        NLEExample(
            str(n), "vqa-x", (picture,), "is it a dog?", ("yes",), ("it is red", "it sleeps")
        )
        for n in range(2)
    ]
    return [still, *rest]


def test_scenes_to_learn_from_may_begin_behind_those_the_encoder_saw() -> None:
    first = change_recipe(TINY, RecipeChanges(steps=1))
    later = replace(first, data=WorldScenes(first=40, scenes=12, validation_scenes=1))
    reader = PatchReader(later.patches)
    pictures = {str(e.image) for e in prepare_examples(later, reader, progress=False).examples}
    assert pictures == {f"train-{number}" for number in range(40, 52)}
    with pytest.raises(InvalidArgumentError, match=r"first must be at least 0.*got -1"):
        WorldScenes(first=-1)


def test_packed_texts_are_learned_as_if_each_stood_alone(
    small_tokenizer: RationaleTokenizer, decoders: Callable[..., RationaleDecoder]
) -> None:
    decoder = decoders(len(small_tokenizer), has_boxes=True)
    picture = torch.randn(1, 5, 32)
    layouts = [
        LayoutMaker(
            find_task(example.task, unified=True, boxes=True), small_tokenizer
        ).lay_out_training(example)
        for example in make_examples()
    ]
    packed = pack_layouts(
        [layouts, layouts[:1]],
        pad=small_tokenizer.pad,
        answer_segment=small_tokenizer.need(ANSWER),
        answer_weight=3.0,
    )
    logits = decoder(
        packed.text, picture.expand(2, -1, -1), mask=packed.mask, positions=packed.positions
    )
    start = 0
    for layout in layouts:
        end = start + len(layout.ids)
        boxes = torch.tensor([layout.boxes]) if layout.has_boxes else None
        numbers = torch.tensor([layout.numbers]) if layout.has_boxes else None
        text = TextBatch(
            torch.tensor([layout.ids]), torch.tensor([layout.segments]), boxes, numbers
        )
        expected = decoder(text, picture)[0]
        torch.testing.assert_close(logits[0, start:end], expected, atol=1e-4, rtol=1e-4)
        learned = packed.labels[0, start:end]
        assert learned.tolist()[1:] == layout.labels[1:]
        start = end
    answers = torch.tensor([small_tokenizer.need(ANSWER)])
    is_answer = packed.text.segments == answers
    assert (packed.weights[is_answer] == 3).all()
    assert (packed.weights[~is_answer] == 1).all()
    assert compute_loss(logits, packed.labels, packed.weights).isfinite()


def test_rows_hold_texts_about_one_picture(small_tokenizer: RationaleTokenizer) -> None:
    known = read_world_questions(range(2)).examples
    for packs in (1, 4):
        units = list_units(known, packs=packs, every_reason=False)
        assert sum(map(len, units)) == len(known)
        assert all(len(unit) <= packs for unit in units)
        assert all(len({str(turn.example.image) for turn in unit}) == 1 for unit in units)
    every = list_units(known, packs=4, every_reason=True)
    assert sum(map(len, every)) == sum(len(example.explanations) for example in known)


def read_losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def test_a_killed_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = run_rationale_recipe(TINY, tmp_path / "whole", progress=False)
    assert {"accuracy", "accuracy vqa-x", "true reasons"} <= set(scores)
    save, saved = loop.save_checkpoint, []

    def die_after_the_second(*args: Any, **options: Any) -> Any:
        done = save(*args, **options)
        saved.append(done)
        if len(saved) == 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(loop, "save_checkpoint", die_after_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_rationale_recipe(TINY, tmp_path / "killed", progress=False)
    monkeypatch.undo()
    run_rationale_recipe(TINY, tmp_path / "killed", resume=True, progress=False)
    one = (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert (tmp_path / "killed" / "model.safetensors").read_bytes() == one
    assert read_losses(tmp_path / "killed") == read_losses(tmp_path / "whole")
    assert read_losses(tmp_path / "whole")[-1] < read_losses(tmp_path / "whole")[0]
    model = load_rationale_model(tmp_path / "whole")
    assert model.config.is_unified
    with pytest.raises(InvalidArgumentError, match="holds the checkpoint of a run"):
        run_rationale_recipe(TINY, tmp_path / "whole", progress=False)


def test_a_blind_twin_learns_the_same_from_any_picture(tmp_path: Path) -> None:
    short = replace(TINY, training=replace(TINY.training, steps=2))
    seeing, blind = tmp_path / "seeing", tmp_path / "blind"
    run_rationale_recipe(short, seeing, progress=False)
    run_rationale_recipe(replace(short, is_blind=True), blind, progress=False)
    assert read_losses(seeing) != read_losses(blind)


def test_a_blind_twin_is_judged_by_words_alone(tmp_path: Path, pictures: list[Any]) -> None:
    run_rationale_recipe(replace(TINY, is_blind=True), tmp_path / "blind", progress=False)
    blind = load_rationale_model(tmp_path / "blind")
    sees = replace(blind, config=replace(blind.config, is_blind=False))

    def chances(model: RationaleModel) -> list[tuple[float, ...]]:
        said = (model.answer(picture, "what is this?") for picture in pictures[:2])
        return [tuple(token.log_probability for token in one.tokens) for one in said]

    first, second = chances(blind)
    assert first == pytest.approx(second, abs=1e-5)
    first, second = chances(sees)
    assert first != pytest.approx(second, abs=1e-5)
    notes = [model.answer(pictures[0], "what is this?").notes for model in (blind, sees)]
    assert ["words alone" in " ".join(note) for note in notes] == [True, False]


def test_files_of_data_sets_are_learned_from_and_caption_models_begun_with(
    tmp_path: Path, pictures: list[Any]
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    rows = ["Flickr30kID,hypothesis,gold_label,explanation,Unnamed: 0"]
    captions = []
    for number in range(6):
        np.asarray(pictures[number % 3])
        pictures[number % 3].save(images / f"{number}.png")
        label = ("entailment", "neutral", "contradiction")[number % 3]
        rows.append(f"{number}.png,A dog {number} sleeps.,{label},it is a dog,{number}")
        captions.append({"image": f"{number}.png", "captions": ["a red dog", "a dog on a mat"]})
    (tmp_path / "train.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "captions.jsonl").write_text("\n".join(map(json.dumps, captions)))

    def file(task: str, name: str) -> AnnotationFile:
        return AnnotationFile(task=task, annotations=str(tmp_path / name), images=str(images))

    begin = replace(
        TINY,
        data=AnnotationFiles(train=(file("captions", "captions.jsonl"),)),
        tasks=("captions",),
        is_unified=False,
        packs=2,
        answer_weight=1.0,
        training=replace(TINY.training, steps=2, batch_size=2),
    )
    run_rationale_recipe(begin, tmp_path / "captioner", progress=False)
    rest = replace(
        begin,
        data=AnnotationFiles(
            train=(file("e-snli-ve", "train.csv"),), validation=(file("e-snli-ve", "train.csv"),)
        ),
        tasks=("e-snli-ve",),
        start_from=str(tmp_path / "captioner"),
        epochs=2,
    )
    scores = run_rationale_recipe(rest, tmp_path / "answerer", progress=False)
    assert 0 <= scores["accuracy"] <= 1
    assert len(read_losses(tmp_path / "answerer")) == 2 * 3
    first, second = (load_rationale_model(tmp_path / n) for n in ("captioner", "answerer"))
    assert first.tokenizer.digest == second.tokenizer.digest
    assert len(first.tokenizer.encode(" contradiction because")) == 2  # though no caption has it
    answer = second.answer(images / "0.png", "a dog sleeps")
    assert answer.task == "e-snli-ve"
    assert first.answer(images / "0.png").answer == ""


def test_published_recipes_have_the_published_numbers() -> None:
    loops = {
        name: (r.training.learning_rate, r.training.batch_size, r.training.accumulate, r.epochs)
        for name, r in RECIPES.items()
        if name not in ("uni-nlx-mini", "small", "small-answers")
    }
    assert loops == {
        "captions": (1e-4, 32, 6, 30),
        "vqa-x": (2e-5, 32, 1, 30),
        "act-x": (2e-5, 32, 1, 30),
        "e-snli-ve": (2e-5, 32, 1, 10),
        "e-snli-ve-concepts": (2e-5, 32, 1, 10),
        "vcr": (2e-5, 16, 1, 30),
        "uni-nlx": (2e-5, 64, 1, 20),
    }
    for name in loops:
        assert RECIPES[name].training.epsilon == 1e-6
        assert RECIPES[name].training.schedule == "linear"
        assert RECIPES[name].training.warmup == RECIPES[name].training.weight_decay == 0


def test_recipes_are_found_and_changed() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'vqa-x'"):
        find_recipe("vqax")
    changes = RecipeChanges(
        steps=5, width=96, start_from="none", encoder="mini:clip-conv", answer_weight=2.5,
        vocabulary=600,
    )  # fmt: skip
    changed = change_recipe(find_recipe("vqa-x"), changes)
    assert (changed.epochs, changed.training.steps, changed.start_from) == (None, 5, None)
    assert (changed.patches.encoder, changed.answer_weight) == ("mini:clip-conv", 2.5)
    assert (changed.vocabulary, find_recipe("vqa-x").vocabulary) == (600, 1024)
    with pytest.raises(InvalidArgumentError, match="answer_weight above 0"):
        change_recipe(find_recipe("vqa-x"), RecipeChanges(answer_weight=0))
    with pytest.raises(InvalidArgumentError, match="--data captions=FILE"):
        change_recipe(find_recipe("small"), RecipeChanges())
    files = AnnotationFiles(train=(AnnotationFile(task="vqa-x", annotations="a", images="b"),))
    with pytest.raises(InvalidArgumentError, match="Leave one out"):
        change_recipe(find_recipe("vqa-x"), RecipeChanges(scenes=3, files=files))
