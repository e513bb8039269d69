"""``seewhy derive``: data sets of explanations, written by a language model and filtered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli.console import AsJson, Device, Quiet, leave_with_failures, make_console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seewhy.rationales.derivation.language_models import LanguageModel
    from seewhy.rationales.derivation.recipes import Item, Recipe
    from seewhy.rationales.derivation.run import RunSettings

derive_app = typer.Typer(
    no_args_is_help=True, help="Derive data of explanations with a language model."
)
Out = Annotated[Path, typer.Option(help="Folder of the run; a run that was stopped goes on there.")]
Images = Annotated[Path, typer.Option(help="Folder of the pictures.")]
EndpointUrl = Annotated[
    str | None, typer.Option(help="Server of OpenAI's protocol, as http://localhost:8000/v1.")
]
Model = Annotated[
    str,
    typer.Option(help="Model of the server; without --endpoint a Hugging Face model or folder."),
]
KeyVariable = Annotated[
    str | None, typer.Option(help="Environment variable that holds the server's key.")
]
Structured = Annotated[
    Literal["json_schema", "json_object", "none"],
    typer.Option(help="How the server keeps to JSON."),
]
Count = Annotated[int, typer.Option(min=1, help="Explanations or questions asked for at once.")]
MinWords = Annotated[int, typer.Option(min=1, help="Of an explanation.")]
MaxWords = Annotated[int, typer.Option(min=1, help="Of an explanation.")]
Temperature = Annotated[float, typer.Option(min=0, help="0 takes the likeliest words.")]
MaxTokens = Annotated[int, typer.Option(min=1, help="Of an answer.")]
TimeLimit = Annotated[float, typer.Option(min=0.1, help="Seconds of one request.")]
Retries = Annotated[int, typer.Option(min=0, help="How often a request is sent again.")]
Workers = Annotated[int, typer.Option(min=1, help="Items under way at the same time.")]
Tries = Annotated[int, typer.Option(min=1, help="Answers asked for until one has the form.")]
Limit = Annotated[int | None, typer.Option(min=1, help="The first so many items only.")]
InputPrice = Annotated[float | None, typer.Option(help="Of a million tokens of prompts.")]
OutputPrice = Annotated[float | None, typer.Option(help="Of a million tokens written.")]


@derive_app.callback()
def derive_group() -> None:
    """Derive data of explanations with a language model."""


@derive_app.command("imagenet-x")
def imagenet_x_command(
    classes: Annotated[Path, typer.Argument(help="Names of classes: a line each, or JSON.")],
    images: Images,
    out: Out,
    model: Model,
    endpoint: EndpointUrl = None,
    show: Annotated[int, typer.Option(min=0, help="Pictures of a class the model sees.")] = 0,
    count: Count = 8,
    min_words: MinWords = 4,
    max_words: MaxWords = 30,
    key_variable: KeyVariable = None,
    structured: Structured = "json_object",
    temperature: Temperature = 0.7,
    max_tokens: MaxTokens = 1024,
    time_limit: TimeLimit = 120,
    retries: Retries = 6,
    workers: Workers = 4,
    tries: Tries = 3,
    limit: Limit = None,
    input_price: InputPrice = None,
    output_price: OutputPrice = None,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Explain how classes are recognized, for pictures of them (after ImageNetX).

    The prompts are seewhy's own, not those of the authors of Uni-NLX.
    """
    from seewhy.errors import InvalidArgumentError
    from seewhy.rationales.derivation.filters import FilterSettings
    from seewhy.rationales.derivation.recipes import ImageNetXRecipe
    from seewhy.rationales.derivation.run import RunSettings
    from seewhy.rationales.derivation.sources import read_classes

    known = read_classes(classes, images)
    items = [item for item in known if item.pictures]
    if not items:
        raise InvalidArgumentError(
            f"{images} has no picture of any of the {len(known)} classes; name folders or files "
            "after their ids."
        )
    if len(items) < len(known) and not quiet and not as_json:
        make_console().print(f"{len(known) - len(items)} classes without a picture are left out.")
    recipe = ImageNetXRecipe(
        count=count,
        filters=FilterSettings(min_words=min_words, max_words=max_words),
        other_names=tuple(item.name for item in known),
        shown=show,
        images=images,
    )
    loaded = _load_model(
        model, endpoint, key_variable, structured, temperature, max_tokens, time_limit, retries,
        device,
    )  # fmt: skip
    settings = RunSettings(
        workers=workers, tries=tries, limit=limit, input_price=input_price,
        output_price=output_price,
    )  # fmt: skip
    _run(items, recipe, loaded, out, settings, as_json=as_json, quiet=quiet)


@derive_app.command("vqa-para-x")
def vqa_para_x_command(
    paragraphs: Annotated[Path, typer.Argument(help="Stanford's paragraphs, or JSON lines.")],
    out: Out,
    model: Model,
    endpoint: EndpointUrl = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures, to find Visual Genome's parts.")
    ] = None,
    count: Count = 5,
    min_words: MinWords = 4,
    max_words: MaxWords = 30,
    key_variable: KeyVariable = None,
    structured: Structured = "json_object",
    temperature: Temperature = 0.7,
    max_tokens: MaxTokens = 1024,
    time_limit: TimeLimit = 120,
    retries: Retries = 6,
    workers: Workers = 4,
    tries: Tries = 3,
    limit: Limit = None,
    input_price: InputPrice = None,
    output_price: OutputPrice = None,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Turn paragraphs about pictures into questions, answers and reasons (after VQA-ParaX).

    The prompts are seewhy's own, not those of the authors of Uni-NLX.
    """
    from seewhy.rationales.derivation.filters import FilterSettings
    from seewhy.rationales.derivation.recipes import VQAParaXRecipe
    from seewhy.rationales.derivation.run import RunSettings
    from seewhy.rationales.derivation.sources import read_paragraphs

    recipe = VQAParaXRecipe(
        count=count, filters=FilterSettings(min_words=min_words, max_words=max_words)
    )
    loaded = _load_model(
        model, endpoint, key_variable, structured, temperature, max_tokens, time_limit, retries,
        device,
    )  # fmt: skip
    settings = RunSettings(
        workers=workers, tries=tries, limit=limit, input_price=input_price,
        output_price=output_price,
    )  # fmt: skip
    items = read_paragraphs(paragraphs, images)
    _run(items, recipe, loaded, out, settings, as_json=as_json, quiet=quiet)


def _load_model(
    model: str,
    endpoint: str | None,
    key_variable: str | None,
    structured: Literal["json_schema", "json_object", "none"],
    temperature: float,
    max_tokens: int,
    time_limit: float,
    retries: int,
    device: str,
) -> LanguageModel:
    """Behind a server, or on this machine."""
    if endpoint is None:
        from seewhy.rationales.derivation.local_model import LocalModel

        return LocalModel.from_pretrained(
            model, device=device, max_new_tokens=max_tokens, temperature=temperature
        )
    from seewhy.rationales.derivation.endpoint import Endpoint

    return Endpoint(
        endpoint,
        model,
        api_key_variable=key_variable,
        temperature=temperature,
        max_tokens=max_tokens,
        structured=structured,
        time_limit=time_limit,
        max_retries=retries,
    )


def _run(
    items: Iterable[Item],
    recipe: Recipe,
    model: LanguageModel,
    out: Path,
    settings: RunSettings,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from seewhy.rationales.derivation.run import derive

    report = derive(
        items, recipe, model, out, settings=settings, progress=not quiet and not as_json
    )
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        console = make_console()
        console.print(f"{report.done} of {report.items} items, {report.rows} rows: {report.path}")
        for reason, number in report.rejects.items():
            console.print(f"  thrown away, {reason}: {number}")
        cost = "" if report.cost is None else f", cost {report.cost:.4f}"
        console.print(
            f"  {report.prompt_tokens:,} tokens read, {report.completion_tokens:,} written{cost}; "
            f"{report.repeated} answers repeated, {report.retries} requests sent again"
        )
        for item, reason in list(report.left.items())[:3]:
            console.print(f"[yellow]left[/yellow] {item}: {reason}")
    leave_with_failures(len(report.left))
