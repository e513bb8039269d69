"""``seewhy train``: models of your own, by the recipes the bundled ones were trained by."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from seewhy.cli.console import AsJson, Quiet
from seewhy.cli.training import (
    LearningRate,
    Resume,
    RunDevice,
    RunFolder,
    RunSeed,
    Scenes,
    Steps,
    tell_scores,
)

train_app = typer.Typer(name="train", no_args_is_help=True)


@train_app.callback()
def train_group() -> None:
    """Train a model on the small world or on your own data."""


class Architecture(str, Enum):
    """Image towers."""

    vit = "vit"
    convnet = "convnet"


class Loss(str, Enum):
    """Contrastive losses."""

    infonce = "infonce"
    siglip = "siglip"


class SelfSupervisedObjective(str, Enum):
    """Ways to learn from two views of a picture."""

    simclr = "simclr"
    barlow_twins = "barlow-twins"
    simsiam = "simsiam"


@train_app.command("dual-encoder")
def train_dual_encoder_command(
    out: RunFolder,
    data: Annotated[
        str, typer.Option(help="`world`, or a folder of pictures (then with --captions).")
    ] = "world",
    captions: Annotated[
        Path | None,
        typer.Option(help="Captions of the folder: JSON lines {image, captions, split}, or COCO."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="Bundled model whose recipe to follow.")
    ] = "clip-base",
    architecture: Annotated[
        Architecture | None, typer.Option(help="Image tower, where it is not the recipe's.")
    ] = None,
    loss: Annotated[Loss | None, typer.Option(help="Where it is not the recipe's.")] = None,
    start_from: Annotated[
        str | None, typer.Option(help="Dual encoder to begin with: mini:NAME, or its folder.")
    ] = None,
    distill_from: Annotated[
        str | None, typer.Option(help="Image encoder to imitate (see `seewhy models`).")
    ] = None,
    scenes: Scenes = None,
    steps: Steps = None,
    batch_size: Annotated[int | None, typer.Option(help="Pairs in a step.")] = None,
    learning_rate: LearningRate = None,
    seed: RunSeed = None,
    device: RunDevice = None,
    resume: Resume = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a dual encoder: pictures and texts in one space, as in CLIP.

    Several processes: `torchrun --nproc_per_node 2 -m seewhy train dual-encoder ...`.
    """
    from seewhy.training.recipe import run_recipe  # inside: --help stays instant
    from seewhy.training.recipes import RecipeChanges, change_recipe, find_recipe

    changes = RecipeChanges(
        architecture=architecture.value if architecture else None,
        loss=loss.value if loss else None,
        folder=None if data == "world" else data,
        captions=str(captions) if captions else None,
        scenes=scenes,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
        start_from=start_from,
        distill_from=distill_from,
    )
    chosen = change_recipe(find_recipe(recipe), changes)
    scores = run_recipe(chosen, out, resume=resume, progress=not (quiet or as_json))
    tell_scores(out, scores, as_json=as_json, quiet=quiet)


@train_app.command("self-supervised")
def train_self_supervised_command(
    out: RunFolder,
    data: Annotated[
        list[str] | None,
        typer.Option(help="A folder of pictures, once or several times; without, the world."),
    ] = None,
    objective: Annotated[
        SelfSupervisedObjective | None, typer.Option(help="Where it is not the recipe's.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="simclr, barlow-twins, simsiam, photo-simclr.")] = (
        "simclr"
    ),
    captions: Annotated[
        Path | None, typer.Option(help="Captions of the first folder; its split `train` is taken.")
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(help="Folder with a sub-folder for each class, to be judged by."),
    ] = None,
    asked: Annotated[
        Path | None, typer.Option(help="Folder of the same classes that are to be found.")
    ] = None,
    scenes: Scenes = None,
    size: Annotated[int | None, typer.Option(help="Height and width of a view, pixels.")] = None,
    steps: Steps = None,
    batch_size: Annotated[int | None, typer.Option(help="Pictures in a step.")] = None,
    learning_rate: LearningRate = None,
    seed: RunSeed = None,
    device: RunDevice = None,
    resume: Resume = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train an image encoder without labels: SimCLR, Barlow Twins or SimSiam.

    Judged by nearest neighbors and a linear probe where sub-folders (or the world) name classes.
    """
    from seewhy.training.self_supervised_recipe import run_self_supervised
    from seewhy.training.self_supervised_recipes import RecipeChanges, change_recipe, find_recipe

    changes = RecipeChanges(
        objective=objective.value if objective else None,
        folders=tuple(data or ()),
        captions=str(captions) if captions else None,
        known=str(known) if known else None,
        asked=str(asked) if asked else None,
        scenes=scenes,
        size=size,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
    )
    chosen = change_recipe(find_recipe(recipe), changes)
    scores = run_self_supervised(chosen, out, resume=resume, progress=not (quiet or as_json))
    tell_scores(out, scores, as_json=as_json, quiet=quiet)
