"""``seewhy train rationales``: models that answer questions about pictures and say why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    Steps,
    Track,
    tell_scores,
)
from seewhy.errors import InvalidArgumentError

if TYPE_CHECKING:
    from seewhy.rationales.recipe import AnnotationFile, AnnotationFiles


def train_rationales_command(
    out: RunFolder,
    data: Annotated[
        list[str] | None,
        typer.Option(help="TASK=FILE of annotations, once or several times; without, the world."),
    ] = None,
    validation: Annotated[
        list[str] | None, typer.Option(help="TASK=FILE to be judged by, likewise.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures that the files name.")
    ] = None,
    image_column: Annotated[
        str | None, typer.Option(help="For e-SNLI-VE's CSV: column that names the picture.")
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            help="uni-nlx-mini; small, for captions, and small-answers, to go on from it with few "
            "rows; or as published: captions, vqa-x, act-x, e-snli-ve, e-snli-ve-concepts, vcr, "
            "uni-nlx."
        ),
    ] = "uni-nlx-mini",
    task: Annotated[
        list[str] | None, typer.Option(help="Tasks to learn, where they are not the recipe's.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Whose patches to look at (see `seewhy models list`).")
    ] = None,
    encoder_weights: Annotated[str | None, typer.Option(help="Of that encoder.")] = None,
    start_from: Annotated[
        str | None,
        typer.Option(help="A rationale model, gpt2:NAME_OR_FOLDER, or none."),
    ] = None,
    scenes: Scenes = None,
    width: Annotated[int | None, typer.Option(help="Of a new decoder.")] = None,
    depth: Annotated[int | None, typer.Option(help="Its blocks.")] = None,
    heads: Annotated[int | None, typer.Option(help="Its attention heads.")] = None,
    vocabulary: Annotated[
        int | None, typer.Option(min=263, help="Tokens of a new decoder's tokenizer.")
    ] = None,
    alignment: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Dimensions in which captions teach which words fit a picture; 0: none.",
        ),
    ] = None,
    packs: Annotated[int | None, typer.Option(help="Texts about one picture in a row.")] = None,
    answer_weight: Annotated[
        float | None,
        typer.Option(min=0, help="How much more a token of an answer counts than one of a reason."),
    ] = None,
    train_encoder: Annotated[
        bool, typer.Option("--train-encoder", help="Let the encoder learn along.")
    ] = False,
    look: Annotated[
        bool | None,
        typer.Option(
            "--look/--no-look",
            help="Whether patches are looked at, or the model is told how well the question fits.",
        ),
    ] = None,
    text_only: Annotated[
        bool, typer.Option("--text-only", help="Hide the pictures: a twin to compare with.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(help="Decides the number of steps.")] = None,
    steps: Steps = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows in a step.")] = None,
    learning_rate: LearningRate = None,
    evaluate_every: Annotated[int | None, typer.Option(help="Steps between evaluations.")] = None,
    select_by: Annotated[
        str | None, typer.Option(help="Score whose best weights are kept, as accuracy.")
    ] = None,
    bf16: Bf16 = False,
    track: Track = False,
    seed: RunSeed = None,
    device: RunDevice = None,
    resume: Resume = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a model that answers questions about pictures and says why (NLX-GPT, Uni-NLX).

    Several processes: `torchrun --nproc_per_node 2 -m seewhy train rationales ...`.
    """
    from seewhy.rationales.recipe import run_rationale_recipe  # inside: --help stays instant
    from seewhy.rationales.recipes import RecipeChanges, change_recipe, find_recipe

    files = _find_files(data or [], validation or [], images, image_column)
    tasks = tuple(task) if task else _list_tasks(files)
    changes = RecipeChanges(
        files=files,
        scenes=scenes,
        tasks=tasks,
        encoder=encoder,
        encoder_weights=encoder_weights,
        start_from=start_from,
        width=width,
        depth=depth,
        heads=heads,
        vocabulary=vocabulary,
        alignment=alignment,
        packs=packs,
        answer_weight=answer_weight,
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
        evaluate_every=evaluate_every,
        select_by=select_by,
        looks=look,
        is_blind=text_only,
        trains_encoder=train_encoder,
        use_bf16=bf16,
    )
    chosen = change_recipe(find_recipe(recipe), changes)
    scores = run_rationale_recipe(
        chosen, out, resume=resume, progress=not (quiet or as_json), tracks=track
    )
    tell_scores(out, scores, as_json=as_json, quiet=quiet)


def _find_files(
    data: list[str], validation: list[str], images: Path | None, column: str | None
) -> AnnotationFiles | None:
    from seewhy.rationales.recipe import AnnotationFiles

    if not data:
        if validation or images:
            raise InvalidArgumentError(
                "--validation and --images go with --data TASK=FILE, and none was given."
            )
        return None
    if images is None:
        raise InvalidArgumentError("--data needs --images, the folder of the pictures it names.")
    known = tuple(_read_option(one, images, column) for one in data)
    asked = tuple(_read_option(one, images, column) for one in validation)
    return AnnotationFiles(train=known, validation=asked)


def _read_option(text: str, images: Path, column: str | None) -> AnnotationFile:
    from seewhy.rationales.recipe import AnnotationFile

    task, sign, file = text.partition("=")
    if not sign or not file:
        raise InvalidArgumentError(
            f"Data are named as TASK=FILE, as e-snli-ve=esnlive_train.csv; got {text!r}."
        )
    return AnnotationFile(
        task=task,
        annotations=str(Path(file).resolve()),
        images=str(images.resolve()),
        image_column=column,
    )


def _list_tasks(files: AnnotationFiles | None) -> tuple[str, ...] | None:
    if files is None:
        return None
    return tuple(dict.fromkeys(file.task for file in (*files.train, *files.validation)))
