"""What the words of the world's sentences stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from seewhy.world.catalogue import CLASSES, COLORS, PATTERNS
from seewhy.world.facts import FACTS
from seewhy.world.grammar import number_word, pluralize
from seewhy.world.phrases import (
    COVERS,
    KINDS,
    LIGHTS,
    NATURES,
    PLACES,
    RELATION_PHRASES,
    SIZES,
    STYLES,
)


@dataclass(frozen=True)
class Sense:
    """One run of words and what it stands for."""

    text: str
    kind: str
    """``noun``, ``part``, ``noun or part``, ``adjective``, ``action``, ``place``, ..."""
    value: Any = None
    """Class names of a noun; the catalogue's word of anything else."""


_GRAMMAR_WORDS: dict[str, str] = {
    "a|an|another|the|some|any|both": "determiner",
    "is|are|was|were|be|being|looks|look": "copula",
    "has|have|having|with|had": "have",
    "it|they|this|this one|that one|them|these|those": "pronoun",
    "its|their|his|her|whose|'s": "possessive",
    "belong to|belongs to|of": "owner",
    "not|no|without|never|isn't|aren't|instead of|rather than|nor": "negation",
    "there is|there are|is there|are there|there": "expletive",
    ".|;|?|!|but|because|so|while|since|therefore|although": "break",
    "cannot tell|does not show|does not say|does not tell|do not know|may|might|could|"
    "nobody knows|not known|would": "hedge",
    ",|:|and|or|that|which|who|to|in|on|at|one can see|you can see|can be seen|picture|image|"
    "drawing|shows|see|seen|color|pattern|size|called|as|also|only|both|does|do|doing|too|"
    "all|to be seen|best|main|we|from|for|here|kind|each|other|same|different|by|when|if": "filler",
}


def read_senses(text: str) -> list[Sense]:
    """Cut a text into senses, the longest known run of words first; kind ``unknown`` if none."""
    words = split_words(text)
    entries, longest = list_entries()
    senses, start = [], 0
    while start < len(words):
        for end in range(min(start + longest, len(words)), start, -1):
            run = " ".join(words[start:end])
            if run in entries:
                senses.append(Sense(run, *entries[run]))
                start = end
                break
        else:
            senses.append(_read_other(words[start]))
            start += 1
    return senses


def _read_other(word: str) -> Sense:
    """A word that is in no list: ``[thing1]``, or one that says nothing here."""
    region = re.fullmatch(r"\[thing(\d+)\]", word)
    return Sense(word, "region", int(region[1])) if region else Sense(word, "unknown")


def split_words(text: str) -> list[str]:
    """Lower-cased words and punctuation marks.

    Words with a hyphen and pointers such as ``[thing0]`` stay whole; ``'s`` stands alone.

    Example:
        >>> split_words("The cat's ears, medium-sized.")
        ['the', 'cat', "'s", 'ears', ',', 'medium-sized', '.']
    """
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    plain = re.sub(r"\b(is|are|does|do)n't\b", r"\1 not", plain)
    return re.findall(r"\[thing\d+\]|[a-z]+(?:-[a-z]+)*|'s\b|\d+|[.,;:?!]", plain)


@cache
def list_entries() -> tuple[dict[str, tuple[str, Any]], int]:
    """All known runs of words with kind and value, and the length of the longest in words."""
    entries: dict[str, tuple[str, Any]] = {}
    for words, kind in _GRAMMAR_WORDS.items():
        entries.update(dict.fromkeys(words.split("|"), (kind, None)))
    for text, kind, value in (*_world_words(), *_nouns(), *_facts()):
        entries[text] = (kind, value)
    for text, kind, value in _parts():
        known = entries.get(text, ("", None))
        entries[text] = ("noun or part", known[1]) if known[0] == "noun" else (kind, value)
    return entries, max(len(split_words(text)) for text in entries)


def _nouns() -> Iterator[tuple[str, str, frozenset[str]]]:
    members: dict[str, set[str]] = {"thing": set(CLASSES), "object": set(CLASSES)}
    for name, spec in CLASSES.items():
        for noun in (name, NATURES[name].partition(" ")[2], *KINDS[spec.family]):
            members.setdefault(noun, set()).add(name)
    for noun, names in members.items():
        yield noun, "noun", frozenset(names)
        if noun in (*CLASSES, "thing", "object", *sum(KINDS.values(), ())):
            yield pluralize(noun), "noun", frozenset(names)


def _parts() -> Iterator[tuple[str, str, str]]:
    for name in {part.name for spec in CLASSES.values() for part in spec.parts}:
        yield name, "part", name
    for cover in COVERS.values():
        yield cover, "part", cover


def _world_words() -> Iterator[tuple[str, str, Any]]:
    attributes = {
        word for spec in CLASSES.values() for part in spec.parts for word in part.attributes
    }
    for word in (*attributes, *COLORS, *PATTERNS):
        yield word, "adjective", word
    for size, word in SIZES.items():
        yield size, "adjective", size
        yield word, "adjective", size
    for number in range(11):
        yield number_word(number), "number", number
        yield str(number), "number", number
    yield "no", "negation", None
    for action in {action for spec in CLASSES.values() for action in spec.actions if action}:
        yield action, "action", action
    for kind, table in (("place", PLACES), ("light", LIGHTS), ("style", STYLES)):
        for value, phrases in table.items():
            for phrase in phrases if kind == "style" else (value, *phrases):
                yield phrase, kind, value
                yield phrase.split()[-1] if kind == "place" else phrase, kind, value
    yield "under the night sky", "place", "night sky"
    yield "under the starry night sky", "place", "night sky"
    yield "sky", "place", "sky"
    for predicate, phrases in RELATION_PHRASES.items():
        for phrase in phrases:
            yield phrase, "relation", predicate


def _facts() -> Iterator[tuple[str, str, bool]]:
    for fact in FACTS.values():
        for name, truth in fact.answers.items():
            for answer in set(fact.answers.values()):
                yield fact.state(name, answer), "fact", answer == truth
