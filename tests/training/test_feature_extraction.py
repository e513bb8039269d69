from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.datasets.picture_features import PictureFeatures
from seewhy.encoders.catalogue import load_encoder
from seewhy.errors import DataFormatError, InvalidArgumentError, ShapeError
from seewhy.training.feature_extraction import (
    extract_features,
    import_features,
    load_world_features,
    name_pictures,
)
from seewhy.training.feature_store import FeatureStore
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("mini:clip-tiny")


@pytest.fixture
def pictures(tmp_path):
    found = []
    for number, color in enumerate(["red", "green", "blue"]):
        path = tmp_path / f"{color}.png"
        Image.new("RGB", (40, 30), color).save(path)
        found.append((f"picture {number}", path))
    return found


def test_a_store_holds_what_the_encoder_gives(encoder, pictures, tmp_path):
    report = extract_features(encoder, pictures, tmp_path / "store", half=False, batch_size=2)
    assert (report.written, report.kept, report.failures) == (3, 0, ())
    store = FeatureStore(tmp_path / "store")
    with torch.no_grad():
        expected = encoder.features(encoder.preprocess([pictures[1][1]]))
    found = store["picture 1"]
    assert found.grid == expected.grid
    np.testing.assert_allclose(found.values, expected.values[0].numpy(), atol=1e-5)


def test_a_run_goes_on_and_lists_what_it_cannot_read(encoder, pictures, tmp_path):
    extract_features(encoder, pictures[:1], tmp_path / "store")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    asked = [*pictures, ("broken", tmp_path / "broken.png"), ("again", pictures[0][1])]
    report = extract_features(encoder, asked, tmp_path / "store")
    assert (report.written, report.kept) == (3, 1)
    assert [failure.path.name for failure in report.failures] == ["broken.png"]
    store = FeatureStore(tmp_path / "store")
    assert set(store) == {"picture 0", "picture 1", "picture 2", "again"}
    np.testing.assert_allclose(store["again"].values, store["picture 0"].values, atol=2e-2)


def test_a_store_is_of_one_encoder(encoder, pictures, tmp_path):
    extract_features(encoder, pictures[:1], tmp_path / "store")
    with pytest.raises(InvalidArgumentError, match="holds other features"):
        extract_features(load_encoder("mini:clip-few"), pictures, tmp_path / "store")


def test_published_features_are_put_into_a_store(tmp_path):
    boxes = np.array([[0, 0, 1, 1]], np.float32)
    items = [PictureFeatures(str(i), np.full((1, 4), i, np.float32), None, boxes) for i in range(3)]
    assert import_features(items, tmp_path, source="x.tsv").written == 3
    again = import_features(items, tmp_path, source="x.tsv")
    assert (again.written, again.kept) == (0, 3)
    np.testing.assert_array_equal(FeatureStore(tmp_path)["2"].values, [[2, 2, 2, 2]])
    with pytest.raises(DataFormatError, match="holds no features"):
        import_features([], tmp_path / "none", source="x.tsv")
    bare = [items[0], PictureFeatures("bare", np.ones((1, 4), np.float32))]
    with pytest.raises(ShapeError, match="bare has no boxes"):
        import_features(bare, tmp_path / "mixed", source="x.tsv")


def test_files_go_by_their_names_and_no_two_by_one(tmp_path):
    paths = [tmp_path / "a" / "COCO_val2014_000000000042.jpg", tmp_path / "b.jpg"]
    assert name_pictures(paths) == [("42", paths[0]), ("b", paths[1])]
    with pytest.raises(InvalidArgumentError, match="both go by the id 'b'"):
        name_pictures([*paths, tmp_path / "c" / "b.png"])


def test_features_of_scenes_are_kept_in_the_cache(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    assert list(load_world_features(encoder, [3, 1], split="test")) == ["test-3", "test-1"]
    store = load_world_features(encoder, [1, 2], split="test", batch_size=1)
    assert list(store) == ["test-3", "test-1", "test-2"]
    size = max(encoder.preprocessing.size)
    drawn = draw_scene(sample_scene(1, split="test"), size).image
    with torch.no_grad():
        expected = encoder.features(encoder.preprocess([drawn])).values[0]
    np.testing.assert_allclose(store["test-1"].values, expected.numpy(), rtol=2e-3, atol=2e-3)
