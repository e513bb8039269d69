from __future__ import annotations

import json
from threading import Thread

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.datasets.picture_features import PictureFeatures
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, ShapeError
from seewhy.training.feature_store import FeatureStore, FeatureWriter, StoreSettings

PLAIN = StoreSettings(width=3, source={"encoder": "x"}, half=False)


def features(picture: str, boxes: int, *, seed: int = 0) -> PictureFeatures:
    numbers = np.random.default_rng(seed + len(picture) + boxes)
    return PictureFeatures(picture, numbers.normal(size=(boxes, 3)).astype(np.float32))


def write(folder, items, given_settings=PLAIN):
    with FeatureWriter(folder, given_settings) as writer:
        for item in items:
            writer.add(item)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_what_is_written_is_read(tmp_path_factory, boxes):
    folder = tmp_path_factory.mktemp("store")
    items = [features(f"p{i}", n, seed=i) for i, n in enumerate(boxes)]
    write(folder, items)
    store = FeatureStore(folder)
    assert list(store) == [item.picture for item in items]
    for item in reversed(items):
        np.testing.assert_array_equal(store[item.picture].values, item.values)


def test_half_precision_rounds_and_keeps_grid_and_boxes(tmp_path):
    boxes = np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 1]], np.float32)
    item = PictureFeatures("a", np.array([[1 / 3, 2, 3], [4, 5, 6]], np.float32), (1, 2), boxes)
    kind = StoreSettings(width=3, source={}, has_boxes=True)
    write(tmp_path, [item], kind)
    found = FeatureStore(tmp_path)["a"]
    np.testing.assert_array_equal(found.values, item.values.astype(np.float16))
    assert found.grid == (1, 2)
    np.testing.assert_array_equal(found.boxes, boxes)


def test_who_comes_second_waits_and_makes_nothing_again(tmp_path, caplog):
    one, two = features("one", 1), features("two", 4)
    found: list[set[str]] = []

    def write_too():
        with FeatureWriter(tmp_path, PLAIN) as writer:
            found.append(set(writer.done))
            writer.add(one)
            writer.add(two)

    second = Thread(target=write_too)
    with FeatureWriter(tmp_path, PLAIN) as writer:
        writer.add(one)
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert not found
    second.join(10)
    assert found == [{"one"}]
    assert "Another process writes" in caplog.text
    store = FeatureStore(tmp_path)
    assert list(store) == ["one", "two"]
    assert not store.find_damaged()


def test_a_folder_of_other_features_stays_free(tmp_path):
    write(tmp_path, [features("one", 1)])
    with pytest.raises(InvalidArgumentError, match="other features"):
        FeatureWriter(tmp_path, StoreSettings(width=4, source={}))
    write(tmp_path, [features("two", 2)])
    assert len(FeatureStore(tmp_path)) == 2


def test_a_batch_is_padded_with_zeros_and_means_leave_them_out(tmp_path):
    one, two = features("one", 1), features("two", 4)
    write(tmp_path, [one, two])
    batch = FeatureStore(tmp_path).gather(["two", "one"])
    assert batch.values.shape == (2, 4, 3)
    assert batch.mask.tolist() == [[True] * 4, [True, False, False, False]]
    assert not batch.values[1, 1:].any()
    torch.testing.assert_close(batch.means[1], torch.from_numpy(one.values[0]))
    torch.testing.assert_close(batch.means[0], torch.from_numpy(two.values.mean(0)))


@pytest.mark.parametrize("lost", [0, 1, 5, 30])
def test_a_killed_run_goes_on_where_it_was_whole(tmp_path, lost):
    items = [features(f"p{i}", 2, seed=i) for i in range(3)]
    write(tmp_path, items[:2])
    index = tmp_path / "index.jsonl"
    content = index.read_bytes()
    index.write_bytes(content[: len(content) - lost])  # a line half written
    with (tmp_path / "features.bin").open("ab") as file:
        file.write(b"half a picture")
    with FeatureWriter(tmp_path, PLAIN) as writer:
        assert writer.done == ({"p0", "p1"} if not lost else {"p0"})
        for item in items:
            writer.add(item)
    store = FeatureStore(tmp_path)
    assert list(store) == ["p0", "p1", "p2"]
    for item in items:
        np.testing.assert_array_equal(store[item.picture].values, item.values)
    assert store.find_damaged() == []


def test_a_flipped_bit_is_found(tmp_path):
    write(tmp_path, [features("a", 2), features("b", 3)])
    path = tmp_path / "features.bin"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert FeatureStore(tmp_path).find_damaged() == ["b"]


def test_features_that_do_not_fit_are_refused(tmp_path):
    write(tmp_path, [features("a", 2)])
    with pytest.raises(InvalidArgumentError, match="holds other features"):
        FeatureWriter(tmp_path, StoreSettings(width=4, source={"encoder": "x"}, half=False))
    with FeatureWriter(tmp_path, PLAIN) as writer:
        with pytest.raises(ShapeError, match="7 wide"):
            writer.add(PictureFeatures("b", np.zeros((1, 7), np.float32)))
        with pytest.raises(DataFormatError, match="no finite number"):
            writer.add(PictureFeatures("b", np.full((1, 3), np.nan, np.float32)))
    half = StoreSettings(width=3, source={})
    with (
        FeatureWriter(tmp_path / "half", half) as writer,
        pytest.raises(DataFormatError, match="16"),
    ):
        writer.add(PictureFeatures("b", np.full((1, 3), 1e6, np.float32)))


def test_what_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="No feature store"):
        FeatureStore(tmp_path)
    write(tmp_path, [features("a", 2)])
    with pytest.raises(MissingFileError, match="no features of the picture 'b'"):
        FeatureStore(tmp_path)["b"]
    (tmp_path / "features.bin").write_bytes(b"short")
    with pytest.raises(DataFormatError, match="shorter than its index"):
        FeatureStore(tmp_path)
    with pytest.raises(DataFormatError, match="shorter than the index"):
        FeatureWriter(tmp_path, PLAIN)
    (tmp_path / "index.jsonl").write_text(json.dumps({"picture": "a"}) + "\n")
    with pytest.raises(DataFormatError, match="line 1 is damaged"):
        FeatureStore(tmp_path)
