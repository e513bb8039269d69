"""Evaluate methods over many pairs, keeping each as it is done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import ImageReadError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import ImageFailure
from seewhy.progress import show_progress
from seewhy.results import Provenance
from seewhy.similarity.evaluation import EvaluationSettings, Values, evaluate_pair
from seewhy.similarity.evaluation_report import EvaluationReport, tabulate
from seewhy.similarity.methods import as_pair_model, read_pair
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair_files import PairSource
from seewhy.similarity.passes import Effort, Precision
from seewhy.similarity.run_log import RunLog
from seewhy.similarity.view_pairs import read_views


def evaluate(
    encoder: TorchImageEncoder | PairModel,
    pairs: Sequence[PairSource],
    *,
    settings: EvaluationSettings | None = None,
    recipe: str = "simclr",
    plain_first: bool = False,
    folder: str | Path | None = None,
    batch_size: int = 32,
    seed: int = 0,
    precision: Precision = "float32",
    progress: bool = False,
) -> EvaluationReport:
    """Measure how faithful the maps of several methods are, over pairs of pictures.

    Args:
        encoder: from ``load_encoder`` or ``wrap_module``; a ``PairModel`` to choose its layer.
        pairs: from ``read_pairs``, or ``list_views``: pictures of which two views are compared.
        settings: methods and measures; ``None`` for all that make maps.
        recipe: of views, a name of ``VIEW_RECIPES``.
        plain_first: whether the first view is the plain center of the picture.
        folder: where each pair is kept as it is done, so that a run that is stopped goes on there.
        batch_size: pictures in one forward pass.
        seed: of everything random; each pair has a seed of its own that follows from it.
        precision: of passes without a gradient, as in ``explain``.
        progress: whether a bar counts pairs.

    Raises:
        ImageReadError: if no picture could be read; single ones are left out and listed.
        InvalidArgumentError: if the folder holds another run, or there is no pair.

    Source: arXiv:2206.09753, Section 4 and its tables.
    Differs: the released tables have no intervals and no random map; see
        docs/decisions/similarity-measures.md.
    """
    if not pairs:
        raise InvalidArgumentError("There is no pair to evaluate.")
    model, settings = as_pair_model(encoder), settings or EvaluationSettings()
    run = _describe(model, settings, recipe, plain_first, seed) | {"precision": precision}
    log = RunLog(folder, run) if folder is not None else None
    done: dict[str, Any] = {} if log is None else log.read()
    failures = []
    for source in show_progress(pairs, description="Pairs", total=len(pairs), enabled=progress):
        if source.name in done:
            continue
        effort = Effort(batch_size=batch_size, seed=source.seed(seed), precision=precision)
        try:
            found = _evaluate_source(model, source, settings, recipe, plain_first, effort)
        except (ImageReadError, MissingFileError) as error:
            failures.append(ImageFailure(source.first, str(error)))
            continue
        done[source.name] = found
        if log is not None:
            log.append(source.name, found)
    kept = {source.name: done[source.name] for source in pairs if source.name in done}
    if not kept:
        raise ImageReadError(f"No pair could be read. The first: {failures[0].reason}")
    return _report(model, kept, failures, settings, run, seed)


def _evaluate_source(
    model: PairModel,
    source: PairSource,
    settings: EvaluationSettings,
    recipe: str,
    plain_first: bool,
    effort: Effort,
) -> dict[str, Any]:
    if source.second is None:
        views = read_views(
            model, source.first, recipe=recipe, plain_first=plain_first, effort=effort
        )
        pair, geometry = views.pair, views.geometry
    else:
        pair, geometry = read_pair(model, source.first, source.second, effort=effort), None
    return {"score": pair.score, "methods": evaluate_pair(pair, settings, geometry=geometry)}


def _describe(
    model: PairModel, settings: EvaluationSettings, recipe: str, plain_first: bool, seed: int
) -> dict[str, Any]:
    """Everything that decides the numbers of a pair."""
    return {
        "model": model.encoder.name,
        "digest": model.encoder.digest,
        "methods": {method: asdict(settings.of(method)) for method in settings.methods},
        "compat": settings.compat,
        "steps": settings.steps,
        "sensitivity_draws": settings.sensitivity_draws,
        "checks_sanity": settings.checks_sanity,
        "views": recipe,
        "plain_first": plain_first,
        "seed": seed,
    }


def _report(
    model: PairModel,
    kept: dict[str, Any],
    failures: list[ImageFailure],
    settings: EvaluationSettings,
    run: dict[str, Any],
    seed: int,
) -> EvaluationReport:
    values: dict[str, dict[str, Values]] = {name: each["methods"] for name, each in kept.items()}
    scores = {name: float(each["score"]) for name, each in kept.items()}
    unlike = sum(score <= 0 for score in scores.values())
    notes = []
    if unlike:
        notes.append(f"{unlike} pairs are not alike (cosine not above 0) and have no drop.")
    return EvaluationReport(
        table=tabulate(values, settings.methods, seed=seed),
        pairs=values,
        scores=scores,
        failures=tuple(failures),
        provenance=Provenance(
            model=model.encoder.name,
            model_digest=model.encoder.digest,
            settings=json.loads(json.dumps(run)),
            seed=seed,
        ),
        notes=tuple(notes),
    )
