"""Parts named, ranked and compared, from embeddings whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from seewhy.concepts.knowledge import TextKnowledge
from seewhy.concepts.naming import NOTHING, name_parts
from seewhy.concepts.prompts import VisualPrompt
from seewhy.concepts.report import PartsExplanation
from seewhy.concepts.settings import ConceptSettings
from seewhy.images.ellipses import Ellipse

WORDS = tuple("abcdef")


def make_text() -> TextKnowledge:
    """Six descriptors, each along an axis of its own."""
    rows = torch.eye(6)
    return TextKnowledge(("x", "y"), rows[:2], WORDS, rows, rows.roll(1, 0), 3)


def make_prompt(part: int, left: int) -> VisualPrompt:
    region = np.zeros((8, 12), bool)
    region[2:6, left : left + 3] = True
    blank = np.zeros((8, 12, 3), np.uint8)
    return VisualPrompt(part, region, Ellipse((5.0, 4.0), (3.0, 4.0), 0.0), blank, blank, blank)


def name(visual: list[list[float]], whole: list[float], **options: Any) -> PartsExplanation:
    prompts = [make_prompt(part, left) for part, left in ((1, 1), (4, 7))][: len(visual)]
    settings = ConceptSettings(
        **{"use_relevance": False, "use_transport": False, "concepts": 2, **options}
    )
    return name_parts(
        "pca",
        prompts,
        torch.tensor(visual, dtype=torch.float32).reshape(len(visual), 6),
        whole=normalize(torch.tensor(whole, dtype=torch.float32), dim=0),
        size=(8, 12),
        text=make_text(),
        class_concepts=["b", "f", "z"],
        settings=settings,
    )


def test_each_part_is_named_by_its_best_descriptors() -> None:
    found = name([[0.9, 0.5, 0, 0, 0, 0.1], [0, 0, 0.2, 0.6, 0, 0]], [1, 2, 3, 4, 5, 6])
    assert [[c.text for c in part.concepts] for part in found.parts] == [["a", "b"], ["d", "c"]]
    assert [c.score for c in found.parts[0].concepts] == pytest.approx([0.9, 0.5])
    assert [part.label for part in found.parts] == [1, 4]
    assert [part.area for part in found.parts] == [12 / 96] * 2
    assert found.candidates == 6


def test_concepts_are_ranked_by_the_raw_texts_and_the_whole_picture() -> None:
    found = name([[0.9, 0.5, 0, 0, 0, 0], [0, 0.3, 0.2, 0.1, 0, 0]], [1, 2, 3, 4, 5, 6])
    # the raw text of descriptor i lies along axis i - 1, that of a along the last
    length = 91**0.5
    assert [c.text for c in found.ranked] == ["a", "c", "b"]
    assert [c.score for c in found.ranked] == pytest.approx(
        [2.5 * value / length for value in (6, 2, 1)]
    )


def test_what_the_class_has_too_is_shared_and_counted() -> None:
    found = name([[0.9, 0.5, 0, 0, 0, 0], [0, 0.3, 0.2, 0.1, 0, 0]], [1, 2, 3, 4, 5, 6])
    assert found.shared == ("b",)
    assert found.knowledge.overlap == 1
    assert found.knowledge.paper == pytest.approx(np.log(3) + np.log(3) + np.log(1))
    assert len(found.curve.values) == 4
    assert found.curve.values[0] == found.knowledge.paper


@pytest.mark.parametrize("estimator", ["overlap", "jaccard"])
def test_the_curve_is_of_the_estimator_asked_for(estimator: str) -> None:
    found = name([[0.9, 0.5, 0, 0, 0, 0]], [1, 2, 3, 4, 5, 6], estimator=estimator)
    assert found.curve.estimator == estimator
    assert found.curve.values[0] == getattr(found.knowledge, estimator)


def test_regions_carry_the_labels_of_their_parts() -> None:
    found = name([[0.9, 0, 0, 0, 0, 0], [0, 0, 0, 0.6, 0, 0]], [1.0] * 6)
    expected = np.full((8, 12), -1)
    expected[2:6, 1:4], expected[2:6, 7:10] = 1, 4
    np.testing.assert_array_equal(found.regions, expected)


def test_only_what_has_to_do_with_the_picture_is_named_if_asked() -> None:
    # raw texts of b, c and d lie along the axes the picture has
    whole = [1.0, 1, 1, 0, 0, 0]
    visual = [[0.9, 0.5, 0.4, 0.3, 0, 0.8], [0.9, 0.3, 0.4, 0.5, 0, 0.8]]
    found = name(visual, whole, concepts=1, use_transport=True, use_relevance=True)
    assert [part.concepts[0].text for part in found.parts] == ["b", "d"]


def test_parts_that_have_too_little_in_common_say_that_the_union_was_taken() -> None:
    text_best = {"best": 1, "concepts": 1}
    visual = [[0.9, 0, 0, 0, 0, 0], [0, 0, 0, 0.6, 0, 0]]
    found = name(visual, [1.0] * 6, **text_best, best_share=1.0)
    assert found.candidates == 0
    assert "only 0 descriptors were among the best of all parts" in found.notes[0]
    assert [part.concepts[0].text for part in found.parts] == ["a", "d"]
    assert name(visual, [1.0] * 6).notes == ()


def test_no_parts_give_no_words_and_say_why() -> None:
    found = name([], [1.0] * 6)
    assert (found.parts, found.ranked, found.shared) == ((), (), ())
    assert found.notes == (NOTHING,)
    assert found.knowledge.overlap == 0
    assert found.curve.values == (0.0,)
    assert (found.regions == -1).all()
