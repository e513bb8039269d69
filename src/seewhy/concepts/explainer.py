"""The explainer: texts once, then pictures batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from seewhy.concepts.description import describe_picture
from seewhy.concepts.feature_store import FeatureStore, StoredPicture
from seewhy.concepts.knowledge import encode_knowledge
from seewhy.concepts.leakage import filter_leakage
from seewhy.concepts.parts import BACKGROUND
from seewhy.concepts.prompts import VisualPrompt, find_regions, make_visual_prompts
from seewhy.concepts.reference import ConceptReference, find_reference, fit_reference
from seewhy.concepts.refinement import refine_mask
from seewhy.concepts.report import ConceptReport, PictureConcepts
from seewhy.concepts.settings import ConceptSettings
from seewhy.concepts.vocabulary import check_classes, make_vocabulary
from seewhy.encoders.base import split_batches
from seewhy.encoders.preprocessing import (
    Preprocessing,
    fit_image,
    normalize_pixels,
    restore_pictures,
)
from seewhy.encoders.protocols import DualEncoder, ImageEncoder
from seewhy.errors import EncoderError, ImageReadError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import ImageFailure, list_pictures
from seewhy.images.reading import as_image
from seewhy.images.resizing import upscale_nearest
from seewhy.progress import show_progress
from seewhy.results import Provenance

FEW_PICTURES = 8
"""With fewer pictures, parts are taken from the encoder's own reference if it has one."""
FEW_NOTE = (
    "Parts were fitted on {} pictures only; with more, or with a reference, they mean the same "
    "thing from picture to picture."
)


class ConceptExplainer:
    """Explains pictures one batch at a time, with everything else done once.

    ``explanation.explain`` is the short way; this one yields each picture as it is done.
    """

    def __init__(
        self,
        encoder: ImageEncoder,
        classes: Sequence[str],
        vocabulary: object = None,
        *,
        settings: ConceptSettings | None = None,
        reference: ConceptReference | None = None,
        batch_size: int = 32,
        seed: int = 0,
        progress: bool = False,
    ) -> None:
        """Encode the texts.

        Args:
            encoder: whose pictures and texts share a space.
            classes: names to decide between, at least two.
            vocabulary: descriptors: ``None`` for our own, a path, a list, a mapping of classes
                to descriptors, or a ``Vocabulary``.
            settings: ``None`` for the published ones.
            reference: foreground and parts fitted before; ``None``: fitted on the pictures, or
                taken from the encoder's own reference for fewer than 8.
            batch_size: pictures or prompts in one forward pass.
            seed: of k-means.
            progress: whether bars are shown.

        Raises:
            EncoderError: if the encoder has no text side.
            InvalidArgumentError: if there are fewer than two classes.
        """
        if not isinstance(encoder, DualEncoder):
            name = getattr(encoder, "name", type(encoder).__name__)
            raise EncoderError(
                f"{name} has no text side, so nothing can be said in words. Use a dual encoder, "
                "such as CLIP or SigLIP."
            )
        check_classes(list(classes))
        self.encoder, self.settings = encoder, settings or ConceptSettings()
        self.reference, self.batch_size, self.seed = reference, batch_size, seed
        self.progress, self.failures = progress, list[ImageFailure]()
        self.used_reference = reference
        words = make_vocabulary(vocabulary)
        kept = filter_leakage(
            words.descriptors, classes, leakage=self.settings.leakage, sources=words.sources
        )
        if not kept:
            raise InvalidArgumentError("The leakage filter leaves no descriptor.")
        self.vocabulary, self.num_leaking = words.name, len(words.descriptors) - len(kept)
        self.text = encode_knowledge(encoder, classes, kept, self.settings, progress=progress)
        self.preprocessing: Preprocessing = replace(
            encoder.preprocessing, resize="exact", interpolation="bilinear"
        )

    def run(
        self, images: Any, *, labels: Mapping[str, str] | None = None, explain_label: bool = False
    ) -> Iterator[PictureConcepts]:
        """Explain pictures, yielding each as it is done; bad ones go to ``failures``.

        Args:
            images: paths, folders, PIL pictures or arrays.
            labels: true class of a picture by its name, where known.
            explain_label: compare with what is known of the true class instead of the predicted.

        Raises:
            InvalidArgumentError: if a label is no class.
            ImageReadError: if no picture could be read.
        """
        labels = dict(labels or {})
        for name, label in labels.items():
            if label not in self.text.classes:
                raise InvalidArgumentError(
                    f"The label {label!r} of {name} is not among the classes."
                )
        self.failures = []
        with FeatureStore() as store:
            self._fill(store, images)
            if not len(store):
                reasons = "; ".join(failure.reason for failure in self.failures[:3])
                raise ImageReadError(f"No picture could be read. {reasons}")
            reference = self._choose_reference(store)
            bar = show_progress(
                store, description="Explaining", total=len(store), enabled=self.progress
            )
            for batch in split_batches(bar, self.batch_size):
                yield from self._explain_batch(
                    batch, store.grid, reference, labels, explain_label=explain_label
                )

    def fit(self, images: Any, *, fitted_on: str) -> ConceptReference:
        """Fit foreground and parts on pictures, to be applied to others.

        Raises:
            ImageReadError: if no picture could be read.
            InvalidArgumentError: if they have too little foreground.
        """
        with FeatureStore() as store:
            self._fill(store, images)
            if not len(store):
                raise ImageReadError("No picture could be read.")
            return self._fit(store, fitted_on)

    def _fill(self, store: FeatureStore, images: Any) -> None:
        """First pass: read, encode and keep every picture."""
        named = list_pictures(images)
        bar = show_progress(named, description="Encoding", total=len(named), enabled=self.progress)
        for batch in split_batches(self._read(bar), self.batch_size):
            names, arrays = [name for name, _ in batch], np.stack([image for _, image in batch])
            pixels = self._normalize(arrays)
            with torch.no_grad():
                embeddings, features = self.encoder.encode_with_features(
                    pixels, kind=self.settings.features
                )
            whole = normalize(embeddings.float(), dim=1)
            if self.settings.compat == "published":
                arrays = restore_pictures(pixels, self.preprocessing)
            store.add(names, arrays, whole, features.values, features.grid)

    def _read(self, named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        for name, image in named:
            try:
                yield name, np.asarray(fit_image(as_image(image), self.preprocessing))
            except (ImageReadError, MissingFileError) as error:
                self.failures.append(ImageFailure(Path(name), str(error)))

    def _normalize(self, arrays: NDArray[np.uint8]) -> Tensor:
        return normalize_pixels(torch.from_numpy(np.array(arrays)), self.preprocessing)

    def _choose_reference(self, store: FeatureStore) -> ConceptReference:
        few = len(store) < FEW_PICTURES
        given = self.reference or (find_reference(self.encoder, self.settings) if few else None)
        if given is not None and given.fits(self.settings):
            self.used_reference = given
        elif self.reference is not None:
            raise InvalidArgumentError(
                "The reference was fitted with other settings (features, foreground, threshold or "
                "number of parts). Fit it anew, or leave it out."
            )
        else:
            self.used_reference = self._fit(store, f"the {len(store)} pictures explained")
        return self.used_reference

    def _fit(self, store: FeatureStore, fitted_on: str) -> ConceptReference:
        digest = self.encoder.digest
        return fit_reference(
            store, self.settings, digest=digest, fitted_on=fitted_on, seed=self.seed
        )

    def _explain_batch(
        self,
        batch: list[StoredPicture],
        grid: tuple[int, int],
        reference: ConceptReference,
        labels: Mapping[str, str],
        *,
        explain_label: bool,
    ) -> Iterator[PictureConcepts]:
        masks, prompts = [], []
        for picture in batch:
            mask, by_method = self._point_out(picture, grid, reference)
            masks.append(mask)
            prompts.append(by_method)
        visual = iter(self._encode_prompts([p for by in prompts for ps in by.values() for p in ps]))
        for picture, mask, by_method in zip(batch, masks, prompts, strict=True):
            embedded = {m: [next(visual) for _ in ps] for m, ps in by_method.items()}
            yield describe_picture(
                picture,
                mask,
                by_method,
                embedded,
                text=self.text,
                settings=self.settings,
                logit_scale=self.encoder.logit_scale,
                label=labels.get(picture.name),
                explain_label=explain_label,
            )

    def _point_out(
        self, picture: StoredPicture, grid: tuple[int, int], reference: ConceptReference
    ) -> tuple[NDArray[np.bool_], dict[str, list[VisualPrompt]]]:
        """Foreground of a picture, and the prompts of its parts by each method."""
        coarse = reference.foreground.find(picture.features, grid)[0]
        if self.settings.refine:
            refined = refine_mask(picture.image, coarse, self.settings.refinement)
        else:
            refined = upscale_nearest(coarse, picture.image.shape[:2])
        prompts = {}
        for method in self.settings.parts:
            labels = np.full(coarse.size, BACKGROUND)
            inside = coarse.reshape(-1)
            if inside.any():
                rows = picture.features[torch.from_numpy(inside)]
                labels[inside] = reference.parts[method].assign(rows).numpy()
            regions = find_regions(labels.reshape(grid), refined)
            prompts[method] = make_visual_prompts(
                picture.image, regions, thickness=self.settings.thickness
            )
        return refined, prompts

    @torch.no_grad()
    def _encode_prompts(self, prompts: list[VisualPrompt]) -> Tensor:
        """Mean of the three prompts' embeddings for each part, (parts, dim), as published."""
        if not prompts:
            return torch.zeros(0, self.text.raw.shape[1])
        pictures = (image for prompt in prompts for image in prompt.images)
        rows = [
            normalize(self.encoder.encode_pixels(self._normalize(np.stack(batch))).float(), dim=1)
            for batch in split_batches(pictures, 3 * self.batch_size)
        ]
        return torch.cat(rows).cpu().reshape(len(prompts), 3, -1).mean(1)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the run as a whole."""
        number = self.used_reference.num_pictures if self.used_reference else 0
        return (FEW_NOTE.format(number),) if 0 < number < FEW_PICTURES else ()

    def describe_run(self, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Everything but the pictures that decides the explanations."""
        return {
            "model": self.encoder.digest,
            "classes": self.text.classes,
            "descriptors": self.text.descriptors,
            "settings": asdict(self.settings),
            "seed": self.seed,
            "labels": dict(labels or {}),
        }

    def report(self, pictures: Iterable[PictureConcepts]) -> ConceptReport:
        """All pictures of a run together."""
        return ConceptReport(
            pictures=tuple(pictures),
            classes=self.text.classes,
            vocabulary=self.vocabulary,
            num_descriptors=len(self.text.descriptors),
            num_leaking=self.num_leaking,
            fitted_on=self.used_reference.fitted_on if self.used_reference else "",
            failures=tuple(self.failures),
            provenance=Provenance(
                model=self.encoder.name,
                model_digest=self.encoder.digest,
                settings=asdict(self.settings),
                seed=self.seed,
            ),
            notes=self.notes,
        )
