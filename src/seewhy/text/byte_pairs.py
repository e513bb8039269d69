"""Byte-level byte-pair tokenizers, trained on the captions a model will read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError

PAD, END = "<|pad|>", "<|end|>"
PAD_TOKEN, END_TOKEN = 0, 1
"""Numbers of the two special tokens in every tokenizer of ours."""
SMALLEST_VOCABULARY = 258  # all bytes and the two special tokens


def train_tokenizer(
    texts: Iterable[str], *, vocabulary: int = 1024, context: int = 40
) -> Tokenizer:
    """A tokenizer that reads any text, and spends few tokens on texts like these.

    Texts are lower-cased, split at spaces and punctuation, and end with ``<|end|>``; longer
    ones are cut to ``context`` tokens, their end kept.

    Args:
        texts: what to learn the pairs from.
        vocabulary: number of tokens at most; at least 258.
        context: tokens of the longest text, the end included.

    Raises:
        InvalidArgumentError: if the vocabulary cannot hold all bytes.

    Example:
        >>> tokenizer = train_tokenizer(["a red cat", "a red dog"] * 50, vocabulary=300)
        >>> tokenizer.encode("A red cat").tokens
        ['a', 'Ġred', 'Ġcat', '<|end|>']
    """
    if vocabulary < SMALLEST_VOCABULARY:
        raise InvalidArgumentError(
            f"vocabulary must hold all bytes: at least {SMALLEST_VOCABULARY}, got {vocabulary}."
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Lowercase(), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", special_tokens=[(END, END_TOKEN)]
    )
    tokenizer.enable_truncation(context)
    tokenizer.enable_padding(pad_id=PAD_TOKEN, pad_token=PAD)
    tokenizer.encode_special_tokens = True  # a text that spells "<|end|>" does not end there
    return tokenizer


def load_tokenizer(path: str | Path) -> Tokenizer:
    """Load ``tokenizer.json``, given the file or the model's folder.

    Raises:
        MissingFileError: if it is not there.
        DataFormatError: if it is not a tokenizer, or lacks our end token.
    """
    path = Path(path)
    path = path / "tokenizer.json" if path.is_dir() else path
    if not path.is_file():
        raise MissingFileError(f"No tokenizer at {path}. Name a folder that was saved whole.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise DataFormatError(f"{path} is not a tokenizer: {error}.") from error
    if tokenizer.token_to_id(END) != END_TOKEN:
        raise DataFormatError(f"{path} has no token {END!r} with number {END_TOKEN}.")
    tokenizer.encode_special_tokens = True  # the file does not keep this
    return tokenizer
