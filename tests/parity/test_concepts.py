"""Each step of CLIP's mutual knowledge against the numbers of the published code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from seewhy.concepts.components import keep_large_components
from seewhy.concepts.dynamics import average_curves, delete_concepts
from seewhy.concepts.foreground import fit_foreground
from seewhy.concepts.mutual_information import find_mutual_knowledge
from seewhy.concepts.optimal_transport import transport
from seewhy.concepts.parts import BACKGROUND, fit_cluster_parts, fit_principal_parts
from seewhy.concepts.prompts import RED, find_regions, make_visual_prompts
from seewhy.concepts.ranking import find_class_concepts, rank_concepts
from seewhy.concepts.refinement import RefinementSettings, refine_mask
from seewhy.concepts.textual import (
    average_prompts,
    filter_relevant,
    find_candidates,
    find_relevance_threshold,
    select_concepts,
)
from seewhy.images.colors import PUBLISHED_PART_COLORS
from seewhy.images.contours import contour_area, largest_contour
from seewhy.images.resizing import upscale_nearest

FLOAT, COMPONENTS = 1e-5, 2e-5  # the tolerances of the goldens' README
THRESHOLDS: dict[str, Any] = {"neg": "negative", "minmax": "minmax"}


def assert_near(found: Any, expected: np.ndarray, *, atol: float = FLOAT) -> None:
    np.testing.assert_allclose(np.asarray(found), expected, atol=atol, rtol=0)


@pytest.mark.parametrize("cut", ["neg", "minmax"])
@pytest.mark.parametrize("method", ["svd", "pca"])
def test_foreground_is_the_published_one(foreground_case: Any, method: Any, cut: str) -> None:
    golden = foreground_case
    grid = (golden.number("patch_h"), golden.number("patch_w"))
    rows = torch.from_numpy(golden["features"])
    model = fit_foreground(
        rows, method=method, threshold=THRESHOLDS[cut], num_components=golden.number("K")
    )
    assert model.component == golden.number(f"{method}_{cut}_fg_component")
    np.testing.assert_array_equal(model.find(rows, grid), golden[f"{method}_{cut}_fg_mask"])
    expected, found = golden[f"{method}_{cut}_components"], model.project(rows).numpy()
    assert_near(found[:, model.component], expected[:, model.component], atol=COMPONENTS)
    # scikit-learn solved the golden's PCA in float32: 1e-4 of its later components, which decide
    # nothing, are its rounding, as the next test shows; so the tolerance is of the range there
    assert_near(found, expected, atol=COMPONENTS * max(1, np.abs(expected).max()))


def test_principal_components_are_those_of_an_exact_solver(foreground_case: Any) -> None:
    values = foreground_case["features"].astype(np.float64)
    number = foreground_case.number("K")
    expected = PCA(number, svd_solver="full").fit_transform(values)
    positive = (expected > 0).mean(0)
    expected = np.where((positive > 0.5) & (positive < 1), -expected, expected)
    model = fit_foreground(torch.from_numpy(values), method="pca", num_components=number)
    assert_near(model.project(torch.from_numpy(values)), expected, atol=1e-9)


def test_scattered_patches_are_dropped_as_published(components_case: Any) -> None:
    for mask, largest, merged in zip(
        *(components_case[name] for name in ("masks", "largest", "merged")), strict=True
    ):
        alone = keep_large_components(mask.astype(bool), min_second=mask.size + 1)
        np.testing.assert_array_equal(alone, largest)
        np.testing.assert_array_equal(keep_large_components(mask.astype(bool)), merged)


def test_principal_parts_are_the_published_ones(parts_case: Any) -> None:
    inside = parts_case["fg_mask"].reshape(-1)
    rows = torch.from_numpy(parts_case["features"][inside])
    parts = fit_principal_parts(rows, num_parts=parts_case.number("K_parts"))
    assert_near(parts.scale(rows), parts_case["pca_scaled"])
    labels = np.full(inside.shape, BACKGROUND)
    labels[inside] = parts.assign(rows)
    np.testing.assert_array_equal(labels, parts_case["pca_labels"].reshape(-1))


def test_cluster_parts_are_the_published_ones(parts_case: Any) -> None:
    inside = parts_case["fg_mask"].reshape(-1)
    rows = torch.from_numpy(parts_case["features"][inside])
    start = torch.from_numpy(parts_case["kmeans_init_indices"])
    parts = fit_cluster_parts(rows, num_parts=parts_case.number("K_parts"), start=start)
    assert_near(parts.centers, parts_case["kmeans_centers"])
    np.testing.assert_array_equal(parts.assign(rows), parts_case["kmeans_ids"])
    segments = parts_case["kmeans_segments"].reshape(-1)
    np.testing.assert_array_equal(parts.assign(rows), segments[inside])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("crf_default", RefinementSettings()),
        (
            "crf_alt",
            RefinementSettings(
                color_weight=4,
                color_reach=20,
                color_tolerance=8,
                smooth_weight=1,
                smooth_reach=2,
                iterations=3,
            ),
        ),
    ],
)
def test_refined_masks_are_the_published_ones(
    crf_case: Any, name: str, settings: RefinementSettings
) -> None:
    for number, (image, mask) in enumerate(
        zip(crf_case["images"], crf_case["patch_masks"], strict=True)
    ):
        expected = crf_case[name][number] != 0
        found = refine_mask(image, mask, settings)
        coarse = upscale_nearest(mask, image.shape[:2])
        np.testing.assert_array_equal(coarse, crf_case["upscaled"][number] != 0)
        assert (found & expected).sum() > 0.99 * (found | expected).sum()


def test_parts_are_pointed_out_as_published(circles_case: Any) -> None:
    golden = circles_case
    labels = np.where(golden["patch_fg"], golden["segments"], BACKGROUND)
    regions = find_regions(labels, golden["crf_mask"] != 0)
    shades = [tuple(color) for color in golden["colors"].tolist() if any(color)]
    assert {PUBLISHED_PART_COLORS[part] for part in regions} == set(shades)
    prompts = make_visual_prompts(golden["image"], regions, thickness=golden.number("thickness"))
    for prompt in prompts:
        color = PUBLISHED_PART_COLORS[prompt.part]
        np.testing.assert_array_equal(prompt.region, (golden["colored"] == color).all(2))
        place = shades.index(color)
        contour = largest_contour(prompt.region)
        assert contour is not None
        found = [*prompt.ellipse.center, *prompt.ellipse.axes, prompt.ellipse.angle]
        found += [len(contour), contour_area(contour)]
        assert_near(found, golden["ellipses"][place], atol=1e-3)
        apart = ~find_ring(prompt.ellipse, prompt.region.shape)
        for drawn, name in zip(prompt.images, ("circle", "gray", "blur"), strict=True):
            expected = golden[f"red_{name}"][place]
            difference = np.abs(drawn.astype(float) - expected)
            assert difference[apart].mean() < 0.05, name  # a blurred byte may round apart
            assert difference[apart].max() <= 1, name
            red, published = ((a == RED).all(2) & ~apart for a in (drawn, expected))
            assert red.sum() == pytest.approx(published.sum(), rel=0.25), name


def find_ring(ellipse: Any, size: tuple[int, ...], *, width: float = 2) -> np.ndarray:
    """Pixels within ``width`` of an ellipse's outline."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    x, y = np.array(ellipse.outline()).T
    distance = np.hypot(columns[..., None] - x, rows[..., None] - y).min(2)
    return distance <= width


def test_the_plan_is_the_published_one(sinkhorn_case: Any) -> None:
    plans = [name for name in sinkhorn_case.arrays if name.startswith("P_eps")]
    assert plans
    for name in plans:
        scale, _, rounds = name.removeprefix("P_eps").partition("_iters")
        found = transport(
            torch.from_numpy(sinkhorn_case["C"]),
            scale=float(scale),
            iterations=int(rounds or 1000),
        )
        assert_near(found, sinkhorn_case[name])


WAYS = {
    "ot_relevance": {"use_transport": True, "use_relevance": True},
    "ot_norelevance": {"use_transport": True, "use_relevance": False},
    "no_ot": {"use_transport": False, "use_relevance": False},
}


@pytest.mark.parametrize("way", WAYS)
def test_parts_are_named_as_published(concepts_case: Any, way: str) -> None:
    golden, described = concepts_case, concepts_case.described
    expected, words = described["results"][way], described["descriptors"]
    prompted = torch.from_numpy(golden["prompted_image_embeddings"]).transpose(0, 1)
    regions = average_prompts(prompted)
    assert_near(regions, golden["region_features"])
    logits = regions @ torch.from_numpy(golden["descriptor_classifier"]).T
    assert_near(logits, golden["logits"])

    candidates = find_candidates(logits, best=int(described["k"]))
    np.testing.assert_array_equal(candidates.indices, golden["common_indices"])
    assert not candidates.is_union
    assert candidates.shared == len(golden["common_indices"])

    raw, whole = (
        torch.nn.functional.normalize(torch.from_numpy(golden[name]), dim=1)
        for name in ("raw_descriptor_embeddings", "whole_image_embedding")
    )
    kept = candidates.indices
    if WAYS[way]["use_relevance"]:
        relevance, offset = raw[kept] @ whole[0], float(described["mean_offset"])
        assert_near(relevance, golden["relevance"])
        threshold = find_relevance_threshold(relevance, offset=offset)
        assert threshold == pytest.approx(float(golden["relevance_threshold"]), abs=FLOAT)
        kept = kept[filter_relevant(relevance, offset=offset)]
        np.testing.assert_array_equal(kept, golden["kept_indices"])
        assert_near(transport(logits[:, kept]), golden["transport"])

    use_transport = WAYS[way]["use_transport"]
    chosen = select_concepts(
        logits,
        kept if use_transport else None,
        use_transport=use_transport,
        concepts=int(described["topk"]),
        temperature=float(described["lambda_sinkhorn"]),
    )
    assert [[words[i] for i in row] for row in chosen.indices.tolist()] == expected["concepts"]
    ranked = rank_concepts(
        chosen.indices.reshape(-1).tolist(),
        whole[0],
        torch.from_numpy(golden["raw_descriptor_embeddings"]),
    )
    assert [words[i] for i in ranked.indices] == expected["ranked"]
    assert_near(ranked.scores, expected["ranked_scores"])
    assert np.mean(ranked.scores) == pytest.approx(expected["average"], abs=FLOAT)


def test_mutual_knowledge_of_pairs_is_the_published_one(mi_case: Any) -> None:
    size = len(mi_case.described["descriptors"])
    for pair in mi_case.described["pair_cases"]:
        visual, textual = [str(x) for x in pair["X"]], [str(y) for y in pair["Y"]]
        found = find_mutual_knowledge(visual, textual, vocabulary=max(size, len(textual)))
        assert found.overlap == pair["overlap"]
        assert found.paper == pytest.approx(pair["mi"], abs=FLOAT)


def test_mutual_knowledge_of_a_data_set_is_the_published_one(mi_case: Any) -> None:
    described, known = mi_case.described, mi_case["weight_dissection"]
    words = described["descriptors"]
    curves: dict[str, list[tuple[float, ...]]] = {"pca": [], "kmeans": []}
    for pictures in described["results"].values():
        for name, concepts in pictures.items():
            predicted = torch.from_numpy(known[described["predictions"][name]])
            number = int(described["topk_w"])
            of_class = find_class_concepts(predicted, torch.eye(len(words)), number=number)
            textual = [words[i] for i in of_class.indices]
            for method, found in curves.items():
                texts, scores = concepts[f"concepts_{method}"]
                ranked = [texts[i] for i in np.argsort(-np.array(scores), kind="stable")]
                curve = delete_concepts(ranked, textual, vocabulary=len(words))
                assert_near(curve.values, described["per_image_curves"][name][f"concepts_{method}"])
                found.append(curve.values)
    for method, found in curves.items():
        mean = average_curves(found)
        assert_near(mean, described[f"mean_curve_{method}"])
        assert mean.mean() == pytest.approx(described[f"auc_{method}"], abs=FLOAT)


def test_the_venn_diagram_is_the_published_one(mi_case: Any) -> None:
    described = mi_case.described
    venns = {k.removeprefix("venn_"): v for k, v in described.items() if k.startswith("venn_")}
    assert venns
    for name, venn in venns.items():
        concepts = described["results"][name.split("_")[0]]
        image = name.removeprefix(f"{name.split('_')[0]}_")
        texts, _ = concepts[f"{name.split('_')[0]}_{image}"]["concepts_pca"]
        row = torch.from_numpy(mi_case["weight_dissection"][described["predictions"][name]])
        number = len(venn["language_concepts"])
        of_class = find_class_concepts(row, torch.eye(len(row)), number=number)
        words = [described["descriptors"][i] for i in of_class.indices]
        assert words == venn["language_concepts"]
        assert set(words) & set(texts) == set(venn["mutual"])
