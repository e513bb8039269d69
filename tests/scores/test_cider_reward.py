"""Document frequencies and CIDEr-D by word numbers."""

from __future__ import annotations

import pickle
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, ShapeError
from seewhy.scores.cider import cider_d
from seewhy.scores.cider_reward import DocumentFrequencies, pack_ngrams
from seewhy.scores.ngrams import count_ngrams, encode_corpus

CAPTIONS = [[[3, 4, 5, 0], [3, 4, 0]], [[3, 6, 7, 8, 0]], [[9, 4, 5, 6, 0], [3, 0]]]


def padded(rows: list[list[int]], width: int = 6) -> list[list[int]]:
    return [row + [0] * (width - len(row)) for row in rows]


def references_of(captions: list[list[list[int]]]) -> np.ndarray:
    most = max(len(group) for group in captions)
    return np.array([padded([*group, *[group[-1]] * (most - len(group))]) for group in captions])


def test_frequencies_count_pictures_and_not_captions() -> None:
    counted = DocumentFrequencies.count(CAPTIONS)
    table = dict(zip(counted.keys.tolist(), counted.frequency.tolist(), strict=True))
    for ngram, pictures in {
        (3,): 3,
        (4,): 2,
        (3, 4): 1,
        (4, 5): 2,
        (0,): 3,
        (3, 4, 5, 0): 1,
    }.items():
        assert table[int(pack_ngrams(np.array([ngram]))[0])] == pictures
    assert counted.num_documents == 3


def test_scores_are_those_of_the_strings_when_frequencies_come_from_the_references() -> None:
    references = references_of([[g[0]] for g in CAPTIONS])
    candidates = np.array(padded([[3, 4, 5, 0], [3, 6, 5, 0], [9, 4, 0]]))
    found = DocumentFrequencies.count([[g[0]] for g in CAPTIONS]).score(candidates, references)
    words = [["3", "4", "5", "0"], ["3", "6", "5", "0"], ["9", "4", "0"]]
    corpus = encode_corpus(words, [[[str(w) for w in g[0]]] for g in CAPTIONS])
    np.testing.assert_allclose(found, cider_d(corpus, count_ngrams(corpus)), atol=1e-12)
    assert found[0] > found[1] > 0


def test_tensors_are_scored_like_arrays() -> None:
    frequencies = DocumentFrequencies.count(CAPTIONS)
    references = references_of(CAPTIONS)
    np.testing.assert_array_equal(
        frequencies.score(torch.tensor(references[:, 0]), torch.tensor(references)),
        frequencies.score(references[:, 0], references),
    )


def test_what_stands_behind_the_end_changes_nothing() -> None:
    frequencies, references = DocumentFrequencies.count(CAPTIONS), references_of(CAPTIONS)
    dirty = references[:, 0].copy()
    dirty[0, 5] = 9
    np.testing.assert_array_equal(
        frequencies.score(dirty, references), frequencies.score(references[:, 0], references)
    )


def test_saved_frequencies_are_read_again(tmp_path: Path) -> None:
    counted = DocumentFrequencies.count(CAPTIONS)
    counted.save(tmp_path / "df.npz")
    read = DocumentFrequencies.load(tmp_path / "df.npz")
    np.testing.assert_array_equal(read.keys, counted.keys)
    np.testing.assert_array_equal(read.frequency, counted.frequency)
    assert read.num_documents == counted.num_documents


def test_the_published_pickle_gives_the_same_scores(tmp_path: Path) -> None:
    counted = DocumentFrequencies.count(CAPTIONS)
    table: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for key, frequency in zip(counted.keys.tolist(), counted.frequency.tolist(), strict=True):
        parts = [(key >> shift) & 0xFFFF for shift in (48, 32, 16, 0)]
        table[tuple(str(part - 1) for part in parts if part)] = frequency
    path = tmp_path / "df.p"
    path.write_bytes(pickle.dumps({"document_frequency": table, "ref_len": 3}))
    references = references_of(CAPTIONS)
    np.testing.assert_allclose(
        DocumentFrequencies.load(path).score(references[:, 0], references),
        counted.score(references[:, 0], references),
    )


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("this must not run",))


def test_a_harmful_pickle_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "df.p"
    path.write_bytes(pickle.dumps({"document_frequency": Harmful(), "ref_len": 3}))
    with pytest.raises(DataFormatError, match=r"asks for builtins\.print"):
        DocumentFrequencies.load(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "content", [b"", b"text", pickle.dumps({"ref_len": 1}), pickle.dumps([1]), b"PK\x03\x04 broken"]
)
def test_another_file_is_named_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "df.p").write_bytes(content)
    with pytest.raises(DataFormatError, match=r"df\.p"):
        DocumentFrequencies.load(tmp_path / "df.p")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nothing\.npz"):
        DocumentFrequencies.load(tmp_path / "nothing.npz")


def test_wrong_shapes_and_words_are_told() -> None:
    frequencies = DocumentFrequencies.count(CAPTIONS)
    with pytest.raises(ShapeError, match=r"\(2, 3\)"):
        frequencies.score(np.zeros((2, 3), int), np.zeros((3, 5, 3), int))
    with pytest.raises(InvalidArgumentError, match="65534"):
        frequencies.score(np.full((1, 3), 70_000), np.zeros((1, 1, 3), int))


@given(
    st.lists(st.lists(st.integers(0, 65_534), min_size=1, max_size=4), min_size=2, unique_by=tuple)
)
def test_different_ngrams_have_different_numbers(ngrams: list[list[int]]) -> None:
    packed = [int(pack_ngrams(np.array([ngram]))[0]) for ngram in ngrams]
    assert len(set(packed)) == len(ngrams)


def test_no_captions_at_all_make_every_ngram_unknown() -> None:
    references = references_of(CAPTIONS)
    assert DocumentFrequencies.count([]).score(references[:, 0], references).tolist() == [0, 0, 0]
