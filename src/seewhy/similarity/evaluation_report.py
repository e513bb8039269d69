"""The table of an evaluation: means over pairs, how sure they are, and what chance reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import MissingDependencyError
from seewhy.images.folders import ImageFailure
from seewhy.results import Provenance, Result
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.evaluation import MEASURES, Values

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

ROUNDS, CONFIDENCE = 2000, 0.95
CHANCE = "random"


@dataclass(frozen=True)
class MeanScore:
    """A mean over pairs."""

    mean: float
    low: float
    """Lower end of the 95 % interval of the mean, by bootstrap over pairs."""
    high: float
    pairs: int
    """How many have a value."""
    verdict: str | None = None
    """``better``, ``worse`` or ``open``: against the random map on the same pairs, by an interval
    of the difference; ``None`` where that was not evaluated."""


@dataclass(frozen=True, eq=False)
class EvaluationReport(Result):
    """How faithful the maps of several methods are, over pairs."""

    table: Mapping[str, Mapping[str, MeanScore]]
    """By method and measure; what could not be measured is left out."""
    pairs: Mapping[str, Mapping[str, Values]]
    """Values by pair, method and measure."""
    scores: Mapping[str, float]
    """Similarity of each pair."""
    failures: tuple[ImageFailure, ...]
    provenance: Provenance
    notes: tuple[str, ...] = ()

    def figure(self) -> Figure:
        """A panel for each measure: means with their intervals, chance as a line."""
        from seewhy.similarity.evaluation_figure import draw_evaluation

        return draw_evaluation(self)

    def to_frame(self) -> pandas.DataFrame:
        """One row for each pair and method.

        Raises:
            MissingDependencyError: if pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingDependencyError("pandas", "table", "A data frame") from error
        return pandas.DataFrame(
            [
                {"pair": pair, "similarity": self.scores[pair], "method": method, **values}
                for pair, found in self.pairs.items()
                for method, values in found.items()
            ]
        )

    def to_markdown(self) -> str:
        """The table as Markdown, best mean of each measure in bold."""
        shown = [m for m in MEASURES if any(m in row for row in self.table.values())]
        arrows = [f"{m} {'↑' if MEASURES[m].is_high_good else '↓'}" for m in shown]
        lines = [f"| method | {' | '.join(arrows)} |", "|---|" + "---|" * len(shown)]
        best = {measure: self._find_best(measure) for measure in shown}
        for method, row in self.table.items():
            cells = [self._cell(row.get(m), is_best=method == best[m]) for m in shown]
            lines.append(f"| {METHODS[method].title} | {' | '.join(cells)} |")
        return "\n".join(lines)

    def _find_best(self, measure: str) -> str | None:
        found = {m: row[measure].mean for m, row in self.table.items() if measure in row}
        pick = max if MEASURES[measure].is_high_good else min
        return pick(found, key=lambda m: found[m]) if found else None

    @staticmethod
    def _cell(score: MeanScore | None, *, is_best: bool) -> str:
        if score is None:
            return "–"
        half = (score.high - score.low) / 2
        mean = f"**{score.mean:.3f}**" if is_best else f"{score.mean:.3f}"
        return f"{mean} ± {half:.3f}"


def tabulate(
    pairs: Mapping[str, Mapping[str, Values]], methods: Sequence[str], *, seed: int = 0
) -> dict[str, dict[str, MeanScore]]:
    """Means over pairs with bootstrap intervals, each against the random map where that is there.

    Args:
        pairs: values by pair, method and measure.
        methods: rows of the table, in order.
        seed: of the bootstrap.
    """
    table: dict[str, dict[str, MeanScore]] = {}
    for method in methods:
        table[method] = {}
        for measure, about in MEASURES.items():
            values = _collect(pairs, method, measure)
            kept = values[np.isfinite(values)]
            if not len(kept):
                continue
            low, high = bootstrap_mean(kept, seed=seed)
            verdict = None
            if CHANCE in methods and method != CHANCE:
                gains = values - _collect(pairs, CHANCE, measure)
                verdict = _judge(gains if about.is_high_good else -gains, seed=seed)
            table[method][measure] = MeanScore(float(kept.mean()), low, high, len(kept), verdict)
    return table


def bootstrap_mean(
    values: NDArray[np.float64], *, rounds: int = ROUNDS, seed: int = 0
) -> tuple[float, float]:
    """Interval that holds the mean with 95 % confidence, by resampling (percentiles).

    Args:
        values: one for each pair, finite.
        rounds: resamples.
        seed: of the draws.
    """
    numbers = np.random.default_rng(seed)
    drawn = numbers.integers(0, len(values), (rounds, len(values)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values[drawn].mean(1), [tail, 1 - tail])
    return float(low), float(high)


def _collect(
    pairs: Mapping[str, Mapping[str, Values]], method: str, measure: str
) -> NDArray[np.float64]:
    """One value for each pair, NaN where there is none."""
    found: list[Any] = [values[method].get(measure) for values in pairs.values()]
    return np.array([np.nan if value is None else value for value in found], np.float64)


def _judge(gains: NDArray[np.float64], *, seed: int) -> str | None:
    kept = gains[np.isfinite(gains)]
    if not len(kept):
        return None
    low, high = bootstrap_mean(kept, seed=seed)
    return "better" if low > 0 else "worse" if high < 0 else "open"
