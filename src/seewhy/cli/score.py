"""``seewhy score``: captions against references, and one system against another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli.console import Device, Quiet, Seed, leave_with_failures, make_console, print_json

if TYPE_CHECKING:
    from seewhy.scores.model_inputs import ScoringModels
    from seewhy.scores.report import ComparisonReport, ScoreReport

STANDARD_OUTPUT = Path("-")
METRIC_HELP = (
    "Of bleu, rouge-l, cider, meteor, spice, bertscore (with --bert), clip-score (with --images), "
    "sentence-similarity (with --sentences); or all."
)


def score_command(
    results: Annotated[Path, typer.Argument(help="Captions to judge.")],
    references: Annotated[Path, typer.Argument(help="Captions to judge them by.")],
    metrics: Annotated[str, typer.Option(help=METRIC_HELP)] = "bleu,rouge-l,cider",
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
    bert: Annotated[
        str | None, typer.Option(help="Text encoder of BERTScore: a hub name or a folder.")
    ] = None,
    layer: Annotated[
        int | None, typer.Option(help="Its layer; default: the one recommended for its name.")
    ] = None,
    idf: Annotated[bool, typer.Option("--idf", help="BERTScore: rare words weigh more.")] = False,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures, for clip-score; named by id.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="Encoder of clip-score: see `seewhy models list`.")
    ] = "mini:photo-clip",
    weights: Annotated[
        str | None, typer.Option(help="Weights of --model: a tag, a file, or 'random'.")
    ] = None,
    sentences: Annotated[
        str | None,
        typer.Option(help="Sentence encoder of sentence-similarity: a hub name or a folder."),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Texts or pictures in one forward pass.")
    ] = 64,
    device: Device = "cpu",
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="File to write everything to; - for standard output."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Score captions with coco-caption's digits, and say how sure a difference is.

    Files are recognized by their content: COCO results, COCO annotations, JSON by id, JSON lines,
    or CSV of two columns.
    """
    from seewhy.scores.caption_files import read_captions, read_ids, read_single_captions
    from seewhy.scores.metrics import METRICS
    from seewhy.scores.model_inputs import ScoringModels
    from seewhy.scores.scoring import compare as compare_results
    from seewhy.scores.scoring import score as score_results

    if per_item is not None:
        _check_table(per_item)
    wanted = list(METRICS) if metrics == "all" else [m.strip() for m in metrics.split(",")]
    kept = read_ids(ids) if ids else None
    known = [t for texts in read_captions(training).values() for t in texts] if training else None
    candidates, truth = read_single_captions(results), read_captions(references)
    models = ScoringModels(
        bert=bert, layer=layer, idf=idf, sentence_encoder=sentences, batch_size=batch_size,
        device=device,
    )  # fmt: skip
    if images is not None:
        models = _add_pictures(models, images, kept or list(candidates), model, weights)
    shows_progress = not quiet and json_file != STANDARD_OUTPUT
    if compare is None:
        report = score_results(
            candidates, truth, metrics=wanted, ids=kept, tokenizer=tokenizer, training=known,
            models=models, timeout=time_limit, progress=shows_progress,
        )  # fmt: skip
        first = report
    else:
        report = compare_results(
            read_single_captions(compare), candidates, truth, metrics=wanted, ids=kept,
            tokenizer=tokenizer, training=known, models=models, timeout=time_limit,
            progress=shows_progress, rounds=rounds, seed=seed,
        )  # fmt: skip
        first = report.second
    _keep(report, first, per_item=per_item, save=save, json_file=json_file)
    if not quiet and json_file != STANDARD_OUTPUT:
        _show(first)
        if compare is not None:
            _show_differences(report, results, compare)  # pyright: ignore[reportArgumentType]
    leave_with_failures(len(first.missing))


def _add_pictures(
    models: ScoringModels, folder: Path, ids: list[str], model: str, weights: str | None
) -> ScoringModels:
    from dataclasses import replace

    from seewhy.encoders.catalogue import load_encoder
    from seewhy.scores.picture_files import match_pictures

    pictures = match_pictures(folder, ids)
    encoder = load_encoder(model, weights=weights, device=models.device)
    return replace(models, images=pictures, dual_encoder=encoder)


def _keep(
    report: ScoreReport | ComparisonReport,
    first: ScoreReport,
    *,
    per_item: Path | None,
    save: Path | None,
    json_file: Path | None,
) -> None:
    """Write what was asked for."""
    if per_item is not None:
        _write_table(first, per_item)
    if save is not None:
        report.save(save)
    if json_file == STANDARD_OUTPUT:
        print_json(report.to_dict())
    elif json_file is not None:
        import json

        text = json.dumps(report.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(text + "\n", encoding="utf-8")


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
