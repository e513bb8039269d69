"""Captions before and after editing, scored on the same pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seewhy.errors import InvalidArgumentError
from seewhy.results import Result
from seewhy.scores.metrics import DEFAULT_METRICS
from seewhy.scores.report import ComparisonReport
from seewhy.scores.scoring import compare
from seewhy.text.word_alignment import align_words, count_operations
from seewhy.text.word_vocabulary import split_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class CaptionFates:
    """What became of the captions that were changed, by one metric."""

    better: int
    worse: int
    equal: int
    """Changed, and scored as before."""


@dataclass(frozen=True)
class EditEvaluation(Result):
    """What edits did to captions, and whether scores rose."""

    items: int
    """Pictures with a caption before and one after."""
    left_out: int
    """Captions that only one of the two files has."""
    changed: int
    unchanged: int
    """Captions of which every word was kept."""
    words: dict[str, int]
    """Words of all captions by what became of them: ``keep``, ``replace``, ``insert``, ``delete``;
    a run of words replaced by a longer or shorter one counts as the longer."""
    fates: dict[str, CaptionFates]
    """Of the changed captions, by metric; without metrics of the corpus alone."""
    comparison: ComparisonReport
    """Scores before and after, with interval and p-value of each difference."""

    def figure(self) -> Figure:
        """The difference under each metric with its interval."""
        return self.comparison.figure()


def evaluate_edits(
    existing: Mapping[str, str],
    edited: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    tokenizer: str = "ptb",
    rounds: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> EditEvaluation:
    """Score captions before and after editing on the pictures that have both.

    Args:
        existing: captions before, by picture.
        edited: captions after, by picture.
        references: true captions, by picture; those of further pictures do not count.
        metrics: as for ``scores.scoring.score``.
        tokenizer: as for ``scores.scoring.score``.
        rounds: resamples of the bootstrap and of the permutation test each.
        seed: makes the comparison repeatable.
        progress: whether a bar is shown for what takes long.

    Raises:
        InvalidArgumentError: if no picture has both, or one has no references.
        UnknownNameError: if a metric or tokenizer is not known.
    """
    shared = [name for name in existing if name in edited]
    if not shared:
        raise InvalidArgumentError(
            "No picture has a caption before and one after: the former are of "
            f"{_name_some(existing)}, the latter of {_name_some(edited)}."
        )
    report = compare(
        {name: existing[name] for name in shared},
        {name: edited[name] for name in shared},
        references,
        metrics=metrics,
        ids=None if set(references) == set(shared) else shared,
        tokenizer=tokenizer,
        rounds=rounds,
        seed=seed,
        progress=progress,
    )
    operations = {
        name: align_words(split_words(existing[name]), split_words(edited[name])) for name in shared
    }
    changed = {name for name, runs in operations.items() if any(r.kind != "keep" for r in runs)}
    return EditEvaluation(
        items=len(shared),
        left_out=len(existing) + len(edited) - 2 * len(shared),
        changed=len(changed),
        unchanged=len(shared) - len(changed),
        words=count_operations(run for runs in operations.values() for run in runs),
        fates=judge_changes(report, changed),
        comparison=report,
    )


def judge_changes(report: ComparisonReport, changed: Collection[str]) -> dict[str, CaptionFates]:
    """How many of the changed captions score higher, lower and as before, by metric."""
    first, second = report.first, report.second
    places = {name: place for place, name in enumerate(second.ids)}
    kept = [(here, places[name]) for here, name in enumerate(first.ids) if name in changed]
    fates = {}
    for metric, before in first.per_item.items():
        after = second.per_item.get(metric)
        if after is None:
            continue
        steps = [float(after[there]) - float(before[here]) for here, there in kept]
        better, worse = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
        fates[metric] = CaptionFates(better, worse, len(steps) - better - worse)
    return fates


def _name_some(captions: Mapping[str, str]) -> str:
    return ", ".join(list(captions)[:3]) or "no picture"
