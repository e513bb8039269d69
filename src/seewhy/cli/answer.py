"""``seewhy answer``: answers to questions about pictures, with the reasons for them."""

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
    from seewhy.rationales.report import RationaleReport


def answer_command(
    pictures: Annotated[
        list[Path] | None, typer.Argument(help="Pictures, or folders of them.")
    ] = None,
    question: Annotated[
        list[str] | None,
        typer.Option("--question", help="Asked of every picture; may come several times."),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="As vqa-x, e-snli-ve, act-x; default: the model's first.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="mini:NAME, a folder, a name on the hub, an authors' checkpoint.")
    ] = "mini:uni-nlx",
    questions: Annotated[
        Path | None,
        typer.Option(help="File of questions: JSON, JSON lines or CSV of image, question, task."),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="What to look with, where it is not the model's own.")
    ] = None,
    compat: Annotated[
        Literal["published"] | None,
        typer.Option(help="Of an authors' checkpoint: do as the released code does."),
    ] = None,
    method: Annotated[
        Literal["greedy", "nucleus", "beam"], typer.Option(help="How words are chosen.")
    ] = "greedy",
    beams: Annotated[int, typer.Option(min=1, help="Texts kept in a beam search.")] = 4,
    top_p: Annotated[float, typer.Option(help="Probability that nucleus drawing keeps.")] = 0.9,
    temperature: Annotated[float, typer.Option(help="Of nucleus drawing.")] = 1.0,
    html: Annotated[Path | None, typer.Option(help="HTML page to write.")] = None,
    save: Annotated[
        Path | None, typer.Option(help="Folder for answers and page; a run goes on there.")
    ] = None,
    batch_size: BatchSize = 16,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question about a picture, and say why."""
    from seewhy.images.folders import find_images
    from seewhy.rationales.catalogue import load_rationale_model
    from seewhy.rationales.decoding import DecodingSettings
    from seewhy.rationales.questions import ask_of_all, read_questions
    from seewhy.rationales.report import answer_questions

    if questions is None and not pictures:
        raise typer.BadParameter("Name pictures, a folder of them, or a file with --questions.")
    if questions is not None:
        asked = read_questions(questions, pictures or [])
    else:
        asked = ask_of_all(find_images(pictures or []), question or [])
    settings = DecodingSettings(
        method=method, beams=beams, top_p=top_p, temperature=temperature, seed=seed
    )
    loaded = load_rationale_model(model, encoder=encoder, compat=compat, device=device)
    report = answer_questions(
        loaded,
        asked,
        task=task,
        settings=settings,
        folder=save,
        batch_size=batch_size,
        progress=not quiet and not as_json,
    )
    written = _write(report, html, save)
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        _show(report, written)
    leave_with_failures(len(report.failures))


def _write(report: RationaleReport, html: Path | None, save: Path | None) -> list[Path]:
    from seewhy.rationales.report import write_answer_lines
    from seewhy.reports.html import write_html

    written = []
    if save is not None:
        written += [write_answer_lines(report, save)]
        written += [write_html(report, save / "index.html", title="Answers with reasons")]
    if html is not None:
        written.append(write_html(report, html, title="Answers with reasons"))
    return written


def _show(report: RationaleReport, written: list[Path]) -> None:
    from rich.markup import escape

    console = make_console()
    for one in report.rationales:
        console.print(f"[bold]{escape(one.picture)}[/bold]  {escape(one.question)}")
        if one.answer:
            console.print(f"  [green]{escape(one.answer)}[/green] {one.answer_probability:.0%}")
        if one.explanation:
            console.print(f"  {'because ' if one.answer else ''}{escape(one.explanation)}")
        if one.fit is not None:
            words = " ".join(f"{escape(w.text)} [dim]{w.fit:+.1f}[/dim]" for w in one.fit.words)
            console.print(f"  fits the picture {one.fit.whole:+.1f}: {words}")
        for note in one.notes:
            console.print(f"  [dim]{escape(note)}[/dim]")
    for failure in report.failures:
        console.print(f"[red]left out[/red] {escape(failure.reason)}")
    for path in written:
        console.print(f"Wrote {escape(str(path))}.")
