"""``seewhy bench``: explanations judged by the embedded world, whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli.concepts import ForegroundChoice
from seewhy.cli.console import AsJson, Device, Quiet, Seed, give_result, make_console

if TYPE_CHECKING:
    from seewhy.studies.caption_bench import CaptionBench
    from seewhy.studies.concept_bench import ConceptBench
    from seewhy.studies.rationale_bench import RationaleBench
    from seewhy.studies.similarity_bench import SimilarityBench

Split = Annotated[str, typer.Option(help="test, validation or held-out.")]
Save = Annotated[Path | None, typer.Option(help="Folder for JSON and figure.")]

bench_app = typer.Typer(
    no_args_is_help=True, help="Judge explanations by the embedded world, whose truth is known."
)


@bench_app.callback()
def bench_group() -> None:
    """Judge explanations by the embedded world, whose truth is known."""


@bench_app.command("concepts")
def concepts_bench_command(
    model: Annotated[str, typer.Option(help="See `seewhy models list`.")] = "mini:clip-base",
    foreground: ForegroundChoice = "svd",
    scenes: Annotated[int, typer.Option(min=8, help="Number of scenes.")] = 200,
    split: Split = "test",
    save: Save = None,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Are named concepts true of the scene, and parts and foreground where they should be?"""
    from seewhy.concepts.settings import ConceptSettings
    from seewhy.encoders.catalogue import load_encoder
    from seewhy.studies.concept_bench import bench_concepts

    encoder = load_encoder(model, device=device)
    found = bench_concepts(
        encoder,
        scenes=scenes,
        split=split,
        settings=ConceptSettings(foreground=foreground),
        seed=seed,
        progress=not quiet and not as_json,
    )
    title = f"{model}, {scenes} scenes, foreground {foreground}"
    give_result(found, lambda one: _show_concepts(one, title), save, as_json=as_json, quiet=quiet)


def _show_concepts(found: ConceptBench, title: str) -> None:
    from rich.table import Table

    table = Table("measure", "value", "against", "value", title=title)
    for method, scores in found.methods.items():
        table.add_row(
            f"concepts true of the scene, {method}", f"{scores.named:.3f}",
            "descriptors drawn by lot", f"{found.random:.3f}",
        )  # fmt: skip
        table.add_row("", "", "nearest to the whole picture", f"{found.top_of_picture:.3f}")
        table.add_row(
            f"IoU of parts with true parts, {method}", f"{scores.part_overlap:.3f}",
            "box in the center", f"{scores.center_part_overlap:.3f}",
        )  # fmt: skip
    table.add_row(
        "IoU of foreground with the things", f"{found.foreground:.3f}",
        "box in the center", f"{found.center_box:.3f}",
    )  # fmt: skip
    table.add_row(
        "scenes classified right", f"{found.accuracy:.3f}", "chance", f"{found.chance:.3f}"
    )
    make_console().print(table)


@bench_app.command("similarity")
def similarity_bench_command(
    model: Annotated[str, typer.Option(help="See `seewhy models list`.")] = "mini:simclr",
    pairs: Annotated[int, typer.Option(min=8, help="Number of pairs of scenes.")] = 80,
    method: Annotated[
        list[str] | None, typer.Option(help="A method, as often as wanted; all by default.")
    ] = None,
    split: Split = "test",
    save: Save = None,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Do maps of why two scenes are alike lie on the parts that both show?"""
    from seewhy.encoders.catalogue import load_encoder
    from seewhy.similarity.catalogue import METHODS
    from seewhy.studies.similarity_bench import bench_similarity

    found = bench_similarity(
        load_encoder(model, device=device),
        pairs=pairs,
        methods=tuple(method or METHODS),
        split=split,
        seed=seed,
        progress=not quiet and not as_json,
    )
    title = f"{model}, {pairs} pairs of scenes, shared parts cover {found.area:.1%}"
    give_result(found, lambda one: _show_similarity(one, title), save, as_json=as_json, quiet=quiet)


def _show_similarity(found: SimilarityBench, title: str) -> None:
    from rich.table import Table

    table = Table(
        "method", "pointing", "mass", "of the thing", "beats chance and center", title=title
    )
    for name, scores in found.methods.items():
        table.add_row(
            f"({name})" if scores.is_baseline else name,
            f"{scores.pointing.value:.3f} {_show_interval(scores.pointing.interval)}",
            f"{scores.mass.value:.3f} {_show_interval(scores.mass.interval)}",
            f"{scores.thing_pointing.value:.3f}, {scores.thing_mass.value:.3f}",
            " and ".join(title for title in ("pointing", "mass") if getattr(scores, title).beats)
            or "no",
        )
    console = make_console()
    console.print(table)
    for title, reached in found.made.items():
        console.print(f"{title}: from {reached.begin:.4g} to {reached.end:.4g}")


@bench_app.command("rationales")
def rationales_bench_command(
    model: Annotated[str, typer.Option(help="A rationale model.")] = "mini:uni-nlx",
    scenes: Annotated[int, typer.Option(min=8, help="Number of scenes.")] = 200,
    task: Annotated[
        list[str] | None, typer.Option(help="A task, as often as wanted; all seven by default.")
    ] = None,
    split: Split = "test",
    size: Annotated[int, typer.Option(min=32, max=1024, help="Of the pictures.")] = 96,
    save: Save = None,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Are answers right, and is everything true that their reasons claim?"""
    from seewhy.datasets.nle import TASKS
    from seewhy.rationales.catalogue import load_rationale_model
    from seewhy.studies.rationale_bench import bench_rationales

    found = bench_rationales(
        load_rationale_model(model, device=device),
        scenes=scenes,
        tasks=tuple(task or TASKS),
        split=split,
        size=size,
        progress=not quiet and not as_json,
    )
    title = f"{model}, {scenes} scenes"
    give_result(found, lambda one: _show_rationales(one, title), save, as_json=as_json, quiet=quiet)


def _show_rationales(found: RationaleBench, title: str) -> None:
    from rich.table import Table

    shown = ("BLEU-4", "ROUGE-L", "CIDEr-D")
    table = Table(
        "task", "right", "(frequent)", "true", "(elsewhere)", *shown,
        title=title,
    )  # fmt: skip
    for name, one in found.tasks.items():
        shares = (one.accuracy, one.most_frequent, one.true_reasons, one.elsewhere)
        scores = (one.scores[metric] for metric in shown)
        table.add_row(name, *(f"{v:.3f}" for v in shares), *(f"{v:.3f}" for v in scores))
    table.add_row("mean", f"{found.accuracy:.3f}", "", f"{found.true_reasons:.3f}")
    console = make_console()
    console.print(table)
    console.print(
        "right: answers; (frequent): always the most frequent answer; true: reasons of which all "
        "holds in the scene; (elsewhere): true reasons about other scenes."
    )


@bench_app.command("captions")
def captions_bench_command(
    model: Annotated[str, typer.Option(help="An editor of captions.")] = "mini:show-edit-tell",
    scenes: Annotated[int, typer.Option(min=4, help="Number of scenes.")] = 150,
    split: Split = "test",
    save: Save = None,
    device: Device = "cpu",
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Are flaws of captions repaired, and is what is right kept?"""
    from seewhy.captions.catalogue import load_editor
    from seewhy.studies.caption_bench import bench_captions

    found = bench_captions(
        load_editor(model, device=device),
        scenes=scenes,
        split=split,
        seed=seed,
        progress=not quiet and not as_json,
    )
    title = f"{model}, {scenes} scenes"
    give_result(found, lambda one: _show_captions(one, title), save, as_json=as_json, quiet=quiet)


def _show_captions(found: CaptionBench, title: str) -> None:
    from rich.table import Table

    table = Table(
        "flaw", "captions", "repaired", "right words kept", "true before", "true after",
        "unchanged", title=title,
    )  # fmt: skip
    for kind, one in found.kinds.items():
        shares = (one.repaired, one.kept, one.true_before, one.true_after, one.unchanged)
        table.add_row(kind, str(one.captions), *(f"{value:.3f}" for value in shares))
    console = make_console()
    console.print(table)
    console.print(
        f"{found.repaired:.1%} of flaws repaired, {found.kept:.1%} of right words kept, "
        f"{found.left_alone:.1%} of right captions left alone."
    )
    for one in found.differences:
        low, high = one.interval
        console.print(
            f"{one.metric}: {one.first:.4f} before, {one.second:.4f} after, "
            f"{one.difference:+.4f} ({low:+.4f} to {high:+.4f}), p = {one.p_value:.4f}"
        )


def _show_interval(interval: tuple[float, float]) -> str:
    return f"({interval[0]:.3f} to {interval[1]:.3f})"
