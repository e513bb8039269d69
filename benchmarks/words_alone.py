"""What the words of a statement tell of its label, and what a picture adds, without a network.

python -m benchmarks.words_alone TRAIN TEST --captions FILE --images FOLDER --encoder NAME
    [--task e-snli-ve] [--image-column NAME] [--json FILE]

The yardstick for a small rationale model on few rows: logistic regression over the words and pairs
of words of the question; and the same with one number more, how well the question fits the picture
(``seewhy.rationales.alignment``). Pictures that are asked about must not be among the captioned
ones, from which that number is learned.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.by_picture import Floats, compare_by_picture, keep_json, tell_points
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from seewhy.datasets.catalogue import read_examples
from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError
from seewhy.rationales.alignment import WordAlignment
from seewhy.rationales.patch_store import find_patch_folder, keep_patches
from seewhy.rationales.tokens import train_rationale_tokenizer
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.rationales.wording import prepare_question
from seewhy.scores.comparison import Difference

VOCABULARY, DIMENSIONS = 4096, 64


@dataclass(frozen=True)
class Yardstick:
    """Shares of right labels, from 0 to 1."""

    questions: int
    most_frequent: float
    accuracy: Difference
    """Words alone, and with pictures; resampled by picture."""


def measure(
    train: Sequence[NLEExample],
    test: Sequence[NLEExample],
    captioned: Sequence[NLEExample],
    reader: PatchReader,
) -> Yardstick:
    """Fit on ``train``, judge by ``test``."""
    asked = {str(example.image) for example in (*train, *test)}
    both = asked & {str(example.image) for example in captioned}
    if both:
        raise DataFormatError(
            f"{len(both)} pictures are captioned and asked about, as {min(both)}. Leave them out "
            "of the captions: what is likest would be known by heart."
        )
    names = [str(example.image) for example in (*train, *test, *captioned)]
    store, _ = keep_patches(reader, names, lambda name: name, find_patch_folder(reader))

    def see(examples: Sequence[NLEExample]) -> Floats:
        unique = list(dict.fromkeys(str(example.image) for example in examples))
        means = {name: store[name].values.astype(np.float64).mean(0) for name in unique}
        return np.stack([means[str(example.image)] for example in examples])

    texts = [f" {text.strip()}" for example in captioned for text in example.explanations]
    texts += [" because"] * 50  # a word that every tokenizer of ours knows
    tokenizer = train_rationale_tokenizer(texts, vocabulary=VOCABULARY)
    known_means = torch.from_numpy(see(captioned))
    alignment = WordAlignment(len(tokenizer), known_means.shape[1], DIMENSIONS)
    alignment.fit(known_means.numpy(), [e.explanations for e in captioned], tokenizer)

    def fit(examples: Sequence[NLEExample]) -> Floats:
        places = alignment.place_means(torch.from_numpy(see(examples)).float())
        ids = [tokenizer.encode(f" {prepare_question(e.question)}") for e in examples]
        return np.array([alignment.measure(*one)[-1][1] for one in zip(places, ids, strict=True)])

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    known, new = ([example.question for example in part] for part in (train, test))
    words: tuple[Any, Any] = vectorizer.fit_transform(known), vectorizer.transform(new)
    joined = [
        csr_matrix(hstack([part, fit(examples)[:, None]]))
        for part, examples in zip(words, (train, test), strict=True)
    ]
    labels, wanted = (np.array([e.answers[0] for e in part]) for part in (train, test))
    plain, seeing = (
        LogisticRegression(max_iter=2_000).fit(x, labels).predict(z) == wanted
        for x, z in (words, joined)
    )
    frequent = max(set(labels), key=list(labels).count)
    pictures = [str(example.image) for example in test]
    return Yardstick(
        len(test), float((wanted == frequent).mean()), compare_by_picture(plain, seeing, pictures)
    )


def main() -> None:
    """Read the files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--task", default="e-snli-ve")
    parser.add_argument("--image-column")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    column: dict[str, Any] = {"image_column": given.image_column}
    train, test = (
        list(read_examples(given.task, path, given.images, **column))
        for path in (given.train, given.test)
    )
    captioned = list(read_examples("captions", given.captions, given.images))
    found = measure(train, test, captioned, PatchReader(PatchSettings(encoder=given.encoder)))
    one = found.accuracy
    print(
        f"{found.questions} questions; most frequent label {found.most_frequent:.1%}, words alone "
        f"{one.first:.1%}, with pictures {one.second:.1%}: {tell_points(one)}"
    )
    keep_json(found, given.json)


if __name__ == "__main__":
    main()
