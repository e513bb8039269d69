"""The tree of exceptions."""

from __future__ import annotations

import inspect

import pytest

from seewhy import errors
from seewhy.errors import MissingDependencyError, SeewhyError, UnknownNameError

CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if value.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_ours_and_in_the_drawing_of_the_tree(kind: type) -> None:
    assert issubclass(kind, SeewhyError)
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind is not SeewhyError])
def test_every_error_is_also_the_built_in_it_resembles(kind: type) -> None:
    builtins = [base for base in kind.__mro__ if base.__module__ == "builtins"]
    assert builtins[0] is not Exception


def test_an_unknown_name_is_answered_with_a_guess_and_the_catalogue() -> None:
    message = str(UnknownNameError("encoder", "tinny", ["wide", "tiny"]))
    assert message == "No encoder named 'tinny'. Did you mean 'tiny'? Known: tiny, wide."


def test_a_name_unlike_any_other_gets_no_guess() -> None:
    assert "Did you mean" not in str(UnknownNameError("encoder", "zzz", ["tiny"]))


def test_a_missing_package_names_the_extra_that_brings_it() -> None:
    message = str(MissingDependencyError("open_clip", "openclip", "Loading openclip:RN50"))
    assert "pip install 'seewhy[openclip]'" in message
