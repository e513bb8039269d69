"""``seewhy world``: look at the embedded world, or write a part of it to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seewhy.cli.console import Quiet, Seed

world_app = typer.Typer(
    no_args_is_help=True, help="The embedded world of drawn scenes with known truth."
)

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
Split = Annotated[str, typer.Option(help="train, validation, test or held-out.")]
Size = Annotated[int, typer.Option(min=32, max=1024, help="Height and width in pixels.")]
Count = Annotated[int, typer.Option(min=1, help="Number of scenes.")]


@world_app.command("show")
def show_command(
    count: Count = 30,
    size: Size = 224,
    seed: Seed = 0,
    split: Split = "test",
    masks: Annotated[bool, typer.Option(help="Tint the parts of every thing.")] = False,
    out: Annotated[Path, typer.Option(help="Picture to write.")] = Path("world.png"),
    quiet: Quiet = False,
) -> None:
    """Draw a contact sheet of scenes with their captions."""
    if out.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(
            f"It must end in one of {', '.join(_PICTURES)}, got {out.name!r}.", param_hint="--out"
        )
    from seewhy.world.contact_sheet import make_contact_sheet
    from seewhy.world.sampling import sample_scene

    scenes = [sample_scene(seed + number, split=split) for number in range(count)]
    out.parent.mkdir(parents=True, exist_ok=True)
    make_contact_sheet(scenes, size=size, masks=masks).save(out)
    if not quiet:
        typer.echo(f"{count} scenes on {out}.")


@world_app.command("export")
def export_command(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if it is not there.")],
    count: Count = 100,
    size: Size = 224,
    seed: Seed = 0,
    split: Split = "test",
    quiet: Quiet = False,
) -> None:
    """Write pictures, and scenes.jsonl with the scene graph and captions of each."""
    from seewhy.world.export import export_scenes

    export_scenes(folder, split=split, size=size, start=seed, count=count)
    if not quiet:
        typer.echo(f"{count} pictures and scenes.jsonl in {folder}.")
