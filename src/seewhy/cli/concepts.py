"""``seewhy concepts``: explain pictures in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    from seewhy.concepts.report import ConceptReport

DEFAULT_MODEL = "mini:photo-clip"
ForegroundChoice = Annotated[
    Literal["svd", "pca", "border"],
    typer.Option(help="What tells it: variation (svd, pca), or being unlike the edges (border)."),
]


def concepts_command(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures, or folders of them.")],
    classes: Annotated[
        str,
        typer.Option(help="Class names: a comma-separated list, a text or JSON file, or world."),
    ],
    model: Annotated[str, typer.Option(help="See `seewhy models list`.")] = DEFAULT_MODEL,
    weights: Annotated[
        str | None, typer.Option(help="Weights of the model: a tag, a file, or 'random'.")
    ] = None,
    descriptors: Annotated[
        Path | None, typer.Option(help="Words to explain with: a file, or world; default: our own.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="True classes: 'folder' (names of folders), or a JSON file by picture."),
    ] = None,
    parts: Annotated[
        Literal["pca", "kmeans", "both"], typer.Option(help="Ways to find parts.")
    ] = "both",
    features: Annotated[
        Literal["tokens", "keys"], typer.Option(help="Features of patches.")
    ] = "tokens",
    foreground: ForegroundChoice = "svd",
    estimator: Annotated[
        Literal["paper", "overlap", "jaccard", "chance_corrected"],
        typer.Option(help="Of deletion curves."),
    ] = "paper",
    compat: Annotated[
        Literal["default", "published"],
        typer.Option(help="Pictures as they are, or restored with the released code's losses."),
    ] = "default",
    leakage_filter: Annotated[
        Literal["none", "own", "any"],
        typer.Option(help="Leave out descriptors that name their own class, or any."),
    ] = "none",
    html: Annotated[Path | None, typer.Option(help="HTML page to write.")] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Folder for the page, pictures, JSON and arrays; a run goes on there."),
    ] = None,
    batch_size: BatchSize = 32,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Explain in words what a model sees in pictures, and what it knows of their classes."""
    from seewhy.concepts.vocabulary import check_classes, make_vocabulary, read_classes
    from seewhy.images.folders import find_images

    found, names, words = find_images(pictures), read_classes(classes), make_vocabulary(descriptors)
    check_classes(names)

    from seewhy.concepts.explainer import ConceptExplainer  # takes seconds: after what may be wrong
    from seewhy.concepts.labels import read_labels
    from seewhy.concepts.run_folder import explain_into
    from seewhy.concepts.settings import ConceptSettings
    from seewhy.encoders.catalogue import load_encoder

    explainer = ConceptExplainer(
        load_encoder(model, weights=weights, device=device),
        names,
        words,
        settings=ConceptSettings(
            parts=("pca", "kmeans") if parts == "both" else (parts,),
            features=features,
            foreground=foreground,
            estimator=estimator,
            leakage=leakage_filter,
            compat=compat,
        ),
        batch_size=batch_size,
        seed=seed,
        progress=not quiet and not as_json,
    )
    truth = read_labels(labels, pictures) if labels else None
    report = explain_into(save, explainer, found, labels=truth)
    written = _write(report, html, save)
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        _show(report, written)
    leave_with_failures(len(report.failures))


def _write(report: ConceptReport, html: Path | None, save: Path | None) -> list[Path]:
    from seewhy.reports.html import write_html

    written = []
    title = f"{report.provenance.model}: concepts"
    if html is not None:
        written.append(write_html(report, html, title=title))
    if save is not None:
        report.save(save)
        for number, picture in enumerate(report.pictures, start=1):
            stem = Path(picture.name).stem.replace(" ", "-")
            (save / f"{number:04d}-{stem}.png").write_bytes(picture.to_png())
        written.append(write_html(report, save / "index.html", title=title))
    return written


def _show(report: ConceptReport, written: list[Path]) -> None:
    from rich.markup import escape

    console = make_console()
    for picture in report.pictures:
        best, shown = picture.prediction[0], picture.explanations[0]
        wrong = f" [red](it is: {escape(picture.label or '')})[/red]" if picture.is_wrong else ""
        console.print(
            f"[bold]{escape(picture.name)}[/bold]  {escape(best.text)} {best.score:.0%}{wrong}"
        )
        for part in shown.parts:
            words = "; ".join(
                f"[green]{escape(c.text)}[/green]" if c.text in shown.shared else escape(c.text)
                for c in part.concepts
            )
            console.print(f"  part {part.label + 1}  {words}")
        for note in (*picture.notes, *shown.notes):
            console.print(f"  [dim]{escape(note)}[/dim]")
        console.print(
            f"  [dim]{len(shown.shared)} of {len(shown.ranked)} concepts are known of the class; "
            f"deletion area {picture.area:.2f}[/dim]"
        )
    for note in report.notes:
        console.print(f"[dim]{escape(note)}[/dim]")
    for failure in report.failures:
        console.print(f"[red]left out[/red] {escape(failure.reason)}")
    areas = ", ".join(f"{method} {area:.2f}" for method, area in report.areas.items())
    console.print(f"{len(report.pictures)} pictures explained; area under the curves: {areas}.")
    for path in written:
        console.print(f"Wrote {escape(str(path))}.")
