"""Two random views of one picture as a pair, with a record of where they were cut out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.preprocessing import Preprocessing, normalize_pixels
from seewhy.errors import UnknownNameError
from seewhy.images.reading import as_image
from seewhy.images.views import VIEW_RECIPES, View, center_view, make_views
from seewhy.similarity.catalogue import METHODS, Compat, find_method
from seewhy.similarity.explanation import PairExplanation
from seewhy.similarity.geometry import PairGeometry, record_geometry
from seewhy.similarity.methods import as_pair_model, explain_pair
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair
from seewhy.similarity.passes import Effort, Precision

Encoder = TorchImageEncoder | PairModel


@dataclass(frozen=True, eq=False)
class ViewPair:
    """A pair of views before an encoder."""

    pair: Pair
    geometry: PairGeometry
    names: tuple[str, str]

    def explain(
        self, method: str, *, compat: Compat = "default", settings: Any = None
    ) -> PairExplanation:
        """Explain it by one method, and score how well both maps agree on the picture."""
        found = explain_pair(self.pair, method, compat=compat, settings=settings, names=self.names)
        if found.names != self.names:
            note = "Picture 2 is no view of the picture here, so nothing is said about agreement."
            return replace(found, notes=(*found.notes, note))
        agreement = None
        if len(found.maps) == 2:
            agreement = self.geometry.compare([each.to_pixels() for each in found.maps])
        return replace(found, geometry=self.geometry, agreement=agreement)


def explain_views(
    encoder: Encoder,
    image: Any,
    *,
    methods: Sequence[str] = tuple(METHODS),
    recipe: str = "simclr",
    plain_first: bool = False,
    compat: Compat = "default",
    settings: Mapping[str, Any] | None = None,
    other: Encoder | None = None,
    batch_size: int = 32,
    seed: int = 0,
    precision: Precision = "float32",
    progress: bool = False,
) -> Iterator[PairExplanation]:
    """Explain why an encoder finds two random views of one picture alike.

    Where each view was cut out, and whether it was mirrored, is recorded, so that both maps can be
    drawn on the picture they are of, and their agreement scored: a check that needs no labels.

    Args:
        encoder: from ``load_encoder`` or ``wrap_module``; a ``PairModel`` to choose its layer.
        image: a path, PIL picture, array or tensor.
        methods: names of ``METHODS``; they yield as they are done.
        recipe: a name of ``VIEW_RECIPES``: whose random crops, colors and blurs; of recipes with
            more than two views the first two.
        plain_first: whether the first view is the plain center of the picture, as in the released
            notebooks.
        compat: as in ``explain``.
        settings: by method, as in ``explain_all``.
        other: a second encoder, for ``model-difference``.
        batch_size: pictures in one forward pass.
        seed: of the views and of everything else random.
        precision: of passes without a gradient, as in ``explain``.
        progress: whether bars are shown.

    Raises:
        UnknownNameError: if there is no such method or recipe.
        ImageReadError: if the picture cannot be read.
    """
    for method in methods:
        find_method(method)  # before anything is computed
    given = settings or {}
    effort = Effort(batch_size=batch_size, seed=seed, precision=precision, progress=progress)
    views = read_views(
        encoder, image, recipe=recipe, plain_first=plain_first, effort=effort, other=other
    )
    for method in methods:
        yield views.explain(method, compat=compat, settings=given.get(method))


def read_views(
    encoder: Encoder,
    image: Any,
    *,
    recipe: str = "simclr",
    plain_first: bool = False,
    effort: Effort | None = None,
    other: Encoder | None = None,
) -> ViewPair:
    """Two random views of a picture before an encoder, at the size it wants; see ``explain_views``.

    Differs: the released code draws views of 224 pixels whatever the encoder, and keeps no record
        of them; see docs/decisions/views.md.
    """
    if recipe not in VIEW_RECIPES:
        raise UnknownNameError("view recipe", recipe, VIEW_RECIPES)
    effort = effort or Effort()
    model, picture = as_pair_model(encoder), as_image(image)
    wanted = model.encoder.preprocessing
    side = max(wanted.size)
    recipes = tuple(replace(one, size=side) for one in VIEW_RECIPES[recipe][:2])
    views = make_views(picture, recipes, generator=effort.seed)
    if plain_first:
        plain = center_view(picture, size=side, resize_to=max(side, wanted.shorter_side))
        views = (plain, views[1])
    first, second = (_to_pixels(view, wanted) for view in views)
    counterpart = None if other is None else as_pair_model(other)
    stem = Path(image).name if isinstance(image, (str, Path)) else "the picture"
    return ViewPair(
        Pair(model, first, second, effort=effort, other=counterpart),
        record_geometry(picture, views, recipe=recipe, seed=effort.seed),
        (f"{stem}, {'plain' if plain_first else 'view 1'}", f"{stem}, view 2"),
    )


def _to_pixels(view: View, wanted: Preprocessing) -> torch.Tensor:
    """A view as the encoder wants it, whole, (1, 3, height, width)."""
    assert isinstance(view.image, Image.Image)  # noqa: S101  of a PIL picture, they are
    height, width = wanted.size
    picture = view.image
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return normalize_pixels(torch.from_numpy(np.array(picture))[None], wanted)
