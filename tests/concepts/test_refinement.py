"""Refined masks against an exact mean field, and against pictures whose edges are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seewhy.concepts.permutohedral import PermutohedralLattice
from seewhy.concepts.refinement import RefinementSettings, refine_mask, refine_masks
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.images.resizing import upscale_nearest


def two_colors(size: int = 32, edge: int = 14) -> NDArray[np.uint8]:
    image = np.full((size, size, 3), 40, np.uint8)
    image[:, edge:] = (220, 180, 60)
    return image


def mean_field(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], settings: RefinementSettings, kernels: str
) -> NDArray[np.bool_]:
    """Two labels and a softmax over them, with exact Gaussians or with those of the lattice."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    place = np.stack([columns.ravel(), rows.ravel()], 1).astype(float)
    color = image.reshape(-1, 3) / settings.color_tolerance
    points = [
        np.concatenate([place / settings.color_reach, color], 1),
        place / settings.smooth_reach,
    ]
    weights = [settings.color_weight, settings.smooth_weight]

    def make_kernel(points: np.ndarray) -> np.ndarray:
        if kernels == "exact":
            matrix = np.exp(-((points[:, None] - points[None]) ** 2).sum(2) / 2)
        else:
            lattice = PermutohedralLattice(points.astype(np.float32))
            matrix = np.stack([lattice.filter(one) for one in np.eye(len(points))], 1)
        scale = 1 / np.sqrt(matrix.sum(1))
        return scale[:, None] * matrix * scale

    matrices = [make_kernel(p) for p in points]
    coarse = upscale_nearest(mask, (height, width)).ravel()
    probability = np.stack([~coarse, coarse], 1).clip(0.01, 0.99)
    unary = -np.log(probability)
    q = np.exp(-unary)
    for _ in range(settings.iterations):
        message = sum(w * m @ q for w, m in zip(weights, matrices, strict=True))
        q = np.exp(message - unary - (message - unary).max(1, keepdims=True))
        q /= q.sum(1, keepdims=True)
    return q.argmax(1).reshape(height, width) == 1


def blobs(seed: int, size: int = 24) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    inside = (rows - 11) ** 2 + (columns - 13) ** 2 < 45
    image = np.where(inside[..., None], (200, 90, 60), (60, 110, 140)).astype(float)
    return (image + rng.normal(0, 12, image.shape)).clip(0, 255).astype(np.uint8)


MASK = np.zeros((4, 4), bool)
MASK[1:3, 1:3] = True


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "settings",
    [
        RefinementSettings(),
        RefinementSettings(color_weight=2, smooth_weight=1, iterations=1),
        RefinementSettings(color_weight=0.5, smooth_weight=4, color_reach=5, iterations=3),
    ],
)
def test_one_channel_decides_as_two_with_a_softmax(seed: int, settings: RefinementSettings) -> None:
    image = blobs(seed)
    expected = mean_field(image, MASK, settings, "lattice")
    np.testing.assert_array_equal(refine_mask(image, MASK, settings), expected)


@pytest.mark.parametrize("seed", range(3))
def test_refined_masks_are_near_those_of_an_exact_mean_field(seed: int) -> None:
    image = blobs(seed)
    settings = RefinementSettings(color_reach=12)
    expected = mean_field(image, MASK, settings, "exact")
    found = refine_mask(image, MASK, settings)
    assert (found & expected).sum() > 0.9 * (found | expected).sum()


def test_a_coarse_mask_snaps_to_the_edge_of_the_picture() -> None:
    image = two_colors()
    mask = np.zeros((4, 4), bool)
    mask[:, 2:] = True  # enlarged, it begins at column 16; the color changes at 14
    refined = refine_mask(image, mask)
    assert refined[:, 14:].all()
    assert not refined[:, :14].any()


@pytest.mark.parametrize("value", [False, True])
def test_an_empty_or_full_mask_stays(value: bool) -> None:
    refined = refine_mask(two_colors(), np.full((4, 4), value))
    assert refined.shape == (32, 32)
    assert (refined == value).all()


def test_without_weights_nothing_moves() -> None:
    settings = RefinementSettings(color_weight=0, smooth_weight=0)
    refined = refine_mask(blobs(0), MASK, settings)
    np.testing.assert_array_equal(refined, upscale_nearest(MASK, (24, 24)))


def test_smoothing_alone_removes_a_speck_and_keeps_a_block() -> None:
    mask = np.zeros((24, 24), bool)
    mask[3, 3] = True
    mask[10:20, 10:20] = True
    refined = refine_mask(
        np.zeros((24, 24, 3), np.uint8), mask, RefinementSettings(color_weight=0, smooth_weight=8)
    )
    assert not refined[3, 3]
    assert refined[12:18, 12:18].all()


def test_a_single_patch_in_a_corner_does_not_fail() -> None:
    mask = np.zeros((8, 8), bool)
    mask[7, 7] = True
    assert refine_mask(blobs(1), mask).shape == (24, 24)


def test_several_pictures_are_refined_as_each_alone_also_in_threads() -> None:
    images = [blobs(seed) for seed in range(4)]
    alone = [refine_mask(image, MASK) for image in images]
    for threads in (1, 3):
        found = refine_masks(images, [MASK] * 4, threads=threads)
        np.testing.assert_array_equal(found, alone)


def test_without_refinement_masks_are_enlarged() -> None:
    (found,) = refine_masks([blobs(0)], [MASK], method="none")
    np.testing.assert_array_equal(found, upscale_nearest(MASK, (24, 24)))


def test_no_pictures_give_no_masks() -> None:
    assert refine_masks([], []) == []


def test_wrong_shapes_and_options_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(4, 4, 2\)"):
        refine_mask(np.zeros((4, 4, 2), np.uint8), MASK)
    with pytest.raises(InvalidArgumentError, match="'gauss'"):
        refine_masks([], [], method="gauss")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="1 pictures, 0 masks"):
        refine_masks([blobs(0)], [])
    with pytest.raises(InvalidArgumentError, match="iterations at least 1"):
        RefinementSettings(iterations=0)
    with pytest.raises(InvalidArgumentError, match="positive"):
        RefinementSettings(color_tolerance=0)
