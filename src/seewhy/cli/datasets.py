"""``seewhy datasets``: what there is of the published data sets, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli.console import (
    AsJson,
    Quiet,
    give_result,
    leave_with_failures,
    make_console,
)

if TYPE_CHECKING:
    from seewhy.datasets.completeness import DatasetCheck, SplitCheck

datasets_app = typer.Typer(no_args_is_help=True, help="The published data sets on this machine.")
SHOWN = 3


@datasets_app.callback()
def datasets_group() -> None:
    """The published data sets on this machine."""


@datasets_app.command("check")
def check_command(
    folder: Annotated[Path, typer.Argument(help="Folder to look through.")],
    images: Annotated[
        Path | None, typer.Option(help="Folder of all pictures, if they are elsewhere.")
    ] = None,
    list_missing: Annotated[
        Path | None, typer.Option(help="Text file to write the missing pictures to.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Folder for JSON and figure.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which data sets are complete and what is missing, with counts.

    Exit code 1 if a file that is there is unreadable, of another size than known, or lacks
    pictures.
    """
    from seewhy.datasets.completeness import check_datasets

    found = check_datasets(folder, images=images, progress=not quiet and not as_json)
    if list_missing is not None:
        names = [name for split in found.splits for name in split.missing_pictures or ()]
        list_missing.write_text("".join(f"{name}\n" for name in dict.fromkeys(names)), "utf-8")
    give_result(found, _show, save, as_json=as_json, quiet=quiet)
    leave_with_failures(
        sum(
            split.state in ("unreadable", "other size") or bool(split.missing_pictures)
            for split in found.splits
        )
    )


def _show(found: DatasetCheck) -> None:
    from rich.table import Table

    table = Table("data set", "split", "state", "examples", "explanations", "pictures missing")
    for split in found.splits:
        table.add_row(
            split.task,
            split.split,
            split.state,
            _count(split),
            f"{split.explanations:,}" if split.path else "",
            _say_pictures(split),
        )
    console = make_console()
    console.print(table)
    for task, (explanations, expected) in found.totals.items():
        console.print(f"{task}: {explanations:,} explanations in all; the paper says {expected:,}.")
    for split in found.splits:
        if split.problem:
            console.print(f"[yellow]note[/yellow] {split.task}, {split.split}: {split.problem}")
        if split.missing_pictures:
            shown = ", ".join(split.missing_pictures[:SHOWN])
            console.print(f"[yellow]note[/yellow] {split.task}, {split.split} lacks {shown}, ...")


def _count(split: SplitCheck) -> str:
    if split.expected is None:
        return f"{split.examples:,}" if split.path else ""
    return f"{split.examples:,} of {'' if split.is_exact else '~'}{split.expected:,}"


def _say_pictures(split: SplitCheck) -> str:
    if split.path is None or split.state == "unreadable":
        return ""
    if split.missing_pictures is None:
        return "no folder"
    return f"{len(split.missing_pictures):,} of {split.pictures:,}"
