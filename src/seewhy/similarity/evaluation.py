"""How faithful maps of a pair are: the paper's nine measures, agreement of views, sanity.

SI, SD      simultaneous insertion (high is good) and deletion (low)
CI, CD      conditional: only one picture changed, the mean of both ways
SAD, SIC    average drop (low) and share of increases (high), both pictures masked
CAD, CID    the same, only one masked
MS          max-sensitivity (low)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import InvalidArgumentError
from seewhy.images.resizing import upscale_bilinear
from seewhy.similarity.catalogue import METHODS, Compat, find_method
from seewhy.similarity.drops import Drop, measure_drops
from seewhy.similarity.explanation import Findings
from seewhy.similarity.geometry import PairGeometry
from seewhy.similarity.pair import Pair
from seewhy.similarity.sanity import check_sanity
from seewhy.similarity.sensitivity import draw_disturbances, explain_pairs, measure_sensitivity
from seewhy.similarity.sweeps import PUBLISHED_SWEEP, SweepSettings, sweep_pair

Floats = NDArray[np.floating[Any]]
Values = dict[str, float | None]


@dataclass(frozen=True)
class Measure:
    """One column of the table."""

    title: str
    is_high_good: bool


MEASURES: dict[str, Measure] = {
    "SI": Measure("simultaneous insertion", True),
    "SD": Measure("simultaneous deletion", False),
    "CI": Measure("conditional insertion", True),
    "CD": Measure("conditional deletion", False),
    "SAD": Measure("simultaneous average drop", False),
    "SIC": Measure("simultaneous increase", True),
    "CAD": Measure("conditional average drop", False),
    "CID": Measure("conditional increase", True),
    "MS": Measure("max-sensitivity", False),
    "agreement": Measure("rank correlation of both maps on the picture", True),
    "sanity": Measure("rank correlation with the map of random weights", False),
}
MAP_METHODS = tuple(
    name
    for name in METHODS
    if name not in ("feature-visualization", "model-difference", "edges", "smooth-grad")
)
PICTURES_ONLY = ("feature-visualization", "model-difference")
SENSITIVE = (  # one explanation of these is cheap enough to be made again and again, as published
    "interaction-cam", "averaged-transforms", "grad-cam", "input-x-gradient", "smooth-grad",
)  # fmt: skip
ALONE = ("pixel-invariance",)  # maps of each picture by itself: as published only conditional


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """What is measured, and how dearly."""

    methods: tuple[str, ...] = MAP_METHODS
    compat: Compat = "default"
    """``published``: methods and measures as released; conditional numbers are of picture 1."""
    by_method: Mapping[str, Any] = field(default_factory=dict)
    """Settings of methods that shall have others than ``compat`` says."""
    steps: int | None = None
    """Of an insertion or deletion; ``None``: as many as the picture is high, as published."""
    sensitivity_draws: int = 10
    """0 leaves max-sensitivity out."""
    checks_sanity: bool = False
    """Whether each map is made again with random weights all through."""

    def __post_init__(self) -> None:
        for method in self.methods:
            find_method(method)
            if method in PICTURES_ONLY:
                raise InvalidArgumentError(
                    f"{method} makes pictures, not maps, and is looked at instead of measured. "
                    f"Evaluate {', '.join(MAP_METHODS)}."
                )
        if not self.methods:
            raise InvalidArgumentError("Name at least one method to evaluate.")
        if (self.steps is not None and self.steps < 1) or self.sensitivity_draws < 0:
            raise InvalidArgumentError(
                f"steps is at least 1 and sensitivity_draws at least 0, got {self.steps} and "
                f"{self.sensitivity_draws}."
            )

    def of(self, method: str) -> Any:
        """Settings that a method runs with."""
        chosen = find_method(method)
        default = chosen.published if self.compat == "published" else chosen.default
        return self.by_method.get(method, default)


def evaluate_pair(
    pair: Pair, settings: EvaluationSettings, *, geometry: PairGeometry | None = None
) -> dict[str, Values]:
    """Measure the maps of each method for one pair.

    Args:
        pair: the two pictures before their encoder.
        settings: what is measured.
        geometry: where both were cut out, if they are views of one picture.

    Returns:
        Values of ``MEASURES`` by method; ``None`` where there is none.

    Source: arXiv:2206.09753, Section 4.
    """
    return {method: _evaluate(pair, method, settings, geometry) for method in settings.methods}


def _evaluate(
    pair: Pair, method: str, settings: EvaluationSettings, geometry: PairGeometry | None
) -> Values:
    found = _run(pair, method, settings)
    maps = _to_pixels(found, settings.compat)
    judged = pair if found.replaced is None else _replace_second(pair, found)
    values = _sweep(judged, maps, settings) | _mask(judged, maps, settings)
    if settings.compat == "published" and method in ALONE:
        values |= dict.fromkeys(("SI", "SD", "SAD", "SIC"))
    values["MS"] = _disturb(pair, method, settings)
    if geometry is not None and found.replaced is None:
        values["agreement"] = geometry.compare(maps).correlation
    if settings.checks_sanity and not METHODS[method].is_baseline:
        values["sanity"] = check_sanity(
            pair,
            lambda each: _to_pixels(_run(each, method, settings), settings.compat),
            seed=pair.effort.seed,
        ).correlations[-1]
    return {name: _finite(values.get(name)) for name in MEASURES}


def _run(pair: Pair, method: str, settings: EvaluationSettings) -> Findings:
    return METHODS[method].run(pair, settings.of(method))


def _to_pixels(found: Findings, compat: Compat) -> tuple[Floats, Floats]:
    """Both maps at the size of their pictures; as published every grid is stretched."""
    first, second = found.maps
    if compat == "default":
        return first.to_pixels(), second.to_pixels()
    kept = [each.values if each.published is None else each.published for each in found.maps]
    return upscale_bilinear(kept[0], first.size), upscale_bilinear(kept[1], second.size)


def _replace_second(pair: Pair, found: Findings) -> Pair:
    """The pair that the method explained, where it made the second picture itself."""
    second = pair.model.encoder.preprocess([found.replaced])
    return Pair(pair.model, pair.views[0], second, effort=pair.effort)


def _sweep(pair: Pair, maps: tuple[Floats, Floats], settings: EvaluationSettings) -> Values:
    base = PUBLISHED_SWEEP if settings.compat == "published" else SweepSettings()
    values: Values = {}
    step = base.step
    if settings.steps is not None:
        height, width = pair.sizes[0]
        step = max(1, -(-height * width // settings.steps))
    chosen = SweepSettings(step=step, fill=base.fill, breaks_ties=base.breaks_ties)
    for kind, letter in (("insertion", "I"), ("deletion", "D")):
        areas = sweep_pair(pair, maps, kind, chosen).areas  # pyright: ignore[reportArgumentType]
        both = [areas["first"], areas["second"]]
        values[f"S{letter}"] = areas["simultaneous"]
        values[f"C{letter}"] = both[0] if settings.compat == "published" else float(np.mean(both))
    return values


def _mask(pair: Pair, maps: tuple[Floats, Floats], settings: EvaluationSettings) -> Values:
    drops = measure_drops(pair, maps, compat=settings.compat)
    sides: list[Drop] = [drops.first, drops.second]
    sides = sides[:1] if settings.compat == "published" else sides
    return {
        "SAD": drops.simultaneous.drop,
        "SIC": float(drops.simultaneous.increases),
        "CAD": float(np.mean([side.drop for side in sides])),
        "CID": float(np.mean([side.increases for side in sides])),
    }


def _disturb(pair: Pair, method: str, settings: EvaluationSettings) -> float | None:
    if method not in SENSITIVE or not settings.sensitivity_draws:
        return None

    def explain(each: Pair) -> tuple[Floats, Floats]:
        first, second = _run(each, method, settings).maps
        return first.values, second.values

    pictures = _stack(pair)
    if pictures is None:
        return None
    noise = draw_disturbances(
        tuple(pictures.shape[1:]), draws=settings.sensitivity_draws, seed=pair.effort.seed
    )
    return measure_sensitivity(explain_pairs(pair, explain), pictures, noise)


def _stack(pair: Pair) -> Any:
    """Both pictures, (2, 3, height, width); ``None`` if they are of two sizes."""
    import torch

    first, second = pair.views
    return torch.cat([first, second]) if first.shape == second.shape else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
