"""Retrieval-based attack: does a model give the same reason for all that is alike?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError, MissingFileError
from seewhy.rationales.predictions import BATCH, RationaleAnswerer, ask_model
from seewhy.rationales.retrieval import DEPTH, RetrievalLists
from seewhy.results import Result
from seewhy.scores.embedding_scores import retrieval_attack_score

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

    from seewhy.scores.model_inputs import SentenceEncoder

SIZES = (5, 10, 15)


@dataclass(frozen=True)
class RetrievalAttack(Result):
    """How much alike a model's reasons for similar inputs are; lower is better."""

    scores: dict[int, float]
    """For K = 5, 10, 15: mean over queries of the likeness of the first K reasons, 0 to 1."""
    per_query: dict[int, NDArray[np.float64]]
    """Of each query, (queries,); not a number where too little was retrieved."""
    num_queries: int
    num_short: dict[int, int]
    """Queries left out of a mean, since fewer than K inputs were retrieved for them."""
    explanations: dict[str, tuple[str, ...]]
    """What the model said, by query."""
    sentence_encoder: str

    def figure(self) -> Figure:
        """How the queries are spread, for each K."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 3), layout="constrained")
        axes = figure.add_subplot()
        for size, values in self.per_query.items():
            kept = values[~np.isnan(values)]
            if len(kept):
                label = f"K = {size}: {self.scores[size]:.3f}"
                axes.hist(kept, bins=20, range=(0, 1), histtype="step", label=label)
        axes.set_xlabel("likeness of the reasons given to similar inputs")
        axes.set_ylabel("queries")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        return figure


def attack_by_retrieval(
    model: RationaleAnswerer,
    lists: RetrievalLists,
    sentence_encoder: SentenceEncoder,
    *,
    task: str,
    images: str | Path,
    sizes: Sequence[int] = SIZES,
    batch_size: int = BATCH,
    progress: bool = False,
) -> RetrievalAttack:
    """Ask a model about inputs that are alike, and compare the reasons it gives.

    ``i2t`` asks the texts near a picture about it; ``t2i`` asks a text about the pictures near
    it; ``i2i`` shows the pictures near a picture, without a question.

    Args:
        model: with a method ``answer``.
        lists: what is near each query.
        sentence_encoder: of the reasons; published with ``all-mpnet-base-v2``.
        task: of the model.
        images: folder of the pictures.
        sizes: values of K, at least 2 each.
        batch_size: inputs asked together.
        progress: whether a bar is shown.

    Raises:
        MissingFileError: if the folder, or a picture of the lists, is not there.
        InvalidArgumentError: if a size is below 2, or no list is long enough for the least one.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081, section 3.3.
    Differs: a query with fewer than K inputs is left out of the mean and counted; there it is
        taken with those it has, see docs/decisions/rationale-evaluation.md.
    """
    if not sizes or min(sizes) < 2:
        raise InvalidArgumentError(f"sizes must be at least 2 each, got {list(sizes)}.")
    folder = Path(images)
    if not folder.is_dir():
        raise MissingFileError(f"No folder of pictures at {folder}.")
    if max(map(len, lists.near.values()), default=0) < min(sizes):
        raise InvalidArgumentError(f"No query has {min(sizes)} inputs; give longer lists.")
    inputs = list(_list_inputs(lists, folder, task, max(max(sizes), DEPTH)))
    said = list(ask_model(model, inputs, batch_size=batch_size, progress=progress))
    reasons: dict[str, list[str]] = {query: [] for query in lists.near}
    for found in said:
        reasons[found.id.split(" ", 1)[1]].append(found.explanation)
    vectors = sentence_encoder.encode_texts([r for group in reasons.values() for r in group])
    per_query = _score_queries(vectors, [len(group) for group in reasons.values()], sizes)
    return RetrievalAttack(
        scores={size: float(np.nanmean(v)) if not np.isnan(v).all() else float("nan")
                for size, v in per_query.items()},
        per_query=per_query,
        num_queries=len(reasons),
        num_short={size: int(np.isnan(v).sum()) for size, v in per_query.items()},
        explanations={query: tuple(group) for query, group in reasons.items()},
        sentence_encoder=sentence_encoder.name,
    )  # fmt: skip


def _list_inputs(
    lists: RetrievalLists, folder: Path, task: str, depth: int
) -> Iterator[NLEExample]:
    """What the model is asked, query after query, so that one picture's questions are together."""
    for query, near in lists.near.items():
        for number, item in enumerate(near[:depth]):
            picture = query if lists.direction == "i2t" else item
            question = {"i2t": item, "t2i": query, "i2i": ""}[lists.direction]
            path = folder / picture
            if not path.is_file():
                raise MissingFileError(f"No picture {picture} of the retrieval lists in {folder}.")
            yield NLEExample(f"{number} {query}", task, (path,), question, (), ())


def _score_queries(
    vectors: Tensor, lengths: Sequence[int], sizes: Sequence[int]
) -> dict[int, NDArray[np.float64]]:
    found = {size: np.full(len(lengths), np.nan) for size in sizes}
    for row, group in enumerate(vectors.split(list(lengths))):
        for size in sizes:
            if len(group) >= size:
                found[size][row] = retrieval_attack_score(group[:size])
    return found
