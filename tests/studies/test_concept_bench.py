"""The bench against scores by hand, and with encoders that know everything or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.mini import load_mini
from seewhy.errors import SeewhyError
from seewhy.studies.concept_bench import (
    ConceptBench,
    bench_concepts,
    center_box,
    overlap,
    true_parts,
)
from seewhy.world.catalogue import CLASSES
from seewhy.world.descriptors import describe_scene, vocabulary
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene
from seewhy.world.stream import stream_scenes

SETTINGS = ConceptSettings(refine=False, foreground="border")


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))


def test_overlap_is_intersection_over_union() -> None:
    first, second = np.zeros((2, 6, 6), bool)
    assert overlap(first, second) == 0.0
    first[:2], second[1:4] = True, True
    assert overlap(first, second) == 6 / 24
    assert overlap(first, first) == 1.0


@pytest.mark.parametrize("shape", [(96, 96), (100, 40), (224, 224)])
def test_the_box_in_the_center_covers_half(shape: tuple[int, int]) -> None:
    mask = center_box(shape)
    assert mask.mean() == pytest.approx(0.5, abs=0.04)
    np.testing.assert_array_equal(mask, mask[::-1, ::-1])
    assert not mask[0].any()
    assert not mask[:, 0].any()


def test_true_parts_are_the_parts_that_are_seen_and_the_rest_of_each_thing() -> None:
    for seed in range(5):
        drawing = draw_scene(sample_scene(seed, split="test"), 64)
        found = list(true_parts(drawing))
        expected = []
        for thing, parts in zip(drawing.thing_masks, drawing.part_masks, strict=True):
            expected += [mask for mask in parts.values() if mask.any()]
            covered = np.zeros_like(thing)
            for mask in parts.values():
                covered |= mask
            expected.append(thing & ~covered)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> ConceptBench:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEEWHY_CACHE", str(tmp_path_factory.mktemp("cache")))
        return bench_concepts(load_mini("clip-conv"), scenes=8, settings=SETTINGS, start=40)


def test_every_score_is_that_of_the_definition(bench: ConceptBench) -> None:
    encoder, words = load_mini("clip-conv"), vocabulary()
    scenes = list(stream_scenes("test", size=64, count=8, start=40, masks=True))
    explainer = ConceptExplainer(encoder, list(CLASSES), list(words), settings=SETTINGS)
    pictures = list(explainer.run([drawing.image for _, drawing in scenes]))
    right, random, top, foreground, box = [], [], [], [], []
    by_method: dict[str, list[tuple[float, float, float]]] = {}
    raw = encoder.encode_texts(list(words))
    for (scene, drawing), picture in zip(scenes, pictures, strict=True):
        true = describe_scene(scene)
        right.append(picture.prediction[0].text == scene.things[0].name)
        random.append(len(true & set(words)) / len(words))
        everything = np.any(drawing.thing_masks, axis=0)
        middle = center_box(everything.shape)
        foreground.append(overlap(picture.foreground, everything))
        box.append(overlap(middle, everything))
        order = (raw @ encoder.encode_images(drawing.image)[0]).argsort(descending=True).tolist()
        for found in picture.explanations:
            named = [concept.text for part in found.parts for concept in part.concepts]
            if not named:
                continue
            nearest = [words[i] in true for i in order[: len(set(named))]]
            top.append(np.mean(nearest))
            ious = []
            for part in found.parts:
                region = found.regions == part.label
                ious.append(max(overlap(region, mask) for mask in true_parts(drawing)))
            by_method.setdefault(found.method, []).append(
                (
                    float(np.mean([word in true for word in named])),
                    float(np.mean(ious)),
                    max(overlap(middle, mask) for mask in true_parts(drawing)),
                )
            )
    assert bench.accuracy == np.mean(right)
    assert bench.chance == 1 / len(CLASSES)
    assert bench.random == pytest.approx(np.mean(random))
    assert bench.top_of_picture == pytest.approx(np.mean(top))
    assert bench.foreground == pytest.approx(np.mean(foreground))
    assert bench.center_box == pytest.approx(np.mean(box))
    assert list(bench.methods) == ["pca", "kmeans"]
    for method, scores in bench.methods.items():
        expected = np.mean(by_method[method], axis=0)
        found = (scores.named, scores.part_overlap, scores.center_part_overlap)
        assert found == pytest.approx(expected)
        assert scores.pictures == len(by_method[method])


def test_a_trained_encoder_is_above_chance(bench: ConceptBench) -> None:
    assert bench.accuracy > 5 * bench.chance
    assert bench.top_of_picture > 2 * bench.random


def test_what_it_was_made_with_is_kept(bench: ConceptBench, tmp_path: Path) -> None:
    assert bench.scenes == 8
    assert bench.provenance.model == "mini:clip-conv"
    assert (bench.save(tmp_path) / "figure.png").is_file()
    bars = bench.figure().axes[0].get_yticklabels()
    assert [bar.get_text() for bar in bars][:2] == ["drawn by lot", "top of picture"]


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(SeewhyError, match="tset"):
        bench_concepts(load_mini("clip-conv"), scenes=8, split="tset")
