from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.image_model import OBJECTIVES, ImageModel, ImageModelConfig
from seewhy.errors import InvalidArgumentError, MissingFileError, UnknownNameError
from seewhy.images.views import VIEW_RECIPES
from seewhy.training import moved_scenes, self_supervised, world_scenes
from seewhy.training import self_supervised_pool as pool
from seewhy.training import self_supervised_recipes as recipes
from seewhy.training.batched_views import fit_recipes
from seewhy.training.cifar10 import unpack_cifar10
from seewhy.training.loop import train
from seewhy.training.picture_folders import LabeledImages, load_pictures
from seewhy.training.processes import Share
from seewhy.training.recipe import WorldData
from seewhy.training.self_supervised import (
    Judges,
    SelfSupervisedTask,
    ViewSampler,
    embed_pictures,
    measure_spread,
)
from seewhy.training.self_supervised_recipe import (
    PictureData,
    SelfSupervisedRecipe,
    prepare_pictures,
    run_self_supervised,
)
from seewhy.training.self_supervised_recipes import RecipeChanges, change_recipe, find_recipe
from seewhy.training.settings import TrainingSettings

COLORS = {"blue": (40, 60, 200), "green": (40, 190, 60), "red": (200, 50, 40)}
SMALL = ConvNetConfig(size=16, widths=(8, 16), depths=(1, 1), strides=(1, 2))
LOOP = TrainingSettings(steps=6, batch_size=8, learning_rate=3e-3, checkpoint_every=3)


def make_config(objective="simclr"):
    return ImageModelConfig(image=SMALL, objective=objective, projector=(12, 12), predictor=4)


def make_pictures(count=48):
    """Stripes of two widths, noisy and of any color: what a view cannot change is the width."""
    numbers = np.random.default_rng(0)
    width = np.array([2 if i % 2 else 8 for i in range(count)])
    stripes = (np.arange(16)[None, :] // width[:, None] % 2)[:, None, :, None]
    colors = numbers.integers(60, 196, (count, 1, 1, 3))
    noise = numbers.integers(-15, 16, (count, 16, 16, 3))
    images = np.clip(colors + 50 * (2 * stripes - 1) + noise, 0, 255).astype(np.uint8)
    return LabeledImages(images, tuple("thin" if w == 2 else "wide" for w in width))


def make_task(objective="simclr", batch_size=8):
    data = make_pictures()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ImageModel(make_config(objective))
    views = fit_recipes(objective, 16)
    sampler = ViewSampler(data.images, model.config, views, batch_size=batch_size)
    return SelfSupervisedTask(model, sampler, temperature=0.2, judges=Judges(data, data))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_loss_falls_and_the_embeddings_do_not_become_one(objective, tmp_path):
    task = make_task(objective, batch_size=24)
    settings = TrainingSettings(steps=60, batch_size=24, learning_rate=3e-3, log_every=1)
    scores = train(task, settings, tmp_path, progress=False)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    assert np.mean([line["spread"] for line in lines[-11:-1]]) > 0.2
    assert set(scores) == {"knn", "linear_probe"}
    assert scores["knn"] > 0.8


def test_a_run_that_was_stopped_gives_the_same_weights(tmp_path):
    whole = make_task()
    train(whole, LOOP, tmp_path / "whole", progress=False)
    train(make_task(), LOOP, tmp_path / "parts", progress=False)
    state = torch.load(tmp_path / "parts" / "checkpoint.pt", weights_only=True)
    assert state["step"] == 6

    class StoppedError(Exception):
        pass

    stopped = make_task()
    draw = stopped.sampler.draw

    def draw_until_five(step, share):
        if step == 5:
            raise StoppedError
        return draw(step, share)

    stopped.sampler.draw = draw_until_five
    with pytest.raises(StoppedError):
        train(stopped, LOOP, tmp_path / "stopped", progress=False)
    resumed = make_task()
    train(resumed, LOOP, tmp_path / "stopped", resume=True, progress=False)
    for name, value in resumed.encoder.state_dict().items():
        assert torch.equal(value, whole.encoder.state_dict()[name]), name


def test_views_depend_on_seed_and_step_alone():
    sampler = make_task().sampler
    one, other = sampler.draw(3, Share()), sampler.draw(3, Share())
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert not torch.equal(one[0], one[1])
    assert not torch.equal(one[0], sampler.draw(4, Share())[0])
    halves = [sampler.draw(3, Share(rank, 2))[0] for rank in range(2)]
    assert [len(half) for half in halves] == [4, 4]


def test_second_views_may_be_of_other_pictures():
    images = make_pictures().images
    views = (replace(VIEW_RECIPES["simclr"][0], size=16),) * 2
    black = np.zeros_like(images)
    sampler = ViewSampler(images, make_config(), views, batch_size=8, others=black)
    first, second = sampler.draw(0, Share())
    assert first.std() > 0.1
    assert torch.equal(second, torch.full_like(second, -2.0))  # black, normalized
    alone = ViewSampler(images, make_config(), views, batch_size=8).draw(0, Share())
    assert torch.equal(first, alone[0])


def test_spread_tells_a_sphere_from_a_point():
    generator = torch.Generator().manual_seed(0)
    assert measure_spread(torch.randn(500, 32, generator=generator)).item() == pytest.approx(
        1.0, abs=0.05
    )
    assert measure_spread(torch.ones(5, 32)).item() == pytest.approx(0.0, abs=1e-5)


def test_features_of_larger_pictures_are_those_of_shrunk_ones():
    model = ImageModel(make_config()).eval()
    flat = np.full((3, 32, 32, 3), 120, np.uint8)
    torch.testing.assert_close(
        embed_pictures(model, flat), embed_pictures(model, flat[:, ::2, ::2])
    )


def test_judges_without_labels_are_refused():
    data = LabeledImages(make_pictures().images)
    with pytest.raises(InvalidArgumentError, match="with labels"):
        Judges(data, data)


@pytest.fixture
def folder(tmp_path):
    """Twenty pictures of each of three colors, in sub-folders, and one that is broken."""
    numbers = np.random.default_rng(0)
    for name, color in COLORS.items():
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(20):
            pixels = np.clip(np.array(color) + numbers.integers(-30, 31, (20, 24, 3)), 0, 255)
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(tmp_path / "pictures" / name / f"{i}.png")
    (tmp_path / "pictures" / "red" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "pictures"


def make_recipe(data, **changes):
    return SelfSupervisedRecipe(
        model=make_config(), data=data, training=LOOP, judged_pictures=40, **changes
    )


def test_sub_folders_name_classes_and_some_pictures_are_held_back(folder, caplog):
    pictures = load_pictures(folder, size=16)
    assert pictures.images.shape == (60, 16, 16, 3)
    assert pictures.labels == ("blue",) * 20 + ("green",) * 20 + ("red",) * 20
    assert "broken.png" in caplog.text
    data, judges = prepare_pictures(make_recipe(PictureData(folders=(str(folder),))))
    assert judges is not None
    assert (len(data), len(judges.asked)) == (54, 6)
    learned = {picture.tobytes() for picture in data.images}
    assert not learned & {picture.tobytes() for picture in judges.asked.images}


def test_a_folder_without_sub_folders_is_learned_from_and_not_judged_by(folder):
    data, judges = prepare_pictures(make_recipe(PictureData(folders=(str(folder / "red"),))))
    assert (len(data), data.labels, judges) == (20, None, None)


def test_several_folders_and_judges_of_their_own(folder):
    data = PictureData(
        folders=(str(folder / "red"), str(folder)), known=str(folder), asked=str(folder)
    )
    pictures, judges = prepare_pictures(make_recipe(data))
    assert judges is not None
    assert (len(pictures), len(judges.known), len(judges.asked)) == (80, 40, 10)
    assert set(judges.asked.labels) == set(COLORS)


def test_only_the_split_train_of_a_captions_file_is_learned_from(folder):
    lines = [
        {"image": f"{i}.png", "caption": "red", "split": "train" if i < 12 else "test"}
        for i in range(20)
    ]
    captions = folder / "captions.jsonl"
    captions.write_text("\n".join(map(json.dumps, lines)))
    assert len(load_pictures(folder / "red", size=16, captions=captions)) == 12


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_recipe_is_run_saved_and_loads_as_an_encoder(objective, folder, tmp_path):
    recipe = make_recipe(PictureData(folders=(str(folder),)))
    recipe = replace(recipe, model=make_config(objective))
    scores = run_self_supervised(recipe, tmp_path / "run", progress=False)
    assert set(scores) == {"knn", "linear_probe"}
    encoder = load_encoder(f"folder:{tmp_path / 'run'}")
    layout = encoder.layout
    assert (layout.kind, layout.grid, layout.width, layout.dim) == ("convnet", (4, 4), 16, 12)
    pixels = torch.randn(2, 3, 16, 16)
    embedding, features = encoder.encode_with_features(pixels)
    torch.testing.assert_close(encoder.head(features.values.mean(dim=1)), embedding)
    assert run_self_supervised(recipe, tmp_path / "run", resume=True, progress=False) == scores
    with pytest.raises(InvalidArgumentError, match="Resume it"):
        run_self_supervised(recipe, tmp_path / "run", progress=False)
    other = replace(recipe, temperature=0.1)
    with pytest.raises(InvalidArgumentError, match="another recipe"):
        run_self_supervised(other, tmp_path / "run", resume=True, progress=False)


def test_the_world_is_learned_from_and_judged_by(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(world_scenes, "SHARD", 8)
    monkeypatch.setattr(moved_scenes, "SHARD", 8)
    monkeypatch.setattr(pool, "TEST_SCENES", 8)
    small = replace(make_recipe(WorldData(scenes=16)), judged_pictures=16)
    small = replace(small, exchanges_backgrounds=True)
    small = replace(small, model=replace(small.model, image=replace(SMALL, size=64)))
    monkeypatch.setitem(recipes.RECIPES, "simclr", small)
    pool.main(["simclr", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")])
    target = tmp_path / "out" / "simclr"
    names = {"README.md", "card.json", "config.json", "model.safetensors"}
    assert {path.name for path in target.iterdir()} == names
    card = json.loads((target / "card.json").read_text())
    assert card["name"] == "mini:simclr"
    assert card["data"]["scenes of the small world"] == 16
    assert all(0 <= score <= 1 for score in card["scores"].values())
    assert len(card["scores"]) == 4
    assert "self_supervised_pool simclr" in (target / "README.md").read_text()


def test_the_model_of_photographs_is_trained_from_named_folders(folder, tmp_path, monkeypatch):
    small = replace(make_recipe(WorldData()), judged_pictures=16)
    monkeypatch.setitem(recipes.RECIPES, "photo-simclr", small)
    lines = [{"image": f"{i}.png", "caption": "red", "split": "train"} for i in range(20)]
    captions = tmp_path / "captions.jsonl"
    captions.write_text("\n".join(map(json.dumps, lines)))
    for split in ("train", "test"):
        (tmp_path / "cifar10").mkdir(exist_ok=True)
        (tmp_path / "cifar10" / split).symlink_to(folder, target_is_directory=True)
    arguments = ["photo-simclr", "--photos", str(folder / "red"), "--captions", str(captions)]
    places = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "out"), "--steps", "2"]
    with pytest.raises(InvalidArgumentError, match="Name all three"):
        pool.main([*arguments, *places])
    pool.main([*arguments, "--cifar10", str(tmp_path / "cifar10"), *places])
    text = (tmp_path / "out" / "photo-simclr" / "card.json").read_text()
    assert str(tmp_path) not in text  # names the data, not where they lay
    assert json.loads(text)["recipe"]["training"]["steps"] == 2


def test_cifar10_becomes_a_folder_of_classes(tmp_path):
    with pytest.raises(MissingFileError, match="No CIFAR-10 archive"):
        unpack_cifar10(tmp_path / "none.npz", tmp_path)
    files = [bytes([i] * (i + 1)) for i in range(3)]
    part = {
        "jpeg": np.frombuffer(b"".join(files), np.uint8),
        "offset": np.cumsum([0, 1, 2, 3]),
        "label": np.array([1, 0, 1]),
    }
    entries = {f"{split}_{name}": v for split in ("train", "test") for name, v in part.items()}
    np.savez(tmp_path / "a.npz", classes=np.array(["cat", "dog"]), **entries)
    assert unpack_cifar10(tmp_path / "a.npz", tmp_path / "out") == 6
    found = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*.jpg")
    }
    names = ["dog/00000.jpg", "cat/00001.jpg", "dog/00002.jpg"]
    assert found == {
        f"{split}/{name}": content
        for split in ("train", "test")
        for name, content in zip(names, files, strict=True)
    }


def test_another_objective_takes_its_head_along():
    changed = change_recipe(
        find_recipe("simclr"), RecipeChanges(objective="barlow-twins", steps=7, size=80, scenes=9)
    )
    assert changed.model.projector == find_recipe("barlow-twins").model.projector
    assert (changed.training.steps, changed.model.image.size, changed.data.scenes) == (7, 80, 9)
    assert changed.to_dict()["loss"] == "barlow-twins"
    assert changed.view_size is None  # which was chosen for another size
    assert changed.exchanges_backgrounds
    photos = change_recipe(find_recipe("simclr"), RecipeChanges(folders=("a",)))
    assert not photos.exchanges_backgrounds


def test_views_are_drawn_as_the_recipe_says(folder, tmp_path, monkeypatch):
    drawn = []
    draw = self_supervised.draw_views

    def keep(pixels, recipe, numbers):
        drawn.append(recipe)
        return draw(pixels, recipe, numbers)

    monkeypatch.setattr(self_supervised, "draw_views", keep)
    recipe = make_recipe(PictureData(folders=(str(folder),)))
    recipe = replace(recipe, training=replace(LOOP, steps=1))
    run_self_supervised(recipe, tmp_path / "published", progress=False)
    recipe = replace(recipe, views="simclr-small", view_size=12)
    run_self_supervised(recipe, tmp_path / "small", progress=False)
    assert [view.size for view in drawn] == [16, 16, 12, 12]
    assert [view.blur_chance for view in drawn] == [0.5, 0.5, 0.0, 0.0]
    assert [view.jitter[0] for view in drawn] == [0.8, 0.8, 0.4, 0.4]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (RecipeChanges(folders=("a",), scenes=3), "is for the world"),
        (RecipeChanges(known="a"), "goes with a folder of pictures"),
        (RecipeChanges(folders=("a",), asked="b"), "needs known="),
    ],
)
def test_what_does_not_go_together_is_refused(changes, message):
    with pytest.raises(InvalidArgumentError, match=message):
        change_recipe(find_recipe("simclr"), changes)


def test_an_unknown_recipe_is_guessed():
    with pytest.raises(UnknownNameError, match="Did you mean 'simclr'"):
        find_recipe("simclear")


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0.0},
        {"redundancy": -1.0},
        {"judged_pictures": 3},
        {"view_size": 0},
        {"views": "dino"},  # ten of them
        {"views": "simcrl"},
        {"exchanges_backgrounds": True, "data": PictureData(folders=("a",))},
    ],
)
def test_a_recipe_outside_its_range_is_refused(changes):
    with pytest.raises(InvalidArgumentError, match=r"must be|needs scenes"):
        SelfSupervisedRecipe(**changes)


def test_backgrounds_are_exchanged_only_where_all_families_are():
    recipe = make_recipe(WorldData(scenes=8, without=("pet",)))
    with pytest.raises(InvalidArgumentError, match="without pet"):
        replace(recipe, exchanges_backgrounds=True)


def test_a_folder_of_judges_must_name_classes(folder):
    data = PictureData(folders=(str(folder),), known=str(folder / "red"))
    with pytest.raises(InvalidArgumentError, match="no sub-folders"):
        prepare_pictures(make_recipe(data))
    with pytest.raises(InvalidArgumentError, match="at least one folder"):
        PictureData(folders=())
