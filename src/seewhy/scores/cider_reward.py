"""CIDEr-D as a reward: document frequencies counted once, batches scored by word numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, ShapeError
from seewhy.restricted_pickle import read_pickle
from seewhy.scores.cider import cider_d_with_weights
from seewhy.scores.ngrams import (
    MAX_ORDER,
    EncodedCorpus,
    Floats,
    Integers,
    Sentences,
    count_ngrams,
)

if TYPE_CHECKING:
    from torch import Tensor

WORD_BITS = 16
MAX_WORD = 2**WORD_BITS - 2
FORMAT = "seewhy-document-frequencies-1"


@dataclass(frozen=True)
class DocumentFrequencies:
    """In how many of N pictures' captions each n-gram of 1 to 4 word numbers occurs.

    An n-gram is one number: its words plus one, 16 bits each, so that n-grams of any length
    differ. Built once from the training captions; scores batches without strings.
    """

    keys: Integers
    """Packed n-grams, ascending, (ngrams,)."""
    frequency: Floats
    """(ngrams,)."""
    num_documents: float
    """N: what ln N in the weights is of."""

    @classmethod
    def count(cls, captions: Iterable[Sequence[Sequence[int]]]) -> DocumentFrequencies:
        """Count over pictures.

        Args:
            captions: for each picture, the word numbers of each of its captions, with the
                end word where rewards are to count it.

        Raises:
            InvalidArgumentError: if a word number is not from 0 to 65,534.
        """
        documents = [list(group) for group in captions]
        flat = [np.asarray(caption, np.int64) for group in documents for caption in group]
        words = np.concatenate([np.zeros(0, np.int64), *flat])
        lengths = np.fromiter((len(caption) for caption in flat), np.int64, len(flat))
        sizes = np.fromiter((len(group) for group in documents), np.int64, len(documents))
        nothing = Sentences(np.zeros(0, np.int64), np.zeros(0, np.int64))
        document = np.repeat(np.arange(len(documents)), sizes)
        corpus = EncodedCorpus(nothing, Sentences(words, lengths), document)
        keys, frequency = [], []
        for _, counts in count_ngrams(corpus):
            size = max(counts.num_ngrams, 1)
            pairs = np.unique(document[counts.sentence] * size + counts.ngram)
            keys.append(pack_ngrams(counts.spelling))
            frequency.append(np.bincount(pairs % size, minlength=counts.num_ngrams))
        return cls._sorted(np.concatenate(keys), np.concatenate(frequency), len(documents))

    @classmethod
    def _sorted(
        cls, keys: Integers, frequency: Integers | Floats, documents: float
    ) -> DocumentFrequencies:
        order = np.argsort(keys)
        return cls(keys[order], frequency[order].astype(np.float64), float(documents))

    @classmethod
    def load(cls, path: str | Path) -> DocumentFrequencies:
        """Read a file of ``save``, or the published pickle (``{document_frequency, ref_len}``).

        Raises:
            MissingFileError: if there is no such file.
            DataFormatError: if it is neither.
        """
        path = Path(path)
        if not path.is_file():
            raise MissingFileError(f"No file of document frequencies at {path}.")
        with path.open("rb") as file:
            is_zip = file.read(2) == b"PK"
        return cls._from_npz(path) if is_zip else cls._from_pickle(path)

    @classmethod
    def _from_npz(cls, path: Path) -> DocumentFrequencies:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                if str(arrays["format"]) != FORMAT:
                    raise DataFormatError(f"{path} is of format {arrays['format']}, not {FORMAT}.")
                documents = float(arrays["num_documents"])
                return cls(arrays["keys"], arrays["frequency"], documents)
        except (KeyError, ValueError, OSError, BadZipFile) as error:
            if isinstance(error, DataFormatError):
                raise
            raise DataFormatError(f"{path} holds no document frequencies: {error}.") from error

    @classmethod
    def _from_pickle(cls, path: Path) -> DocumentFrequencies:
        content = read_pickle(path)
        try:
            table, documents = content["document_frequency"], float(content["ref_len"])
            ngrams = [tuple(int(word) for word in ngram) for ngram in table]
            frequency = np.fromiter(table.values(), np.float64, len(table))
        except (KeyError, TypeError, ValueError) as error:
            raise DataFormatError(
                f"{path} must hold document_frequency (tuples of word numbers to counts) and "
                f"ref_len; {error!r}."
            ) from error
        keys = np.zeros(len(ngrams), np.int64)
        for order in range(1, MAX_ORDER + 1):
            rows = [row for row, ngram in enumerate(ngrams) if len(ngram) == order]
            if rows:
                keys[rows] = pack_ngrams(np.array([ngrams[row] for row in rows], np.int64))
        return cls._sorted(keys, frequency, documents)

    def save(self, path: str | Path) -> None:
        """Write a compressed ``.npz`` that ``load`` reads."""
        with Path(path).open("wb") as file:
            np.savez_compressed(
                file,
                format=np.array(FORMAT),
                keys=self.keys,
                frequency=self.frequency,
                num_documents=np.array(self.num_documents),
            )

    def score(
        self,
        candidates: Tensor | Integers,
        references: Tensor | Integers,
        *,
        end: int = 0,
    ) -> Floats:
        """CIDEr-D of a batch of captions, as word numbers.

        Each row goes up to and including its first ``end``, which counts as a word.

        Args:
            candidates: (batch, steps).
            references: (batch, captions, words); rows that are all ``end`` count as references
                of that one word.
            end: number of the end word, also used as padding.

        Returns:
            (batch,), from 0 to 10.

        Raises:
            ShapeError: if the shapes do not fit each other.
            InvalidArgumentError: if a word number is not from 0 to 65,534.

        Source: Vedantam et al. (CVPR 2015); as a reward, Rennie et al. (CVPR 2017).
        """
        rows, groups = np.asarray(candidates, np.int64), np.asarray(references, np.int64)
        if rows.ndim != 2 or groups.ndim != 3 or len(rows) != len(groups):
            raise ShapeError(
                "candidates must be (batch, steps) and references (batch, captions, words), got "
                f"{rows.shape} and {groups.shape}."
            )
        corpus = EncodedCorpus(
            Sentences.from_rows(rows, end=end),
            Sentences.from_rows(groups.reshape(-1, groups.shape[-1]), end=end),
            np.repeat(np.arange(len(rows)), groups.shape[1]),
        )
        counts = count_ngrams(corpus)
        weights = [self._weights(pack_ngrams(pair[0].spelling)) for pair in counts]
        return cider_d_with_weights(corpus, counts, weights)

    def _weights(self, keys: Integers) -> Floats:
        position = np.searchsorted(self.keys, keys)
        position[position == len(self.keys)] = 0
        known = self.keys[position] == keys if len(self.keys) else np.zeros(len(keys), bool)
        frequency = np.where(known, self.frequency[position] if len(self.keys) else 0, 0)
        return math.log(max(self.num_documents, 1)) - np.log(np.maximum(frequency, 1))


def pack_ngrams(ngrams: Integers) -> Integers:
    """One number for each n-gram, (ngrams,), from its word numbers, (ngrams, order).

    Raises:
        InvalidArgumentError: if a word number is not from 0 to 65,534.
    """
    if ngrams.size and not 0 <= int(ngrams.min()) <= int(ngrams.max()) <= MAX_WORD:
        raise InvalidArgumentError(
            f"Word numbers must be from 0 to {MAX_WORD}, got {ngrams.min()} to {ngrams.max()}. "
            "Use a smaller vocabulary."
        )
    packed = np.zeros(len(ngrams), np.uint64)
    for column in ngrams.T:
        packed = (packed << np.uint64(WORD_BITS)) | (column + 1).astype(np.uint64)
    return packed.view(np.int64)
