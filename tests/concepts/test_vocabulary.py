"""Vocabularies and lists of classes from whatever names them, and files that hold neither."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from seewhy.concepts.vocabulary import (
    Vocabulary,
    check_classes,
    default_vocabulary,
    make_vocabulary,
    read_classes,
    read_vocabulary,
)
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.world.catalogue import CLASSES
from seewhy.world.descriptors import vocabulary as world_phrases

WriteFile = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def write_content(name: str, content: Any) -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
        return path

    return write_content


def test_our_own_vocabulary_holds_about_a_thousand_different_short_phrases() -> None:
    words = default_vocabulary()
    assert 900 <= len(words.descriptors) <= 1500
    assert len({word.casefold() for word in words.descriptors}) == len(words.descriptors)
    assert all(word == word.strip() and 1 <= len(word.split()) <= 8 for word in words.descriptors)
    for expected in ("red", "striped", "wood"):
        assert any(expected in word.split() for word in words.descriptors), expected


def test_no_line_of_our_own_vocabulary_is_lost() -> None:
    text = files("seewhy.concepts").joinpath("vocabulary.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(default_vocabulary().descriptors) == len(lines)


def test_nothing_stands_for_our_own_and_world_for_the_world() -> None:
    assert make_vocabulary(None) == default_vocabulary()
    for name in ("world", Path("world")):
        assert make_vocabulary(name) == Vocabulary("world", world_phrases())


def test_a_vocabulary_stays_what_it_is() -> None:
    words = Vocabulary("mine", ("red", "blue"))
    assert make_vocabulary(words) is words


def test_repeats_count_once_and_order_stays() -> None:
    assert make_vocabulary(["wide", "red", "wide ", "blue"]).descriptors == ("wide", "red", "blue")


def test_a_published_file_gives_each_descriptor_once_with_all_its_classes(write: WriteFile) -> None:
    path = write("animals.json", {"cat": ["a tail", "whiskers"], "dog": ["a tail", "floppy ears"]})
    words = read_vocabulary(path)
    assert words.name == "animals"
    assert words.descriptors == ("a tail", "whiskers", "floppy ears")
    assert words.sources == {
        "a tail": ("cat", "dog"),
        "whiskers": ("cat",),
        "floppy ears": ("dog",),
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.json", ["red", "blue"]),
        ("list.txt", '["red", "blue"]'),
        ("lines.txt", "# colors\nred\n\n  blue  \n"),
        ("marked.txt", "\ufeffred\r\nblue\r\n".encode()),
        ("lines", "red\nblue"),
    ],
)
def test_every_form_of_file_gives_the_same(write: WriteFile, name: str, content: Any) -> None:
    assert read_vocabulary(write(name, content)).descriptors == ("red", "blue")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.json", '{"cat": ["a tail"', "broken.json is not valid JSON"),
        ("numbers.json", {"cat": ["a tail", 7]}, "a descriptor of 'cat' is not a text: 7"),
        ("flat.json", {"cat": "a tail"}, "'cat' must hold a list of descriptors"),
        ("blank.json", ["red", "  "], "an entry is not a text"),
        ("text.json", '"red"', "must be a list of descriptors"),
        ("picture.txt", b"\xff\xd8\xff\xe0\x00", "not a UTF-8 text file"),
    ],
)
def test_a_broken_file_is_named_with_its_entry(
    write: WriteFile, name: str, content: Any, message: str
) -> None:
    path = write(name, content)
    with pytest.raises(DataFormatError, match=message) as raised:
        read_vocabulary(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("content", ["", "# nothing\n", [], {"cat": []}])
def test_a_vocabulary_without_descriptors_is_refused(write: WriteFile, content: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="empty holds no descriptor"):
        read_vocabulary(write("empty.txt", content))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(MissingFileError, match="nowhere"):
        make_vocabulary("nowhere/words.txt")


@pytest.mark.parametrize("wrong", [5, {"red", "blue"}])
def test_what_is_no_vocabulary_is_refused(wrong: object) -> None:
    with pytest.raises(DataFormatError, match="must be a list of descriptors"):
        make_vocabulary(wrong)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("names.json", ["cat", "polar bear"]),
        ("keys.json", {"cat": ["whiskers"], "polar bear": []}),
        ("named.json", [{"name": "cat", "id": 3}, {"name": "polar bear"}]),
        ("openai.json", [{"name_openai": "cat"}, {"class": "polar bear"}]),
        ("lines.txt", "# animals\ncat\npolar bear\n"),
    ],
)
def test_classes_come_from_every_form_of_file(write: WriteFile, name: str, content: Any) -> None:
    assert read_classes(write(name, content)) == ["cat", "polar bear"]


def test_classes_come_from_a_list_and_from_the_world() -> None:
    assert read_classes(" cat,polar bear , ,dog") == ["cat", "polar bear", "dog"]
    assert read_classes("world") == list(CLASSES)


def test_a_file_without_a_suffix_is_read_if_it_is_there(write: WriteFile) -> None:
    assert read_classes(write("names", "cat\ndog")) == ["cat", "dog"]


@pytest.mark.parametrize("content", [{}, ["cat", 3], [{"id": 1}, {"name": "cat"}], "3"])
def test_a_json_file_without_names_is_refused(write: WriteFile, content: Any) -> None:
    with pytest.raises((DataFormatError, InvalidArgumentError), match="class"):
        read_classes(write("names.json", content))


def test_a_missing_list_of_classes_is_not_taken_for_a_class() -> None:
    with pytest.raises(MissingFileError, match=r"animals\.txt"):
        read_classes("animals.txt")


def test_one_class_leaves_nothing_to_decide() -> None:
    with pytest.raises(InvalidArgumentError, match=r"at least two classes, got 1 \('cat'\)"):
        read_classes("cat")
    with pytest.raises(InvalidArgumentError, match="got 0"):
        check_classes([])


def test_a_class_that_stands_there_twice_is_named() -> None:
    with pytest.raises(InvalidArgumentError, match="'dog' is given more than once"):
        read_classes("cat,dog,dog")


def test_a_repeat_is_found_in_the_longest_of_lists() -> None:
    names = [f"class {number}" for number in range(6000)]
    check_classes(names)
    with pytest.raises(InvalidArgumentError, match="'class 7' is given more than once"):
        check_classes([*names, "class 7"])
