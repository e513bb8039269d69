"""``seewhy evaluate``: what explanations are worth on data that people annotated."""

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
    give_result,
    make_console,
    print_json,
)

if TYPE_CHECKING:
    from seewhy.datasets.nle import NLEExample
    from seewhy.rationales.evaluation import RationaleEvaluation
    from seewhy.rationales.predictions import Prediction
    from seewhy.rationales.retrieval_attack import RetrievalAttack

evaluate_app = typer.Typer(
    no_args_is_help=True, help="Judge explanations on data that people annotated."
)
Annotations = Annotated[Path, typer.Argument(help="Annotation file, in any of its forms.")]
Results = Annotated[
    Path | None, typer.Argument(help="Answers and reasons of a model; else give --model.")
]
Task = Annotated[str, typer.Option(help="As vqa-x; 'all' for a unified file.")]
Images = Annotated[Path | None, typer.Option(help="Folder of the pictures.")]
Model = Annotated[str | None, typer.Option(help="A rationale model to ask.")]
ImageColumn = Annotated[
    str | None, typer.Option(help="Column of e-SNLI-VE's CSV that names the picture.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Judge the first so many examples only.")]
Save = Annotated[Path | None, typer.Option(help="Folder for JSON, arrays and figure.")]


@evaluate_app.callback()
def evaluate_group() -> None:
    """Judge explanations on data that people annotated."""


@evaluate_app.command("rationales")
def rationales_command(
    annotations: Annotations,
    results: Results = None,
    task: Task = "vqa-x",
    model: Model = None,
    images: Images = None,
    image_column: ImageColumn = None,
    limit: Limit = None,
    metrics: Annotated[
        str, typer.Option(help="Comma-separated, see `seewhy score`.")
    ] = "bleu,meteor,rouge-l,cider-d,spice",
    protocol: Annotated[
        Literal["nlx-gpt", "uni-nlx"], typer.Option(help="When an answer is right.")
    ] = "nlx-gpt",
    bert: Annotated[
        str | None, typer.Option(help="Text encoder of BERTScore: a folder or hub name.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="BERTScore from which on VCR's answers are right.")
    ] = 0.92,
    answers_out: Annotated[
        Path | None, typer.Option(help="JSON lines to write a model's answers to.")
    ] = None,
    save: Save = None,
    batch_size: BatchSize = 16,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score reasons, all of them and those of right answers, and count right answers."""
    from seewhy.rationales.evaluation import EvaluationSettings, evaluate_rationales

    progress = not quiet and not as_json
    examples = _read(task, annotations, images, image_column, limit)
    said = _find_answers(results, model, examples, task, batch_size, device, progress, limit)
    if answers_out is not None:
        from seewhy.rationales.predictions import write_predictions

        write_predictions(said, answers_out)
    chosen = tuple(name.strip() for name in metrics.split(","))
    settings = EvaluationSettings(metrics=chosen, protocol=protocol, threshold=threshold)
    encoder, models = _load_text_encoder(bert, device)
    found = evaluate_rationales(
        said, examples, settings=settings, encoder=encoder, models=models, progress=progress
    )
    give_result(found, _show, save, as_json=as_json, quiet=quiet)


@evaluate_app.command("explain-predict")
def explain_predict_command(
    train: Annotated[Path, typer.Argument(help="Annotations to train the readers on.")],
    annotations: Annotations,
    results: Results = None,
    task: Task = "vqa-x",
    image_column: ImageColumn = None,
    base: Annotated[
        str | None, typer.Option(help="DistilBERT to start from; without it, from nothing.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Annotations by which the epoch is chosen.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the task's.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Instead of the task's.")] = None,
    limit: Limit = None,
    readers_out: Annotated[Path | None, typer.Option(help="Folder to keep the readers in.")] = None,
    save: Save = None,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Can a reader tell the answer from the reason, without the picture?

    Two readers are trained on people's reasons: one reads them as they are, the other with the
    words of right answers hidden.
    """
    from dataclasses import replace

    from seewhy.rationales.explain_predict import find_settings
    from seewhy.rationales.explain_predict_report import judge_by_readers
    from seewhy.rationales.predictions import read_predictions
    from seewhy.rationales.reader_training import save_reader

    wanted: dict[str, Any] = {"epochs": epochs, "learning_rate": learning_rate, "seed": seed}
    settings = replace(
        find_settings(task, has_base=base is not None),
        **{name: value for name, value in wanted.items() if value is not None},
    )
    test = _read(task, annotations, None, image_column, limit)
    said = None if results is None else read_predictions(results, task=task)
    report, readers = judge_by_readers(
        _read(task, train, None, image_column, None),
        test,
        said if said is None or limit is None else _restrict(said, test),
        settings,
        base=base,
        validation=_read(task, validation, None, image_column, None) if validation else None,
        device=device,
        progress=not quiet and not as_json,
    )
    if readers_out is not None:
        for reader, name in zip(readers, ("open", "masked"), strict=True):
            save_reader(reader, readers_out / name)
    if save is not None:
        report.save(save)
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        from rich.table import Table

        table = Table("reads", "people's reasons", "the model's", "no reason")
        for name, scores in (("as they are", report.open), ("words hidden", report.masked)):
            if scores is not None:
                model_said = "" if scores.from_model is None else f"{scores.from_model:.3f}"
                table.add_row(
                    name, f"{scores.from_truth:.3f}", model_said, f"{scores.from_nothing:.3f}"
                )
        make_console().print(table)
        make_console().print(f"always the most frequent answer: {report.most_frequent:.3f}")


@evaluate_app.command("retrieval-attack")
def retrieval_attack_command(
    model: Annotated[str, typer.Argument(help="A rationale model.")],
    images: Annotated[Path, typer.Option(help="Folder of the pictures.")],
    sentence_encoder: Annotated[
        str,
        typer.Option(help="Compares reasons: folder or hub name of a text encoder, or mini:NAME."),
    ],
    task: Task = "vqa-x",
    direction: Annotated[
        Literal["i2t", "t2i", "i2i"], typer.Option(help="Texts near a picture, or the like.")
    ] = "i2t",
    lists: Annotated[Path | None, typer.Option(help="What is near what, as JSON.")] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="Annotations to build the lists from, without --lists.")
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="Dual encoder to build the lists with.")
    ] = "mini:photo-clip",
    image_column: ImageColumn = None,
    lists_out: Annotated[Path | None, typer.Option(help="File to keep the lists in.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Queries to ask, the first ones.")
    ] = None,
    save: Save = None,
    batch_size: BatchSize = 16,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Does a model give the same reason for all that is alike? Lower scores are better."""
    from seewhy.errors import InvalidArgumentError
    from seewhy.rationales.catalogue import load_rationale_model
    from seewhy.rationales.retrieval import build_retrieval_lists, read_retrieval_lists
    from seewhy.rationales.retrieval_attack import attack_by_retrieval

    if (lists is None) == (annotations is None):
        raise InvalidArgumentError("Give --lists, or --annotations to build the lists from.")
    progress = not quiet and not as_json
    if lists is not None:
        near = read_retrieval_lists(lists, direction)
    else:
        from seewhy.encoders.catalogue import load_encoder

        examples = _read(task, annotations, images, image_column, None)
        near = build_retrieval_lists(
            load_encoder(encoder, device=device), examples, direction, images=images,
            progress=progress,
        )  # fmt: skip
    if lists_out is not None:
        near.save(lists_out)
    found = attack_by_retrieval(
        load_rationale_model(model, device=device),
        near.first(limit),
        _load_sentence_encoder(sentence_encoder, device),
        task=task,
        images=images,
        batch_size=batch_size,
        progress=progress,
    )
    give_result(found, _show_attack, save, as_json=as_json, quiet=quiet)


def _show_attack(found: RetrievalAttack) -> None:
    for size, value in found.scores.items():
        short = f", {found.num_short[size]} left out" if found.num_short[size] else ""
        make_console().print(f"K = {size}: {value:.4f} ({found.num_queries} queries{short})")


def _read(
    task: str,
    annotations: Path | None,
    images: Path | None,
    image_column: str | None,
    limit: int | None,
) -> list[NLEExample]:
    from itertools import islice

    from seewhy.datasets.catalogue import read_examples
    from seewhy.datasets.uni_nlx import read_uni_nlx

    if annotations is None:
        return []
    if task == "all":
        stream = read_uni_nlx(annotations, images)
    else:
        stream = read_examples(task, annotations, images, image_column=image_column)
    examples = list(islice(stream, limit))
    if stream.missing:
        from seewhy.cli.console import print_error

        print_error(f"{len(stream.missing)} pictures are not there, as {stream.missing[0].path}.")
    return examples


def _restrict(said: list[Prediction], examples: list[NLEExample]) -> list[Prediction]:
    kept = {example.id for example in examples}
    return [found for found in said if found.id in kept]


def _find_answers(
    results: Path | None,
    model: str | None,
    examples: list[NLEExample],
    task: str,
    batch_size: int,
    device: str,
    progress: bool,
    limit: int | None,
) -> list[Prediction]:
    """From the results file, or from the model."""
    from seewhy.errors import InvalidArgumentError
    from seewhy.rationales.predictions import ask_model, read_predictions

    if (results is None) == (model is None):
        raise InvalidArgumentError("Give a results file, or --model to ask; one of the two.")
    if results is not None:
        said = read_predictions(results, task=task)
        return said if limit is None else _restrict(said, examples)
    from seewhy.rationales.catalogue import load_rationale_model

    loaded = load_rationale_model(model or "", device=device)
    return list(ask_model(loaded, examples, batch_size=batch_size, progress=progress))


def _load_text_encoder(bert: str | None, device: str) -> tuple[Any, Any]:
    """The encoder of BERTScore, for answers and as a metric."""
    if bert is None:
        return None, None
    from seewhy.scores.model_inputs import ScoringModels
    from seewhy.scores.text_encoder import TextEncoder

    encoder = TextEncoder.from_pretrained(bert, device=device)
    return encoder, ScoringModels(bert=encoder, device=device)


def _load_sentence_encoder(name: str, device: str) -> Any:
    """A text encoder of transformers, or the text side of a dual encoder of ours."""
    from seewhy.errors import EncoderError
    from seewhy.scores.text_encoder import TextEncoder

    if not name.startswith("mini:"):
        return TextEncoder.from_pretrained(name, device=device)
    from seewhy.encoders.catalogue import load_encoder
    from seewhy.encoders.protocols import DualEncoder

    encoder = load_encoder(name, device=device)
    if not isinstance(encoder, DualEncoder):
        raise EncoderError(f"{name} has no text side that could compare reasons.")
    return encoder


def _show(found: RationaleEvaluation) -> None:
    from rich.table import Table

    console = make_console()
    for task, one in found.tasks.items():
        right = "unknown" if one.accuracy is None else f"{one.accuracy:.1%}"
        soft = one.judgment.soft_accuracy if one.judgment else None
        more = "" if soft is None else f", VQA accuracy {soft:.1%}"
        title = f"{task}: {one.examples} examples, accuracy {right}{more}"
        table = Table("metric", "all reasons", "reasons of right answers", title=title)
        for name, value in one.unfiltered.corpus.items():
            kept = one.filtered.corpus.get(name) if one.filtered else None
            table.add_row(name, f"{value:.5f}", "" if kept is None else f"{kept:.5f}")
        console.print(table)
        for name, reason in one.missing.items():
            console.print(f"[yellow]missing[/yellow] {name}: {reason}")
