from __future__ import annotations

import json

import pytest

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.text.word_vocabulary import WordVocabulary, split_words

WORDS = ("<pad>", "a", "cat", "<unk>", "<start>", "<end>")


def test_words_that_are_frequent_get_numbers_in_order_of_appearance() -> None:
    captions = [["a", "cat", "b"], ["a", "dog", "cat", "<start>", "<start>"], ["cat", "b"]]
    assert WordVocabulary.build(captions, min_count=2).words == (
        *("<pad>", "a", "cat", "b"),
        *("<unk>", "<start>", "<end>"),
    )
    assert WordVocabulary.build(captions, min_count=3).words == (*WORDS[:1], "cat", *WORDS[3:])
    with pytest.raises(InvalidArgumentError, match="at least 1, got 0"):
        WordVocabulary.build(captions, min_count=0)


def test_captions_become_numbers_and_words_again() -> None:
    vocabulary = WordVocabulary(WORDS)
    assert vocabulary.encode("A cat, a DOG!") == [1, 2, 1, 3]
    assert vocabulary.encode(["a", "a", "cat"], max_words=2) == [1, 1]
    assert vocabulary.encode("") == []
    assert vocabulary.decode([4, 1, 2, 3, 5, 1, 0]) == ["a", "cat", "<unk>"]
    assert (vocabulary.pad, vocabulary.unknown, vocabulary.start, vocabulary.end) == (0, 3, 4, 5)
    assert "cat" in vocabulary
    assert "dog" not in vocabulary
    with pytest.raises(InvalidArgumentError, match="No word has number 6"):
        vocabulary.decode([6])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A man's T-shirt, half-hidden.", ["a", "man's", "t-shirt", "half-hidden"]),
        ("two  dogs -- running!", ["two", "dogs", "running"]),
        ("«Élan» at 6:30", ["élan", "at", "6", "30"]),
        (" .,; ", []),
    ],
)
def test_sentences_are_split(text, words) -> None:
    assert split_words(text) == words


def test_punctuation_stays_where_it_was_learned() -> None:
    vocabulary = WordVocabulary.build([["a", "tail,", "mane"]], min_count=1)
    text = "A tail, a mane, <end> and a TAIL."
    words = ["a", "tail,", "a", "mane", "end", "and", "a", "tail"]
    assert vocabulary.split(text) == words
    numbers = [vocabulary.numbers.get(word, vocabulary.unknown) for word in words]
    assert vocabulary.encode(text) == numbers


def test_a_vocabulary_is_kept_and_the_published_form_is_read(tmp_path) -> None:
    vocabulary = WordVocabulary(WORDS)
    vocabulary.save(tmp_path)
    assert WordVocabulary.load(tmp_path) == vocabulary
    path = tmp_path / "WORDMAP_coco.json"
    path.write_text(json.dumps(vocabulary.to_word_map()), encoding="utf-8")
    assert WordVocabulary.load(path) == vocabulary


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("[", "is not JSON"),
        ("3", "neither a list of words nor a word map"),
        ('["a", "<unk>", "<start>", "<end>"]', "no <pad>"),
        ('["a", "<pad>", "<unk>", "<start>", "<end>"]', "Word 0 of a vocabulary must be <pad>"),
        ('["<pad>", "a", "a", "<unk>", "<start>", "<end>"]', "'a' stands twice"),
        ('{"<pad>": 0, "<unk>": 1, "<start>": 2, "<end>": 4}', "number them 0 to 3"),
        ('{"<pad>": 0, "<unk>": 1, "<start>": 2, "<end>": "3"}', "a whole number"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tmp_path, content, match) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataFormatError, match=match):
        WordVocabulary.load(path)
    with pytest.raises(MissingFileError):
        WordVocabulary.load(tmp_path / "none.json")
