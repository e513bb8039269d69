"""Concept explanations judged by scenes whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.report import PartsExplanation
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.protocols import ImageEncoder
from seewhy.results import Provenance, Result
from seewhy.world.catalogue import CLASSES
from seewhy.world.descriptors import describe_scene, vocabulary
from seewhy.world.drawing.scenes import Drawing
from seewhy.world.scene import Scene
from seewhy.world.stream import stream_scenes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Mask = NDArray[np.bool_]
CENTER_SHARE = 0.5
"""Share of the picture that the box in its center covers."""


@dataclass(frozen=True)
class MethodScores:
    """How true one way of finding parts is, as means over pictures, all from 0 to 1."""

    named: float
    """Share of named concepts that are true of the scene."""
    part_overlap: float
    """IoU of each part found with the true part it fits best."""
    center_part_overlap: float
    """The same for a box in the center in place of each part."""
    pictures: int
    """Pictures with at least one part."""


@dataclass(frozen=True)
class ConceptBench(Result):
    """What explanations of drawn scenes are worth."""

    scenes: int
    accuracy: float
    """Share of scenes classified right, over all classes."""
    chance: float
    """The same for guessing."""
    methods: dict[str, MethodScores]
    random: float
    """Share of descriptors drawn by lot that are true of the scene."""
    top_of_picture: float
    """Share true of the descriptors nearest to the whole picture, as many as were named."""
    foreground: float
    """IoU of the foreground with everything in the scene."""
    center_box: float
    """IoU of a box in the center with everything in the scene."""
    provenance: Provenance

    def figure(self) -> Figure:
        """Bars of true concepts and of overlaps."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3.2), layout="constrained")
        named = {"drawn by lot": self.random, "top of picture": self.top_of_picture}
        named |= {f"named, {m}": s.named for m, s in self.methods.items()}
        overlap = {"center box": self.center_box, "foreground": self.foreground}
        for m, s in self.methods.items():
            overlap |= {f"center, {m} parts": s.center_part_overlap, f"parts, {m}": s.part_overlap}
        for place, (title, values) in enumerate(
            {"share of words that are true": named, "IoU with the truth": overlap}.items()
        ):
            axes = figure.add_subplot(1, 2, place + 1)
            bars = axes.barh(list(values), list(values.values()), color="#0072b2")
            axes.bar_label(bars, fmt="%.2f", padding=3)
            axes.set_xlim(0, 1)
            axes.invert_yaxis()
            axes.set_title(title, fontsize=11)
            axes.spines[["top", "right"]].set_visible(False)
        return figure


def bench_concepts(
    encoder: ImageEncoder,
    *,
    scenes: int = 200,
    split: str = "test",
    start: int = 0,
    settings: ConceptSettings | None = None,
    seed: int = 0,
    progress: bool = False,
) -> ConceptBench:
    """Explain scenes of the world and hold every word and every region against the truth.

    Args:
        encoder: a dual encoder that knows the world's words.
        scenes: how many, at least 8.
        split: of the world.
        start: seed of the first scene.
        settings: of the explanations.
        seed: of k-means.
        progress: whether bars are shown.
    """
    words = list(vocabulary())
    explainer = ConceptExplainer(
        encoder, list(CLASSES), words, settings=settings, seed=seed, progress=progress
    )
    size = explainer.preprocessing.size[0]
    truth = list(stream_scenes(split, size=size, start=start, count=scenes, masks=True))
    labels = {f"picture {i + 1}": scene.things[0].name for i, (scene, _) in enumerate(truth)}
    images = [drawing.image for _, drawing in truth]
    tally = _Tally(words)
    for (scene, drawing), picture in zip(truth, explainer.run(images, labels=labels), strict=True):
        tally.right.append(not picture.is_wrong)
        true = describe_scene(scene)
        tally.random.append(len(true) / len(words))
        everything = np.asarray(drawing.thing_masks.any(0))
        tally.foreground.append(overlap(picture.foreground, everything))
        tally.center.append(overlap(center_box(everything.shape), everything))
        whole = encoder.encode_images([picture.image])[0]
        nearest = (explainer.text.raw @ whole).argsort(descending=True).tolist()
        for explanation in picture.explanations:
            tally.add(explanation, scene, drawing, true, [words[i] for i in nearest])
    return tally.finish(scenes, explainer)


class _Tally:
    """Scores of the pictures so far."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.right: list[bool] = []
        self.random: list[float] = []
        self.top: list[float] = []
        self.foreground: list[float] = []
        self.center: list[float] = []
        self.by_method: dict[str, list[tuple[float, float, float]]] = {}

    def add(
        self,
        explanation: PartsExplanation,
        scene: Scene,
        drawing: Drawing,
        true: frozenset[str],
        nearest: Sequence[str],
    ) -> None:
        named = [concept.text for part in explanation.parts for concept in part.concepts]
        if not named:
            return
        real = list(true_parts(drawing))
        center = center_box(explanation.regions.shape)
        found = [explanation.regions == part.label for part in explanation.parts]
        self.top.append(_share(nearest[: len(set(named))], true))
        self.by_method.setdefault(explanation.method, []).append(
            (
                _share(named, true),
                float(np.mean([max(overlap(region, mask) for mask in real) for region in found])),
                max(overlap(center, mask) for mask in real),
            )
        )

    def finish(self, scenes: int, explainer: ConceptExplainer) -> ConceptBench:
        methods = {
            method: MethodScores(*np.mean(rows, axis=0).tolist(), pictures=len(rows))
            for method, rows in self.by_method.items()
        }
        return ConceptBench(
            scenes=scenes,
            accuracy=float(np.mean(self.right)),
            chance=1 / len(CLASSES),
            methods=methods,
            random=float(np.mean(self.random)),
            top_of_picture=float(np.mean(self.top)) if self.top else 0.0,
            foreground=float(np.mean(self.foreground)),
            center_box=float(np.mean(self.center)),
            provenance=Provenance(
                model=explainer.encoder.name,
                model_digest=explainer.encoder.digest,
                seed=explainer.seed,
            ),
        )


def overlap(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks; 0 for two empty ones."""
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 0.0


def center_box(shape: tuple[int, ...]) -> Mask:
    """A box in the center that covers half of the picture."""
    mask = np.zeros(shape, dtype=bool)
    margins = [round(side * (1 - CENTER_SHARE**0.5) / 2) for side in shape]
    mask[margins[0] : shape[0] - margins[0], margins[1] : shape[1] - margins[1]] = True
    return mask


def true_parts(drawing: Drawing) -> Iterator[Mask]:
    """Masks of all parts that can be seen, and of the rest of each thing."""
    for thing, parts in zip(drawing.thing_masks, drawing.part_masks, strict=True):
        rest = thing.copy()
        for mask in parts.values():
            rest &= ~mask
            if mask.any():
                yield mask
        yield rest


def _share(words: Sequence[str], true: frozenset[str]) -> float:
    return sum(word in true for word in words) / len(words)
