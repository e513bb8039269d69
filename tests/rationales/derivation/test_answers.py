from __future__ import annotations

import pytest

from seewhy.errors import DataFormatError
from seewhy.rationales.derivation.answers import Explanations, QuestionItems, read_answer

TWO = ["it has fins", 'it says "hi", [loud]']


@pytest.mark.parametrize(
    "text",
    [
        '{"explanations": ["it has fins", "it says \\"hi\\", [loud]"]}',
        'Sure!\n```json\n{"explanations": ["it has fins", "it says \\"hi\\", [loud]"]}\n```',
        'x {"explanations": ["it has fins", "it says \\"hi\\", [loud]",]} y',
        "{'explanations': ['it has fins', 'it says \"hi\", [loud]']}",
        '{"explanations": ["it has fins", "it says \\"hi\\", [loud]", "it was cut o',
        '{"explanations": ["it has fins", "it says \\"hi\\", [loud]"',
        '\n\n{"explanations":\n["  it has fins ", "it says \\"hi\\", [loud]"\n]}  ',
    ],
)
def test_what_can_be_mended_is(text):
    assert read_answer(text, Explanations).explanations == TWO


def test_typographic_quotes_are_plain_ones():
    assert read_answer("{“explanations”: [“a b”]}", Explanations).explanations == ["a b"]


def test_items_that_were_cut_off_leave_the_whole_ones():
    text = '{"items": [{"question": "q?", "answer": "a", "explanation": "e"}, {"question": "r'
    (item,) = read_answer(text, QuestionItems).items
    assert (item.question, item.answer, item.explanation) == ("q?", "a", "e")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I cannot help with that.", "holds no JSON object"),
        ("", "holds no JSON object"),
        ('{"explanations": []}', "explanations: "),
        ('{"explanations": ["fine", 3]}', "explanations.1: "),
        ('{"explanations": ["fine", " "]}', "explanations.1: "),
        ('{"explanations": "fine"}', "explanations: "),
        ('{"reasons": ["fine"]}', "explanations: Field required"),
        ('{"explanations": ["fine"], "more": 1}', "more: "),
        ("[1, 2]", "the whole: "),
        ("{'a': __import__('os')}", "holds no JSON object"),
    ],
)
def test_what_cannot_be_mended_is_told(text, said):
    with pytest.raises(DataFormatError, match=said):
        read_answer(text, Explanations)
