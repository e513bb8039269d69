"""Results as self-contained HTML pages: nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import io
from functools import lru_cache, singledispatch
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from seewhy.captions.edit import CaptionReport, Edit, SaidCaption
from seewhy.captions.figures import choose_words
from seewhy.concepts.figures import LINE_COLORS, paint_parts, part_color
from seewhy.concepts.report import ConceptReport, PictureConcepts
from seewhy.images.colors import to_hex
from seewhy.rationales.rationale import Rationale
from seewhy.rationales.report import RationaleReport
from seewhy.rationales.study_pages import (
    describe_study,
    list_tables,
    summarize_study,
)
from seewhy.rationales.study_report import RationaleStudy
from seewhy.reports.curves import draw_curves
from seewhy.reports.venn import draw_venn
from seewhy.similarity.catalogue import METHODS
from seewhy.similarity.evaluation import MEASURES
from seewhy.similarity.evaluation_report import EvaluationReport
from seewhy.similarity.explanation import PairExplanation
from seewhy.similarity.figures import VIEW_COLORS, describe_settings, lay_by_itself
from seewhy.similarity.pair import to_bytes
from seewhy.similarity.pair_report import PairReport
from seewhy.similarity.pair_run import PairRun

MAX_SIDE = 320
QUALITY = 82


@singledispatch
def to_html(result: object) -> Markup:
    """An HTML fragment for one result. New kinds: ``@to_html.register``.

    Raises:
        TypeError: if there is no HTML form for this kind of result.
    """
    raise TypeError(
        f"No HTML form for {type(result).__name__}; register one with @to_html.register."
    )


@to_html.register
def _(result: PictureConcepts) -> Markup:
    return Markup(_template("picture.html").render(picture=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: ConceptReport) -> Markup:
    return Markup(_template("concepts.html").render(report=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: Rationale) -> Markup:
    return Markup(_template("rationale.html").render(one=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: RationaleReport) -> Markup:
    return Markup(_template("rationales.html").render(report=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: RationaleStudy) -> Markup:
    page = _template("study.html").render(
        study=result,
        tables=list_tables(result),
        outcome=summarize_study(result),
        about=describe_study(result),
        figure=base64.b64encode(result.to_png()).decode("ascii"),
    )
    return Markup(page)  # noqa: S704  escaped in it


@to_html.register
def _(result: SaidCaption) -> Markup:
    return Markup(_template("caption.html").render(said=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: Edit) -> Markup:
    return Markup(_template("edit.html").render(edit=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: CaptionReport) -> Markup:
    return Markup(_template("captions.html").render(report=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: PairExplanation) -> Markup:
    return Markup(_template("explanation.html").render(found=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: PairReport) -> Markup:
    return Markup(_template("pair.html").render(report=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: PairRun) -> Markup:
    return Markup(_template("pair_run.html").render(run=result))  # noqa: S704  escaped in it


@to_html.register
def _(result: EvaluationReport) -> Markup:
    shown = [m for m in MEASURES if any(m in row for row in result.table.values())]
    figure = base64.b64encode(result.to_png()).decode("ascii")
    page = _template("evaluation.html").render(report=result, shown=shown, figure=figure)
    return Markup(page)  # noqa: S704  escaped in it


def write_html(result: object, path: str | Path, *, title: str = "seewhy") -> Path:
    """Write a result as one HTML page that needs no other file and no network.

    Args:
        result: of a kind ``to_html`` knows.
        path: file to write; its folder is made.
        title: of the page.
    """
    return write_page(to_html(result), path, title=title)


def write_page(body: Markup, path: str | Path, *, title: str) -> Path:
    """Write an HTML fragment as a whole page; its folder is made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_template("page.html").render(title=title, body=body), encoding="utf-8")
    return path


def to_data_uri(image: NDArray[np.uint8], *, max_side: int = MAX_SIDE) -> str:
    """A picture as a JPEG inside a data URI, made smaller if it is large."""
    picture = Image.fromarray(np.ascontiguousarray(image))
    if max(picture.size) > max_side:
        picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    elif max(picture.size) < max_side // 2:  # small ones are enlarged without blur
        factor = max_side // max(picture.size)
        size = (picture.width * factor, picture.height * factor)
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("seewhy.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        data_uri=to_data_uri,
        paint_parts=paint_parts,
        part_color=lambda label: to_hex(part_color(label)),
        line_colors=LINE_COLORS,
        venn=draw_venn,
        curves=draw_curves,
        to_html=to_html,
        choose_words=choose_words,
        methods=METHODS,
        measures=MEASURES,
        view_colors=VIEW_COLORS,
        describe_settings=describe_settings,
        by_itself=lay_by_itself,
        to_bytes=to_bytes,
    )
    return environment


def _template(name: str) -> Template:
    return _environment().get_template(name)
