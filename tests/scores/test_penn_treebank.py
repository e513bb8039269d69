"""Tokens as coco-caption's tokenizer makes them; expectations come from running it."""

from __future__ import annotations

import importlib.util
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.scores.java_metrics import tokenize_with_java
from seewhy.scores.penn_treebank import DROPPED, ptb_tokenize

HAS_JAVA = shutil.which("java") and importlib.util.find_spec("pycocoevalcap")
CASES = {
    "A dog's bowl isn't full, is it?": "a dog 's bowl is n't full is it",
    "The boys' dogs can't; CAN'T they've": "the boys dogs ca n't ca n't they 've",
    "don’t — it’s “hi”": "do n't it 's hi",
    "I cannot, gonna wanna gotta gimme lemme": "i can not gon na wan na got ta gim me lem me",
    "(a) [b] {c}": "-lrb- a -rrb- -lsb- b -rsb- -lcb- c -rcb-",
    "T-shirt and/or 20-year-old's co-op": "t-shirt and/or 20-year-old 's co-op",
    "R&B, at&t, M&Ms": "r&b at & t m&m s",
    "clock at 5:54pm. or 5:54 p.m. today": "clock at 5:54 pm or 5:54 p.m. today",
    "1,000 1.5 3/4 1-1/2 12x12 140.6-distance": "1,000 1.5 3/4 1-1/2 12x12 140.6-distance",
    "$5.00 US$5 5% #1": "$ 5.00 us$ 5 5 % # 1",
    "Mr. Smith on 3rd St. and 12th Ave. in KY.": "mr. smith on 3rd st. and 12th ave. in ky.",
    "see Fig. 2 and no. 5, no.": "see fig. 2 and no. 5 no",
    "U.S. army in Washington D.C.": "u.s. army in washington d.c.",
    "John F. Kennedy": "john f. kennedy",
    "lying I. The step": "lying i the step",
    "the end.. well...ok -- a--b": "the end well ok a b",
    "what?! no!! yes!": "what ?! no !! yes",
    "rock 'n' roll 'em 'til o'clock O'Brien ma'am": "rock 'n' roll 'em 'til o'clock o'brien ma'am",
    "the '80s and 1960's": "the '80s and 1960 's",
    "bed, table,a and slender,tree-dwelling": "bed table a and slender,tree-dwelling",
    "green signal.Street sign": "green signal.street sign",
    "statefarm.com www.a.com/xyz, www.a.com/x a_b": "statefarm.com www.a.com/xyz www.a.com / x a_b",
    "Ho'ohu road": "ho'ohu road",
    "she's... both., then": "she 's both. then",
    "&amp; &lt;b&gt;": "& < b >",
    "caf\ufffd 👗 crème": "caf crème",
    "in Wash. or Ill. he was ill. so": "in wash. or ill. he was ill so",
    "near Mr.. etc... x": "near mr. etc. x",
    "U.S.-based, St.-Denis, a.m.-p.m.": "u.s.-based st.-denis a.m.-p.m.",
    "4.7L 2.5-3.5 in, at 10:30-11:30am, 1/2-inch": "4.7 l 2.5-3 .5 in at 10:30 -11:30 am 1/2-inch",
    "dog/cat/bird/fish F/A-18": "dog/cat/bird / fish f/a -18",
    "1½ cups, ⅔ x² C$5 AU$5": "1 1/2 cups 2/3 x ² c$ 5 au$ 5",
    "the '98 model, 5'11 tall": "the '98 model 5 '11 tall",
    "o’clock O’Brien’s dogs’ don’t ’em": "o’clock o’brien 's dogs do n't ’em",
    "hi :) ;-) :D (cat;) ^_^ ***": "hi :-rrb- ;--rrb- :d -lrb- cat ;-rrb- ^_^ ***",
    "#cat #cat2 @me me@a.com, now": "#cat #cat 2 @me me@a.com, now",
    "torch.compile, a.com-x, flickr.com/photos": "torch.compile a.com-x flickr.com/photos",
    "12.jpg 12.dog img_1.png x": "12.jpg 12 dog img_1 png x",
    "what?yes!No end.Next": "what?yes!no end.next",
    "call (555)555-1234 or (555) 555-1234": "call -lrb-555-rrb-555-1234 or -lrb-555-rrb- 555-1234",
    "«a» ‹b› ―c― good‐bye Marc-André": "a b c good‐bye marc-andré",
    '<b class="x y">a</b> <hi,you> <!-- x -->': '<b class="x y"> a </b> < hi you > <!-- x -->',
    "22 3/4 St": "22 3/4 st",
    "": "",
    " . ": "",
    "two\nlines": "two lines",
}


@pytest.mark.parametrize(("sentence", "tokens"), CASES.items())
def test_tokens_are_those_of_the_java_tokenizer(sentence: str, tokens: str) -> None:
    assert ptb_tokenize([sentence]) == [tokens.split()]


@pytest.mark.skipif(not HAS_JAVA, reason="needs Java and pycocoevalcap (extra coco)")
def test_the_java_tokenizer_itself_says_so() -> None:
    found = tokenize_with_java([*CASES, "the end"])  # the last line counts as cut short there
    expected = [" ".join(tokens).split() for tokens in found[:-1]]  # some hold a wide space
    assert expected == [tokens.split() for tokens in CASES.values()]


def test_a_last_initial_looks_at_the_next_sentence_as_the_java_tokenizer_does() -> None:
    assert ptb_tokenize(["the Wii U.", "The dog"])[0] == ["the", "wii", "u"]
    assert ptb_tokenize(["the Wii U.", "the dog"])[0] == ["the", "wii", "u."]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_gives_one_list_a_sentence_of_clean_lower_case_tokens(texts: list[str]) -> None:
    found = ptb_tokenize(texts)
    assert len(found) == len(texts)
    for token in (token for tokens in found for token in tokens):
        assert token
        assert token not in DROPPED
        assert not any(character.isspace() for character in token)


@given(st.text(alphabet="abcdeXYZ'-,. ", max_size=30))
def test_splitting_by_chunks_equals_splitting_the_whole_sentence(text: str) -> None:
    whole = ptb_tokenize([text, "<b>"])[0]
    assert ptb_tokenize([text, text, "<b>"])[1] == whole
