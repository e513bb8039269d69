"""Penn Treebank tokens, as coco-caption's call of the Stanford tokenizer gives them.

The rules are those of the Penn Treebank: clitics are cut off (``do n't``, ``dog 's``), brackets
get names (``-lrb-``), words joined by a hyphen or slash stay whole, and so do numbers, times,
abbreviations and addresses. What coco-caption then throws away is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

DROPPED = frozenset(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"])
"""Tokens coco-caption leaves out. Its list also has brackets, in upper case; tokens are in lower
case by then, so that ``-lrb-`` stays."""

# Words that keep a period behind them, wherever they stand.
_ABBREVIATIONS = """
    adj adm adv al ala alex apr ariz assn assoc asst atty attys aug ave bancorp bhd bldg blvd brig
    bros calif capt cf cie cmdr co col colo comdr conn corp cos cpl ct dak dec dept det dr drs elec
    ens esq est etc ext feb fla fri ft ga gen gov govs hon inc ind intl jan jos jr jul jun kan kans
    ky lieut lt ltd maj mar md messrs mfg mich minn mme mo mon mont mr mrs ms mt mtg natl neb nev
    nov oct okla penn pfc ph plc ppty pres prof profs pte pty ptys pvt rd rep reps rev rt sen sens
    sep sept seq sfc sgt spc sq sr st ste supt supts sys tel tenn thu thurs tue tues univ va vs vt
    wed wis wisc wm wyo
""".split()
_BEFORE_NUMBERS = ["art", "ca", "fig", "figs", "no", "nos", "op", "pp", "prop"]
# A lone initial loses its period where one of these, capitalized, begins a sentence behind it.
_STARTERS = """
    The A In That This You It At As More An We About If But Our One Other They He What Their There
    So When Here Now Some These Last Her Such After Then She Many While Since However Yet Once
    According Earlier Additionally
""".split()

_LETTER = r"[^\W\d_]"
_ALNUM = r"[^\W_]"
_QUOTE = r"['’]"
_END = rf"(?!{_ALNUM})"
_CLITIC = rf"{_QUOTE}(?:s|m|d|ll|re|ve){_END}"
_NOT = rf"n{_QUOTE}t"
_JOINED = rf"(?:[-/]{_ALNUM}+|_{_ALNUM}+|(?<={_LETTER})\.(?={_LETTER}){_ALNUM}+)"

_TOKEN = re.compile(
    rf"""
    (?:https?://|www\.)[^\s"<>|()]+[^\s"<>|().,;:!?'-]                      # addresses
  | [\w.+:-]+@[\w-]+(?:\.[\w,-]+)+
  | @\w+
  | </?[a-z][^<>]*>                                                         # mark-up
  | &(?:amp|lt|gt|quot|apos|nbsp);
  | ''
  | {_QUOTE}(?:n{_QUOTE}(?!{_ALNUM})|em|cause|till?{_END}|\d0s{_END}|t(?=is{_END}|was{_END}))
  | {_CLITIC}
  | {_NOT}{_END}
  | c\+\+ | [cf]\#
  | (?:ol|somethin|dunkin){_QUOTE} | y{_QUOTE}(?={_ALNUM})
  | (?:[dol]{_QUOTE}(?={_LETTER})|ma{_QUOTE}(?=am)|s{_QUOTE}(?=mores)|c{_QUOTE}(?=mon)){_ALNUM}+
  | can(?=not{_END}) | gon(?=na{_END}) | wan(?=na{_END}) | got(?=ta{_END})  # two words as one
  | lem(?=me{_END}) | gim(?=me{_END})
  | \d+:\d+(?=[ap]m{_END})                                                  # numbers
  | [-+]?\d+(?:[.,:/-]\d+)*[.,]\d+-{_LETTER}+
  | \d+(?:[.,:/-]\d+)+{_END}
  | [+-]\d+(?:[.,]\d+)*{_END} | \.\d+
  | us\$ | \d*[½¼¾]
  | {_LETTER}(?:\.{_LETTER})+\.{_END} | ph\.d\.                             # periods that stay
  | (?:{"|".join(_ABBREVIATIONS)})\.(?![.]|{_ALNUM})
  | (?:{"|".join(_BEFORE_NUMBERS)})\.(?=\s?\d)
  | {_LETTER}\.(?![.]|{_ALNUM}|\s(?-i:(?:{"|".join(_STARTERS)})\b))
  | {_LETTER}{_ALNUM}*\.(?=[,;:])
  | (?-i:[A-Z]+(?:&[A-Z]+)+)                                                # words
  | {_LETTER}[a-z0-9.,]*(?:-[a-z0-9]+)+
  | {_ALNUM}+?(?={_NOT}{_END})
  | {_LETTER}*[aeiouy]{_QUOTE}[aeiou]{_ALNUM}*
  | {_ALNUM}+{_JOINED}*
  | \.{{2,}} | … | -{{2,}} | [–—] | [?!]+ | _+                              # marks
  | \S
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Where a rule above looks past a space: mark-up, and a short word with a period at its end.
_NEEDS_CONTEXT = re.compile(
    rf"<|(?<!{_ALNUM})(?:{_LETTER}|{'|'.join(_BEFORE_NUMBERS)})\.(?=\s|$)", re.IGNORECASE
)
# fmt: off
_NAMES = {
    "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
    '"': "''", "“": "''", "”": "''", "‘": "'", "½": "1/2", "¼": "1/4", "¾": "3/4",
    "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "''", "&apos;": "'", "&nbsp;": "",
    "£": "#", "€": "$", "¢": "cents",
}
# fmt: on
_UNREADABLE = re.compile("[\ufffd\U00010000-\U0010ffff]")


def ptb_tokenize(sentences: Iterable[str]) -> list[list[str]]:
    """Split sentences into lower-case Penn Treebank tokens without punctuation.

    Equals what coco-caption gets from Stanford CoreNLP 3.4.1 (``-preserveLines -lowerCase``) and
    keeps, also in this: whether a lone initial at the end of a sentence keeps its period depends
    on the first word of the next sentence, since all are read as one text there.

    Args:
        sentences: captions or other sentences, of any case; line breaks count as spaces.

    Returns:
        The words of each sentence, in order.

    Source: Marcus et al. (Computational Linguistics 1993), Penn Treebank conventions.
    Differs: 8-bit leftovers and rare symbols; see docs/decisions/tokenizer.md.

    Example:
        >>> ptb_tokenize(["The dog's bowl isn't full, (see Fig. 2)."])
        [['the', 'dog', "'s", 'bowl', 'is', "n't", 'full', '-lrb-', 'see', 'fig.', '2', '-rrb-']]
    """
    lines = [_UNREADABLE.sub(" ", " ".join(text.splitlines())) for text in sentences]
    following = [*lines, ""][1:]
    known: dict[str, list[str]] = {}
    return [
        _split_in_context(line, after) if _NEEDS_CONTEXT.search(line) else _split(line, known)
        for line, after in zip(lines, following, strict=True)
    ]


def _split(line: str, known: dict[str, list[str]]) -> list[str]:
    """Tokens of a sentence in which no rule looks past a space: each chunk is split once."""
    tokens: list[str] = []
    for chunk in line.split():
        parts = known.get(chunk)
        if parts is None:
            parts = known[chunk] = [kept for kept in _tokens_of(chunk) if kept not in DROPPED]
        tokens += parts
    return tokens


def _split_in_context(line: str, following: str) -> list[str]:
    """Tokens of a sentence, with the beginning of the next one in sight."""
    tokens = _tokens_of(f"{line}\n{following[:16]}", end=len(line))
    return [token for token in tokens if token not in DROPPED]


def _tokens_of(text: str, end: int | None = None) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        if end is not None and match.start() >= end:
            return
        token = match.group().lower().replace("’", "'")
        if token.startswith(("..", "…")):
            token = "..."
        elif token.startswith(("--", "–", "—")):
            token = "--"
        token = _NAMES.get(token, token)
        if token:
            yield token
