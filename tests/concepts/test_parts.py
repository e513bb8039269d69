"""Parts against scikit-learn, a plain k-means, and clusters that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from torch.nn.functional import normalize

from seewhy.concepts.parts import fit_cluster_parts, fit_principal_parts
from seewhy.errors import InvalidArgumentError


def make_clusters(seed: int = 0, *, spread: float = 0.1) -> tuple[Tensor, Tensor]:
    """Rows around four directions, of any length, and which one each belongs to."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.arange(80) % 4
    rows = torch.eye(6)[truth] + spread * torch.randn(80, 6, generator=generator)
    return rows * (1 + 5 * torch.rand(80, 1, generator=generator)), truth


def is_same_partition(first: Tensor, second: Tensor) -> bool:
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))


def cluster_by_definition(rows: Tensor, start: list[int]) -> Tensor:
    units = [row / row.norm() for row in rows.double()]
    centers = [units[index] for index in start]
    for _ in range(500):
        nearest = [
            min(range(len(centers)), key=lambda c: float((u - centers[c]).square().sum()))
            for u in units
        ]
        moved = [
            torch.stack([u for u, n in zip(units, nearest, strict=True) if n == c]).mean(0)
            for c in range(len(centers))
        ]
        shift = sum(float((a - b).norm()) for a, b in zip(moved, centers, strict=True))
        centers = moved
        if shift**2 < 1e-4:
            break
    return torch.stack(centers)


def test_principal_parts_are_those_of_scikit_learn() -> None:
    rows, _ = make_clusters()
    values = PCA(4, svd_solver="full").fit_transform(rows.double().numpy())
    expected = (values - values.min(0)) / (values.max(0) - values.min(0))
    parts = fit_principal_parts(rows, num_parts=4)
    np.testing.assert_allclose(parts.scale(rows), expected, atol=1e-7)
    np.testing.assert_array_equal(parts.assign(rows), expected.argmax(1))


def test_principal_parts_do_not_depend_on_the_order_of_rows() -> None:
    rows, _ = make_clusters()
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))
    parts, shuffled = fit_principal_parts(rows), fit_principal_parts(rows[order])
    torch.testing.assert_close(parts.assign(rows)[order], shuffled.assign(rows[order]))


def test_principal_parts_apply_to_rows_they_were_not_fitted_on() -> None:
    rows, _ = make_clusters()
    parts = fit_principal_parts(rows[:60])
    values = (rows[60:].double() - rows[:60].double().mean(0)) @ parts.axes
    torch.testing.assert_close(
        parts.scale(rows[60:]), (values - parts.low) / (parts.high - parts.low)
    )


def test_rows_that_are_all_alike_are_one_part() -> None:
    rows = torch.randn(6, generator=torch.Generator().manual_seed(0)).repeat(9, 1)
    assert fit_principal_parts(rows).assign(rows).tolist() == [0] * 9
    assert len(set(fit_cluster_parts(rows).assign(rows).tolist())) == 1


def test_no_rows_get_no_parts() -> None:
    rows, _ = make_clusters()
    for parts in (fit_principal_parts(rows), fit_cluster_parts(rows)):
        assert parts.assign(rows[:0]).shape == (0,)


@pytest.mark.parametrize("seed", range(3))
def test_clusters_match_a_plain_k_means(seed: int) -> None:
    rows, _ = make_clusters(seed, spread=0.6)
    start = [3, 10, 41, 66]
    parts = fit_cluster_parts(rows, num_parts=4, start=torch.tensor(start))
    expected = cluster_by_definition(rows, start)
    np.testing.assert_allclose(parts.centers, expected, atol=1e-6)
    distance = torch.cdist(normalize(rows.double(), dim=1), expected)
    np.testing.assert_array_equal(parts.assign(rows), distance.argmin(1))


def test_clusters_look_at_direction_and_not_at_length() -> None:
    rows, _ = make_clusters()
    start = torch.tensor([0, 1, 2, 3])
    parts = fit_cluster_parts(rows, num_parts=4, start=start)
    torch.testing.assert_close(parts.assign(rows * 1000), parts.assign(rows))


def test_known_clusters_are_found_by_k_means_plus_plus() -> None:
    for seed in range(5):
        rows, truth = make_clusters(seed)
        generator = torch.Generator().manual_seed(seed)
        parts = fit_cluster_parts(
            rows, num_parts=4, start="k-means++", restarts=4, generator=generator
        )
        assert is_same_partition(parts.assign(rows), truth)


def test_k_means_plus_plus_starts_nearer_to_the_end_than_chance() -> None:
    def measure(start: str, seed: int) -> float:
        rows, _ = make_clusters(seed, spread=0.02)
        generator = torch.Generator().manual_seed(seed)
        parts = fit_cluster_parts(rows, num_parts=4, start=start, generator=generator)  # type: ignore[arg-type]
        return float((normalize(rows, dim=1) - parts.centers[parts.assign(rows)]).square().sum())

    failed = [
        sum(measure(start, seed) > 1 for seed in range(20)) for start in ("random", "k-means++")
    ]
    assert failed[1] <= 1 < failed[0]


def test_the_best_of_several_starts_is_kept() -> None:
    rows, _ = make_clusters(spread=0.02)
    units = normalize(rows, dim=1)

    def measure(restarts: int, seed: int) -> float:
        generator = torch.Generator().manual_seed(seed)
        parts = fit_cluster_parts(rows, num_parts=4, restarts=restarts, generator=generator)
        return float((units - parts.centers[parts.assign(rows)]).square().sum())

    gains = [measure(1, seed) - measure(12, seed) for seed in range(10)]
    assert min(gains) >= -1e-5
    assert max(gains) > 1


def test_a_seed_fixes_the_clusters_and_leaves_the_global_one_alone() -> None:
    rows, _ = make_clusters(spread=1.0)
    state = torch.random.get_rng_state()
    first, second = (
        fit_cluster_parts(rows, generator=torch.Generator().manual_seed(7)).centers
        for _ in range(2)
    )
    torch.testing.assert_close(first, second, atol=0, rtol=0)
    torch.testing.assert_close(torch.random.get_rng_state(), state)


def test_an_empty_cluster_moves_to_a_row() -> None:
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0], [0.01, 1.0]])
    start = torch.tensor([0, 0, 0])  # two of the three get no row
    parts = fit_cluster_parts(rows, num_parts=3, start=start)
    assert parts.centers.isfinite().all()
    assert parts.assign(rows).unique().numel() >= 2


@pytest.mark.parametrize("start", ["random", "k-means++"])
def test_as_many_rows_as_parts_are_a_part_each(start: str) -> None:
    parts = fit_cluster_parts(torch.eye(3), num_parts=3, start=start)  # type: ignore[arg-type]
    assert sorted(parts.assign(torch.eye(3)).tolist()) == [0, 1, 2]


def test_repeated_rows_do_not_stop_k_means_plus_plus() -> None:
    rows = torch.eye(3)[[0, 0, 0, 1, 1]]
    parts = fit_cluster_parts(rows, num_parts=3, start="k-means++")
    assert is_same_partition(parts.assign(rows), torch.tensor([0, 0, 0, 1, 1]))


def test_too_few_rows_and_unknown_starts_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="5 parts need"):
        fit_cluster_parts(torch.eye(3))
    with pytest.raises(InvalidArgumentError, match="5 directions"):
        fit_principal_parts(torch.eye(3))
    with pytest.raises(InvalidArgumentError, match="'first'"):
        fit_cluster_parts(torch.eye(6), start="first")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="restarts must be at least 1, got 0"):
        fit_cluster_parts(torch.eye(6), restarts=0)
