"""``seewhy evaluate captions``: captions before and after editing, on the same pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli.console import (
    AsJson,
    Quiet,
    Seed,
    give_result,
    leave_with_failures,
    make_console,
)

if TYPE_CHECKING:
    from seewhy.captions.edit_evaluation import EditEvaluation


def evaluate_captions_command(
    base: Annotated[Path, typer.Argument(help="Captions before editing.")],
    edited: Annotated[Path, typer.Argument(help="Captions after editing.")],
    references: Annotated[
        Path, typer.Argument(help="True captions: COCO, JSON by id, JSON lines, Karpathy.")
    ],
    metrics: Annotated[
        str, typer.Option(help="Comma-separated, see `seewhy score`.")
    ] = "bleu,rouge-l,cider-d",
    tokenizer: Annotated[
        Literal["ptb", "ptb-java", "whitespace"],
        typer.Option(help="Ours, Stanford's (needs Java), or split at spaces."),
    ] = "ptb",
    rounds: Annotated[int, typer.Option(min=1, help="Resamples of the comparison.")] = 10_000,
    save: Annotated[Path | None, typer.Option(help="Folder for JSON, arrays and figure.")] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Are captions better after editing, and is the difference real?"""
    from seewhy.captions.caption_sources import read_existing_captions, read_references
    from seewhy.captions.edit_evaluation import evaluate_edits

    found = evaluate_edits(
        read_existing_captions(base),
        read_existing_captions(edited),
        read_references(references),
        metrics=[name.strip() for name in metrics.split(",")],
        tokenizer=tokenizer,
        rounds=rounds,
        seed=seed,
        progress=not quiet and not as_json,
    )
    give_result(found, _show, save, as_json=as_json, quiet=quiet)
    leave_with_failures(len(found.comparison.second.missing))


def _show(found: EditEvaluation) -> None:
    from rich.table import Table

    console = make_console()
    columns = ("metric", "before", "after", "difference", "interval", "p", "better", "worse")
    table = Table(*columns, title=f"{found.items} pictures")
    for one in found.comparison.differences:
        low, high = one.interval
        fate = found.fates.get(one.metric)
        table.add_row(
            one.metric, f"{one.first:.5f}", f"{one.second:.5f}", f"{one.difference:+.5f}",
            f"{low:+.5f} to {high:+.5f}", f"{one.p_value:.4f}",
            str(fate.better) if fate else "", str(fate.worse) if fate else "",
        )  # fmt: skip
    console.print(table)
    words = found.words
    console.print(
        f"{found.changed} captions changed, {found.unchanged} left as they were; words: "
        f"{words['keep']} kept, {words['replace']} replaced, {words['insert']} inserted, "
        f"{words['delete']} deleted."
    )
    if found.left_out:
        console.print(f"[yellow]note[/yellow] {found.left_out} captions that one file lacks.")
    for warning in found.comparison.second.warnings:
        console.print(f"[yellow]note[/yellow] {warning}")
    for name, reason in found.comparison.second.missing.items():
        console.print(f"[yellow]missing[/yellow] {name}: {reason}")
