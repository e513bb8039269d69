"""Texts as tokens: GPT-2's byte pairs with the special words of the tasks, or our own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from seewhy.encoders.digests import digest_texts
from seewhy.errors import DataFormatError, MissingFileError, WeightsError

END, PAD = "<|endoftext|>", "<pad>"
QUESTION, ANSWER, EXPLANATION = "<question>", "<answer>", "<explanation>"
OBJECTS, NO_OBJECT = "<objects>", "<noobject>"
SPECIAL_WORDS = (END, PAD, QUESTION, ANSWER, EXPLANATION, OBJECTS, NO_OBJECT)
BLANK = "Ġ"
"""How byte-level tokens spell a blank."""
_CLEANED = (  # what the released code's decoder puts together, in this order
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
    (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip


class RationaleTokenizer:
    """A byte-level tokenizer, and the numbers of the words with a meaning of their own.

    Numbers are found by the spelling of a token, never assumed: they differ from checkpoint to
    checkpoint.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True  # a text that spells "<pad>" is text
        self.tokenizer = tokenizer

    def __len__(self) -> int:
        return self.tokenizer.get_vocab_size()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that turns a text into numbers."""
        return digest_texts(self.tokenizer.to_str())

    def encode(self, text: str) -> list[int]:
        """Numbers of a text's tokens, without special ones."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def spell(self, ids: Iterable[int]) -> list[str]:
        """Tokens as they stand in the vocabulary."""
        return [self.tokenizer.id_to_token(number) or "" for number in ids]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, without special ones; no blank before a mark."""
        text = self.tokenizer.decode(list(ids), skip_special_tokens=True)
        for spaced, joined in _CLEANED:
            text = text.replace(spaced, joined)
        return text

    def find(self, token: str) -> int | None:
        """Number of a token, if there is such a token."""
        return self.tokenizer.token_to_id(token)

    def need(self, token: str) -> int:
        """Number of a token.

        Raises:
            WeightsError: if the tokenizer does not know it.
        """
        number = self.find(token)
        if number is None:
            raise WeightsError(
                f"The tokenizer has no token {token!r}, which this task needs. Use the tokenizer "
                "the model was trained with, and a task it was trained for."
            )
        return number

    @property
    def end(self) -> int:
        """Begins answers, and ends texts."""
        return self.need(END)

    @property
    def pad(self) -> int:
        """Fills texts up."""
        return self.need(PAD)

    @property
    def because(self) -> int:
        """The word that begins a reason, with its blank."""
        return self.need(f"{BLANK}because")

    def save(self, folder: str | Path) -> None:
        """Write ``tokenizer.json``."""
        self.tokenizer.save(str(Path(folder) / "tokenizer.json"))


def load_rationale_tokenizer(folder: str | Path) -> RationaleTokenizer:
    """The tokenizer of a folder: ``tokenizer.json``, or GPT-2's files.

    Args:
        folder: with ``tokenizer.json``; or with ``vocab.json`` and ``merges.txt``, and
            ``added_tokens.json`` where tokens were added.

    Raises:
        MissingFileError: if it holds neither.
        DataFormatError: if a file is damaged, or tokens have other numbers than it says.
    """
    folder = Path(folder)
    whole = folder / "tokenizer.json"
    added = _read_added(folder / "added_tokens.json")
    try:
        if whole.is_file():
            return RationaleTokenizer(Tokenizer.from_file(str(whole)))
        vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
        if not vocabulary.is_file() or not merges.is_file():
            raise MissingFileError(
                f"{folder} holds no tokenizer: neither tokenizer.json, nor vocab.json with "
                "merges.txt. Name a folder that was saved whole."
            )
        tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges)))
    except MissingFileError:
        raise
    except Exception as error:  # the library raises nothing narrower
        raise DataFormatError(f"The tokenizer in {folder} cannot be read: {error}.") from error
    _make_byte_level(tokenizer)
    tokenizer.add_special_tokens([_special(END)])
    for token, number in sorted(added.items(), key=lambda entry: entry[1]):
        tokenizer.add_special_tokens([_special(token)])
        if tokenizer.token_to_id(token) != number:
            raise DataFormatError(
                f"{folder}/added_tokens.json gives {token!r} the number {number}, but behind "
                f"vocab.json it is {tokenizer.token_to_id(token)}. The two are not of one model."
            )
    return RationaleTokenizer(tokenizer)


def train_rationale_tokenizer(texts: Iterable[str], *, vocabulary: int) -> RationaleTokenizer:
    """A small tokenizer for texts like these, with all special words; lower case.

    Args:
        texts: to learn pairs from; those that answer should begin with a blank.
        vocabulary: tokens at most; at least 263.

    Raises:
        WeightsError: if ``because`` behind a blank has not become one token.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    _make_byte_level(tokenizer)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[_special(token) for token in SPECIAL_WORDS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = RationaleTokenizer(tokenizer)
    trained.need(f"{BLANK}because")
    return trained


def _make_byte_level(tokenizer: Tokenizer) -> None:
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()


def _special(token: str) -> AddedToken:
    return AddedToken(token, special=True, normalized=False)


def _read_added(path: Path) -> dict[str, int]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path} is not JSON: {error}.") from error
    is_table = isinstance(found, dict) and all(type(number) is int for number in found.values())
    if not is_table:
        raise DataFormatError(f"{path} must be an object of tokens and their numbers.")
    return found
