from __future__ import annotations

import base64
import pickle

import numpy as np
import pytest

from seewhy.datasets.bottom_up import read_bottom_up_hdf5, read_bottom_up_npz, read_bottom_up_tsv
from seewhy.datasets.picture_features import PictureFeatures, grid_boxes
from seewhy.errors import DataFormatError, MissingFileError, ShapeError


def encode(values) -> str:
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode()


def tsv_line(picture="9", width=200, height=100, boxes=((20, 10, 100, 50),), features=((1, 2, 3),)):
    return "\t".join(
        [picture, str(width), str(height), str(len(boxes)), encode(boxes), encode(features)]
    )


def test_a_tsv_line_gives_features_and_boxes_as_fractions(tmp_path):
    path = tmp_path / "features.tsv"
    second = tsv_line("10", boxes=((0, 0, 200, 100), (0, 0, 2, 1)), features=((4, 5), (6, 7)))
    path.write_text(tsv_line() + "\n" + second + "\n")
    one, two = read_bottom_up_tsv(path)
    assert (one.picture, two.picture) == ("9", "10")
    np.testing.assert_array_equal(one.values, [[1, 2, 3]])
    np.testing.assert_allclose(one.boxes, [[0.1, 0.1, 0.5, 0.5]])
    np.testing.assert_allclose(two.boxes, [[0, 0, 1, 1], [0, 0, 0.01, 0.01]])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("9\t200", "2 columns, not 6"),
        (tsv_line(width="wide"), "line 1 cannot be read"),
        (tsv_line().replace("\t1\t", "\t2\t"), "line 1 cannot be read"),
        (tsv_line()[:-1] + "!", "line 1 cannot be read"),
        (tsv_line(width=0), "0 x 100 pixels"),
        (tsv_line(boxes=((20, 10, 300, 50),)), "reaches out of its picture"),
    ],
)
def test_a_line_of_another_form_is_named(tmp_path, line, complaint):
    path = tmp_path / "features.tsv"
    path.write_text(line + "\n")
    with pytest.raises(DataFormatError, match=complaint):
        list(read_bottom_up_tsv(path))


def test_a_folder_of_npz_is_read_in_order_with_any_number_of_boxes(tmp_path):
    np.savez(tmp_path / "b.npz", feat=np.ones((12, 4), np.float32))
    np.savez(
        tmp_path / "a.npz",
        feat=np.zeros((10, 4)),
        bbox=np.tile([0, 0, 50, 20], (10, 1)),
        image_w=100,
        image_h=40,
    )
    one, two = read_bottom_up_npz(tmp_path)
    assert (one.picture, len(one.values), two.picture, len(two.values)) == ("a", 10, "b", 12)
    np.testing.assert_allclose(one.boxes[0], [0, 0, 0.5, 0.5])
    assert two.boxes is None


def test_an_npz_without_features_or_with_objects_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", other=np.ones(3))
    with pytest.raises(DataFormatError, match=r"a\.npz holds no features under 'feat'"):
        list(read_bottom_up_npz(tmp_path))
    np.savez(tmp_path / "a.npz", feat=np.array([{}], object))
    with pytest.raises(DataFormatError, match=r"a\.npz"):
        list(read_bottom_up_npz(tmp_path))
    with pytest.raises(MissingFileError, match="No folder with files"):
        list(read_bottom_up_npz(tmp_path / "nowhere"))


def test_hdf5_is_read_by_the_rows_of_its_index(tmp_path):
    h5py = pytest.importorskip("h5py")
    features = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    spatial = np.full((2, 3, 6), 0.25, np.float32)
    with h5py.File(tmp_path / "val36.hdf5", "w") as file:
        file["image_features"], file["spatial_features"] = features, spatial
    (tmp_path / "index.pkl").write_bytes(pickle.dumps({391895: 1, 42: 0}))
    one, two = read_bottom_up_hdf5(tmp_path / "val36.hdf5", tmp_path / "index.pkl")
    assert (one.picture, two.picture) == ("391895", "42")
    np.testing.assert_array_equal(one.values, features[1])
    np.testing.assert_array_equal(two.boxes, spatial[0, :, :4])
    (tmp_path / "index.pkl").write_bytes(pickle.dumps({7: 5}))
    with pytest.raises(DataFormatError, match=r"val36\.hdf5"):
        list(read_bottom_up_hdf5(tmp_path / "val36.hdf5", tmp_path / "index.pkl"))


def test_features_must_fit_their_grid_and_their_boxes():
    with pytest.raises(ShapeError, match="no grid of 2 x 2"):
        PictureFeatures("a", np.zeros((3, 4), np.float32), grid=(2, 2))
    with pytest.raises(ShapeError, match=r"must be \(3, 4\)"):
        PictureFeatures("a", np.zeros((3, 7), np.float32), boxes=np.zeros((2, 4), np.float32))
    with pytest.raises(ShapeError, match="at least one box"):
        PictureFeatures("a", np.zeros((0, 7), np.float32))


def test_cells_of_a_grid_are_counted_row_by_row():
    boxes = grid_boxes((2, 4))
    np.testing.assert_allclose(boxes[1], [0.25, 0, 0.5, 0.5])
    np.testing.assert_allclose(boxes[4], [0, 0.5, 0.25, 1])
