"""What commands that train share: options of one name, and how scores are told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seewhy.cli.console import make_console, print_json

RunFolder = Annotated[Path, typer.Option(help="Folder for the model, its log and its checkpoint.")]
Scenes = Annotated[int | None, typer.Option(help="Scenes of the world to learn from.")]
Steps = Annotated[int | None, typer.Option(help="Steps to train.")]
LearningRate = Annotated[float | None, typer.Option(help="Highest learning rate.")]
RunSeed = Annotated[int | None, typer.Option(help="Makes the run repeatable.")]
RunDevice = Annotated[str | None, typer.Option(help="cpu, or auto for what accelerate finds.")]
Bf16 = Annotated[bool, typer.Option("--bf16", help="Compute in bfloat16.")]
Track = Annotated[bool, typer.Option("--track", help="Write for TensorBoard too.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")]


def tell_scores(out: Path, scores: dict[str, float], *, as_json: bool, quiet: bool) -> None:
    """Say what was trained and how it does."""
    if as_json:
        print_json({"folder": str(out), "scores": scores})
    elif not quiet:
        lines = [f"  {name:18} {value:.3f}" for name, value in scores.items()]
        heading = f"Trained {out}. On unseen pictures:" if lines else f"Trained {out}."
        make_console().print("\n".join([heading, *lines]))
