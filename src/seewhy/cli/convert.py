"""``seewhy convert``: checkpoints that others published, as folders of seewhy's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from seewhy.cli.console import AsJson, make_console, print_json


def convert_command(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of the checkpoint.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    task: Annotated[
        str | None,
        typer.Option(help="What it was trained for, where it does not show it; or unified."),
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Folder of its tokenizer, where it is not beside it.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="CLIP ViT-B/16, as openclip:... or hf:NAME_OR_FOLDER.")
    ] = None,
    encoder_weights: Annotated[
        str | None, typer.Option(help="Weights of that encoder: a tag, or a file.")
    ] = None,
    concept_head: Annotated[
        Path | None, typer.Option(help="linear_probe_12.tar, for e-SNLI-VE with concepts.")
    ] = None,
    concepts: Annotated[
        Path | None, typer.Option(help="vg_concept_word2index.json, which goes with it.")
    ] = None,
    compat: Annotated[
        Literal["published"] | None, typer.Option(help="Have it do as the released code does.")
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="Keep weights in 16 bits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Convert a checkpoint of NLX-GPT or Uni-NLX: safetensors, one tokenizer file, its task."""
    from seewhy.rationales.official import load_official

    model = load_official(
        checkpoint,
        task=task,
        tokenizer=tokenizer,
        encoder=encoder,
        encoder_weights=encoder_weights,
        concept_head=concept_head,
        concepts=concepts,
        compat=compat,
    )
    model.save_pretrained(out, half=half)
    if as_json:
        print_json({"folder": str(out), "tasks": list(model.config.tasks)})
        return
    make_console().print(f"Wrote {out}: a model for {', '.join(model.config.tasks)}.")
