"""What the words of a statement tell of its label, and what a picture adds, without a network.

python -m benchmarks.words_alone TRAIN TEST --captions FILE --images FOLDER --encoder NAME
    [--task e-snli-ve] [--image-column NAME] [--json FILE]

The yardstick for a small rationale model on few rows: logistic regression over the words and pairs
of words of the question; and the same with one number more, how alike picture and question are.
That likeness is learned from captioned pictures, in one step: canonical correlation between the
mean of a picture's patches and the words of its captions. Pictures that are asked about must not
be among the captioned ones.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular, svd
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from seewhy.datasets.catalogue import read_examples
from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError
from seewhy.rationales.patch_store import find_patch_folder, keep_patches
from seewhy.rationales.vision import PatchReader, PatchSettings
from seewhy.scores.comparison import Difference, compare_systems

Floats = NDArray[np.float64]
TOPICS, SHARED = 600, 200
PICTURE_RIDGE, WORD_RIDGE = 1.0, 0.1


@dataclass(frozen=True)
class Yardstick:
    """Shares of right labels, from 0 to 1."""

    questions: int
    most_frequent: float
    accuracy: Difference
    """Words alone, and with pictures; resampled by picture."""


class PictureLikeness:
    """How alike pictures and sentences are, from canonical correlations (Hotelling 1936)."""

    def __init__(self, pictures: Floats, captions: Sequence[str]) -> None:
        """Learn from pictures (n, channels) with all captions of each as one text."""
        self.scale = StandardScaler().fit(pictures)
        self.words = TfidfVectorizer(min_df=3, max_df=0.3, sublinear_tf=True)
        counts: Any = self.words.fit_transform(captions)
        self.topics = TruncatedSVD(min(TOPICS, counts.shape[1] - 1), random_state=0).fit(counts)
        x = np.asarray(self.scale.transform(pictures))
        y = self.topics.transform(counts)
        y = y - y.mean(0)
        within_x = x.T @ x / len(x) + PICTURE_RIDGE * np.eye(x.shape[1])
        within_y = y.T @ y / len(y)
        within_y += WORD_RIDGE * np.trace(within_y) / len(within_y) * np.eye(len(within_y))
        lower_x, lower_y = cholesky(within_x, lower=True), cholesky(within_y, lower=True)
        half = solve_triangular(lower_x, x.T @ y / len(x), lower=True)
        left, shared, right = svd(
            solve_triangular(lower_y, half.T, lower=True).T, full_matrices=False
        )
        kept = min(SHARED, len(shared))
        weights = shared[:kept] ** 2
        self.of_picture = solve_triangular(lower_x.T, left[:, :kept]) * weights
        self.of_words = solve_triangular(lower_y.T, right[:kept].T) * weights

    def compare(self, pictures: Floats, sentences: Sequence[str]) -> Floats:
        """Cosines of pictures (n, channels) and as many sentences."""
        seen = np.asarray(self.scale.transform(pictures)) @ self.of_picture
        said = self.topics.transform(self.words.transform(sentences)) @ self.of_words
        lengths = np.linalg.norm(seen, axis=1) * np.linalg.norm(said, axis=1)
        return (seen * said).sum(1) / np.maximum(lengths, 1e-9)


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

    likeness = PictureLikeness(see(captioned), [" ".join(e.explanations) for e in captioned])
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    known, new = ([example.question for example in part] for part in (train, test))
    words: tuple[Any, Any] = vectorizer.fit_transform(known), vectorizer.transform(new)
    alike = [likeness.compare(see(p), q) for p, q in ((train, known), (test, new))]
    scale = StandardScaler().fit(alike[0][:, None])
    joined = [
        csr_matrix(hstack([part, scale.transform(one[:, None])]))
        for part, one in zip(words, alike, strict=True)
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


def compare_by_picture(
    first: NDArray[np.bool_], second: NDArray[np.bool_], pictures: Sequence[str]
) -> Difference:
    """Shares of right answers, (questions,) each, with pictures and not questions drawn anew."""
    _, owners = np.unique(pictures, return_inverse=True)
    counts = np.bincount(owners).astype(np.float64)
    words, seen = (
        np.stack([np.bincount(owners, one).astype(np.float64), counts], 1)
        for one in (first, second)
    )
    return compare_systems("accuracy", words, seen, corpus=lambda sums, _: sums[:, 0] / sums[:, 1])


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
    low, high = (100 * end for end in one.interval)
    print(
        f"{found.questions} questions; most frequent label {found.most_frequent:.1%}, words alone "
        f"{one.first:.1%}, with pictures {one.second:.1%}: {100 * one.difference:+.1f} points "
        f"({low:+.1f} to {high:+.1f}, p = {one.p_value:.4f})"
    )
    if given.json:
        given.json.write_text(json.dumps(asdict(found), indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
