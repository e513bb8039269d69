"""English as the small world needs it: articles, plurals, agreement and lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_IRREGULAR = {
    "fish": "fish",
    "sheep": "sheep",
    "deer": "deer",
    "mouse": "mice",
    "goose": "geese",
    "wolf": "wolves",
    "calf": "calves",
    "leaf": "leaves",
    "knife": "knives",
    "loaf": "loaves",
    "scarf": "scarves",
    "tooth": "teeth",
    "foot": "feet",
    "man": "men",
    "woman": "women",
    "child": "children",
}
_PLURAL_FORMS = frozenset(_IRREGULAR.values()) - {"fish", "sheep", "deer"}
_SILENT_H = ("hour", "honest", "heir")
_LIKE_YOU = ("uni", "use", "usu", "eu", "one ", "one-", "ukulele")
_NUMBERS = "no one two three four five six seven eight nine ten".split()


def article(phrase: str) -> str:
    """The indefinite article that stands before ``phrase``.

    Example:
        >>> article("owl"), article("unicorn"), article("hour"), article("house")
        ('an', 'a', 'an', 'a')
    """
    word = phrase.lower()
    if word.startswith(_SILENT_H):
        return "an"
    return "an" if word[0] in "aeiou" and not word.startswith(_LIKE_YOU) else "a"


def with_article(phrase: str) -> str:
    """``phrase`` with its indefinite article, in front of all its adjectives.

    Example:
        >>> with_article("old truck")
        'an old truck'
    """
    return f"{article(phrase)} {phrase}"


def pluralize(noun: str) -> str:
    """The plural of a noun; of a phrase, the plural of its last word.

    Example:
        >>> [pluralize(noun) for noun in ("bus", "butterfly", "mouse", "toy", "white fish")]
        ['buses', 'butterflies', 'mice', 'toys', 'white fish']
    """
    head, _, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "es" if last.endswith(("s", "x", "z", "ch", "sh")) else "s"
    return f"{head} {last}".strip()


def is_plural(noun: str) -> bool:
    """Whether a part's name speaks of several, as ``ears`` does and ``mast`` does not."""
    last = noun.rpartition(" ")[2]
    return last in _PLURAL_FORMS or (last.endswith("s") and not last.endswith(("ss", "us")))


def be(noun: str) -> str:
    """``is`` or ``are``, as ``noun`` asks for."""
    return "are" if is_plural(noun) else "is"


def have(noun: str) -> str:
    """``has`` or ``have``, as ``noun`` asks for."""
    return "have" if is_plural(noun) else "has"


def noun_phrase(adjectives: Iterable[str], noun: str) -> str:
    """Adjectives and a noun, with an article where one is due.

    Example:
        >>> noun_phrase(("striped",), "tail"), noun_phrase(("long", "pink"), "ears")
        ('a striped tail', 'long pink ears')
    """
    phrase = " ".join((*adjectives, noun))
    return phrase if is_plural(noun) else with_article(phrase)


def number_word(number: int) -> str:
    """A small number in words; from eleven on, in digits. Nought is ``no``."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def count_noun(number: int, noun: str) -> str:
    """``noun`` as it stands after a number.

    Example:
        >>> count_noun(1, "sheep"), count_noun(3, "pony")
        ('one sheep', 'three ponies')
    """
    return f"{number_word(number)} {noun if number == 1 else pluralize(noun)}"


def join_phrases(phrases: Sequence[str], conjunction: str = "and") -> str:
    """A list as it is read aloud: ``a, b and c``."""
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} {conjunction} {phrases[-1]}"


def capitalize(sentence: str) -> str:
    """The sentence with a capital in front and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
