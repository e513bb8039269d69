"""``seewhy train captions``: captioners and editors of captions, stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli.console import AsJson, Quiet
from seewhy.cli.training import (
    Bf16,
    LearningRate,
    Resume,
    RunDevice,
    RunFolder,
    RunSeed,
    Scenes,
    Track,
    tell_scores,
)

if TYPE_CHECKING:
    from seewhy.captions.recipe import FileCaptions, WorldCaptions


def train_captions_command(
    out: RunFolder,
    preset: Annotated[
        str,
        typer.Option(
            help="Stage: up-down, adaptive-attention, editnet, dcnet, dcnet-mse, modification, "
            "or up-down-reward, editnet-reward, dcnet-reward (self-critical)."
        ),
    ] = "editnet",
    data: Annotated[
        str, typer.Option(help="`world`, or a captions file: JSON lines, COCO, Karpathy.")
    ] = "world",
    features: Annotated[
        Path | None, typer.Option(help="Store of the pictures' features (`seewhy features`).")
    ] = None,
    existing: Annotated[
        list[Path] | None,
        typer.Option(help="Captions to be edited, COCO results; once for each split."),
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option(help="Folder of the stage before, to begin with.")
    ] = None,
    scenes: Scenes = None,
    encoder: Annotated[
        str | None, typer.Option(help="Whose features of scenes are seen (`seewhy models list`).")
    ] = None,
    dim: Annotated[int | None, typer.Option(help="Width, where it is not the published.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Where it is not 0.5.")] = None,
    sentences: Annotated[
        str | None,
        typer.Option(
            help="What modification reads captions by: dan, as published; attentive, which "
            "knows the order of words; or a text encoder, as text:FOLDER."
        ),
    ] = None,
    min_count: Annotated[
        int | None, typer.Option(help="How often a word must occur to be learned.")
    ] = None,
    longest: Annotated[int | None, typer.Option(help="Words of a caption at most.")] = None,
    samples: Annotated[int | None, typer.Option(help="Captions drawn for a reward.")] = None,
    baseline: Annotated[
        Literal["greedy", "leave-one-out"] | None, typer.Option(help="What a reward is above.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the captions.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Captions in a step.")] = None,
    learning_rate: LearningRate = None,
    seed: RunSeed = None,
    device: RunDevice = None,
    bf16: Bf16 = False,
    track: Track = False,
    resume: Resume = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a captioner, or an editor of captions, by a published stage.

    Several processes: `torchrun --nproc_per_node 2 -m seewhy train captions ...`.
    """
    from seewhy.captions.presets import RecipeChanges, change_preset, find_preset
    from seewhy.captions.recipe import run_caption_recipe

    changes = RecipeChanges(
        data=_find_data(data, features, existing or [], scenes, encoder),
        start_from=None if start_from is None else str(start_from.resolve()),
        dim=dim,
        dropout=dropout,
        sentences=sentences,
        min_count=min_count,
        longest=longest,
        num_samples=samples,
        baseline=baseline,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
        use_bf16=bf16 or None,
    )
    chosen = change_preset(find_preset(preset), changes)
    progress = not (quiet or as_json)
    scores = run_caption_recipe(chosen, out, resume=resume, progress=progress, tracks=track)
    tell_scores(out, scores, as_json=as_json, quiet=quiet)


def _find_data(
    data: str, features: Path | None, existing: list[Path], scenes: int | None, encoder: str | None
) -> FileCaptions | WorldCaptions:
    from dataclasses import replace

    from seewhy.captions.recipe import FileCaptions, WorldCaptions
    from seewhy.errors import InvalidArgumentError

    if data == "world":
        if features is not None or existing:
            raise InvalidArgumentError(
                "--features and --existing go with a captions file, and --data is the world."
            )
        world = WorldCaptions()
        return replace(world, scenes=scenes or world.scenes, encoder=encoder or world.encoder)
    if scenes is not None or encoder is not None:
        raise InvalidArgumentError(f"--scenes and --encoder are for the world; --data is {data}.")
    return FileCaptions(
        captions=str(Path(data).resolve()),
        features=None if features is None else str(features.resolve()),
        existing=tuple(str(path.resolve()) for path in existing),
    )
