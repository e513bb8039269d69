"""``seewhy train``: models of your own, by the recipes the bundled ones were trained by."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from seewhy.cli.console import AsJson, Quiet, make_console, print_json

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


@train_app.command("dual-encoder")
def train_dual_encoder_command(
    out: Annotated[Path, typer.Option(help="Folder for the model, its log and its checkpoint.")],
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
    scenes: Annotated[int | None, typer.Option(help="Scenes of the world to learn from.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps to train.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pairs in a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the run repeatable.")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, or auto for what accelerate finds.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
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
    if as_json:
        print_json({"folder": str(out), "scores": scores})
    elif not quiet:
        lines = [f"  {name:18} {value:.3f}" for name, value in scores.items()]
        make_console().print("\n".join([f"Trained {out}. On unseen pictures:", *lines]))
