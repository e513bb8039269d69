"""What every command shares: options of one name, printing, and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from seewhy.results import Result

Found = TypeVar("Found", bound="Result")

EXIT_DONE = 0
EXIT_SOME_FAILED = 1
EXIT_WRONG_USE = 2

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on standard output.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Seed = Annotated[int, typer.Option(help="Makes the run repeatable.")]
BatchSize = Annotated[int, typer.Option(min=1, help="Pictures in one forward pass.")]
Device = Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:1, mps.")]


def make_console(*, stderr: bool = False) -> Console:
    """A console that wraps to the terminal, and prints plainly where there is none."""
    from rich.console import Console

    return Console(
        stderr=stderr, highlight=False, soft_wrap=not typer.get_text_stream("stdout").isatty()
    )


def print_json(value: Any) -> None:
    """Print ``value`` as JSON on standard output, and nothing else."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def give_result(
    found: Found,
    show: Callable[[Found], None],
    save: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Save a result where that is asked for, and print it: as JSON, or as ``show`` does."""
    if save is not None:
        found.save(save)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        show(found)


def print_error(message: str) -> None:
    """Print one sentence on standard error."""
    typer.secho(f"Error: {message}", err=True, fg=typer.colors.RED)


def leave_with_failures(number: int) -> None:
    """End the command with exit code 1 if some items failed.

    Raises:
        typer.Exit: with code 1, if ``number`` is not 0.
    """
    if number:
        raise typer.Exit(EXIT_SOME_FAILED)
