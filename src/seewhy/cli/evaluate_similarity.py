"""``seewhy evaluate similarity``: how far maps can be trusted, without knowing the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli.compare import (
    DEFAULT_MODEL,
    Bf16,
    Changes,
    Compat,
    Fast,
    Layer,
    Model,
    PlainFirst,
    Stride,
    Views,
    Weights,
    Window,
    choose_methods,
    load_pair_model,
)
from seewhy.cli.console import (
    AsJson,
    BatchSize,
    Device,
    Quiet,
    Seed,
    leave_with_failures,
    make_console,
    print_json,
)

if TYPE_CHECKING:
    from seewhy.similarity.evaluation_report import EvaluationReport, MeanScore

COLUMNS = 4
"""Measures beside another, so that the table fits a terminal."""


def evaluate_similarity_command(
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(help="Pictures or folders; two views of each are compared."),
    ] = None,
    pairs: Annotated[Path | None, typer.Option(help="CSV of pairs, columns a and b.")] = None,
    model: Model = DEFAULT_MODEL,
    weights: Weights = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            "--methods",
            "--method",
            "-m",
            help="Names, see docs/similarity.md; default: all that make maps, random and center.",
        ),
    ] = None,
    compat: Compat = "default",
    layer: Layer = None,
    views: Views = "simclr",
    plain_first: PlainFirst = False,
    count: Annotated[
        int | None, typer.Option(min=1, help="Evaluate so many pairs, evenly picked.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Of insertion and deletion; default: as published.")
    ] = None,
    sensitivity_draws: Annotated[
        int, typer.Option(min=0, help="Of max-sensitivity; 0 leaves it out.")
    ] = 10,
    sanity: Annotated[
        bool, typer.Option("--sanity", help="Make each map again with random weights.")
    ] = False,
    window: Window = None,
    stride: Stride = None,
    fast: Fast = False,
    bf16: Bf16 = False,
    changes: Changes = None,
    html: Annotated[Path | None, typer.Option(help="HTML page to write.")] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Folder for JSON, figure and page; each pair is kept, a run goes on."),
    ] = None,
    batch_size: BatchSize = 32,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Insertion, deletion, drops, sensitivity and agreement of maps, over pairs of pictures.

    The table of the paper for any encoder and any methods, with 95 % intervals, and against a
    random map.
    """
    from seewhy.similarity.evaluation import MAP_METHODS, EvaluationSettings
    from seewhy.similarity.evaluation_run import evaluate
    from seewhy.similarity.pair_files import list_views, read_pairs
    from seewhy.similarity.settings_changes import change_settings

    if (pairs is None) == (not pictures):
        raise typer.BadParameter("Name pictures or folders, or --pairs CSV; not both.")
    sources = list_views(pictures or []) if pairs is None else read_pairs(pairs)
    if count is not None and count < len(sources):
        sources = [sources[place * len(sources) // count] for place in range(count)]
    settings = EvaluationSettings(
        methods=choose_methods(methods) if methods else MAP_METHODS,
        compat=compat,
        by_method=change_settings(
            changes or [],
            compat=compat,
            window=window,
            stride=stride,
            mode="fast" if fast else None,
        ),
        steps=steps,
        sensitivity_draws=sensitivity_draws,
        checks_sanity=sanity,
    )
    report = evaluate(
        load_pair_model(model, weights, device, layer),
        sources,
        settings=settings,
        recipe=views or "simclr",
        plain_first=plain_first,
        folder=save,
        batch_size=batch_size,
        seed=seed,
        precision="bf16" if bf16 else "float32",
        progress=not quiet and not as_json,
    )
    written = _write(report, html, save)
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        _show(report, written)
    leave_with_failures(len(report.failures))


def _write(report: EvaluationReport, html: Path | None, save: Path | None) -> list[Path]:
    from seewhy.reports.html import write_html

    written = []
    title = f"{report.provenance.model}: evaluation of similarity maps"
    if html is not None:
        written.append(write_html(report, html, title=title))
    if save is not None:
        report.save(save)
        written.append(write_html(report, save / "index.html", title=title))
    return written


def _tell(score: MeanScore | None) -> str:
    """A cell: mean and half of its interval, colored by how chance does."""
    if score is None:
        return "-"
    text = f"{score.mean:.3f} ± {(score.high - score.low) / 2:.3f}"
    color = {"better": "green", "worse": "red"}.get(score.verdict or "")
    return f"[{color}]{text}[/{color}]" if color else text


def _show(report: EvaluationReport, written: list[Path]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from seewhy.similarity.catalogue import METHODS
    from seewhy.similarity.evaluation import MEASURES

    shown = [m for m in MEASURES if any(m in row for row in report.table.values())]
    console = make_console()
    console.print(
        f"{report.provenance.model}, {len(report.pairs)} pairs, mean ± half of the 95 % interval"
    )
    for start in range(0, len(shown), COLUMNS):
        group = shown[start : start + COLUMNS]
        arrows = [f"{m} {'↑' if MEASURES[m].is_high_good else '↓'}" for m in group]
        table = Table("", *arrows)
        for method, row in report.table.items():
            table.add_row(METHODS[method].title, *(_tell(row.get(m)) for m in group))
        console.print(table)
    console.print("[dim]Green: better than the random map on the same pairs; red: worse.[/dim]")
    for note in report.notes:
        console.print(f"[dim]{escape(note)}[/dim]")
    for failure in report.failures:
        console.print(f"[red]left out[/red] {escape(failure.reason)}")
    for path in written:
        console.print(f"Wrote {escape(str(path))}.")
