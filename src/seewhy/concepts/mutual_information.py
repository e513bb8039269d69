"""How much of what the image side names does the text side know of the class?

With N visual concepts, M textual ones and K in both, drawn from a vocabulary of D:

    paper              ln N + ln M + ln K      (0 if K = 0)
    overlap            K
    jaccard            K / (N + M - K)
    chance_corrected   (K - E) / (min(N, M) - E),  E = N M / D

and ``chance``, how often random descriptors share K or more. ``paper`` is the published number.
It is **not** Shannon's mutual information.
See docs/decisions/mutual-information.md.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from seewhy.errors import InvalidArgumentError


@dataclass(frozen=True)
class MutualKnowledge:
    """What two lists of concepts share, under every estimator."""

    paper: float
    """As published; grows with the overlap. Not Shannon information."""
    overlap: int
    """Concepts in both lists."""
    jaccard: float
    """From 0 to 1."""
    chance_corrected: float
    """1 for the largest overlap possible, 0 for that of random descriptors; may be negative."""
    chance: float
    """Probability that as many random descriptors share as many, from 0 to 1."""


ESTIMATORS = ("paper", "overlap", "jaccard", "chance_corrected")


def find_mutual_knowledge(
    visual: Collection[str], textual: Collection[str], *, vocabulary: int
) -> MutualKnowledge:
    """Compare what the image side names with what the text side knows.

    Args:
        visual: concepts named in a picture; repeats count once.
        textual: concepts of its class; repeats count once.
        vocabulary: D, the number of descriptors both were chosen from.

    Returns:
        Every estimate; with an empty list all are 0, but ``chance`` is 1.

    Raises:
        InvalidArgumentError: if the vocabulary is smaller than either list.
    """
    seen, known = set(visual), set(textual)
    if vocabulary < max(len(seen), len(known)):
        raise InvalidArgumentError(
            f"{len(seen)} and {len(known)} concepts cannot come from a vocabulary of {vocabulary}."
        )
    shared, either = len(seen & known), len(seen | known)
    return MutualKnowledge(
        paper=paper_information(len(seen), len(known), shared),
        overlap=shared,
        jaccard=shared / either if either else 0.0,
        chance_corrected=correct_for_chance(len(seen), len(known), shared, vocabulary),
        chance=find_chance(len(seen), len(known), shared, vocabulary),
    )


def paper_information(visual: int, textual: int, shared: int) -> float:
    """Mutual knowledge as published.

        I = ln N + ln M + ln K        (0 if K = 0)

    Args:
        visual: N.
        textual: M.
        shared: K.

    Returns:
        A score from 0 up that grows with the overlap and with the length of the lists.

    Source: arXiv:2410.13016, eq. 9 and the released code.
    Differs: eqs. 1 and 3 subtract the joint entropy; the code and every published table add it.
        We follow the tables, see docs/decisions/mutual-information.md. The code adds 1e-9 inside
        a logarithm, which shows in the ninth digit.

    Example:
        >>> round(paper_information(2, 3, 2), 3)
        2.485
    """
    if shared == 0:
        return 0.0
    return math.log(visual) + math.log(textual) + math.log(shared)


def correct_for_chance(visual: int, textual: int, shared: int, vocabulary: int) -> float:
    """Overlap above that of random lists, over the most it could be.

        (K - E) / (min(N, M) - E),   E = N M / D   (mean of the hypergeometric distribution)

    Returns:
        1 at most; 0 for what chance gives, and where lists leave no room to differ.

    Example:
        >>> correct_for_chance(10, 50, 5, 1000), correct_for_chance(10, 50, 0, 1000)
        (0.47368421052631576, -0.05263157894736842)
    """
    if not vocabulary:
        return 0.0
    expected, most = visual * textual / vocabulary, min(visual, textual)
    return (shared - expected) / (most - expected) if most > expected else 0.0


def find_chance(visual: int, textual: int, shared: int, vocabulary: int) -> float:
    """How often random descriptors share as many as these do, or more.

        P(k ≥ K) = Σ_{k ≥ K} C(M, k) C(D - M, N - k) / C(D, N)

    Args:
        visual: N, drawn at random from the vocabulary.
        textual: M, held fixed.
        shared: K.
        vocabulary: D.

    Returns:
        A probability; 1 for K = 0.

    Example:
        >>> round(find_chance(2, 2, 1, 4), 4), round(find_chance(2, 2, 2, 4), 4)
        (0.8333, 0.1667)
    """
    ways = sum(
        math.comb(textual, k) * math.comb(vocabulary - textual, visual - k)
        for k in range(shared, min(visual, textual) + 1)
    )
    return ways / math.comb(vocabulary, visual)
