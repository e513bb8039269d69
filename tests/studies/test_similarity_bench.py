"""The bench against scores by hand, and with maps that know everything or nothing."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch

from seewhy.encoders.convnet import ConvNetConfig
from seewhy.encoders.image_model import ImageModel, ImageModelConfig, wrap_image_model
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.explanation import SimilarityMap
from seewhy.similarity.localization import point, weigh
from seewhy.similarity.methods import explain
from seewhy.studies.scene_pairs import find_scene_pairs
from seewhy.studies.similarity_bench import (
    bench_similarity,
    choose_settings,
    judge_maps,
)

CHOSEN = ("interaction-cam", "conditional-occlusion", "feature-visualization")


@pytest.fixture(scope="module")
def encoder():
    image = ConvNetConfig(size=32, widths=(8, 16), depths=(1, 1), strides=(1, 2))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ImageModel(ImageModelConfig(image=image, projector=(16, 16)))
    return wrap_image_model(model.eval(), name="small")


@pytest.fixture(scope="module")
def bench(encoder):
    return bench_similarity(encoder, pairs=8, methods=CHOSEN, start=20, seed=4)


def test_every_score_is_that_of_the_definition(bench, encoder):
    rows = {name: [] for name in ("conditional-occlusion", "interaction-cam", "random", "center")}
    areas, scores = [], []
    for number, scenes in enumerate(find_scene_pairs(8, size=32, start=20)):
        for name in rows:
            settings = choose_settings(name, 32)
            found = explain(
                encoder, *scenes.pictures, method=name, settings=settings, seed=4 + number
            )
            sides = []
            for each, mask in zip(found.maps, scenes.parts, strict=True):
                heat = each.to_pixels()
                mass = weigh(heat, mask) if heat.max() > 0 else mask.mean()
                sides.append((point(heat, mask), mass))
            rows[name].append(np.mean(sides, axis=0))
        areas += [mask.mean() for mask in scenes.parts]
        scores.append(found.score)
    assert list(bench.methods) == list(rows)
    for name, values in rows.items():
        found = bench.methods[name]
        assert found.is_baseline == (name in ("random", "center"))
        expected = np.mean(values, axis=0)
        assert (found.pointing.value, found.mass.value) == pytest.approx(expected, rel=1e-4)
    assert bench.area == pytest.approx(np.mean(areas))
    assert bench.similarity == pytest.approx(np.mean(scores), rel=1e-4)


def test_pictures_that_were_made_are_judged_by_their_goals(bench, encoder):
    assert list(bench.made) == ["feature-visualization: maximal score"]
    for reached in bench.made.values():
        assert reached.end > reached.begin
        assert reached.pictures == 4
    pairs = itertools.islice(find_scene_pairs(8, size=32, start=20), 4)
    made = [
        explain(encoder, *pair.pictures, method="feature-visualization", seed=4 + number).made[0]
        for number, pair in enumerate(pairs)
    ]
    expected = np.mean([(each.loss[0, 0], each.loss[-1, 0]) for each in made], axis=0)
    found = bench.made["feature-visualization: maximal score"]
    assert (found.begin, found.end) == pytest.approx(expected, rel=1e-4)


def test_random_maps_differ_from_pair_to_pair(bench, encoder):
    pairs = list(find_scene_pairs(8, size=32, start=20))
    heats = [
        explain(encoder, *pair.pictures, method="random", seed=4 + number).maps[0].values
        for number, pair in enumerate(pairs)
    ]
    assert not np.array_equal(heats[0], heats[1])


def test_intervals_hold_the_mean_and_floors_are_compared_with_each_other(bench):
    for name, scores in bench.methods.items():
        for measure in (scores.pointing, scores.mass, scores.thing_pointing, scores.thing_mass):
            low, high = measure.interval
            assert low <= measure.value <= high
            assert set(measure.over) == {"random", "center"} - {name}
    random, center = bench.methods["random"].mass, bench.methods["center"].mass
    low, high = center.over["random"]
    assert low <= center.value - random.value <= high


def test_a_map_that_is_the_truth_beats_every_floor(encoder, monkeypatch):
    truth = {}
    for scenes in find_scene_pairs(8, size=32):
        truth[scenes.pictures[0].tobytes()] = scenes.parts

    class Oracle:
        def __init__(self, maps):
            self.maps = maps

    from seewhy.studies import similarity_bench as room

    honest = room.explain_pair

    def tell(pair, method, *, settings):
        if method != "edges":
            return honest(pair, method, settings=settings)
        masks = truth[pair.pictures()[0].tobytes()]
        return Oracle(
            [SimilarityMap(m.astype(np.float32), m.shape, v) for v, m in enumerate(masks, 1)]
        )

    monkeypatch.setattr(room, "explain_pair", tell)
    found = bench_similarity(encoder, pairs=8, methods=("edges",)).methods["edges"]
    assert found.pointing.value == found.mass.value == 1.0
    assert found.pointing.beats
    assert found.mass.beats
    assert found.thing_mass.value == 1.0


def test_a_map_without_positive_heat_counts_as_an_even_one():
    scenes = next(find_scene_pairs(1, size=32))
    cold = [SimilarityMap(np.full((32, 32), -1.0, np.float32), (32, 32), view) for view in (1, 2)]
    even = [SimilarityMap(np.ones((32, 32), np.float32), (32, 32), view) for view in (1, 2)]
    assert judge_maps(cold, scenes)[:4] == pytest.approx(judge_maps(even, scenes)[:4])
    assert judge_maps(even, scenes)[1] == pytest.approx(np.mean(scenes.parts))
    assert (judge_maps(cold, scenes)[4], judge_maps(even, scenes)[4]) == (1.0, 0.0)
    assert judge_maps([cold[0], even[1]], scenes)[4] == 0.5


def test_windows_are_a_quarter_and_the_rest_is_by_default():
    grid = choose_settings("conditional-occlusion", 96)
    assert (grid.window, grid.stride) == (24, 6)
    assert choose_settings("pairwise-occlusion", 96).grid == grid
    assert choose_settings("pixel-invariance", 96).num_copies == 200
    assert choose_settings("feature-visualization", 96).goals == ("score",)
    for name in ("interaction-cam", "smooth-grad", "model-difference"):
        assert choose_settings(name, 96) == METHODS[name].default


def test_what_it_was_made_with_is_kept(bench, tmp_path):
    plain = json.loads((bench.save(tmp_path) / "result.json").read_text(encoding="utf-8"))
    assert plain == bench.to_dict()
    settings = plain["provenance"]["settings"]
    assert settings["methods"]["conditional-occlusion"]["window"] == 8
    assert (settings["start"], settings["layer"]) == (20, "trunk.stages.1")
    assert [axes.get_title() for axes in bench.figure().axes] == [
        "pointing game",
        "mass on shared parts",
    ]


def test_wrong_use_is_refused(encoder):
    with pytest.raises(InvalidArgumentError, match="at least 8, got 7"):
        bench_similarity(encoder, pairs=7)
    with pytest.raises(UnknownNameError, match="interaction-kam"):
        bench_similarity(encoder, pairs=8, methods=("interaction-kam",))
