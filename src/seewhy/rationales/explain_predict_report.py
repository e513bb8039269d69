"""What reasons tell a reader, with words of the answer in them and without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError
from seewhy.rationales.explain_predict import ExplainPredictSettings, Reader
from seewhy.rationales.predictions import Prediction, pair_up
from seewhy.rationales.reader_training import train_reader
from seewhy.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReaderScores:
    """How often one reader finds the right answer, as shares from 0 to 1."""

    from_truth: float
    """From people's reasons: the most that can be hoped for."""
    from_model: float | None
    """From the model's reasons: the score; ``None`` if there is no model's."""
    from_nothing: float
    """From an empty reason: what the question alone tells."""


@dataclass(frozen=True)
class ExplainPredictReport(Result):
    """What reasons tell a reader who does not see the picture."""

    open: ReaderScores
    """Reasons as they are, as published."""
    masked: ReaderScores | None
    """Words of the right answers hidden, for a reader trained so: what is told beyond them."""
    most_frequent: float
    """Share that the most frequent answer of the training examples gets."""
    examples: int

    def figure(self) -> Figure:
        """Bars for each reader; lines for chance."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 2.6), layout="constrained")
        axes = figure.add_subplot()
        rows = {"as they are": self.open}
        if self.masked is not None:
            rows["answer words hidden"] = self.masked
        kinds = {"people's reasons": "from_truth", "the model's": "from_model",
                 "no reason": "from_nothing"}  # fmt: skip
        colors = ("#999999", "#0072b2", "#e69f00")
        for shift, ((label, name), color) in enumerate(zip(kinds.items(), colors, strict=True)):
            values = [getattr(scores, name) or 0.0 for scores in rows.values()]
            places = [row + (shift - 1) * 0.27 for row in range(len(rows))]
            bars = axes.barh(places, values, 0.25, label=label, color=color)
            axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=3)
        axes.axvline(self.most_frequent, color="black", linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_xlim(0, 1)
        axes.invert_yaxis()
        axes.set_xlabel("right answers; dashed: always the most frequent one")
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        return figure


def judge_by_readers(
    train: Sequence[NLEExample],
    test: Sequence[NLEExample],
    predictions: Sequence[Prediction] | None,
    settings: ExplainPredictSettings,
    *,
    base: str | Path | None = None,
    validation: Sequence[NLEExample] | None = None,
    device: str = "cpu",
    progress: bool = False,
) -> tuple[ExplainPredictReport, tuple[Reader, Reader]]:
    """Train two readers on people's reasons and let them read a model's.

    One reads reasons as they are, which scores a reason high that just repeats the answer; the
    other reads them with words of the right answers hidden, in training too.

    Args:
        train: examples to learn from.
        test: examples to be judged on.
        predictions: the model's answers to ``test``; ``None`` gives the upper bound alone.
        settings: of the first reader; the second differs in ``is_masked`` only.
        base: as for ``train_reader``.
        validation: as for ``train_reader``.
        device: where to compute.
        progress: whether bars are shown.

    Returns:
        The report, and the two readers.

    Raises:
        InvalidArgumentError: if predictions and examples do not fit, or there is nothing to train.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081; the second reader is ours.
    """
    readers = [
        train_reader(
            train,
            replace(settings, is_masked=is_masked),
            base=base,
            validation=validation,
            device=device,
            progress=progress,
        )
        for is_masked in (False, True)
    ]
    report = read_explanations(readers[0], test, predictions, masked=readers[1], train=train)
    return report, (readers[0], readers[1])


def read_explanations(
    reader: Reader,
    test: Sequence[NLEExample],
    predictions: Sequence[Prediction] | None,
    *,
    masked: Reader | None = None,
    train: Sequence[NLEExample] = (),
) -> ExplainPredictReport:
    """Let trained readers read people's reasons and a model's.

    Args:
        reader: of reasons as they are.
        test: examples to be judged on, each with a reason.
        predictions: the model's answers to them.
        masked: a reader of reasons whose answer words are hidden.
        train: examples whose most frequent answer is the one to beat; ``test`` if empty.

    Raises:
        InvalidArgumentError: if predictions and examples do not fit each other.
    """
    test = list(test)
    if not test:
        raise InvalidArgumentError("There are no examples to read the reasons of.")
    said = None
    if predictions is not None:
        said = [found.explanation for found, _ in pair_up(predictions, test)]
    counts = Counter(answer for example in (train or test) for answer in example.answers)
    frequent = counts.most_common(1)[0][0]
    return ExplainPredictReport(
        open=_read(reader, test, said),
        masked=None if masked is None else _read(masked, test, said),
        most_frequent=sum(frequent in example.answers for example in test) / len(test),
        examples=len(test),
    )


def _read(reader: Reader, test: Sequence[NLEExample], said: list[str] | None) -> ReaderScores:
    return ReaderScores(
        from_truth=reader.accuracy(test, [example.explanations[0] for example in test]),
        from_model=None if said is None else reader.accuracy(test, said),
        from_nothing=reader.accuracy(test, [""] * len(test)),
    )
