"""The scores of a set of captions: per item, for the corpus, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seewhy.results import Result
from seewhy.scores.comparison import Difference
from seewhy.scores.diversity import Diversity
from seewhy.scores.ngrams import Floats

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ScoreReport(Result):
    """Scores of one system's captions."""

    corpus: dict[str, float]
    """Score of the corpus under each metric, ``BLEU-4`` for example."""
    per_item: dict[str, Floats]
    """Score of each item under each metric that has one, (items,)."""
    ids: tuple[str, ...]
    diversity: Diversity
    signatures: dict[str, str]
    """What decides each score: two scores of one signature can be compared."""
    missing: dict[str, str]
    """Metrics that could not be computed, and why."""
    warnings: tuple[str, ...]

    def figure(self) -> Figure:
        """A bar for each score; CIDEr-D, which goes to 10, is divided by 10."""
        from matplotlib.figure import Figure

        names = list(self.corpus)
        lengths = [self.corpus[name] / (10 if name == "CIDEr-D" else 1) for name in names]
        figure = Figure(figsize=(6, 0.35 * len(names) + 1), layout="constrained")
        axes = figure.add_subplot()
        bars = axes.barh(range(len(names)), lengths, color="#0072b2")
        axes.bar_label(bars, [f"{self.corpus[name]:.4f}" for name in names], padding=4)
        axes.set_yticks(range(len(names)), ["CIDEr-D / 10" if n == "CIDEr-D" else n for n in names])
        axes.invert_yaxis()
        axes.set_xlim(0, max([*lengths, 0.01]) * 1.2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(f"{len(self.ids)} items", loc="left")
        return figure

    def to_frame(self) -> pd.DataFrame:
        """Scores per item as a data frame, one row an item.

        Raises:
            MissingDependencyError: if pandas is not installed.
        """
        return make_frame({"id": list(self.ids), **self.per_item})


@dataclass(frozen=True)
class ComparisonReport(Result):
    """Two systems on the same items, and whether they differ."""

    first: ScoreReport
    second: ScoreReport
    differences: tuple[Difference, ...]

    def figure(self) -> Figure:
        """The difference under each metric with its interval."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 0.4 * len(self.differences) + 1.2), layout="constrained")
        axes = figure.add_subplot()
        for row, found in enumerate(self.differences):
            color = "#0072b2" if found.p_value < 1 - found.confidence else "#999999"
            axes.plot(found.interval, [row, row], color=color, linewidth=2)
            axes.plot([found.difference], [row], "o", color=color)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(self.differences)), [d.metric for d in self.differences])
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("second minus first, with interval; grey: may be chance")
        return figure


def make_frame(columns: dict[str, Any]) -> pd.DataFrame:
    """Columns as a data frame.

    Raises:
        MissingDependencyError: if pandas is not installed.
    """
    from seewhy.errors import MissingDependencyError

    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependencyError("pandas", "table", "A data frame") from error
    return pd.DataFrame({name: np.asarray(values) for name, values in columns.items()})
