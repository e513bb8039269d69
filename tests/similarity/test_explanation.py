"""Maps brought to pixels through what made them; overlays; figures of every kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from seewhy.images.jet import lay_jet
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.explanation import SimilarityMap, scale_min_max
from seewhy.similarity.figures import describe_settings, lay_by_itself
from seewhy.similarity.methods import explain
from seewhy.similarity.model import PairModel
from seewhy.similarity.occlusion import PUBLISHED_OCCLUSION, OcclusionSettings
from seewhy.similarity.view_pairs import explain_views
from seewhy.similarity.windows import place_windows

COARSE = OcclusionSettings(window=8, stride=6)


def draw(seed: int, size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8))


def test_windows_give_pixels_the_mean_of_those_that_hold_them() -> None:
    windows = place_windows((10, 8), window=4, stride=3)
    values = np.arange(windows.shape[0] * windows.shape[1], dtype=np.float32).reshape(windows.shape)
    found = SimilarityMap(values, (10, 8), 1, windows).to_pixels()
    for y, x in ((0, 0), (3, 3), (4, 5), (9, 7)):
        held = [
            values[row, column]
            for row, top in enumerate(windows.tops)
            for column, left in enumerate(windows.lefts)
            if top <= y < top + 4 and left <= x < left + 4
        ]
        assert found[y, x] == pytest.approx(np.mean(held))


def test_margins_that_no_window_reached_are_not_numbers() -> None:
    windows = place_windows((10, 10), window=4, stride=4, reaches_edges=False)
    found = SimilarityMap(np.ones(windows.shape, np.float32), (10, 10), 1, windows).to_pixels()
    assert np.isnan(found[8:]).all()
    assert np.isfinite(found[:8, :8]).all()


def test_normalized_maps_go_from_0_to_1_and_raw_ones_stay() -> None:
    found = SimilarityMap(np.array([[-1.0, 0.0], [1.0, 3.0]], np.float32), (4, 4), 2)
    np.testing.assert_allclose(found.normalized(), [[0, 0.25], [0.5, 1]])
    assert found.values.min() == -1
    flat = SimilarityMap(np.full((2, 2), 0.3, np.float32), (4, 4), 2)
    assert not flat.normalized().any()
    assert np.isnan(scale_min_max(flat.values)).all()  # as published


def test_published_overlays_are_jet_on_the_stretched_grid(convnet: PairModel) -> None:
    settings = replace(PUBLISHED_OCCLUSION, window=8, stride=6)
    found = explain(
        convnet, draw(1), draw(2), method="conditional-occlusion", compat="published",
        settings=settings,
    )  # fmt: skip
    published = found.maps[0].published
    assert published is not None
    expected = lay_jet(found.pictures[0], published, image_weight=0.5)
    np.testing.assert_array_equal(found.overlay(1), expected)


def test_a_map_by_itself_uses_all_colors_whatever_its_size(convnet: PairModel) -> None:
    found = explain(convnet, draw(1), draw(2))
    small = replace(found.maps[0], values=found.maps[0].values * 1e-6)
    faint = replace(found, maps=(small, found.maps[1]))
    assert (lay_by_itself(faint, 1) == lay_by_itself(found, 1)).mean() > 0.99
    assert (faint.overlay(1) != found.overlay(1)).any()  # on one scale it fades


@pytest.mark.parametrize("compat", ["default", "published"])
@pytest.mark.parametrize("method", ["conditional-occlusion", "interaction-cam", "model-difference"])
def test_every_kind_of_explanation_has_a_figure(
    convnet: PairModel, method: str, compat: str, tmp_path: Path
) -> None:
    base = METHODS[method].published if compat == "published" else METHODS[method].default
    few = {"conditional-occlusion": {"window": 8, "stride": 6}, "model-difference": {"steps": 2}}
    settings = replace(base, **few.get(method, {}))
    (found,) = explain_views(
        convnet, draw(3, (60, 80)), methods=[method], compat=compat,  # type: ignore[arg-type]
        settings={method: settings}, seed=2,
    )  # fmt: skip
    figure = found.figure()
    assert isinstance(figure, Figure)
    title = figure.get_suptitle()
    assert METHODS[method].title in title
    assert f"{found.score:.3f}" in title
    assert ("as published" in title) == (compat == "published")
    words = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    titles = [axes.get_title() for axes in figure.axes]
    if found.maps:
        assert found.agreement is not None
        assert f"{found.agreement.overlap:.0%}" in figure.get_supxlabel()
        assert titles.count("its map on the picture") == 2
        flipped = found.geometry is not None and any(found.geometry.flipped)
        assert ("mirrored" in words) == flipped
    else:
        assert "steps 2" in figure.get_supxlabel().replace("\n", " ")
        assert [t for t in titles if "layer" in t]
    (tmp_path / "figure.png").write_bytes(found.to_png())


def test_settings_are_told_in_one_line() -> None:
    words = describe_settings({"num_masks": None, "layers": (0, 1), "grid": {"fill": "mean"}})
    assert words == "num masks None; layers 0, 1; grid (fill mean)"
