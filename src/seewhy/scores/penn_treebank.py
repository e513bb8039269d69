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
    adj adm adv al ala alex apr ariz assn assoc asst atty attys aug ave bancorp bhd bldg blvd
    brig bros calif capt cf cie cmdr co col colo comdr conn corp cos cpl ct dak dec dept det dr
    drs elec ens esq est etc ext feb fla fri ft ga gen gov govs hon inc ind intl jan jos jr jul
    jun kan kans ky lieut lt ltd maj mar md messrs mfg mich minn mme mlle mo mon mont mr mrs ms
    msgr mt mtg natl neb nev nov oct okla penn pfc ph plc ppty pres prof profs pte pty ptys pvt
    rd rep reps rev rt sen sens sep sept seq sfc sgt spc sq sr st ste supt supts sys tel tenn
    thu thurs treas tue tues univ va vs vt wed wis wisc wm wyo
""".split()
_CAPITAL_ABBREVIATIONS = "Ark Az Del Ill La Mass Miss Ore Pa Tex Wash".split()
_BEFORE_NUMBERS = ["art", "ca", "fig", "figs", "no", "nos", "op", "pp", "prop"]
# A lone initial loses its period where one of these, capitalized, begins a sentence behind it.
_STARTERS = """
    The A In That This You It At As More An We About If But Our One Other They He What Their There
    So When Here Now Some These Last Her Such After Then She Many While Since However Yet Once
    According Earlier Additionally
""".split()

_NO_LETTERS = "¹²³¼½¾⁰-₉⅐-ↈ"  # word characters to Python, signs here
_FILE_ENDINGS = """
    c h x bat bmp class cgi cpp dll docx? exe gif gz html? jar java jpe?g mov mp3 pdf php pl png ppt
    ps py sql tar txt wav xml zip
""".split()
_LETTER = rf"[^\W\d_{_NO_LETTERS}]"
_ALNUM = rf"[^\W_{_NO_LETTERS}]"
_QUOTE = r"['’]"
_END = rf"(?!{_ALNUM})"
_CLITIC = rf"{_QUOTE}(?:s|m|d|ll|re|ve){_END}"
_NOT = rf"n{_QUOTE}t"
_JOINED = rf"(?:[.!?](?={_LETTER}){_ALNUM}+)"  # words run together at the end of a sentence
_BY_SLASH = r"[a-z0-9]+(?:-[a-z]+){0,2}"  # at most so many hyphens in what slashes join
_FULL_STOP = rf"\.(?!{_LETTER})"
_INITIALS = rf"{_LETTER}(?:\.{_LETTER})*\."
_HYPHENED = rf"(?:-(?:{_LETTER}(?:\.{_LETTER})+\.|(?:[dol]{_QUOTE}(?={_LETTER}))?{_ALNUM}+))+"
_INNER_STOP = r"(?:\.(?=[,;:]))"  # a period before another mark ends no sentence
_CAPITALS = "|".join(word + "|" + word.upper() for word in _CAPITAL_ABBREVIATIONS)

_ADDRESSES = rf"""
    https?://[^\s"<>|()]*[^\s"<>|().,!?{{}}-]
  | [a-z0-9][^\s"<>|()]*@(?:[^\s"<>|().]+\.)*[^\s"<>|().]+
  | www\.(?:[^\s"<>|.!?(){{}},]+\.)+[a-z]{{2,4}}(?:/[^\s"<>|()]{{2,}}[^\s"<>|.!?(){{}},-])?
  | (?:[^\s"'`<>|.!?(){{}},_$/=\[-]+\.)+(?:com|net|org|edu){_END}
    (?:/[^\s"<>|()]{{2,}}[^\s"<>|.!?(){{}},-]|(?!-{_ALNUM}))
  | @[a-z_]\w*
"""
_WORDS = rf"""
    \#{_LETTER}+ | [\#@]{{2,}}
  | <[^\s<>@]+@[^\s<>]+>
  | </?[a-z][\w:.-]*(?:[^\S\n]+[a-z][\w:.-]*                                # mark-up
      (?:=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'<>]+))?)*\s?/?>
  | << | >> | <![^<>\n]*> | \\[*/]
  | &(?:amp|lt|gt|quot|apos|nbsp|\#\d+);
  | [<>]?[:;=](?-i:['*o-]?(?:[()|\]@]|(?<!=)[\[{{]|[DPdpO]{_END}))                    # faces
  | [\^x=~<>'-]_[\^x=~<>'-] | \((?:[=~<>-]{{2}}|[\^x=~<>-]_[\^x=~<>-])\)
  | \(\d{{3}}\)(?:\d{{3}}-\d{{4}}|(?=\s\d{{3}}-?\d{{4}}))                      # telephones
  | ''
  | {_QUOTE}(?:n{_QUOTE}(?!t)|em|cause|till?{_END}|\d\ds{_END}|\d\d(?=\s|$)
      |(?<=')t(?=is{_END}|was{_END})|n(?=\s|$))
  | {_CLITIC}
  | {_NOT}{_END}
  | c\+\+ | [cf]\#
  | (?:ol|somethin|dunkin){_QUOTE} | nat{_QUOTE}l{_END}
  | y{_QUOTE}(?={_ALNUM}) | [djl]{_QUOTE}(?!{_ALNUM})
  | (?:[dol]{_QUOTE}(?={_LETTER})|ma{_QUOTE}(?=am)|s'(?=mores)|c'(?=mon)){_ALNUM}+
  | can(?=not(?!-|{_ALNUM})) | (?:gon|wan)(?=na{_END}) | got(?=ta{_END})     # two words as one
  | (?:lem|gim)(?=me{_END})
  | (?:{_INITIALS}|(?:{"|".join(_ABBREVIATIONS)})\.){_HYPHENED}{_INNER_STOP}?  # periods that stay
  | {_LETTER}(?:\.{_LETTER})+\.{_END} | ph\.d\.
  | (?:{"|".join(_ABBREVIATIONS)}){_FULL_STOP}
  | (?-i:(?:{_CAPITALS})){_FULL_STOP}
  | (?:{"|".join(_BEFORE_NUMBERS)})\.(?=\s?\d)
  | [a-z]{_FULL_STOP}(?!\s+(?-i:(?:{"|".join(_STARTERS)})\b))
  | (?:{_ALNUM}+(?:-{_ALNUM}+)*|{_LETTER}+(?:\.{_LETTER}+)+){_INNER_STOP}
  | {_BY_SLASH}(?:/{_BY_SLASH}){{1,2}} | (?:\d+-)?\d+/\d+                   # fractions, numbers
  | [a-z0-9][a-z0-9.,]*{_HYPHENED}(?:[-_]{_ALNUM}+)*
  | [a-z0-9]+(?:\.[a-z0-9]+)*\.(?:{"|".join(_FILE_ENDINGS)})(?=\s|$|[.,?!])
  | [-+]?(?:\d+(?:[.:,]\d+)+|(?:[.:,]\d+)+) | [+-]\d+
  | (?-i:[A-Z]{{1,2}}|us)\$
  | (?-i:[A-Z]+(?:(?:&amp;|&)[A-Z]+)+)                                       # words
  | {_ALNUM}+?(?={_NOT}{_END})
  | {_LETTER}*[aeiouy]{_QUOTE}[aeiou]{_ALNUM}*
  | {_LETTER}{_ALNUM}*{_JOINED}+ | {_ALNUM}+(?:[-‐‑_]{_ALNUM}+)*
  | \.{{2,}} | … | -{{2,}} | [–—―] | [?!]+ | _+ | \*+                          # marks
  | \S
"""
_TOKEN = re.compile(_WORDS, re.VERBOSE | re.IGNORECASE)
_TOKEN_OR_ADDRESS = re.compile(f"{_ADDRESSES}|{_WORDS}", re.VERBOSE | re.IGNORECASE)
_MAY_BE_ADDRESS = re.compile(r"@|://|www\.|\.(?:com|net|org|edu)", re.IGNORECASE)
# Chunks at which a rule above looks past the space behind: mark-up, a number in parentheses, and a
# short word with a period at its end.
_NEEDS_CONTEXT = re.compile(
    rf"<|\(\d{{3}}\)$|(?<!{_ALNUM})(?:{_LETTER}|{'|'.join(_BEFORE_NUMBERS)})\.$",
    re.IGNORECASE,
)
# fmt: off
_NAMES = {
    "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
    '"': "''", "“": "''", "”": "''", "‘": "'", "½": "1/2", "¼": "1/4", "¾": "3/4",
    "⅓": "1/3", "⅔": "2/3", "«": "``", "»": "''", "‹": "`", "›": "'",
    "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "''", "&apos;": "'", "&nbsp;": "",
    "£": "#", "€": "$", "¢": "cents", "₹": "",
}
# fmt: on
_TWO_AS_ONE = "cannot gonna wanna gotta lemme gimme".split()
_SPECIAL = {
    *_ABBREVIATIONS,
    *_BEFORE_NUMBERS,
    *map(str.lower, _CAPITAL_ABBREVIATIONS),
    *_TWO_AS_ONE,
}
_CLITIC_ALONE = re.compile(r"’(?:s|m|d|ll|re|ve)?|n’t")
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
    lines = [text if text.isascii() and text.isprintable() else _clean(text) for text in sentences]
    following = [*lines, ""][1:]
    known: dict[str, list[str] | None] = {}
    return [_split(line, after, known) for line, after in zip(lines, following, strict=True)]


def _clean(text: str) -> str:
    """A sentence in one line, without what the Java tokenizer cannot read."""
    return _UNREADABLE.sub(" ", " ".join(text.splitlines()))


def _split(line: str, following: str, known: dict[str, list[str] | None]) -> list[str]:
    """Tokens of a sentence: each chunk is split once, unless a rule looks past its space.

    Args:
        line: the sentence.
        following: the next one.
        known: tokens of chunks that were met; ``None`` for those that need their context.
    """
    tokens: list[str] = []
    for chunk in line.split():
        if chunk not in known:
            needs_context = _NEEDS_CONTEXT.search(chunk)
            known[chunk] = None if needs_context else _split_chunk(chunk)
        parts = known[chunk]
        if parts is None:
            return _split_in_context(line, following)
        tokens += parts
    return tokens


def _split_chunk(chunk: str) -> list[str]:
    """Tokens of what stands between two spaces; plain words need no rules."""
    word = (chunk[:-1] if chunk[-1] in ",.!?" else chunk).lower()
    if word.isascii() and word.isalpha() and word not in _SPECIAL and len(word) > 1:
        return [word]
    return [token for token in _tokens_of(chunk) if token not in DROPPED]


def _split_in_context(line: str, following: str) -> list[str]:
    """Tokens of a sentence, with the beginning of the next one in sight."""
    tokens = _tokens_of(f"{line}\n{following[:16]}", end=len(line))
    return [token for token in tokens if token not in DROPPED]


def _tokens_of(text: str, end: int | None = None) -> Iterator[str]:
    rules = _TOKEN_OR_ADDRESS if _MAY_BE_ADDRESS.search(text) else _TOKEN
    for match in rules.finditer(text):
        if end is not None and match.start() >= end:
            return
        yield from _name_token(match.group().lower()).split()


def _name_token(token: str) -> str:
    """A token as the treebank writes it."""
    if token in _NAMES:
        return _NAMES[token]
    if token.isalnum():
        return token
    if token.startswith(("..", "…")):
        return "..."
    if token.startswith(("--", "–", "—", "―")):
        return "--"
    if _CLITIC_ALONE.fullmatch(token):
        token = token.replace("’", "'")
    if token.startswith(("<", "http")) and len(token) > 3:
        return token
    return token.replace("(", "-lrb-").replace(")", "-rrb-").replace("&amp;", "&")
