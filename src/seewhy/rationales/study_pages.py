"""The study of one model against several, drawn and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seewhy.rationales.study_plan import UNIFIED
from seewhy.rationales.study_report import MARGIN, Cost, RationaleStudy
from seewhy.scores.comparison import Difference

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRICS = ("BLEU-4", "ROUGE-L", "CIDEr-D")
BUDGETS = {
    "examples": "until it had seen each of its examples as often as the unified model",
    "share": "for the unified model's steps divided by the number of tasks",
    "steps": "for as many steps as the unified model",
}


def draw_study(study: RationaleStudy) -> Figure:
    """Bars of right answers and true reasons, task by task."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 0.5 * len(study.tasks)), layout="constrained")
    for place, (title, measure) in enumerate(
        (("right answers", "accuracy"), ("true reasons", "true_reasons")), start=1
    ):
        axes = figure.add_subplot(1, 2, place)
        rows = list(range(len(study.tasks)))
        found: list[Difference] = [getattr(task, measure) for task in study.tasks.values()]
        for shift, values, color, label in (
            (-0.2, [one.second for one in found], "#0072b2", "unified"),
            (0.2, [one.first for one in found], "#999999", "separate"),
        ):
            bars = axes.barh([row + shift for row in rows], values, 0.38, color=color, label=label)
            axes.bar_label(bars, fmt="%.3f", padding=3, fontsize=8)
        axes.set_yticks(rows, list(study.tasks) if place == 1 else [])
        axes.set_xlim(0, 1.15)
        axes.invert_yaxis()
        axes.set_title(title, fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="outside lower center", ncols=2)
    return figure


def list_tables(study: RationaleStudy) -> dict[str, list[list[str]]]:
    """The tables by their titles, as texts, the first row of each its heads."""
    return {
        "Right answers": _list_shares(study, "accuracy", study.accuracy),
        "True reasons": _list_shares(study, "true_reasons", study.true_reasons),
        "Reasons beside the true ones": _list_scores(study),
        "Cost": [
            ["", "models", "parameters", "memory, MB", "training, s", "1,000 answers, s"],
            [UNIFIED, *_show_cost(study.unified)],
            ["separate", *_show_cost(study.separate)],
        ],
    }


def _list_shares(study: RationaleStudy, measure: str, mean: Difference) -> list[list[str]]:
    total = sum(one.questions for one in study.tasks.values())
    found = [(name, one.questions, getattr(one, measure)) for name, one in study.tasks.items()]
    rows = [["task", "questions", UNIFIED, "separate", "difference, points"]]
    for name, questions, one in (*found, ("mean", total, mean)):
        low, high = (100 * end for end in one.interval)
        difference = f"{100 * one.difference:+.1f} ({low:+.1f} to {high:+.1f})"
        rows.append([name, str(questions), f"{one.second:.3f}", f"{one.first:.3f}", difference])
    return rows


def _list_scores(study: RationaleStudy) -> list[list[str]]:
    heads = [f"{metric}: {side}" for metric in METRICS for side in (UNIFIED, "separate")]
    values = {}
    for name, one in study.tasks.items():
        pairs = [(one.unified_scores[metric], one.separate_scores[metric]) for metric in METRICS]
        values[name] = [value for pair in pairs for value in pair]
    means = [sum(column) / len(column) for column in zip(*values.values(), strict=True)]
    rows = [[name, *(f"{v:.3f}" for v in row)] for name, row in (*values.items(), ("mean", means))]
    return [["task", *heads], *rows]


def summarize_study(study: RationaleStudy) -> str:
    """The outcome in a sentence or two."""
    one = study.accuracy
    low, high = (100 * end for end in one.interval)
    verdict = "no more" if study.is_within_margin else "more"
    text = (
        f"Over {len(study.tasks)} tasks the unified model answers {one.second:.1%} right and the "
        f"separate ones {one.first:.1%}: {100 * one.difference:+.1f} points ({low:+.1f} to "
        f"{high:+.1f}, {one.confidence:.0%} interval by resampling {study.scenes} scenes). It "
        f"is {verdict} than {100 * MARGIN:.0f} points below them."
    )
    if len(study.by_seed) > 1:
        parts = ", ".join(f"{100 * difference:+.1f}" for difference in study.by_seed)
        text += f" By seed: {parts}."
    return text


def describe_study(study: RationaleStudy) -> str:
    """What was compared, in a sentence or two."""
    given = any(model.training_steps is None for model in study.models)
    how = (
        "Some models were given, not trained here."
        if given
        else f"Each separate model was trained by the same recipe {BUDGETS[study.budget]}."
    )
    return (
        f"Scenes of the split {study.split}, which no model has seen. {how} Right: answers that "
        "are among the right ones. True: reasons that claim something, all of it true of the "
        f"scene. Differences are unified less separate, in points, with "
        f"{study.accuracy.confidence:.0%} intervals."
    )


def write_study(study: RationaleStudy) -> str:
    """The study as a Markdown page."""
    parts = [
        "# One model for all tasks against one for each",
        summarize_study(study),
        *(f"## {title}\n\n{_write_table(rows)}" for title, rows in list_tables(study).items()),
        describe_study(study),
    ]
    return "\n\n".join(parts) + "\n"


def _write_table(rows: list[list[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _show_cost(cost: Cost) -> list[str]:
    seconds = "given" if cost.training_seconds is None else f"{cost.training_seconds:,.0f}"
    return [
        str(cost.models),
        f"{cost.parameters:,}",
        f"{cost.megabytes:.1f}",
        seconds,
        f"{cost.seconds_per_1000:.1f}",
    ]
