"""``seewhy``: every verb, each in a file of its own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seewhy import __version__
from seewhy.cli.answer import answer_command
from seewhy.cli.bench import bench_app
from seewhy.cli.caption import caption_command
from seewhy.cli.compare import compare_command
from seewhy.cli.concepts import concepts_command
from seewhy.cli.console import EXIT_WRONG_USE, print_error
from seewhy.cli.convert import convert_command
from seewhy.cli.datasets import datasets_app
from seewhy.cli.derive import derive_app
from seewhy.cli.edit import edit_command
from seewhy.cli.evaluate import evaluate_app
from seewhy.cli.evaluate_captions import evaluate_captions_command
from seewhy.cli.evaluate_similarity import evaluate_similarity_command
from seewhy.cli.features import features_command
from seewhy.cli.models import models_app
from seewhy.cli.score import score_command
from seewhy.cli.study import study_app
from seewhy.cli.train import train_app
from seewhy.cli.train_captions import train_captions_command
from seewhy.cli.train_rationales import train_rationales_command
from seewhy.cli.world import world_app
from seewhy.errors import SeewhyError

app = typer.Typer(
    name="seewhy",
    help="See why a vision or vision-language model answers as it does, in words and pictures.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("concepts")(concepts_command)
app.command("compare")(compare_command)
app.command("answer")(answer_command)
app.command("caption")(caption_command)
app.command("edit")(edit_command)
app.command("score")(score_command)
app.command("features")(features_command)
train_app.command("captions")(train_captions_command)
train_app.command("rationales")(train_rationales_command)
app.command("convert")(convert_command)
evaluate_app.command("captions")(evaluate_captions_command)
evaluate_app.command("similarity")(evaluate_similarity_command)
app.add_typer(train_app, name="train")
app.add_typer(models_app, name="models")
app.add_typer(datasets_app, name="datasets")
app.add_typer(derive_app, name="derive")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(world_app, name="world")
app.add_typer(bench_app, name="bench")
app.add_typer(study_app, name="study")


def print_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"seewhy {__version__}")
        raise typer.Exit


@app.callback()
def seewhy(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Show version.")
    ] = False,
) -> None:
    """See why a vision or vision-language model answers as it does, in words and pictures."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; what seewhy raises on purpose becomes one sentence and exit code 2."""
    try:
        app(args=arguments)
    except SeewhyError as error:
        print_error(str(error))
        sys.exit(EXIT_WRONG_USE)
    except OSError as error:  # a folder that cannot be written, a full disk
        if error.filename is None:
            raise
        print_error(f"{error.filename}: {error.strerror}.")
        sys.exit(EXIT_WRONG_USE)


if __name__ == "__main__":
    main()
