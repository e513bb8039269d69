"""Maps of similarity judged by scenes whose shared parts are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.results import Provenance, Result
from seewhy.scores.comparison import compare_systems
from seewhy.similarity.catalogue import METHODS, find_method
from seewhy.similarity.explanation import SimilarityMap
from seewhy.similarity.feature_visualization import VisualizationSettings
from seewhy.similarity.localization import point, weigh
from seewhy.similarity.methods import as_pair_model, explain_pair, read_pair
from seewhy.similarity.model import PairModel
from seewhy.similarity.occlusion import OcclusionSettings
from seewhy.similarity.pairwise_occlusion import PairwiseSettings
from seewhy.similarity.passes import Effort
from seewhy.similarity.pixel_invariance import InvarianceSettings
from seewhy.studies.scene_pairs import ScenePair, find_scene_pairs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
MAPLESS = ("feature-visualization", "model-difference")
"""Methods that make pictures, which no mask can judge."""
FLOORS = ("random", "center")
"""Maps that know nothing, which every method has to beat."""
PICTURES = 4
"""Pairs for which pictures are made, which takes long."""
ROUNDS = 10_000
MIN_PAIRS = 8


@dataclass(frozen=True)
class Measure:
    """One score of one method, as a mean over pairs with a bootstrap interval of 95 %."""

    value: float
    """From 0 to 1."""
    interval: tuple[float, float]
    over: Mapping[str, tuple[float, float]]
    """Interval of the difference to each floor on the same pairs: above 0, it is beaten."""

    @property
    def beats(self) -> bool:
        """Whether the whole interval of each difference is above 0."""
        return all(low > 0 for low, _ in self.over.values())


@dataclass(frozen=True)
class MethodMeasures:
    """How well the maps of one method lie on what two scenes share."""

    pointing: Measure
    """Share of hottest pixels that lie on a shared part."""
    mass: Measure
    """Share of positive heat on the shared parts; a map without any counts as an even one."""
    thing_pointing: Measure
    """As ``pointing``, of the whole thing that has the parts."""
    thing_mass: Measure
    cold: float
    """Share of maps without positive heat: not all methods have a zero that means something."""
    is_baseline: bool


@dataclass(frozen=True)
class Reached:
    """How far a method that makes pictures came with its goal, as means over pictures."""

    begin: float
    """What it optimizes at its first step."""
    end: float
    """The same at its last."""
    pictures: int


@dataclass(frozen=True)
class SimilarityBench(Result):
    """What maps of similarity are worth on scenes that share one thing."""

    pairs: int
    similarity: float
    """Mean cosine of the pairs."""
    area: float
    """Share of a picture that shared parts cover: the mass of a map that is even."""
    methods: dict[str, MethodMeasures]
    made: dict[str, Reached]
    """Of methods that make pictures, not maps, for the first few pairs: by ``method: picture``.
    Feature visualization maximizes a likeness, model difference minimizes an error of features."""
    provenance: Provenance

    def figure(self) -> Figure:
        """Both scores of each method with their intervals, floors as lines."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 1.2 + 0.32 * len(self.methods)), layout="constrained")
        titles = {"pointing": "pointing game", "mass": "mass on shared parts"}
        for place, (score, title) in enumerate(titles.items(), start=1):
            axes = figure.add_subplot(1, 2, place)
            measures = {name: getattr(found, score) for name, found in self.methods.items()}
            for row, (name, measure) in enumerate(measures.items()):
                color = "#999999" if self.methods[name].is_baseline else "#0072b2"
                axes.plot(measure.interval, [row, row], color=color, linewidth=2)
                axes.plot(measure.value, row, "o", color=color)
            for floor in FLOORS:
                axes.axvline(measures[floor].value, color="#d55e00", linestyle=":", linewidth=1)
            axes.set_yticks(range(len(measures)), list(measures) if place == 1 else [])
            axes.invert_yaxis()
            axes.set_title(title, fontsize=11)
            axes.spines[["top", "right"]].set_visible(False)
        return figure


def bench_similarity(
    encoder: TorchImageEncoder | PairModel,
    *,
    pairs: int = 80,
    methods: Sequence[str] = tuple(METHODS),
    split: str = "test",
    start: int = 0,
    seed: int = 0,
    batch_size: int = 64,
    progress: bool = False,
) -> SimilarityBench:
    """Explain pairs of scenes and hold every map against the parts that they share.

    Both pictures of a pair are judged, and a pair's score is their mean. ``random`` and ``center``
    are always among the methods.

    Args:
        encoder: any, best one that knows the world.
        pairs: how many, at least 8.
        methods: names of ``METHODS``.
        split: of the world.
        start: seed of the first scene.
        seed: of everything random; each pair gets random numbers of its own.
        batch_size: pictures in one forward pass.
        progress: whether a bar counts pairs.

    Raises:
        UnknownNameError: if there is no such method.
        InvalidArgumentError: if there are too few pairs.
    """
    if pairs < MIN_PAIRS:
        raise InvalidArgumentError(f"pairs must be at least {MIN_PAIRS}, got {pairs}.")
    for method in methods:
        find_method(method)
    named = dict.fromkeys([*methods, *FLOORS])
    judged = [method for method in METHODS if method in named and method not in MAPLESS]
    model = as_pair_model(encoder)
    size = model.encoder.preprocessing.size[0]
    rows: dict[str, list[tuple[float, ...]]] = {method: [] for method in judged}
    drawn: dict[str, list[tuple[float, float]]] = {}
    scores, areas = [], []
    found = find_scene_pairs(pairs, size=size, split=split, start=start)
    shown = show_progress(found, description="Pairs", total=pairs, enabled=progress)
    for number, scenes in enumerate(shown):
        effort = Effort(batch_size=batch_size, seed=seed + number)
        pair = read_pair(model, *scenes.pictures, effort=effort)
        scores.append(pair.score)
        areas.append(np.mean(scenes.parts))
        for method in judged:
            explained = explain_pair(pair, method, settings=choose_settings(method, size))
            rows[method].append(judge_maps(explained.maps, scenes))
        for method in [method for method in methods if method in MAPLESS and number < PICTURES]:
            settings = choose_settings(method, size)
            for each in explain_pair(pair, method, settings=settings).made:
                ends = (float(each.loss[0, 0]), float(each.loss[-1, 0]))
                drawn.setdefault(f"{method}: {each.title}", []).append(ends)
    tables = {method: np.array(values) for method, values in rows.items()}
    return SimilarityBench(
        pairs=pairs,
        similarity=float(np.mean(scores)),
        area=float(np.mean(areas)),
        methods={method: _measure(method, tables, seed) for method in judged},
        made={title: _reach(ends) for title, ends in drawn.items()},
        provenance=_trace(model, judged, size, split=split, start=start, seed=seed),
    )


def choose_settings(method: str, size: int) -> Any:
    """Settings of a method for pictures of the world.

    They are its defaults, with a coarser grid of windows (a quarter of the picture, moved by a
    sixteenth) and a fifth of the copies, which is enough where pictures are this small. Feature
    visualization has the one goal whose figures can be compared from octave to octave.
    """
    settings = METHODS[method].default
    grid = OcclusionSettings(window=max(1, size // 4), stride=max(1, size // 16))
    if isinstance(settings, OcclusionSettings):
        return grid
    if isinstance(settings, PairwiseSettings):
        return replace(settings, grid=grid)
    if isinstance(settings, InvarianceSettings):
        return replace(settings, num_copies=200)
    if isinstance(settings, VisualizationSettings):
        return replace(settings, goals=("score",))  # of the other, growing octaves grow the figure
    return settings


def judge_maps(maps: Sequence[SimilarityMap], scenes: ScenePair) -> tuple[float, ...]:
    """Pointing and mass on the parts, then on the thing, and whether a map has no positive heat.

    Means over both pictures.
    """
    rows = []
    for found, parts, thing in zip(maps, scenes.parts, scenes.things, strict=True):
        heat = found.to_pixels()
        is_cold = not np.nanmax(heat) > 0
        masses = [mask.mean() if is_cold else weigh(heat, mask) for mask in (parts, thing)]
        rows.append((point(heat, parts), masses[0], point(heat, thing), masses[1], is_cold))
    return tuple(float(value) for value in np.mean(rows, axis=0))


def _reach(ends: Sequence[tuple[float, float]]) -> Reached:
    begin, end = np.mean(ends, axis=0).tolist()
    return Reached(begin=begin, end=end, pictures=len(ends))


def _measure(method: str, tables: Mapping[str, Floats], seed: int) -> MethodMeasures:
    """The scores of one method, each against the floors."""
    measures = []
    for column in range(4):
        mine = tables[method][:, column]
        whole = compare_systems("", np.zeros_like(mine), mine, rounds=ROUNDS, seed=seed)
        over = {
            floor: compare_systems(
                "", tables[floor][:, column], mine, rounds=ROUNDS, seed=seed
            ).interval
            for floor in FLOORS
            if floor != method
        }
        measures.append(Measure(value=float(mine.mean()), interval=whole.interval, over=over))
    cold = float(tables[method][:, 4].mean())
    return MethodMeasures(*measures, cold=cold, is_baseline=METHODS[method].is_baseline)


def _trace(
    model: PairModel, judged: Sequence[str], size: int, *, split: str, start: int, seed: int
) -> Provenance:
    settings = {method: asdict(choose_settings(method, size)) for method in judged}
    return Provenance(
        model=model.encoder.name,
        model_digest=model.encoder.digest,
        settings={"split": split, "start": start, "layer": model.place, "methods": settings},
        seed=seed,
    )
