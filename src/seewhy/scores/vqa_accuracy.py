"""Accuracy of answers to questions, with the official normalizer of VQA."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARTICLES = {"a", "an", "the"}
_NUMBERS: dict[str, str] = dict(
    zip(
        "none zero one two three four five six seven eight nine ten".split(),
        "0 0 1 2 3 4 5 6 7 8 9 10".split(),
        strict=True,
    )
)
# Misspelled forms as the official table has them; capital ones are in it and never met.
_PLAIN = """
    ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd
    how'll how's isn't it'd it'll ma'am mightn't might've mustn't must've needn't not've o'clock
    oughtn't shan't should've shouldn't somebody'll somebody's someone'd someone'll someone's
    something'd something'll that's there'd there're there's they'd they'll they're they've 'twas
    wasn't weren't what'll what're what's what've when's where'd where's where've who'd who'll
    who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've
""".split()
_DOUBLE = """
    couldn't've hadn't've he'd've it'd've mightn't've she'd've shouldn't've someone'd've
    something'd've there'd've they'd've who'd've wouldn't've you'd've we'd've
""".split()
_IRREGULAR = {
    "somebody'd": "somebodyd",
    "somebodyd've": "somebody'd've",
    "somebody'dve": "somebody'd've",
    "'ow'sat": "ow's'at",
    "ow'sat": "ow's'at",
    "weve": "we've",
    "yall'll": "y'all'll",
    "y'allll": "y'all'll",
    "yall'd've": "y'all'd've",
    "y'alld've": "y'all'd've",
    "y'all'dve": "y'all'd've",
}


def _list_contractions() -> dict[str, str]:
    """Form without one or all of its apostrophes -> the form with them."""
    found = {word.replace("'", ""): word for word in _PLAIN}
    for word in _DOUBLE:
        head, _ = word.rsplit("'", 1)
        found[f"{head.replace(chr(39), '')}'ve"] = word
        found[f"{head}ve"] = word
    return found | _IRREGULAR


_CONTRACTIONS = _list_contractions()
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_PERIOD = re.compile(r"\.(?!\d)")
_MOST_PERIODS = 32
"""The official code gives a flag where the number of replacements belongs; it is 32."""
_COMMA_IN_NUMBER = re.compile(r"\d,\d")


def normalize_answer(answer: str) -> str:
    """Bring an answer into the form in which VQA compares answers.

    Lower case; punctuation removed or turned into spaces; number words to digits; articles left
    out; apostrophes of contractions put back.

    Source: the official VQA evaluation, Antol et al. (ICCV 2015), arXiv:1505.00468.

    Example:
        >>> normalize_answer("The two dogs, dont run.")
        "2 dogs don't run"
    """
    text = answer.replace("\n", " ").replace("\t", " ").strip()
    comma_in_number = _COMMA_IN_NUMBER.search(text) is not None
    original = text
    for mark in _PUNCTUATION:
        beside_space = f"{mark} " in original or f" {mark}" in original
        text = text.replace(mark, "" if beside_space or comma_in_number else " ")
    text = _PERIOD.sub("", text, count=_MOST_PERIODS)
    words = [_NUMBERS.get(word, word) for word in text.lower().split()]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)


def soft_accuracy(answer: str, human_answers: Sequence[str]) -> float:
    """VQA accuracy: agreement with three of the other people counts as right.

        mean over people i of min(1, matches among the others / 3)

    Args:
        answer: the model's answer.
        human_answers: usually ten; with one only, it is 1 where it matches.

    Returns:
        From 0 to 1.

    Source: Antol et al. (ICCV 2015), arXiv:1505.00468.

    Example:
        >>> round(soft_accuracy("yes", ["yes"] * 2 + ["no"] * 8), 3)
        0.6
    """
    found = normalize_answer(answer)
    matches = [normalize_answer(other) == found for other in human_answers]
    if len(matches) < 2:
        return float(any(matches))
    total = sum(matches)
    return sum(min(1.0, (total - match) / 3) for match in matches) / len(matches)


def is_most_frequent(answer: str, human_answers: Sequence[str]) -> bool:
    """Whether the answer is the one most people gave (the first of those that tie)."""
    given = [normalize_answer(other) for other in human_answers]
    return bool(given) and normalize_answer(answer) == max(given, key=given.count)


def is_among(answer: str, human_answers: Sequence[str]) -> bool:
    """Whether anybody gave the answer."""
    return normalize_answer(answer) in {normalize_answer(other) for other in human_answers}
