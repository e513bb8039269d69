"""From pixels through a tiny CLIP to concepts and curves, against the published code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from seewhy.concepts.dynamics import delete_concepts
from seewhy.concepts.explainer import FEW_PICTURES
from seewhy.concepts.explanation import explain
from seewhy.concepts.foreground import ForegroundModel, fit_foreground
from seewhy.concepts.parts import BACKGROUND, Parts, fit_cluster_parts, fit_principal_parts
from seewhy.concepts.prompts import find_regions, make_visual_prompts
from seewhy.concepts.ranking import average_templates, find_class_concepts, rank_concepts
from seewhy.concepts.reference import ConceptReference
from seewhy.concepts.refinement import refine_mask
from seewhy.concepts.settings import ConceptSettings
from seewhy.concepts.textual import (
    average_prompts,
    filter_relevant,
    find_candidates,
    select_concepts,
)
from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.preprocessing import restore_pictures
from seewhy.images.colors import PUBLISHED_PART_COLORS

METHODS = ("pca", "kmeans")
FLOAT = 1e-5


@dataclass(frozen=True)
class Fitted:
    """What the tiny CLIP saw, and the foreground and parts fitted on it."""

    golden: Any
    encoder: TorchDualEncoder
    rows: torch.Tensor
    """Features of all patches, (pictures * patches, channels)."""
    pictures: np.ndarray
    """Bytes as the published code restores them, (pictures, height, width, 3)."""
    whole: torch.Tensor
    foreground: ForegroundModel
    masks: np.ndarray
    parts: dict[str, Parts]
    raw: torch.Tensor
    prompted: torch.Tensor
    class_weights: torch.Tensor

    @property
    def features(self) -> str:
        return "tokens" if self.golden.described["facet"] == "last_layer" else "keys"

    def label(self, method: str, picture: int) -> np.ndarray:
        mask = self.masks[picture]
        labels = np.full(mask.shape, BACKGROUND)
        rows = self.rows.reshape(len(self.masks), -1, self.rows.shape[1])[picture]
        labels[mask] = self.parts[method].assign(rows[torch.from_numpy(mask.reshape(-1))])
        return labels


@pytest.fixture(scope="module")
def fitted(e2e_case: Any, e2e_encoder: TorchDualEncoder) -> Fitted:
    golden, described = e2e_case, e2e_case.described
    kind: Any = "tokens" if described["facet"] == "last_layer" else "keys"
    pixels = torch.from_numpy(golden["pixel_values"])
    with torch.no_grad():
        embedding, found = e2e_encoder.encode_with_features(pixels, kind=kind)
    rows = found.values.reshape(-1, found.values.shape[-1])
    foreground = fit_foreground(rows)
    masks = foreground.find(rows, found.grid)
    inside = rows[torch.from_numpy(masks.reshape(-1))]
    number = int(described["K_parts"])
    # the published start rows, drawn by NumPy's legacy generator
    drawn = np.random.RandomState(int(described["kmeans_seed"]))
    start = torch.from_numpy(drawn.choice(len(inside), number, replace=False))
    parts: dict[str, Parts] = {
        "pca": fit_principal_parts(inside, num_parts=number),
        "kmeans": fit_cluster_parts(inside, num_parts=number, start=start),
    }
    words = described["descriptors"]
    raw = e2e_encoder.encode_texts(words, cache=False)
    prompts = [described["descriptor_template"].format(word) for word in words]
    prompted = e2e_encoder.encode_texts(prompts, cache=False)
    by_template = [
        e2e_encoder.encode_texts([t.format(c) for c in described["class_names"]], cache=False)
        for t in described["templates"]
    ]
    return Fitted(
        golden=golden,
        encoder=e2e_encoder,
        rows=rows,
        pictures=restore_pictures(pixels, e2e_encoder.preprocessing),
        whole=normalize(embedding, dim=1),
        foreground=foreground,
        masks=masks,
        parts=parts,
        raw=raw,
        prompted=prompted,
        class_weights=average_templates(torch.stack(by_template)),
    )


def assert_near(found: Any, expected: Any, *, atol: float = FLOAT) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=atol, rtol=0)


def test_foreground_comes_out_of_the_pixels(fitted: Fitted) -> None:
    golden = fitted.golden
    assert_near(fitted.foreground.project(fitted.rows), golden["fg_components"], atol=2e-5)
    np.testing.assert_array_equal(fitted.masks, golden["fg_mask"])


def test_parts_come_out_of_the_pixels(fitted: Fitted) -> None:
    golden = fitted.golden
    inside = fitted.rows[torch.from_numpy(fitted.masks.reshape(-1))]
    principal: Any = fitted.parts["pca"]
    assert_near(principal.scale(inside), golden["pca_scaled"], atol=5e-5)
    clusters = fitted.parts["kmeans"].assign(inside)
    np.testing.assert_array_equal(clusters, golden["kmeans_segments"][fitted.masks])


def test_the_foreground_is_refined_to_the_published_pixels(fitted: Fitted) -> None:
    for picture, image in enumerate(fitted.pictures):
        refined = refine_mask(image, fitted.masks[picture])
        np.testing.assert_array_equal(refined, fitted.golden["crf_mask"][picture] != 0)


@pytest.mark.parametrize("method", METHODS)
def test_parts_are_named_ranked_and_deleted_as_published(fitted: Fitted, method: str) -> None:
    golden, described = fitted.golden, fitted.golden.described
    words = described["descriptors"]
    for picture, image in enumerate(fitted.pictures):
        expected = described["per_image"][picture][method]
        regions = find_regions(fitted.label(method, picture), golden["crf_mask"][picture] != 0)
        colored = golden[f"{method}_colored"][picture]
        for part, region in regions.items():
            shade = (colored == PUBLISHED_PART_COLORS[part]).all(2)
            np.testing.assert_array_equal(region, shade)
        # the published code goes through parts by color
        order = sorted(regions, key=lambda part: PUBLISHED_PART_COLORS[part])
        assert [list(PUBLISHED_PART_COLORS[part]) for part in order] == expected["colors"]

        prompts = make_visual_prompts(image, {part: regions[part] for part in order})
        pixels = fitted.encoder.preprocess(np.stack([i for p in prompts for i in p.images]))
        with torch.no_grad():
            embedded = fitted.encoder.encode_pixels(pixels)
        visual = average_prompts(embedded.reshape(len(prompts), 3, -1))
        logits = visual @ fitted.prompted.T
        kept = find_candidates(logits, best=int(described["op_initial_topk"])).indices
        relevance = fitted.raw[kept] @ fitted.whole[picture]
        kept = kept[filter_relevant(relevance, offset=float(described["mean_offset"]))]
        chosen = select_concepts(logits, kept, concepts=int(described["topk"]))
        named = [[words[i] for i in row] for row in chosen.indices.tolist()]
        assert named == expected["concepts"]

        flat = chosen.indices.reshape(-1).tolist()
        ranked = rank_concepts(flat, fitted.whole[picture], fitted.raw)
        assert [words[i] for i in ranked.indices] == expected["ranked"]
        assert_near(ranked.scores, expected["scores"])
        assert np.mean(ranked.scores) == pytest.approx(expected["average"], abs=FLOAT)

        weight = fitted.class_weights[int(golden["predictions"][picture])]
        known = find_class_concepts(weight, fitted.prompted, number=int(described["topk_w"]))
        language = [words[i] for i in known.indices]
        assert language == expected["language"]
        assert set(language) & set(expected["ranked"]) == set(expected["mutual"])
        curve = delete_concepts(expected["ranked"], language, vocabulary=len(words))
        assert_near(curve.values, expected["mi_curve"])
        assert curve.area == pytest.approx(expected["auc"], abs=FLOAT)


def test_the_pipeline_explains_pictures_as_published(fitted: Fitted) -> None:
    golden, described = fitted.golden, fitted.golden.described
    pictures = list(golden["images_uint8"])
    few = len(pictures) < FEW_PICTURES  # only then is the reference with the start rows taken
    settings = ConceptSettings(
        features=fitted.features,  # type: ignore[arg-type]
        parts=METHODS if few else METHODS[:1],
        num_parts=int(described["K_parts"]),
        best=int(described["op_initial_topk"]),
        concepts=int(described["topk"]),
        relevance_offset=float(described["mean_offset"]),
        class_concepts=int(described["topk_w"]),
        descriptor_template=described["descriptor_template"],
        class_templates=tuple(described["templates"]),
        compat="published",
    )
    reference = ConceptReference(
        fitted.foreground, fitted.parts, "these", fitted.encoder.digest, fitted.features
    )
    report = explain(
        fitted.encoder,
        pictures,
        described["class_names"],
        described["descriptors"],
        settings=settings,
        reference=reference,
    )
    assert not report.failures
    for number, picture in enumerate(report.pictures):
        predicted = described["class_names"][int(golden["predictions"][number])]
        assert picture.prediction[0].text == predicted
        np.testing.assert_array_equal(picture.foreground, golden["crf_mask"][number] != 0)
        for found in picture.explanations:
            expected = described["per_image"][number][found.method]
            by_color = sorted(found.parts, key=lambda part: PUBLISHED_PART_COLORS[part.label])
            assert [[c.text for c in p.concepts] for p in by_color] == expected["concepts"]
            assert [concept.text for concept in found.ranked] == expected["ranked"]
            assert_near([concept.score for concept in found.ranked], expected["scores"])
            assert set(found.shared) == set(expected["mutual"])
            assert_near(found.curve.values, expected["mi_curve"])
            assert found.curve.area == pytest.approx(expected["auc"], abs=FLOAT)
        assert [word.text for word in picture.class_concepts] == described["per_image"][number][
            "pca"
        ]["language"]
