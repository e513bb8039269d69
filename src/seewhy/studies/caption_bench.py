"""Editors of captions judged by scenes whose captions have known flaws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seewhy.captions.editor import CaptionEditor
from seewhy.captions.world_editing import FlawedEdit, edit_scenes, score_edits
from seewhy.captions.world_examples import KEPT
from seewhy.errors import InvalidArgumentError
from seewhy.results import Provenance, Result
from seewhy.scores.comparison import Difference
from seewhy.scores.scoring import compare
from seewhy.world.captions import caption_scene
from seewhy.world.flaws import FLAWS
from seewhy.world.sampling import sample_scene
from seewhy.world.truth import check_statement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIN_SCENES = 4
METRICS = ("bleu", "rouge-l", "cider-d")


@dataclass(frozen=True)
class KindScores:
    """What became of the captions with one kind of flaw; shares from 0 to 1."""

    captions: int
    repaired: float
    """The flaw is gone and all else is there; of captions without a flaw: as they were."""
    kept: float
    """Right words that were kept."""
    true_before: float
    """Captions that claim something, all of it true of the scene."""
    true_after: float
    unchanged: float


@dataclass(frozen=True)
class CaptionBench(Result):
    """What an editor is worth on captions whose flaws are known."""

    scenes: int
    split: str
    kinds: dict[str, KindScores]
    """By kind of flaw; ``none`` are captions that must stay."""
    repaired: float
    """Flaws, over all kinds."""
    kept: float
    """Right words, over all captions."""
    left_alone: float
    """Captions without a flaw."""
    differences: tuple[Difference, ...]
    """Scores of the captions before and after, against what is true of the scenes."""
    provenance: Provenance

    def figure(self) -> Figure:
        """Share of flaws repaired and of right words kept, by kind."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 1.2 + 0.35 * len(self.kinds)), layout="constrained")
        rows = list(range(len(self.kinds)))
        for place, (title, name) in enumerate(
            (("repaired, or rightly left alone", "repaired"), ("right words kept", "kept")), start=1
        ):
            axes = figure.add_subplot(1, 2, place)
            values = [getattr(kind, name) for kind in self.kinds.values()]
            bars = axes.barh(rows, values, color="#0072b2")
            axes.bar_label(bars, fmt="%.3f", padding=3)
            axes.set_yticks(rows, list(self.kinds) if place == 1 else [])
            axes.set_xlim(0, 1.15)
            axes.invert_yaxis()
            axes.set_title(title, fontsize=11)
            axes.spines[["top", "right"]].set_visible(False)
        return figure


def bench_captions(
    editor: CaptionEditor,
    *,
    scenes: int = 150,
    split: str = "test",
    start: int = 0,
    rounds: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> CaptionBench:
    """Give an editor captions of scenes with one flaw of each kind, and captions without.

    Args:
        editor: any.
        scenes: how many, at least 4.
        split: of the world.
        start: number of the first scene.
        rounds: resamples of the comparison before and after.
        seed: of those.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if ``scenes`` is too small.
        UnknownNameError: if there is no such split.
    """
    if scenes < MIN_SCENES:
        raise InvalidArgumentError(f"scenes must be at least {MIN_SCENES}, got {scenes}.")
    numbers = range(start, start + scenes)
    edits = list(edit_scenes(editor, numbers, split=split, progress=progress))
    total = score_edits(edits)
    return CaptionBench(
        scenes=scenes,
        split=split,
        kinds=judge_kinds(edits, split=split),
        repaired=total["flaws repaired"],
        kept=total["right words kept"],
        left_alone=total["right captions left alone"],
        differences=compare_edits(edits, split=split, rounds=rounds, seed=seed),
        provenance=Provenance(
            model=editor.name,
            model_digest=editor.digest,
            settings={"start": start, "longest": editor.longest},
            seed=seed,
        ),
    )


def judge_kinds(edits: Sequence[FlawedEdit], *, split: str) -> dict[str, KindScores]:
    """Scores by kind of flaw, in the order of ``FLAWS``."""
    found = {}
    for kind in FLAWS:
        own = [edit for edit in edits if edit.flawed.kind == kind]
        if not own:
            continue
        before = [
            check_statement(edit.flawed.text, sample_scene(edit.number, split=split)).is_true
            for edit in own
        ]
        found[kind] = KindScores(
            captions=len(own),
            repaired=sum(edit.is_repaired for edit in own) / len(own),
            kept=sum(e.kept_words for e in own) / max(1, sum(e.right_words for e in own)),
            true_before=sum(before) / len(own),
            true_after=sum(edit.is_true for edit in own) / len(own),
            unchanged=sum(edit.is_unchanged for edit in own) / len(own),
        )
    return found


def compare_edits(
    edits: Sequence[FlawedEdit], *, split: str, rounds: int = 10_000, seed: int = 0
) -> tuple[Difference, ...]:
    """Scores of flawed captions before and after, against the right edit and the scene's captions.

    Captions without a flaw are left out: they have nothing to gain.
    """
    flawed = [edit for edit in edits if edit.flawed.kind != KEPT]
    references = {
        str(place): [edit.flawed.repaired, *caption_scene(sample_scene(edit.number, split=split))]
        for place, edit in enumerate(flawed)
    }
    before = {str(place): edit.flawed.text for place, edit in enumerate(flawed)}
    after = {str(place): edit.edited for place, edit in enumerate(flawed)}
    report = compare(
        before,
        after,
        references,
        metrics=METRICS,
        tokenizer="whitespace",
        rounds=rounds,
        seed=seed,
    )
    return report.differences
