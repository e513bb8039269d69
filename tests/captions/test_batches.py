from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.captions.batches import CaptionBatches, build_vocabulary, trim
from seewhy.datasets.editing_files import EditingExample
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.training.feature_store import FeatureStore, FeatureWriter, StoreSettings
from seewhy.training.processes import Share


def example(picture, existing, *captions):
    words = tuple(tuple(caption.split()) for caption in captions)
    return EditingExample(f"{picture}.jpg", picture, tuple(existing.split()), words, "train")


EXAMPLES = [
    example("a", "a red cat", "a blue cat", "a blue cat sleeps here"),
    example("b", "dog", "a dog", "the dog"),
    example("c", "", "a bird"),
]


@pytest.fixture
def store(tmp_path):
    with FeatureWriter(tmp_path, StoreSettings(width=2, source={}, half=False)) as writer:
        for number, picture in enumerate("abc"):
            values = np.full((number + 1, 2), number + 1, np.float32)
            writer.add(PictureFeatures(picture, values))
    return FeatureStore(tmp_path)


def make(examples=EXAMPLES, **more):
    vocabulary = build_vocabulary(examples, min_count=1)
    options = {"features": None, "batch_size": 2} | more
    return CaptionBatches(examples, vocabulary, **options)


def words_of(batches, rows):
    return [" ".join(batches.vocabulary.decode(row)) for row in rows.tolist()]


def test_every_example_comes_once_an_epoch_with_each_of_its_captions():
    batches = make()
    assert (batches.steps_per_epoch, batches.left_out) == (2, 1)
    for epoch in range(2):
        seen = set()
        for step in range(2):
            batch = batches.draw(2 * epoch + step, Share())
            assert batch.inputs.caption is not None
            seen |= set(
                zip(
                    words_of(batches, batch.inputs.caption),
                    words_of(batches, batch.captions),
                    strict=True,
                )
            )
        assert seen == {
            ("a red cat", "a blue cat"),
            ("a red cat", "a blue cat sleeps here"),
            ("dog", "a dog"),
            ("dog", "the dog"),
        }


def test_captions_are_framed_cut_and_without_needless_padding():
    batches = make(longest=3, batch_size=4)
    batch = batches.draw(0, Share())
    start, end = batches.vocabulary.start, batches.vocabulary.end
    assert set(batch.captions[:, 0].tolist()) == {start}
    assert batch.captions.shape == (4, 5)
    assert sorted((batch.captions == end).sum(dim=1).tolist()) == [1, 1, 1, 1]
    assert batch.inputs.caption is not None
    assert batch.inputs.caption.shape == (4, 3)
    assert batch.references.shape == (4, 2, 4)
    assert (batch.references[:, :, -1] == 0).all()


def test_features_go_with_their_example_and_boxes_are_counted(store):
    batches = make(features=store, edits=False, batch_size=5)
    batch = batches.draw(0, Share())
    assert batch.inputs.caption is None
    assert batch.inputs.features is not None
    assert batch.inputs.num_boxes is not None
    texts = words_of(batches, batch.captions)
    for text, values, count in zip(
        texts, batch.inputs.features, batch.inputs.num_boxes, strict=True
    ):
        number = 3 if "bird" in text else 2 if "dog" in text else 1
        assert count == number
        assert values[:number].eq(number).all()
        assert not values[number:].any()


def test_processes_share_a_batch(store):
    batches = make(features=store, edits=False, batch_size=4)
    whole = batches.draw(0, Share())
    parts = [batches.draw(0, Share(rank, 2)) for rank in range(2)]
    texts = [text for part in parts for text in words_of(batches, part.captions)]
    assert texts == words_of(batches, whole.captions)


def test_data_that_cannot_be_used_are_refused(store):
    missing = example("d", "x", "y")
    with pytest.raises(DataFormatError, match=r"1 pictures have no features in .*: d"):
        make([*EXAMPLES, missing], features=store)
    with pytest.raises(DataFormatError, match="None of 1 examples has captions and one to be"):
        make([EXAMPLES[2]])
    with pytest.raises(InvalidArgumentError, match="No word occurs 9 times in 8 captions"):
        build_vocabulary(EXAMPLES, min_count=9)


def test_words_are_counted_after_captions_are_cut():
    assert "sleeps" in build_vocabulary(EXAMPLES, min_count=1)
    assert "sleeps" not in build_vocabulary(EXAMPLES, min_count=1, longest=3)
    assert "red" in build_vocabulary(EXAMPLES, min_count=1)  # of an existing caption


def test_one_column_is_left_of_nothing():
    assert trim(torch.zeros(2, 5, dtype=torch.int64)).shape == (2, 1)
