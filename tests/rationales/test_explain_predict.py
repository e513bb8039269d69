from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seewhy.datasets.nle import NLEExample
from seewhy.errors import (
    DataFormatError,
    InvalidArgumentError,
    MissingFileError,
    UnknownNameError,
    WeightsError,
)
from seewhy.rationales.explain_predict import (
    PUBLISHED_SETTINGS,
    ExplainPredictSettings,
    encode_reasons,
    find_settings,
    list_answers,
    make_soft_targets,
    reader_loss,
)
from seewhy.rationales.explain_predict_report import judge_by_readers, read_explanations
from seewhy.rationales.predictions import Prediction
from seewhy.rationales.reader_training import (
    load_reader,
    make_tokenizer,
    save_reader,
    train_reader,
)

SMALL = ExplainPredictSettings(
    max_tokens=20, max_question_tokens=8, targets="all", epochs=10, batch_size=8, learning_rate=2e-3
)
SIGNS = {"dog": "it barks", "cat": "it purrs", "cow": "it moos"}


def make_examples(count, *, leak=False):
    examples = []
    for i in range(count):
        animal = tuple(SIGNS)[i % 3]
        reason = f"one can see the {animal}" if leak else f"{SIGNS[animal]} on the {i} th day"
        examples.append(
            NLEExample(str(i), "vqa-x", (Path("x"),), "what is it?", (animal,), (reason,))
        )
    return examples


def test_the_published_settings():
    vqa, act, esnli = (PUBLISHED_SETTINGS[t] for t in ("vqa-x", "act-x", "e-snli-ve"))
    assert (vqa.max_tokens, vqa.max_question_tokens, vqa.targets) == (40, 15, "soft")
    assert (vqa.epochs, vqa.batch_size, vqa.learning_rate) == (15, 16, 2e-5)
    assert (act.max_tokens, act.max_question_tokens, act.targets) == (20, 0, "all")
    assert (act.epochs, act.batch_size, act.learning_rate) == (20, 32, 2e-4)
    assert (esnli.max_tokens, esnli.max_question_tokens, esnli.targets) == (45, 20, "one")
    assert (esnli.epochs, esnli.batch_size, esnli.learning_rate) == (5, 32, 2e-5)
    assert find_settings("a-okvqa").targets == "all"
    assert find_settings("e-snli-ve") == esnli
    assert find_settings("e-snli-ve", has_base=False) == replace(esnli, learning_rate=1e-3)
    with pytest.raises(UnknownNameError, match="vcr"):
        find_settings("vcr")


def test_a_text_is_the_cut_question_a_separator_and_the_reason():
    tokenizer = make_tokenizer(["what is it ? one two three four barks"])
    settings = replace(SMALL, max_tokens=8, max_question_tokens=3)
    texts = encode_reasons(tokenizer, ["what is it?", "what?"], ["one two three four", "barks"],
                           settings)  # fmt: skip
    words = [tokenizer.convert_ids_to_tokens(row) for row in texts.ids.tolist()]
    assert words[0] == ["[CLS]", "what", "is", "[SEP]", "one", "two", "three", "four"]
    assert words[1][:5] == ["[CLS]", "what", "?", "[SEP]", "barks"]
    assert texts.mask.tolist() == [[True] * 8, [True] * 5 + [False] * 3]
    alone = encode_reasons(
        tokenizer, ["what"], ["one two"], replace(settings, max_question_tokens=0)
    )
    assert tokenizer.convert_ids_to_tokens(alone.ids[0].tolist()) == ["[CLS]", "one", "two"]


def test_targets_count_people():
    numbers = {"yes": 0, "no": 1, "so": 2}
    given = [["yes"] * 5 + ["no"] * 2, ["so", "so", "so", "what"], ["no"] * 4]
    expected = torch.tensor([[1, 0.6, 0], [0, 0, 0.9], [0, 1, 0]])
    torch.testing.assert_close(make_soft_targets(given, numbers), expected)
    hard = make_soft_targets(given, numbers, is_soft=False)
    assert hard.tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_the_loss_is_a_sum_of_sigmoids_or_a_mean_of_softmaxes():
    logits = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    soft = torch.tensor([[0.3, 0.0], [1.0, 0.6]])
    by_hand = -(soft * logits.sigmoid().log() + (1 - soft) * (-logits).sigmoid().log()).sum()
    torch.testing.assert_close(reader_loss(logits, soft), by_hand)
    labels = torch.tensor([[0], [1]])
    by_hand = -(logits.log_softmax(-1)[0, 0] + logits.log_softmax(-1)[1, 1]) / 2
    torch.testing.assert_close(reader_loss(logits, labels), by_hand)


def test_answers_are_numbered_by_how_often_they_are_given():
    examples = make_examples(5)
    assert list_answers(examples) == {"dog": 0, "cat": 1, "cow": 2}
    assert list_answers(examples, min_count=2) == {"dog": 0, "cat": 1}
    with pytest.raises(InvalidArgumentError, match="9 times"):
        list_answers(examples, min_count=9)
    label = [replace(examples[0], answers=("neutral",))]
    expected = {"contradiction": 0, "neutral": 1, "entailment": 2}
    assert list_answers(label, targets="one") == expected


@pytest.fixture(scope="module")
def reader():
    return train_reader(make_examples(48), SMALL)


def test_a_reader_learns_what_reasons_point_to(reader):
    test = make_examples(9)
    assert reader.accuracy(test, [e.explanations[0] for e in test]) == 1
    assert reader.predict(["what is it?"] * 2, ["it purrs", "it moos"]) == ["cat", "cow"]
    assert reader.accuracy(test, ["it barks"] * 9) == pytest.approx(1 / 3)


def test_training_repeats_itself_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = (train_reader(make_examples(12), replace(SMALL, epochs=2)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_reader_without_leaks_learns_nothing_from_repeated_answers():
    train, test = make_examples(48, leak=True), make_examples(9, leak=True)
    said = [Prediction(e.id, e.answers[0], e.explanations[0]) for e in test]
    report, (_, masked) = judge_by_readers(train, test, said, replace(SMALL, epochs=8))
    assert report.open.from_model == report.open.from_truth == 1
    assert report.masked is not None
    assert report.masked.from_model == pytest.approx(1 / 3)
    assert report.most_frequent == pytest.approx(1 / 3)
    assert masked.settings.is_masked
    assert report.figure() is not None


def test_a_reader_is_kept_in_a_folder(reader, tmp_path):
    loaded = load_reader(save_reader(reader, tmp_path / "reader"))
    assert (loaded.answers, loaded.settings) == (reader.answers, reader.settings)
    texts = ["it barks on the 3 th day", "it moos"]
    assert loaded.predict(["what is it?"] * 2, texts) == reader.predict(["what is it?"] * 2, texts)
    report = read_explanations(loaded, make_examples(6), None)
    assert (report.open.from_truth, report.open.from_model, report.masked) == (1, None, None)


def test_the_authors_folders_are_read(reader, tmp_path):
    folder = tmp_path / "ep_distilbert_model_7"
    save_reader(reader, folder)
    (folder / "reader.json").unlink()
    (folder / "model.safetensors").unlink()
    torch.save(reader.model.state_dict(), folder / "pytorch_model.bin")
    words = tmp_path / "ep_distilbert_tokenizer_0"
    reader.tokenizer.save_pretrained(words)
    numbers = {answer: i for i, answer in enumerate(reader.answers)}
    loaded = load_reader(folder, settings=SMALL, tokenizer=words, answers=numbers)
    assert loaded.predict(["what is it?"], ["it purrs"]) == ["cat"]
    with pytest.raises(DataFormatError, match="settings and answers must be given"):
        load_reader(folder)
    with pytest.raises(WeightsError, match="does not fit"):
        load_reader(folder, settings=SMALL, tokenizer=words, answers=numbers | {"more": 3})
    with pytest.raises(DataFormatError, match="numbered from 0 to 0"):
        load_reader(folder, settings=SMALL, tokenizer=words, answers={"one": 1})
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(MissingFileError, match="No weights"):
        load_reader(folder, settings=SMALL, answers=numbers)


def test_distilbert_itself_may_be_the_base(tmp_path, tiny_bert):
    folder = tmp_path / "base"
    tiny_bert.module.save_pretrained(folder)
    tiny_bert.tokenizer.save_pretrained(folder)
    reader = train_reader(make_examples(12), replace(SMALL, epochs=1), base=folder)
    assert reader.model.config.dim == 16
    assert len(reader.answers) == 3
    with pytest.raises(WeightsError, match="without a base it starts from nothing"):
        train_reader(make_examples(12), SMALL, base=tmp_path / "none")


@pytest.mark.parametrize(
    ("field", "value"),
    [("targets", "hard"), ("max_question_tokens", 38), ("epochs", 0), ("learning_rate", 0.0),
     ("validation_share", 1.0)],
)  # fmt: skip
def test_wrong_settings_are_named(field, value):
    with pytest.raises(InvalidArgumentError, match=field):
        ExplainPredictSettings(**{field: value})


def test_too_few_examples_are_told():
    with pytest.raises(InvalidArgumentError, match="1 and 0"):
        train_reader(make_examples(1), SMALL)
    wrong = [replace(e, answers=("maybe",)) for e in make_examples(4)]
    labels = {"contradiction": 0, "neutral": 1, "entailment": 2}
    with pytest.raises(InvalidArgumentError, match="'maybe', which is none of"):
        train_reader(wrong, replace(SMALL, targets="one"), answers=labels)


def test_the_tokenizer_knows_frequent_words_and_spells_the_others():
    tokenizer = make_tokenizer(["The dog barks. The cat!", "a dog"], size=40)
    assert tokenizer.tokenize("the Dog tac [MASK]") == ["the", "dog", "t", "##a", "##c", "[MASK]"]
    assert tokenizer.tokenize("z") == ["[UNK]"]
    again = make_tokenizer(["The dog barks. The cat!", "a dog"], size=40)
    assert tokenizer.get_vocab() == again.get_vocab()
