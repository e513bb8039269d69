"""Words of the answer hidden in its reason, so that a reader must go by the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ENDINGS = ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "y")
_SHORTEST_STEM = 3
_FUNCTION_WORDS = frozenset("a an the of in on at to and or is are it its".split())
_KIN = {  # the labels of e-SNLI-VE hardly occur as they are, but their kin does
    "entailment": ("entail", "entails", "entailed", "entailing", "implies", "implied", "imply"),
    "contradiction": ("contradict", "contradicts", "contradicted", "contradictory"),
    "yes": ("yeah", "yep"),
    "no": ("not", "nope"),
}


def mask_answer(explanation: str, answers: Iterable[str], *, mask: str = "[MASK]") -> str:
    """Put a mask for each word of an explanation that is a word of one of the answers.

    Words count as the same whatever their case and ending (``skis``, ``Skiing``, ``ski``);
    articles, prepositions and the like stay.

    Example:
        >>> mask_answer("the skier is skiing on two skis", ["ski", "downhill skiing"])
        'the [MASK] is [MASK] on two [MASK]'
    """
    stems = {
        find_stem(word)
        for answer in answers
        for entry in (answer, *_KIN.get(answer.strip().lower(), ()))
        for word in _WORD.findall(entry)
        if word.lower() not in _FUNCTION_WORDS
    }

    def replace(match: re.Match[str]) -> str:
        return mask if find_stem(match[0]) in stems else match[0]

    return _WORD.sub(replace, explanation)


def find_stem(word: str) -> str:
    """A word in lower case without its ending, as far as rules of thumb can tell."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM:
            return _single(stem)
    return _single(word)


def _single(stem: str) -> str:
    """Run from runn(ing), bak from bake: what stands before an ending, as without one."""
    if len(stem) > _SHORTEST_STEM:
        if stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
            return stem[:-1]
        return stem.removesuffix("e")
    return stem
