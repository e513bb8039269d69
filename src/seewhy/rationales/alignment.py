"""How well the words of a question fit a picture, from captions and without gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular, svd
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from torch import Tensor, nn

from seewhy.errors import DataFormatError
from seewhy.rationales.tokens import BLANK, RationaleTokenizer

Floats = NDArray[np.float64]
ALIGNMENT_NUMBERS = 2
"""What a token may carry: how well its word fits the picture, and how well the question does."""
TOPICS = 600
RARE, COMMON = 3, 0.3
"""A word counts if at least so many pictures have it in a caption, and at most such a share."""
PICTURE_RIDGE, WORD_RIDGE = 1.0, 0.1
FEW_PICTURES = 50


class WordAlignment(nn.Module):
    """Words and pictures in one space, where cosines tell how well they fit.

    A picture is a linear map of its mean patch, a text the sum of its different tokens' rows. Both
    are found by ``fit``, in one step, and stay as they are when a decoder learns.

    Source: canonical correlation, Hotelling 1936; each direction weighs by its correlation
    squared, as in Gong et al. 2014 (arXiv:1212.4522).
    """

    mean: Tensor
    picture_map: Tensor
    word_table: Tensor
    usual: Tensor
    spread: Tensor

    def __init__(self, vocabulary: int, image_width: int, dimensions: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(image_width))
        self.register_buffer("picture_map", torch.zeros(image_width, dimensions))
        self.register_buffer("word_table", torch.zeros(vocabulary, dimensions))
        self.register_buffer("usual", torch.zeros(ALIGNMENT_NUMBERS))
        self.register_buffer("spread", torch.ones(ALIGNMENT_NUMBERS))

    def place(self, patches: Tensor) -> Tensor:
        """Pictures in the space: patches (pictures, patches, channels) → (pictures, dimensions)."""
        return self.place_means(patches.float().mean(1))

    def place_means(self, means: Tensor) -> Tensor:
        """The same of mean patches (pictures, channels); of length 1."""
        return nn.functional.normalize((means - self.mean) @ self.picture_map, dim=-1)

    def measure(self, picture: Tensor, ids: Sequence[int]) -> list[tuple[float, float]]:
        """How well tokens fit a picture, and how well all of them together do.

        Args:
            picture: as ``place`` gives it, (dimensions,).
            ids: tokens of the question.

        Returns:
            For each token (its own, 0), and at last (0, that of all): in standard deviations from
            what is usual; 0 for tokens that too few captions have to tell anything, or too many.
        """
        rows, different = self.word_table[list(ids)], self.word_table[sorted(set(ids))]
        texts = torch.cat([rows, different.sum(0, keepdim=True)])
        cosines = nn.functional.normalize(texts, dim=-1) @ picture
        kinds = [0] * len(rows) + [1]
        values = (cosines - self.usual[kinds]) / self.spread[kinds]
        known = (texts.abs().sum(-1) > 0) * values
        *own, whole = known.tolist()
        return [*((value, 0.0) for value in own), (0.0, whole)]

    def fit(
        self, means: Floats, captions: Sequence[Sequence[str]], tokenizer: RationaleTokenizer
    ) -> None:
        """Find the space of pictures and their captions.

        Args:
            means: mean patch of each picture, (pictures, channels).
            captions: of each picture.
            tokenizer: whose tokens are aligned.

        Raises:
            DataFormatError: if there are too few pictures to learn from.
        """
        if len(means) < FEW_PICTURES:
            raise DataFormatError(
                f"Words cannot be aligned with {len(means)} captioned pictures: at least "
                f"{FEW_PICTURES} are needed. Give more, or leave the alignment out (--alignment 0)."
            )
        texts = [[tokenizer.encode(f" {one.strip()}") for one in of_one] for of_one in captions]
        counts = _count_tokens([list(chain(*of_one)) for of_one in texts], len(self.word_table))
        centre, scale = means.mean(0), means.std(0) + 1e-6
        of_picture, of_word = _correlate((means - centre) / scale, counts, self.word_table.shape[1])
        self.mean.copy_(torch.from_numpy(centre))
        self.picture_map.copy_(torch.from_numpy(of_picture / scale[:, None]))
        self.word_table.copy_(torch.from_numpy(of_word))
        self._lend_rows(tokenizer)
        self._find_spread(torch.from_numpy(means).float(), texts)

    def _lend_rows(self, tokenizer: RationaleTokenizer) -> None:
        """A word that begins a text has no blank before it: its row is that of the one with."""
        table = self.word_table
        for number, token in enumerate(tokenizer.spell(range(len(table)))):
            other = tokenizer.find(BLANK + token)
            if other is not None and not table[number].any():
                table[number] = table[other]

    def _find_spread(self, means: Tensor, texts: Sequence[Sequence[Sequence[int]]]) -> None:
        """What is usual: each picture with its first caption, and with that of the next one."""
        places = self.place_means(means)
        firsts = [of_one[0] for of_one in texts]
        self.usual.zero_()
        self.spread.fill_(1.0)
        found = [
            self.measure(place, ids)
            for shift in (0, 1)
            for place, ids in zip(places, firsts[shift:] + firsts[:shift], strict=True)
        ]
        own = np.array([one for measured in found for one, _ in measured[:-1] if one != 0])
        whole = np.array([measured[-1][1] for measured in found])
        self.usual.copy_(torch.tensor([own.mean(), whole.mean()]))
        self.spread.copy_(torch.tensor([own.std(), whole.std()]).clamp(min=1e-6))


def _count_tokens(texts: Sequence[Sequence[int]], vocabulary: int) -> csr_matrix:
    """How often each text has each token, (texts, vocabulary); rare and common ones left out."""
    rows, columns, values = [], [], []
    for number, text in enumerate(texts):
        for token, count in Counter(text).items():
            rows.append(number)
            columns.append(token)
            values.append(count)
    counts = csr_matrix((values, (rows, columns)), shape=(len(texts), vocabulary), dtype=np.float64)
    having = np.bincount(counts.indices, minlength=vocabulary)
    kept = (having >= RARE) & (having <= COMMON * len(texts))
    if kept.sum() <= 1:
        raise DataFormatError("The captions share no words that tell their pictures apart.")
    left = csr_matrix(counts.multiply(kept))
    left.eliminate_zeros()
    return left


def _correlate(x: Floats, counts: csr_matrix, dimensions: int) -> tuple[Floats, Floats]:
    """Maps of pictures (channels, dimensions) and of tokens (vocabulary, dimensions)."""
    weigher = TfidfTransformer(sublinear_tf=True)
    weighed: Any = weigher.fit_transform(counts)
    most = min(TOPICS, int((counts.sum(0) > 0).sum()) - 1, len(x) - 1)
    topics: Any = TruncatedSVD(most, random_state=0).fit(weighed)
    y = topics.transform(weighed)
    y = y - y.mean(0)
    within_x = x.T @ x / len(x) + PICTURE_RIDGE * np.eye(x.shape[1])
    within_y = y.T @ y / len(y)
    within_y += WORD_RIDGE * np.trace(within_y) / len(within_y) * np.eye(len(within_y))
    lower_x, lower_y = cholesky(within_x, lower=True), cholesky(within_y, lower=True)
    half = solve_triangular(lower_x, x.T @ y / len(x), lower=True)
    left, shared, right = svd(solve_triangular(lower_y, half.T, lower=True).T, full_matrices=False)
    kept = min(dimensions, len(shared))
    weights = np.zeros(dimensions)
    weights[:kept] = shared[:kept] ** 2
    of_picture, of_topic = np.zeros((x.shape[1], dimensions)), np.zeros((most, dimensions))
    of_picture[:, :kept] = solve_triangular(lower_x.T, left[:, :kept])
    of_topic[:, :kept] = solve_triangular(lower_y.T, right[:kept].T)
    of_word = (weigher.idf_ * (np.asarray(counts.sum(0)).ravel() > 0))[:, None] * (
        topics.components_.T @ of_topic
    )
    return of_picture * weights, of_word * weights
