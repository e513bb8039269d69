"""Reasons judged: how they read beside people's, and how many answers are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError, MetricUnavailableError
from seewhy.rationales.answer_rules import SIMILAR
from seewhy.rationales.judging import Judgment, Protocol, judge_answers
from seewhy.rationales.predictions import Prediction, pair_up
from seewhy.results import Result
from seewhy.scores.scoring import score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seewhy.scores.model_inputs import ScoringModels
    from seewhy.scores.report import ScoreReport
    from seewhy.scores.text_encoder import TextEncoder

DEFAULT_METRICS = ("bleu", "meteor", "rouge-l", "cider-d", "spice")


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """How answers and reasons are judged."""

    metrics: Sequence[str] = DEFAULT_METRICS
    protocol: Protocol = "nlx-gpt"
    threshold: float = SIMILAR
    """For VCR, BERTScore's F from which on an answer is right."""
    tokenizer: str = "ptb"

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InvalidArgumentError(f"threshold must be from 0 to 1, got {self.threshold}.")


@dataclass(frozen=True)
class TaskEvaluation:
    """What the answers and reasons of one task are worth."""

    task: str
    examples: int
    judgment: Judgment | None
    """Which answers are right; ``None`` where that cannot be told here."""
    unfiltered: ScoreReport
    """Scores of all reasons."""
    filtered: ScoreReport | None
    """Scores of the reasons of right answers; ``None`` if none is right, or cannot be told."""
    missing: dict[str, str] = field(default_factory=dict)
    """What could not be computed, and why."""

    @property
    def accuracy(self) -> float | None:
        """Share of right answers, from 0 to 1."""
        return None if self.judgment is None else self.judgment.accuracy


@dataclass(frozen=True)
class RationaleEvaluation(Result):
    """What a model's answers and reasons are worth, task by task."""

    tasks: dict[str, TaskEvaluation]

    def figure(self) -> Figure:
        """Bars of each task's scores, of all reasons and of those of right answers."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 2.4 * len(self.tasks)), layout="constrained")
        grid = figure.subplots(len(self.tasks), 1, squeeze=False)
        for axes, (task, found) in zip(grid[:, 0], self.tasks.items(), strict=True):
            names = list(found.unfiltered.corpus)
            for shift, report, color in (
                (-0.2, found.unfiltered, "#999999"),
                (0.2, found.filtered, "#0072b2"),
            ):
                values = [0.0 if report is None else report.corpus.get(n, 0.0) for n in names]
                shown = [
                    v / 10 if n == "CIDEr-D" else v for n, v in zip(names, values, strict=True)
                ]
                label = "all reasons" if shift < 0 else "reasons of right answers"
                bars = axes.bar(
                    [i + shift for i in range(len(names))], shown, 0.38, color=color, label=label
                )
                axes.bar_label(bars, [f"{v:.3f}" for v in values], fontsize=7)
            axes.set_xticks(
                range(len(names)), ["CIDEr-D/10" if n == "CIDEr-D" else n for n in names]
            )
            accuracy = "unknown" if found.accuracy is None else f"{found.accuracy:.1%}"
            axes.set_title(f"{task}: accuracy {accuracy}, {found.examples} examples", loc="left")
            axes.spines[["top", "right"]].set_visible(False)
        grid[0, 0].legend(frameon=False, fontsize=8)
        return figure


def evaluate_rationales(
    predictions: Iterable[Prediction],
    examples: Iterable[NLEExample],
    *,
    settings: EvaluationSettings | None = None,
    encoder: TextEncoder | None = None,
    models: ScoringModels | None = None,
    progress: bool = False,
) -> RationaleEvaluation:
    """Judge a model's answers and reasons.

    Unfiltered scores are of all reasons; filtered ones of those whose answer is right, with
    document frequencies over these alone.

    Args:
        predictions: one for each example.
        examples: of one task or several, each with at least one reason.
        settings: metrics and rules.
        encoder: by which VCR's answers are compared.
        models: for metrics that rest on a model.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if predictions and examples do not fit each other.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081, section 4.
    """
    settings = settings or EvaluationSettings()
    by_task: dict[str, list[tuple[Prediction, NLEExample]]] = {}
    for said, example in pair_up(predictions, examples):
        by_task.setdefault(example.task, []).append((said, example))
    return RationaleEvaluation(
        {
            task: _evaluate_task(task, pairs, settings, encoder, models, progress)
            for task, pairs in by_task.items()
        }
    )


def _evaluate_task(
    task: str,
    pairs: Sequence[tuple[Prediction, NLEExample]],
    settings: EvaluationSettings,
    encoder: TextEncoder | None,
    models: ScoringModels | None,
    progress: bool,
) -> TaskEvaluation:
    said = {found.id: found.explanation for found, _ in pairs}
    truth = {example.id: example.explanations for _, example in pairs}

    def score_reasons(ids: Sequence[str] | None) -> ScoreReport:
        return score(
            said,
            truth,
            metrics=settings.metrics,
            ids=ids,
            tokenizer=settings.tokenizer,
            models=models,
            progress=progress,
        )

    unfiltered = score_reasons(None)
    missing = dict(unfiltered.missing)
    judgment = filtered = None
    try:
        judgment = judge_answers(
            pairs, task, protocol=settings.protocol, encoder=encoder, threshold=settings.threshold
        )
    except MetricUnavailableError as error:
        missing |= {"accuracy": str(error), "filtered scores": str(error)}
    if judgment is not None:
        right = [e.id for (_, e), kept in zip(pairs, judgment.is_right, strict=True) if kept]
        if right:
            filtered = score_reasons(right)
        else:
            missing["filtered scores"] = "No answer is right."
    return TaskEvaluation(task, len(pairs), judgment, unfiltered, filtered, missing)
