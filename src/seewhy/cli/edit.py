"""``seewhy edit``: captions that are there already, kept where right and mended where wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli.caption import (
    Beams,
    BlockNgrams,
    Features,
    Html,
    LengthPenalty,
    MaxWords,
    NumBest,
    Out,
    Pictures,
    Save,
    change_search,
    find_pictures,
    open_store,
    show_rest,
    write_captions,
)
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
    from rich.text import Text

    from seewhy.captions.caption_run import NamedPicture
    from seewhy.captions.captioner import Captioner
    from seewhy.captions.edit import CaptionReport, Edit
    from seewhy.captions.editor import CaptionEditor
    from seewhy.text.word_alignment import WordOperation
    from seewhy.training.feature_store import FeatureStore

STYLES = {"replace": "yellow", "insert": "green", "delete": "red"}


def edit_command(
    pictures: Pictures = None,
    captions: Annotated[
        Path | None,
        typer.Option(help="Captions to edit: COCO results, JSON by id, JSON lines or CSV."),
    ] = None,
    caption: Annotated[
        str | None, typer.Option(help="The caption to edit, of one picture.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--from", help="Caption first, with this (`seewhy caption`).")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            help="mini:NAME, folder:PATH or official:FILE; several as folder:A,B decode as one."
        ),
    ] = "mini:show-edit-tell",
    attributes: Annotated[
        Path | None,
        typer.Option(
            help="Words likely in each picture, for models trained with such: JSON {id: [words]}, "
            "lines of {image, attributes}, or CSV."
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Keep a caption unless the edit is likelier by this difference of "
            "log-probabilities.",
        ),
    ] = None,
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
    """Edit captions of pictures, and show which words were changed.

    Captions are found by the picture's id: the name of its file without suffix; COCO's number.
    """
    from seewhy.captions.caption_run import edit_pictures
    from seewhy.captions.caption_sources import read_attributes
    from seewhy.captions.catalogue import load_captioner, load_editor
    from seewhy.errors import InvalidArgumentError

    if sum(given is not None for given in (captions, caption, base)) != 1:
        raise InvalidArgumentError(
            "Give captions to edit: one of --captions, --caption and --from."
        )
    editor = load_editor(model, device=device)
    search = {
        "beams": beams,
        "length_penalty": length_penalty,
        "block_ngrams": block_ngrams,
        "max_words": max_words,
    }
    change_search(editor, num_best=num_best, margin=margin, **search)
    store, progress = open_store(features), not quiet and not as_json
    first = None
    if base is not None:
        captioner = load_captioner(base, device=device)
        change_search(captioner, **search)
        first = _caption_first(captioner, pictures, store, save, batch_size, progress)
        existing = first.to_captions()
        named = [one for one in find_pictures(pictures, store) if one[0] in existing]
    else:
        named, existing = _find_existing(pictures, captions, caption, editor, store)
    report = edit_pictures(
        editor,
        named,
        existing,
        attributes=None if attributes is None else read_attributes(attributes),
        store=store,
        folder=save,
        batch_size=batch_size,
        progress=progress,
    )
    report = _add_failures(report, first)
    written = write_captions(report, out, html, save, title="Captions, edited")
    if as_json:
        from seewhy.captions.caption_results import shorten_report

        print_json(shorten_report(report))
    elif not quiet:
        _show(report)
        show_rest(report, written)
    leave_with_failures(len(report.failures))


def _caption_first(
    captioner: Captioner,
    pictures: list[Path] | None,
    store: FeatureStore | None,
    save: Path | None,
    batch_size: int,
    progress: bool,
) -> CaptionReport:
    """Captions to edit, kept beside the edits."""
    from seewhy.captions.caption_run import caption_pictures
    from seewhy.captions.captioner import CaptionWriter
    from seewhy.errors import InvalidArgumentError

    report = caption_pictures(
        captioner,
        find_pictures(pictures, store),
        store=store if isinstance(captioner, CaptionWriter) else None,
        folder=None if save is None else save / "base",
        batch_size=batch_size,
        progress=progress,
    )
    if save is not None:
        write_captions(report, save / "base" / "results.json", None, None, title="Captions")
    if not report.captions:
        reason = report.failures[0].reason if report.failures else "there is none"
        raise InvalidArgumentError(f"{captioner.name} captions none of the pictures: {reason}")
    return report


def _find_existing(
    pictures: list[Path] | None,
    captions: Path | None,
    caption: str | None,
    editor: CaptionEditor,
    store: FeatureStore | None,
) -> tuple[list[NamedPicture], Mapping[str, str]]:
    """Pictures by id, and captions by the same ids."""
    from seewhy.captions.caption_sources import read_existing_captions
    from seewhy.errors import InvalidArgumentError

    if caption is not None:
        named: list[NamedPicture] = [("caption", None)]
        named = find_pictures(pictures, None) if pictures else named
        if len(named) != 1 or (not pictures and editor.sees):
            raise InvalidArgumentError(
                f"--caption is of one picture, got {len(named) if pictures else 'none'}. Name one, "
                "or give a file with --captions."
            )
        return named, {named[0][0]: caption}
    assert captions is not None  # noqa: S101  one of them was given
    existing = read_existing_captions(captions)
    if pictures or (store is None and editor.sees):
        return find_pictures(pictures, store), existing
    return [(name, None) for name in existing], existing


def _add_failures(report: CaptionReport, first: CaptionReport | None) -> CaptionReport:
    """The edits, with the pictures that could not even be captioned."""
    from dataclasses import replace

    if first is None:
        return report
    return replace(
        report,
        failures=(*first.failures, *report.failures),
        seconds=first.seconds + report.seconds,
    )


def _show(report: CaptionReport) -> None:
    from rich.markup import escape

    console = make_console()
    for edit in report.edits:
        console.print(
            f"[bold]{escape(edit.name)}[/bold]  {escape(edit.existing or '(no caption)')}"
        )
        if edit.is_unchanged:
            console.print("  nothing to change")
        else:
            console.print(_paint(edit))
            console.print(
                "  " + "; ".join(_describe(one) for one in edit.operations if one.kind != "keep")
            )
        for other in edit.alternatives:
            console.print(f"  [dim]{other.score:.2f}  {escape(other.caption)}[/dim]")
        if edit.attributes:
            console.print(f"  [dim]attributes: {escape(', '.join(edit.attributes))}[/dim]")
        if edit.unknown_words:
            console.print(f"  [dim]unknown words: {escape(', '.join(edit.unknown_words))}[/dim]")
        for note in edit.notes:
            console.print(f"  [dim]{escape(note)}[/dim]")
    counts = report.count_words()
    console.print(
        f"{len(report.edits) - report.num_unchanged} captions changed, {report.num_unchanged} left "
        f"as they were; words: {counts['keep']} kept, {counts['replace']} replaced, "
        f"{counts['insert']} inserted, {counts['delete']} deleted."
    )


def _paint(edit: Edit) -> Text:
    """The new caption, its changed words in color."""
    from rich.text import Text

    line = Text("  ")
    for run in edit.operations:
        if run.after:
            line.append(" ".join(run.after) + " ", STYLES.get(run.kind, ""))
    line.rstrip()
    return line


def _describe(run: WordOperation) -> str:
    """One change in words."""
    from rich.markup import escape

    before, after = escape(" ".join(run.before)), escape(" ".join(run.after))
    if run.kind == "replace":
        return f"[yellow]replace[/yellow] {before} by {after}"
    if run.kind == "insert":
        return f"[green]insert[/green] {after}"
    return f"[red]delete[/red] {before}"
