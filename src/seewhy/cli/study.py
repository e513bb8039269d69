"""``seewhy study``: experiments that train and compare several models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli.console import AsJson, Quiet, make_console, print_json
from seewhy.cli.training import (
    LearningRate,
    RunDevice,
    Scenes,
)
from seewhy.errors import InvalidArgumentError

if TYPE_CHECKING:
    from seewhy.rationales.study_report import RationaleStudy

study_app = typer.Typer(no_args_is_help=True, help="Train several models and compare them.")


@study_app.callback()
def study_group() -> None:
    """Train several models and compare them."""


@study_app.command("rationales")
def study_rationales_command(
    out: Annotated[Path, typer.Option(help="Folder of the study; one that stopped goes on there.")],
    recipe: Annotated[str, typer.Option(help="Of the unified model.")] = "uni-nlx-mini",
    task: Annotated[
        list[str] | None, typer.Option(help="A task, two or more; all seven by default.")
    ] = None,
    budget: Annotated[
        Literal["examples", "share", "steps"],
        typer.Option(
            help="How long a separate model learns: until it has seen each example as often, "
            "the unified model's steps over the number of tasks, or as many steps."
        ),
    ] = "examples",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each model.")] = 1,
    test_scenes: Annotated[int, typer.Option(min=8, help="Unseen scenes to be judged on.")] = 200,
    unified: Annotated[
        str | None, typer.Option(help="A trained unified model, as mini:uni-nlx.")
    ] = None,
    separate: Annotated[
        list[str] | None, typer.Option(help="TASK=MODEL, a trained separate one.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Whose patches to look at (see `seewhy models list`).")
    ] = None,
    scenes: Scenes = None,
    width: Annotated[int | None, typer.Option(help="Of the decoders.")] = None,
    depth: Annotated[int | None, typer.Option(help="Their blocks.")] = None,
    heads: Annotated[int | None, typer.Option(help="Their attention heads.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of the unified model.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows in a step.")] = None,
    learning_rate: LearningRate = None,
    seed: Annotated[int | None, typer.Option(help="The first seed.")] = None,
    device: RunDevice = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """One model for all tasks against one for each (Uni-NLX), on unseen scenes of the world.

    Writes result.json, table.md, figure.png and study.html into the folder.
    """
    from seewhy.rationales.recipes import RecipeChanges, change_recipe, find_recipe
    from seewhy.rationales.study import study_rationales
    from seewhy.rationales.study_pages import summarize_study
    from seewhy.rationales.study_plan import UNIFIED, StudySettings
    from seewhy.reports.html import write_html

    changes = RecipeChanges(
        scenes=scenes,
        tasks=tuple(dict.fromkeys(task)) if task else None,
        encoder=encoder,
        width=width,
        depth=depth,
        heads=heads,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
    )
    settings = StudySettings(
        recipe=change_recipe(find_recipe(recipe), changes),
        budget=budget,
        seeds=seeds,
        scenes=test_scenes,
        given={**_read_pairs(separate or []), **({UNIFIED: unified} if unified else {})},
    )
    found = study_rationales(settings, out, progress=not (quiet or as_json))
    found.save(out)
    page = write_html(found, out / "study.html", title="One model against several")
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        _show(found)
        make_console().print(f"{summarize_study(found)}\nThe page: {page}")


def _read_pairs(texts: list[str]) -> dict[str, str]:
    """``TASK=MODEL`` as a mapping."""
    pairs = {}
    for text in texts:
        task, sign, model = text.partition("=")
        if not sign or not model:
            raise InvalidArgumentError(
                f"Separate models are named as TASK=MODEL, as vqa-x=runs/vqa-x; got {text!r}."
            )
        pairs[task] = model
    return pairs


def _show(found: RationaleStudy) -> None:
    from rich.table import Table

    from seewhy.rationales.study_pages import list_tables

    for title, rows in list_tables(found).items():
        table = Table(*rows[0], title=title)
        for row in rows[1:]:
            table.add_row(*row)
        make_console().print(table)
