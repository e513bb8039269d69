from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.text.byte_pairs import END, END_TOKEN, PAD_TOKEN, load_tokenizer, train_tokenizer

TOKENIZER = train_tokenizer(["a red cat", "a red dog"] * 50, vocabulary=300, context=12)


def test_words_that_are_frequent_become_one_token():
    assert TOKENIZER.encode("A red cat").tokens == ["a", "Ġred", "Ġcat", END]


def test_batches_are_padded_after_the_end():
    ids = [encoding.ids for encoding in TOKENIZER.encode_batch(["a", "a red cat"])]
    assert ids[0][1:] == [END_TOKEN, PAD_TOKEN, PAD_TOKEN]
    assert ids[1][-1] == END_TOKEN


def test_long_texts_are_cut_and_keep_their_end():
    ids = TOKENIZER.encode("a red cat " * 20).ids
    assert len(ids) == 12
    assert ids[-1] == END_TOKEN


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=3))
def test_any_text_is_read_without_an_unknown_token(text):
    encoding = TOKENIZER.encode(text)
    assert encoding.ids.count(END_TOKEN) == 1
    expected = TOKENIZER.normalizer.normalize_str(text)
    assert len(encoding.ids) == 12 or TOKENIZER.decode(encoding.ids) == expected


def test_the_special_tokens_cannot_be_written_by_a_text():
    ids = TOKENIZER.encode(f"a {END} red").ids
    assert ids.count(END_TOKEN) == 1


def test_the_same_texts_give_the_same_tokenizer():
    texts = ["a blue boat", "a bird on a boat"] * 9
    first, second = (train_tokenizer(texts, vocabulary=290).to_str() for _ in range(2))
    assert first == second


def test_it_loads_from_the_file_and_from_the_folder(tmp_path):
    TOKENIZER.save(str(tmp_path / "tokenizer.json"))
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        assert load_tokenizer(path).to_str() == TOKENIZER.to_str()


def test_a_vocabulary_without_room_for_all_bytes_is_refused():
    with pytest.raises(InvalidArgumentError, match="at least 258, got 100"):
        train_tokenizer(["a"], vocabulary=100)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize("text", ["{}", "not json"])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(DataFormatError, match="is not a tokenizer"):
        load_tokenizer(tmp_path)


def test_a_tokenizer_without_our_end_is_refused(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(TOKENIZER.to_str().replace(END, "<|stop|>"))
    with pytest.raises(DataFormatError, match="has no token"):
        load_tokenizer(path)
