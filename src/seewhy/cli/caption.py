"""``seewhy caption``: captions of pictures, from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli.console import (
    AsJson,
    BatchSize,
    Device,
    Quiet,
    leave_with_failures,
    make_console,
    print_json,
)

if TYPE_CHECKING:
    from seewhy.captions.caption_run import NamedPicture
    from seewhy.captions.captioner import Captioner
    from seewhy.captions.edit import CaptionReport
    from seewhy.captions.editor import CaptionEditor
    from seewhy.training.feature_store import FeatureStore

Pictures = Annotated[
    list[Path] | None, typer.Argument(help="Pictures, or folders of them; none with --features.")
]
Features = Annotated[
    Path | None, typer.Option(help="Store of the pictures' features (`seewhy features`).")
]
Out = Annotated[
    Path | None, typer.Option(help="COCO results to write, as `seewhy score` reads them.")
]
Html = Annotated[Path | None, typer.Option(help="HTML page to write.")]
Save = Annotated[
    Path | None, typer.Option(help="Folder for captions and page; a run goes on there.")
]
Beams = Annotated[
    int | None, typer.Option(min=1, help="Captions searched at once; default: the model's own.")
]
LengthPenalty = Annotated[
    float | None, typer.Option(min=0, help="Scores are divided by the length to this power.")
]
BlockNgrams = Annotated[
    int | None, typer.Option(min=0, help="No run of so many words is said twice; 0: any may be.")
]
NumBest = Annotated[int | None, typer.Option(min=1, help="Captions to give, the best first.")]
MaxWords = Annotated[int | None, typer.Option(min=1, help="Longest caption.")]


def caption_command(
    pictures: Pictures = None,
    model: Annotated[
        str,
        typer.Option(
            help="mini:NAME, hf:NAME (BLIP, GIT, ViT-GPT2, ...) or folder:PATH; several as "
            "folder:A,B decode as one."
        ),
    ] = "mini:captioner",
    features: Features = None,
    out: Out = None,
    html: Html = None,
    save: Save = None,
    beams: Beams = None,
    length_penalty: LengthPenalty = None,
    block_ngrams: BlockNgrams = None,
    num_best: NumBest = None,
    max_words: MaxWords = None,
    batch_size: BatchSize = 32,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what is in pictures, a sentence each.

    A picture goes by the name of its file without suffix; COCO's by their number.
    """
    from seewhy.captions.caption_run import caption_pictures
    from seewhy.captions.catalogue import load_captioner

    captioner = load_captioner(model, device=device)
    change_search(
        captioner,
        beams=beams,
        length_penalty=length_penalty,
        block_ngrams=block_ngrams,
        num_best=num_best,
        max_words=max_words,
    )
    store = open_store(features)
    report = caption_pictures(
        captioner,
        find_pictures(pictures, store),
        store=store,
        folder=save,
        batch_size=batch_size,
        progress=not quiet and not as_json,
    )
    written = write_captions(report, out, html, save, title="Captions")
    if as_json:
        from seewhy.captions.caption_results import shorten_report

        print_json(shorten_report(report))
    elif not quiet:
        _show(report)
        show_rest(report, written)
    leave_with_failures(len(report.failures))


def find_pictures(pictures: list[Path] | None, store: FeatureStore | None) -> list[NamedPicture]:
    """Pictures by id; all of a store, where none is named."""
    from seewhy.errors import InvalidArgumentError
    from seewhy.images.folders import find_images
    from seewhy.training.feature_extraction import name_pictures

    if pictures:
        return [*name_pictures(find_images(pictures))]
    if store is None:
        raise InvalidArgumentError("Name pictures, a folder of them, or a store with --features.")
    return [(name, None) for name in store]


def open_store(features: Path | None) -> FeatureStore | None:
    """The store that was named, if one was."""
    if features is None:
        return None
    from seewhy.training.feature_store import FeatureStore

    return FeatureStore(features)


def change_search(speaker: Captioner | CaptionEditor, **asked: float | None) -> None:
    """Search as asked for (fields of ``BeamSettings``), and in all else as the model was saved."""
    from dataclasses import replace
    from typing import Any

    wanted: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    speaker.settings = replace(speaker.settings, **wanted)


def write_captions(
    report: CaptionReport, out: Path | None, html: Path | None, save: Path | None, *, title: str
) -> list[Path]:
    """Write what was asked for, and say which files that was."""
    from seewhy.captions.caption_results import write_coco_results
    from seewhy.reports.html import write_html

    results = [path for path in (out, save and save / "results.json") if path]
    pages = [path for path in (html, save and save / "index.html") if path]
    written = [write_coco_results(report, path) for path in results]
    return written + [write_html(report, path, title=title) for path in pages]


def show_rest(report: CaptionReport, written: list[Path]) -> None:
    """Print what was left out, what else is to be known, and what was written."""
    from rich.markup import escape

    console = make_console()
    for note in report.notes:
        console.print(f"[yellow]note[/yellow] {escape(note)}")
    for failure in report.failures:
        console.print(f"[red]left out[/red] {escape(failure.name)}: {escape(failure.reason)}")
    for path in written:
        console.print(f"Wrote {escape(str(path))}.")


def _show(report: CaptionReport) -> None:
    from rich.markup import escape

    console = make_console()
    for said in report.captions:
        console.print(f"[bold]{escape(said.name)}[/bold]  {escape(said.caption)}")
        for other in said.alternatives:
            console.print(f"  [dim]{other.score:.2f}  {escape(other.caption)}[/dim]")
        for note in said.notes:
            console.print(f"  [dim]{escape(note)}[/dim]")
