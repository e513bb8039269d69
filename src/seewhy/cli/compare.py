"""``seewhy compare``: why an encoder finds two pictures alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seewhy.cli.console import (
    AsJson,
    BatchSize,
    Device,
    Quiet,
    Seed,
    leave_with_failures,
    make_console,
    print_json,
)

if TYPE_CHECKING:
    from seewhy.similarity.model import PairModel
    from seewhy.similarity.pair_report import PairReport
    from seewhy.similarity.pair_run import PairRun

DEFAULT_MODEL = "mini:photo-simclr"
"""For photographs; of all commands about similarity."""
Model = Annotated[str, typer.Option(help="See `seewhy models list`.")]
Weights = Annotated[
    str | None, typer.Option(help="Weights of the model: a tag, a file, or 'random'.")
]
Layer = Annotated[
    str | None, typer.Option(help="Number or name of the layer whose output is the map.")
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        "-m",
        help="all (what is published), baselines, or names, see docs/similarity.md; repeat, or "
        "separate by commas.",
    ),
]
Views = Annotated[
    Literal["simclr", "barlow-twins", "simsiam", "dino", "dino-resnet50", "explain-cl"] | None,
    typer.Option(help="Compare two random views of one picture, drawn as this encoder's."),
]
PlainFirst = Annotated[
    bool, typer.Option("--plain-first", help="The first view is the plain center of the picture.")
]
Compat = Annotated[
    Literal["default", "published"],
    typer.Option(help="published: as the released code does it, faults included."),
]
Window = Annotated[int | None, typer.Option(min=1, help="Side of occlusion windows in pixels.")]
Stride = Annotated[int | None, typer.Option(min=1, help="Pixels from one window to the next.")]
Fast = Annotated[
    bool, typer.Option("--fast", help="Occlusion of transformers by leaving hidden tokens out.")
]
Bf16 = Annotated[
    bool, typer.Option("--bf16", help="Compute in bfloat16 where no gradient is taken.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="METHOD.FIELD=VALUE: any setting of a method; repeat."),
]


def compare_command(
    first: Annotated[Path | None, typer.Argument(help="A picture.")] = None,
    second: Annotated[Path | None, typer.Argument(help="Another one; none with --views.")] = None,
    model: Model = DEFAULT_MODEL,
    weights: Weights = None,
    method: Methods = None,
    compat: Compat = "default",
    layer: Layer = None,
    other: Annotated[str | None, typer.Option(help="A second model, for model-difference.")] = None,
    views: Views = None,
    plain_first: PlainFirst = False,
    pairs: Annotated[
        Path | None,
        typer.Option(help="CSV of pairs, columns a and b; needs --save, and goes on there."),
    ] = None,
    window: Window = None,
    stride: Stride = None,
    fast: Fast = False,
    bf16: Bf16 = False,
    changes: Changes = None,
    html: Annotated[Path | None, typer.Option(help="HTML page to write.")] = None,
    save: Annotated[
        Path | None, typer.Option(help="Folder for JSON, raw maps (.npz), figures and the page.")
    ] = None,
    batch_size: BatchSize = 32,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show why an encoder finds two pictures, or two views of one, alike: by all six methods.

    Maps are over both pictures: red speaks for the similarity, blue against it.
    """
    from seewhy.encoders.catalogue import load_encoder
    from seewhy.similarity.settings_changes import change_settings

    _check_use(first, second, views, pairs, save, html)
    methods = choose_methods(method)
    settings = change_settings(
        changes or [], compat=compat, window=window, stride=stride, mode="fast" if fast else None
    )
    options: dict[str, Any] = {
        "methods": methods,
        "compat": compat,
        "settings": settings,
        "other": None if other is None else load_encoder(other, device=device),
        "batch_size": batch_size,
        "seed": seed,
        "precision": "bf16" if bf16 else "float32",
        "progress": not quiet and not as_json,
    }
    encoder = load_pair_model(model, weights, device, layer)
    if pairs is not None and save is not None:
        run = _explain_many(encoder, pairs, save, options)
        _tell_run(run, save, as_json=as_json, quiet=quiet)
        leave_with_failures(len(run.failures))
        return
    assert first is not None  # noqa: S101  checked above
    report = _explain_one(encoder, first, second, views, plain_first, options)
    written = _write(report, html, save)
    if as_json:
        print_json(_to_json(report, save))
    elif not quiet:
        _show(report, written)


def choose_methods(names: list[str] | None) -> tuple[str, ...]:
    """Methods by their names; ``all`` and ``baselines`` stand for several."""
    from seewhy.similarity.catalogue import METHODS, find_method

    groups = {
        "all": [name for name, entry in METHODS.items() if not entry.is_baseline],
        "baselines": [name for name, entry in METHODS.items() if entry.is_baseline],
    }
    given = [name.strip() for text in names or ["all"] for name in text.split(",") if name.strip()]
    chosen = [each for name in given or ["all"] for each in groups.get(name, [name])]
    for name in chosen:
        find_method(name)
    return tuple(dict.fromkeys(chosen))


def load_pair_model(name: str, weights: str | None, device: str, layer: str | None) -> PairModel:
    """An encoder with the layer whose output is the map."""
    from seewhy.encoders.catalogue import load_encoder
    from seewhy.similarity.model import PairModel

    encoder = load_encoder(name, weights=weights, device=device)
    place = int(layer) if layer is not None and layer.lstrip("-").isdecimal() else layer
    return PairModel(encoder, layer=place)


def _check_use(
    first: Path | None,
    second: Path | None,
    views: str | None,
    pairs: Path | None,
    save: Path | None,
    html: Path | None,
) -> None:
    """One pair, one picture with its views, or a file of pairs; not two of these."""
    if pairs is not None:
        if first is not None or views is not None:
            raise typer.BadParameter("--pairs names all pictures; give no others, and no --views.")
        if save is None or html is not None:
            raise typer.BadParameter("--pairs needs --save FOLDER, where each pair has its page.")
    elif first is None:
        raise typer.BadParameter("Name two pictures, one with --views, or --pairs CSV.")
    elif (second is None) == (views is None):
        raise typer.BadParameter(
            "Give a second picture, or --views to compare two views of one; not both."
        )


def _explain_one(
    encoder: PairModel,
    first: Path,
    second: Path | None,
    views: str | None,
    plain_first: bool,
    options: dict[str, Any],
) -> PairReport:
    from seewhy.similarity.methods import explain_all
    from seewhy.similarity.pair_report import gather
    from seewhy.similarity.view_pairs import explain_views

    if views is None:
        return gather(explain_all(encoder, first, second, **options))
    return gather(explain_views(encoder, first, recipe=views, plain_first=plain_first, **options))


def _explain_many(encoder: PairModel, pairs: Path, save: Path, options: dict[str, Any]) -> PairRun:
    from seewhy.reports.html import write_html
    from seewhy.similarity.pair_files import read_pairs
    from seewhy.similarity.pair_run import explain_into

    def write_page(report: PairReport, folder: Path) -> None:
        write_html(report, folder / "index.html", title=" and ".join(report.names))

    run = explain_into(save, encoder, read_pairs(pairs), decorate=write_page, **options)
    write_html(run, save / "index.html", title=f"{run.model}: {len(run.items)} pairs")
    return run


def _write(report: PairReport, html: Path | None, save: Path | None) -> list[Path]:
    from seewhy.reports.html import write_html

    written = []
    title = " and ".join(report.names)
    if html is not None:
        written.append(write_html(report, html, title=title))
    if save is not None:
        report.save(save)
        written.append(write_html(report, save / "index.html", title=title))
    return written


def _to_json(report: PairReport, save: Path | None) -> dict[str, Any]:
    from seewhy.results import to_plain
    from seewhy.similarity.pair_report import summarize

    explanations = []
    for found in report.explanations:
        entry = summarize(found)
        entry["arrays"] = None if save is None else str(save / found.method / "arrays.npz")
        explanations.append(entry)
    geometry = report.explanations[0].geometry
    return to_plain(
        {
            "score": report.score,
            "pictures": report.names,
            "views": geometry and geometry.describe(),
            "explanations": explanations,
            "provenance": report.provenance,
        }
    )


def _show(report: PairReport, written: list[Path]) -> None:
    from rich.markup import escape

    from seewhy.similarity.catalogue import METHODS
    from seewhy.similarity.figures import describe_agreement, describe_facts

    console = make_console()
    first, second = map(escape, report.names)
    console.print(f"[bold]{first}[/bold] and [bold]{second}[/bold]: similarity {report.score:.3f}")
    for found in report.explanations:
        words = [f"strongest {found.describe_peak(each.view)}" for each in found.maps]
        words += [each.title for each in found.made]
        console.print(f"  {METHODS[found.method].title}: {escape('; '.join(words))}")
        if found.agreement is not None:
            console.print(f"    [dim]{describe_agreement(found)}[/dim]")
        if found.facts:
            console.print(f"    [dim]{escape(describe_facts(found.facts))}[/dim]")
        for note in found.notes:
            console.print(f"    [dim]{escape(note)}[/dim]")
    for path in written:
        console.print(f"Wrote {escape(str(path))}.")
    if not written:
        console.print("[dim]--html FILE or --save FOLDER shows the maps.[/dim]")


def _tell_run(run: PairRun, save: Path, *, as_json: bool, quiet: bool) -> None:
    from dataclasses import asdict

    from rich.markup import escape

    from seewhy.results import to_plain

    if as_json:
        print_json(to_plain(asdict(run)))
        return
    if quiet:
        return
    console = make_console()
    for item in run.items:
        console.print(f"{item.score:.3f}  {escape(item.name)}")
    for failure in run.failures:
        console.print(f"[red]left out[/red] {escape(failure.reason)}")
    console.print(f"{len(run.items)} pairs explained. Wrote {escape(str(save / 'index.html'))}.")
