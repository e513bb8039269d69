"""Settings: the published defaults, and what cannot be."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from seewhy.concepts.settings import ConceptSettings
from seewhy.errors import InvalidArgumentError, UnknownNameError


def test_the_defaults_are_those_of_the_published_notebook() -> None:
    settings = ConceptSettings()
    assert (settings.features, settings.foreground, settings.threshold) == (
        "tokens",
        "svd",
        "negative",
    )
    assert (settings.num_parts, settings.best, settings.concepts) == (5, 500, 3)
    assert (settings.class_concepts, settings.shown_class_concepts) == (50, 15)
    assert settings.use_relevance
    assert settings.use_transport
    assert settings.relevance_offset == 0.02
    assert settings.descriptor_template == "a photo showing {}"


def test_the_defaults_of_the_functions_differ_as_published() -> None:
    notebook, functions = ConceptSettings(), ConceptSettings.function_defaults()
    differing = {
        field.name: getattr(functions, field.name)
        for field in dataclasses.fields(ConceptSettings)
        if getattr(functions, field.name) != getattr(notebook, field.name)
    }
    assert differing == {
        "best": 100,
        "best_share": 1,
        "use_relevance": False,
        "relevance_offset": 0.01,
    }


@pytest.mark.parametrize(
    ("vocabulary", "expected"),
    [
        (4229, 500),  # as published
        (10_000, 500),  # never more than ``best``
        (1000, 120),  # the share
        (1001, 121),  # ... rounded up
        (100, 30),  # ten to choose each of three concepts from
        (2, 30),
    ],
)
def test_a_share_of_the_vocabulary_is_taken_of_each_part(vocabulary: int, expected: int) -> None:
    assert ConceptSettings().count_best(vocabulary) == expected


def test_published_the_best_are_as_many_as_asked_for() -> None:
    settings = ConceptSettings(best=60, compat="published")
    assert [settings.count_best(size) for size in (80, 60, 7)] == [60, 60, 7]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("parts", (), "parts must be"),
        ("parts", ("pca", "kmeens"), "kmeens"),
        ("num_parts", 0, "num_parts must be at least 1, got 0"),
        ("best", 0, "best must be"),
        ("concepts", -1, "concepts must be at least 1, got -1"),
        ("class_concepts", 0, "class_concepts"),
        ("restarts", 0, "restarts"),
        ("thickness", 0, "thickness"),
        ("foreground", "svt", "'svt'"),
        ("compat", "publisht", "'publisht'"),
        ("best_share", 0.0, "best_share"),
        ("best_share", 1.1, "got 1.1"),
        ("descriptor_template", "a photo", "needs one {}, got 'a photo'"),
        ("class_templates", ("a {}", "{} {}"), "'{} {}'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(field: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        ConceptSettings(**{field: value})


def test_an_unknown_estimator_is_guessed_at() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'jaccard'"):
        ConceptSettings(estimator="jacard")
