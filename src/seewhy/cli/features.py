"""``seewhy features``: vectors of pictures, kept in one folder for training and captioning."""

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
    from seewhy.training.feature_extraction import ExtractionReport

DEFAULT_MODEL = "mini:photo-clip"


def features_command(
    out: Annotated[Path, typer.Option(help="Folder of the store; a run goes on there.")],
    pictures: Annotated[
        list[Path] | None, typer.Argument(help="Pictures, or folders of them.")
    ] = None,
    model: Annotated[str, typer.Option(help="See `seewhy models list`.")] = DEFAULT_MODEL,
    weights: Annotated[
        str | None, typer.Option(help="Weights of the model: a tag, a file, or 'random'.")
    ] = None,
    tsv: Annotated[Path | None, typer.Option(help="Take them from a bottom-up TSV.")] = None,
    npz: Annotated[Path | None, typer.Option(help="Take them from a folder of ID.npz.")] = None,
    hdf5: Annotated[Path | None, typer.Option(help="Take them from HDF5, with --index.")] = None,
    index: Annotated[Path | None, typer.Option(help="Pickle of rows by picture.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Keep 32 bits, not 16.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check what is there.")] = False,
    batch_size: BatchSize = 32,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write features of pictures into a store: by an encoder, or from published files.

    A picture goes by the name of its file without suffix; COCO's by their number.
    """
    if check:
        _check(out, as_json=as_json, quiet=quiet)
        return
    sources = {"--tsv": tsv, "--npz": npz, "--hdf5": hdf5, "pictures": pictures}
    named = [name for name, value in sources.items() if value]
    if len(named) != 1 or (hdf5 is None) != (index is None):
        from seewhy.errors import InvalidArgumentError

        raise InvalidArgumentError(
            f"Name pictures, or one of --tsv, --npz and --hdf5 with --index; got "
            f"{', '.join(named) or 'none'}."
        )
    if pictures:
        from seewhy.encoders.catalogue import load_encoder
        from seewhy.images.folders import find_images
        from seewhy.training.feature_extraction import extract_features, name_pictures

        report = extract_features(
            load_encoder(model, weights=weights, device=device),
            name_pictures(find_images(pictures)),
            out,
            half=not full,
            batch_size=batch_size,
            progress=not quiet and not as_json,
        )
    else:
        report = _import(tsv, npz, hdf5, index, out, full)
    if as_json:
        from seewhy.results import to_plain

        print_json(to_plain(report))
    elif not quiet:
        _show(report, out)
    leave_with_failures(len(report.failures))


def _import(
    tsv: Path | None, npz: Path | None, hdf5: Path | None, index: Path | None, out: Path, full: bool
) -> ExtractionReport:
    from seewhy.datasets.bottom_up import (
        read_bottom_up_hdf5,
        read_bottom_up_npz,
        read_bottom_up_tsv,
    )
    from seewhy.training.feature_extraction import import_features

    if tsv is not None:
        features, source = read_bottom_up_tsv(tsv), tsv
    elif npz is not None:
        features, source = read_bottom_up_npz(npz), npz
    else:
        assert hdf5 is not None  # noqa: S101  one of them was named
        assert index is not None  # noqa: S101
        features, source = read_bottom_up_hdf5(hdf5, index), hdf5
    return import_features(features, out, source=source.name, half=not full)


def _check(out: Path, *, as_json: bool, quiet: bool) -> None:
    from seewhy.training.feature_store import FeatureStore

    store = FeatureStore(out)
    damaged = store.find_damaged()
    if as_json:
        print_json({"pictures": len(store), "width": store.width, "damaged": damaged})
    elif not quiet:
        console = make_console()
        console.print(f"{len(store)} pictures, {store.width} wide; {len(damaged)} damaged.")
        for picture in damaged:
            console.print(f"[red]damaged[/red] {picture}")
    leave_with_failures(len(damaged))


def _show(report: ExtractionReport, out: Path) -> None:
    from rich.markup import escape

    console = make_console()
    for failure in report.failures:
        console.print(f"[red]left out[/red] {escape(failure.reason)}")
    before = f" ({report.kept} were there before)" if report.kept else ""
    console.print(f"Wrote {report.written} pictures to {escape(str(out))}{before}.")
