"""``seewhy score``: captions against references, and one system against another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli.console import AsJson, Quiet, Seed, leave_with_failures, make_console, print_json

if TYPE_CHECKING:
    from seewhy.scores.report import ComparisonReport, ScoreReport


def score_command(
    results: Annotated[Path, typer.Argument(help="Captions to judge.")],
    references: Annotated[Path, typer.Argument(help="Captions to judge them by.")],
    metrics: Annotated[
        str, typer.Option(help="Of bleu, rouge-l, cider, meteor, spice; or all.")
    ] = "bleu,rouge-l,cider",
    ids: Annotated[
        Path | None,
        typer.Option(help="Ids to score, a JSON list or one a line: the filtered protocol."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Captions of another system: is the difference real?")
    ] = None,
    tokenizer: Annotated[
        Literal["ptb", "ptb-java", "whitespace"],
        typer.Option(help="Ours, Stanford's (needs Java), or split at spaces."),
    ] = "ptb",
    training: Annotated[
        Path | None, typer.Option(help="Captions trained on, to tell which results are novel.")
    ] = None,
    per_item: Annotated[
        Path | None, typer.Option(help="Table of scores by item to write: .csv or .parquet.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Folder for JSON, arrays and figure.")] = None,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Seconds that METEOR and SPICE may take each.")
    ] = 1800,
    rounds: Annotated[int, typer.Option(min=1, help="Resamples of a comparison.")] = 10_000,
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score captions with coco-caption's digits, and say how sure a difference is.

    Files are recognized by their content: COCO results, COCO annotations, JSON by id, JSON lines,
    or CSV of two columns.
    """
    from seewhy.scores.caption_files import read_captions, read_ids, read_single_captions
    from seewhy.scores.scoring import METRICS
    from seewhy.scores.scoring import compare as compare_results
    from seewhy.scores.scoring import score as score_results

    if per_item is not None:
        _check_table(per_item)
    wanted = list(METRICS) if metrics == "all" else [m.strip() for m in metrics.split(",")]
    kept = read_ids(ids) if ids else None
    known = [t for texts in read_captions(training).values() for t in texts] if training else None
    candidates, truth = read_single_captions(results), read_captions(references)
    if compare is None:
        report = score_results(
            candidates,
            truth,
            metrics=wanted,
            ids=kept,
            tokenizer=tokenizer,
            training=known,
            timeout=time_limit,
            progress=not quiet and not as_json,
        )
        first = report
    else:
        report = compare_results(
            read_single_captions(compare),
            candidates,
            truth,
            metrics=wanted,
            ids=kept,
            tokenizer=tokenizer,
            training=known,
            timeout=time_limit,
            progress=not quiet and not as_json,
            rounds=rounds,
            seed=seed,
        )
        first = report.second
    if per_item is not None:
        _write_table(first, per_item)
    if save is not None:
        report.save(save)
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        _show(first)
        if compare is not None:
            _show_differences(report, results, compare)  # pyright: ignore[reportArgumentType]
    leave_with_failures(len(first.missing))


def _check_table(path: Path) -> None:
    from seewhy.errors import InvalidArgumentError

    if path.suffix.lower() not in (".csv", ".parquet"):
        raise InvalidArgumentError(f"--per-item writes .csv or .parquet, got {path}.")


def _write_table(report: ScoreReport, path: Path) -> None:
    frame = report.to_frame()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)


def _show(report: ScoreReport) -> None:
    from rich.table import Table

    console = make_console()
    table = Table("metric", "score", "signature")
    for name, value in report.corpus.items():
        table.add_row(name, f"{value:.5f}", report.signatures[name])
    for name, reason in report.missing.items():
        table.add_row(name, "missing", reason)
    console.print(table)
    varied = report.diversity
    novel = "" if varied.novel is None else f", {varied.novel:.1%} novel"
    console.print(
        f"{len(report.ids)} items; {varied.vocabulary} words, distinct-1 {varied.distinct_1:.3f}, "
        f"distinct-2 {varied.distinct_2:.3f}, {varied.mean_length:.1f} words a caption, "
        f"{varied.repeated:.1%} repeated{novel}"
    )
    for warning in report.warnings:
        console.print(f"[yellow]note[/yellow] {warning}")


def _show_differences(report: ComparisonReport, results: Path, other: Path) -> None:
    from rich.table import Table

    title = f"{results.name} minus {other.name}"
    table = Table("metric", other.name, results.name, "difference", "interval", "p", title=title)
    for found in report.differences:
        low, high = found.interval
        table.add_row(
            found.metric, f"{found.first:.5f}", f"{found.second:.5f}", f"{found.difference:+.5f}",
            f"{low:+.5f} to {high:+.5f}", f"{found.p_value:.4f}",
        )  # fmt: skip
    make_console().print(table)
