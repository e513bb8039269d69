"""Pictures kept on disk come back as they went in, in any order and any number of times."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.concepts.feature_store import FeatureStore


def fill(store: FeatureStore, *batches: int, seed: int = 0) -> list[tuple]:
    """Batches of pictures of 5 x 7 with 2 x 3 patches; what went in."""
    random, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    given: list[tuple] = []
    for size in batches:
        names = [f"picture {len(given) + i}" for i in range(size)]
        images = random.integers(0, 256, (size, 5, 7, 3)).astype(np.uint8)
        embeddings = torch.randn(size, 4, generator=generator)
        features = torch.randn(size, 6, 3, generator=generator)
        store.add(names, images, embeddings, features, (2, 3))
        given += list(zip(names, images, embeddings, features, strict=True))
    return given


def check(found, given) -> None:
    assert found.name == given[0]
    np.testing.assert_array_equal(found.image, given[1])
    assert torch.equal(found.embedding, given[2])
    assert torch.equal(found.features, given[3])


def test_every_picture_comes_back_as_it_went_in() -> None:
    with FeatureStore() as store:
        given = fill(store, 3, 1, 2)
        assert (len(store), store.channels, store.grid) == (6, 3, (2, 3))
        for _ in range(2):
            for found, expected in zip(store, given, strict=True):
                check(found, expected)


def test_pictures_are_read_in_any_order_and_while_more_are_added() -> None:
    with FeatureStore() as store:
        first = fill(store, 2)
        check(store[1], first[1])
        later = fill(store, 2, seed=1)
        check(store[3], later[1])
        check(store[0], first[0])


def test_half_precision_and_views_are_kept_as_float32() -> None:
    features = torch.randn(3, 6, 2).half().mT  # neither contiguous nor float32
    with FeatureStore() as store:
        store.add(["a"] * 3, np.zeros((3, 5, 7, 3), np.uint8), torch.zeros(3, 4), features, (1, 2))
        assert store[2].features.dtype == torch.float32
        torch.testing.assert_close(store[2].features, features[2].float())


def test_what_is_read_may_be_changed_without_changing_what_is_kept() -> None:
    with FeatureStore() as store:
        given = fill(store, 1)
        expected = given[0][3].clone()
        store[0].features.zero_()
        assert torch.equal(store[0].features, expected)


def test_an_empty_store_has_no_picture() -> None:
    with FeatureStore() as store:
        assert len(store) == 0
        assert list(store) == []


def test_a_closed_store_gives_nothing_more() -> None:
    with FeatureStore() as store:
        fill(store, 1)
    with pytest.raises(ValueError, match="closed"):
        store[0]
