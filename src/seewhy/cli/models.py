"""``seewhy models``: what there is to load, and how a model is built."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli.console import AsJson, Device, make_console, print_json

if TYPE_CHECKING:
    from seewhy.encoders.base import TorchImageEncoder

models_app = typer.Typer(
    name="models", help="List the encoders, or look into one.", no_args_is_help=True
)


@models_app.command("list")
def list_models_command(as_json: AsJson = False) -> None:
    """List the bundled encoders, and the families that name many others."""
    from rich.table import Table  # inside: --help stays instant

    from seewhy.encoders.catalogue import list_encoders

    entries = list_encoders()
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    table = Table("name", "what it is", "installed")
    for entry in entries:
        table.add_row(entry.name, entry.about, "yes" if entry.is_installed else "no")
    make_console().print(table)


@models_app.command("probe")
def probe_model_command(
    name: Annotated[str, typer.Argument(help="As in `seewhy models list`.")],
    weights: Annotated[
        str | None,
        typer.Option(help="A file; for openclip and timm also a pretrained tag or `random`."),
    ] = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Send a picture through a model and say how it is built, and what it wants of pictures."""
    from rich.table import Table

    from seewhy.encoders.catalogue import load_encoder

    encoder = load_encoder(name, weights=weights, device=device)
    head = describe_head(encoder)
    layout, preprocessing = asdict(encoder.layout), asdict(encoder.preprocessing)
    if as_json:
        found = {"name": encoder.name, "digest": encoder.digest, "head": head}
        print_json({**found, "layout": layout, "preprocessing": preprocessing})
        return
    table = Table("", "found", title=encoder.name, title_justify="left")
    for field, value in [("digest", encoder.digest[:16]), *layout.items()]:
        table.add_row(field.replace("_", " "), describe(value))
    table.add_row("head", describe(head))
    table.add_section()
    for field, value in preprocessing.items():
        table.add_row(field.replace("_", " "), describe(value))
    make_console().print(table)


def describe_head(encoder: TorchImageEncoder) -> str | None:
    """What stands between pooled features and the embedding, where that is known: its widths."""
    from torch import nn

    from seewhy.encoders.headed import HeadedImageEncoder

    if not isinstance(encoder, HeadedImageEncoder) or encoder.head is None:
        return None
    layers = [layer for layer in encoder.head.modules() if isinstance(layer, nn.Linear)]
    widths = [layers[0].in_features, *(layer.out_features for layer in layers)]
    pooled = "mean of the map" if encoder.pooling == "mean" else "class token"
    return f"{pooled}: {' > '.join(map(str, widths))}"


def describe(value: object) -> str:
    """A value in a cell: sizes as 14 x 14, long lists by their ends."""
    if isinstance(value, str):
        return str(value)
    if not isinstance(value, tuple):
        return "-" if value is None else str(value)
    if len(value) > 4:
        return f"{value[0]} ... {value[-1]} ({len(value)})"
    if len(value) == 2 and all(isinstance(side, int) for side in value):
        return f"{value[0]} x {value[1]}"
    return ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in value)
