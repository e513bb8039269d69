from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.encoders.mini import load_dual_encoder
from seewhy.training import photo_recipe
from seewhy.training.photo_recipe import make_recipe, train_photo_mini
from seewhy.training.photo_scores import PhotoJudges


@pytest.fixture
def photographs(tmp_path):
    """A folder of eighteen noisy pictures in three splits, and its captions file."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "photographs"
    folder.mkdir()
    lines = []
    for i in range(18):
        pixels = generator.integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
        split = "train" if i < 10 else "dev" if i < 14 else "test"
        lines.append({"image": f"{i}.png", "captions": [f"dog {i}", "a dog"], "split": split})
    captions = tmp_path / "captions.jsonl"
    captions.write_text("\n".join(json.dumps(line) for line in lines))
    return PhotoJudges(folder=str(folder), captions=str(captions))


@pytest.fixture
def recipe(photographs, make_task, tokenizer, tmp_path, monkeypatch):
    """The recipe, two steps long, with a small teacher from a folder."""
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(photo_recipe, "STORED_SIZE", 32)
    teacher = tmp_path / "teacher"
    make_task("convnet").encoder.save_pretrained(teacher, tokenizer=tokenizer)
    monkeypatch.setattr("seewhy.training.recipe.load_encoder", lambda name: load_dual_encoder(name))
    made = make_recipe(photographs.folder, photographs.captions, str(teacher), steps=2)
    model = replace(made.model, image=replace(made.model.image, size=32))
    training = replace(made.training, batch_size=8)
    return replace(made, model=model, training=training, vocabulary=280)


def test_the_bundled_model_fits_into_six_megabytes():
    made = make_recipe("folder", "captions.jsonl", "hf:teacher", steps=1)
    text = replace(made.model.text, vocabulary=made.vocabulary)
    model = DualEncoderModel(replace(made.model, text=text))
    assert 2 * sum(parameter.numel() for parameter in model.parameters()) < 6_000_000


def test_concepts_have_a_grid_of_seven_by_seven_to_stand_on():
    made = make_recipe("folder", "captions.jsonl", "hf:teacher", steps=1)
    image = made.model.image
    shrunk = 2 * np.prod(image.strides)  # the stem shrinks by two
    assert image.size / shrunk == 7


def test_it_is_trained_taught_judged_and_put_in_its_place(recipe, photographs, tmp_path):
    card = train_photo_mini(recipe, photographs, tmp_path / "work", out=tmp_path / "out")
    folder = tmp_path / "out" / "photo-clip"
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "card.json",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }
    log = (tmp_path / "work/photo-clip/log.jsonl").read_text(encoding="utf-8").splitlines()
    assert {"guide", "imitation", "contrast", "words"} <= set(json.loads(log[0]))
    assert set(card.scores) == {
        f"{way}@{k}" for way in ("image_to_text", "text_to_image") for k in (1, 5, 10)
    }
    assert card.scores["text_to_image@10"] == 1  # four pictures: all are among the first ten
    assert load_dual_encoder(folder).encode_texts(["a dog"], cache=False).shape == (1, 192)


def test_its_card_names_no_folder_of_the_machine_it_was_trained_on(recipe, photographs, tmp_path):
    train_photo_mini(recipe, photographs, tmp_path / "work", out=tmp_path / "out")
    folder = tmp_path / "out" / "photo-clip"
    for name in ("card.json", "README.md"):
        text = (folder / name).read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert "seewhy.training.photo_recipe" in text
        assert "--steps 2" in text


def test_a_run_that_was_stopped_goes_on(recipe, photographs, tmp_path):
    cards = [
        train_photo_mini(recipe, photographs, tmp_path / "work", out=tmp_path / "out")
        for _ in range(2)
    ]
    one, other = (replace(card, training_seconds=0.0) for card in cards)
    assert one == other
