"""The words of a captioning model: one number for each, and four that are no words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError

PAD, UNKNOWN, START, END = "<pad>", "<unk>", "<start>", "<end>"
SPECIAL = (PAD, UNKNOWN, START, END)
FILE_NAME = "vocabulary.json"
_WORD = re.compile(r"\w+(?:['’./&-]\w+)*")


def split_words(text: str) -> list[str]:
    """The words of a caption, in lower case and without punctuation.

    Example:
        >>> split_words("A man's T-shirt, half-hidden.")
        ['a', "man's", 't-shirt', 'half-hidden']
    """
    return _WORD.findall(text.lower())


@dataclass(frozen=True)
class WordVocabulary:
    """Words by number, the four special ones among them.

    ``<pad>`` is number 0 in every vocabulary, so that no real word is mistaken for padding.
    """

    words: tuple[str, ...]
    """The word of each number, from 0."""

    def __post_init__(self) -> None:
        if missing := [word for word in SPECIAL if word not in self.words]:
            raise DataFormatError(f"A vocabulary needs {', '.join(SPECIAL)}; no {missing[0]}.")
        if self.words[0] != PAD:
            raise DataFormatError(f"Word 0 of a vocabulary must be {PAD}, not {self.words[0]!r}.")
        if len(set(self.words)) != len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise DataFormatError(f"The word {twice!r} stands twice in the vocabulary.")

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.numbers

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.words)}

    @property
    def pad(self) -> int:
        """Number of ``<pad>``: 0."""
        return 0

    @property
    def unknown(self) -> int:
        """Number of ``<unk>``, which stands for words that have none."""
        return self.numbers[UNKNOWN]

    @property
    def start(self) -> int:
        """Number of ``<start>``, before the first word."""
        return self.numbers[START]

    @property
    def end(self) -> int:
        """Number of ``<end>``, after the last word."""
        return self.numbers[END]

    @classmethod
    def build(cls, captions: Iterable[Sequence[str]], *, min_count: int = 3) -> WordVocabulary:
        """The words of captions that occur often enough, in order of first appearance.

        The special words stand where the published vocabularies have them: ``<pad>`` first,
        ``<unk>``, ``<start>`` and ``<end>`` last.

        Args:
            captions: of the training split, split into words.
            min_count: how often a word must occur to get a number.

        Raises:
            InvalidArgumentError: if ``min_count`` is below 1.

        Source: Show, Edit and Tell (CVPR 2020) keeps words that occur more than twice.
        Differs: the published code counts the words of all splits; give it those to get its
            vocabulary. See docs/decisions/caption-vocabulary.md.

        Example:
            >>> WordVocabulary.build([["a", "cat"], ["a", "dog"]], min_count=2).words
            ('<pad>', 'a', '<unk>', '<start>', '<end>')
        """
        if min_count < 1:
            raise InvalidArgumentError(f"min_count must be at least 1, got {min_count}.")
        counts = Counter(word for caption in captions for word in caption)
        kept = [w for w, count in counts.items() if count >= min_count and w not in SPECIAL]
        return cls((PAD, *kept, UNKNOWN, START, END))

    @classmethod
    def from_word_map(cls, word_map: Mapping[str, int]) -> WordVocabulary:
        """A vocabulary from the published form, ``{word: number}``.

        Raises:
            DataFormatError: if the numbers are not 0, 1, 2, ... or a special word is missing.
        """
        numbers = list(word_map.values())
        if any(not isinstance(number, int) or isinstance(number, bool) for number in numbers):
            raise DataFormatError("A word map must give each word a whole number.")
        if sorted(numbers) != list(range(len(numbers))):
            raise DataFormatError(
                f"A word map of {len(numbers)} words must number them 0 to {len(numbers) - 1}, "
                "each once. Name the WORDMAP file that the model was trained with."
            )
        return cls(tuple(str(word) for word, _ in sorted(word_map.items(), key=lambda i: i[1])))

    def to_word_map(self) -> dict[str, int]:
        """The published form, ``{word: number}``."""
        return dict(self.numbers)

    def split(self, text: str) -> list[str]:
        """The words of a caption as this vocabulary has them.

        As ``split_words``, but punctuation that it learned with a word stays there, so that a
        model reads a caption in the form in which it was trained.

        Example:
            >>> vocabulary = WordVocabulary.build([["a", "tail,"]], min_count=1)
            >>> vocabulary.split("A tail, a mane.")
            ['a', 'tail,', 'a', 'mane']
        """
        words = []
        for piece in text.lower().split():
            is_learned = piece in self.numbers and piece not in SPECIAL
            words += [piece] if is_learned else split_words(piece)
        return words

    def encode(self, caption: str | Sequence[str], *, max_words: int | None = None) -> list[int]:
        """Numbers of a caption's words, without ``<start>`` and ``<end>``.

        Args:
            caption: a sentence, or its words.
            max_words: longer captions are cut there.
        """
        words = self.split(caption) if isinstance(caption, str) else caption
        return [self.numbers.get(word, self.unknown) for word in list(words)[:max_words]]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """Words of a caption up to its end; ``<start>``, ``<end>`` and ``<pad>`` are left out.

        Raises:
            InvalidArgumentError: if a number is that of no word.
        """
        words = []
        for number in numbers:
            if not 0 <= number < len(self.words):
                raise InvalidArgumentError(
                    f"No word has number {number}; there are {len(self.words)} words."
                )
            if number == self.end:
                break
            if number not in (self.pad, self.start):
                words.append(self.words[number])
        return words

    def save(self, folder: str | Path) -> Path:
        """Write ``vocabulary.json`` into a folder and return its path."""
        path = Path(folder) / FILE_NAME
        text = json.dumps(list(self.words), ensure_ascii=False, indent=0)
        path.write_text(text + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> WordVocabulary:
        """Read what ``save`` wrote, or a published ``WORDMAP`` file; a folder or the file.

        Raises:
            MissingFileError: if it is not there.
            DataFormatError: if it is no vocabulary.
        """
        path = Path(path)
        path = path / FILE_NAME if path.is_dir() else path
        if not path.is_file():
            raise MissingFileError(f"No vocabulary at {path}. Name a folder that was saved whole.")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataFormatError(f"{path} is not JSON: {error}.") from error
        try:
            if isinstance(content, dict):
                return cls.from_word_map(content)
            if isinstance(content, list) and all(isinstance(word, str) for word in content):
                return cls(tuple(content))
        except DataFormatError as error:
            raise DataFormatError(f"{path}: {error}") from error
        raise DataFormatError(f"{path} holds neither a list of words nor a word map.")
