"""Explain many pairs into a folder, each kept as it is done."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seewhy.encoders.base import TorchImageEncoder
from seewhy.errors import ImageReadError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import ImageFailure
from seewhy.progress import show_progress
from seewhy.similarity.catalogue import METHODS, Compat, find_method
from seewhy.similarity.methods import as_pair_model, explain_all
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair_files import PairSource
from seewhy.similarity.pair_report import PairReport, gather
from seewhy.similarity.passes import Precision
from seewhy.similarity.run_log import RunLog
from seewhy.similarity.view_pairs import explain_views

Encoder = TorchImageEncoder | PairModel
PAIRS = "pairs"


@dataclass(frozen=True)
class PairItem:
    """One pair of a run."""

    name: str
    score: float
    folder: str
    """Where its explanations are, below the folder of the run."""
    methods: tuple[str, ...]


@dataclass(frozen=True)
class PairRun:
    """What a run over many pairs did."""

    model: str
    items: tuple[PairItem, ...]
    failures: tuple[ImageFailure, ...]


def explain_into(
    folder: str | Path,
    encoder: Encoder,
    pairs: Sequence[PairSource],
    *,
    methods: Sequence[str] = tuple(METHODS),
    compat: Compat = "default",
    settings: Mapping[str, Any] | None = None,
    recipe: str = "simclr",
    other: Encoder | None = None,
    batch_size: int = 32,
    seed: int = 0,
    precision: Precision = "float32",
    progress: bool = False,
    decorate: Callable[[PairReport, Path], object] | None = None,
) -> PairRun:
    """Explain pairs one by one; those that the folder holds already are left as they are.

    Each pair has a folder ``pairs/NAME`` with JSON, raw maps and figures of each method, written
    whole or not at all. Only one pair is in memory at a time.

    Args:
        folder: where to keep them.
        encoder: as in ``explain``.
        pairs: two pictures each, or one whose views are compared.
        methods: names of ``METHODS``.
        compat: as in ``explain``.
        settings: by method.
        recipe: of views.
        other: a second encoder, for ``model-difference``.
        batch_size: pictures in one forward pass.
        seed: of everything random; each pair has one of its own that follows from it.
        precision: of passes without a gradient, as in ``explain``.
        progress: whether a bar counts pairs.
        decorate: called with each report and the folder it is kept in, to put more there.

    Raises:
        InvalidArgumentError: if the folder holds another run, or there is no pair.
        ImageReadError: if no pair could be read; single ones are left out and listed.
    """
    if not pairs:
        raise InvalidArgumentError("There is no pair to explain.")
    model, given = as_pair_model(encoder), settings or {}
    log = RunLog(
        folder,
        _describe(model, methods, compat, given, recipe, other, seed) | {"precision": precision},
    )
    done, failures = log.read(), []
    for source in show_progress(pairs, description="Pairs", total=len(pairs), enabled=progress):
        if source.name in done:
            continue
        options: dict[str, Any] = {
            "methods": methods, "compat": compat, "settings": given, "other": other,
            "batch_size": batch_size, "seed": source.seed(seed), "precision": precision,
        }  # fmt: skip
        try:
            if source.second is None:
                found = explain_views(model, source.first, recipe=recipe, **options)
            else:
                found = explain_all(model, source.first, source.second, **options)
            report = gather(found)
        except (ImageReadError, MissingFileError) as error:
            failures.append(ImageFailure(source.first, str(error)))
            continue
        _keep(report, Path(folder) / PAIRS / source.stem, decorate)
        done[source.name] = {"score": report.score, "folder": f"{PAIRS}/{source.stem}"}
        log.append(source.name, done[source.name])
    items = tuple(
        PairItem(p.name, done[p.name]["score"], done[p.name]["folder"], tuple(methods))
        for p in pairs
        if p.name in done
    )
    if not items:
        raise ImageReadError(f"No pair could be read. The first: {failures[0].reason}")
    return PairRun(model.encoder.name, items, tuple(failures))


def _keep(
    report: PairReport, folder: Path, decorate: Callable[[PairReport, Path], object] | None
) -> None:
    """Write a report whole or not at all."""
    unfinished = folder.with_name(f"{folder.name}.part")
    for left_over in (unfinished, folder):
        shutil.rmtree(left_over, ignore_errors=True)
    report.save(unfinished)
    if decorate is not None:
        decorate(report, unfinished)
    unfinished.rename(folder)


def _describe(
    model: PairModel,
    methods: Sequence[str],
    compat: Compat,
    settings: Mapping[str, Any],
    recipe: str,
    other: Encoder | None,
    seed: int,
) -> dict[str, Any]:
    """Everything that decides the explanations."""
    chosen = {}
    for name in methods:
        method = find_method(name)
        default = method.published if compat == "published" else method.default
        chosen[name] = asdict(settings.get(name, default))
    return {
        "model": model.encoder.name,
        "digest": model.encoder.digest,
        "methods": chosen,
        "compat": compat,
        "views": recipe,
        "other": None if other is None else as_pair_model(other).encoder.digest,
        "seed": seed,
    }
