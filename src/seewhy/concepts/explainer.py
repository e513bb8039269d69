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

from seewhy.concepts.decision import find_pulls, list_prediction
from seewhy.concepts.feature_store import FeatureStore, StoredPicture
from seewhy.concepts.knowledge import encode_knowledge
from seewhy.concepts.leakage import filter_leakage
from seewhy.concepts.naming import name_parts
from seewhy.concepts.parts import BACKGROUND
from seewhy.concepts.prompts import VisualPrompt, find_regions, make_visual_prompts
from seewhy.concepts.ranking import rank_classes
from seewhy.concepts.reference import ConceptReference, find_reference, fit_reference
from seewhy.concepts.refinement import refine_mask
from seewhy.concepts.report import ConceptReport, PictureConcepts, Pull, ScoredConcept
from seewhy.concepts.settings import ConceptSettings
from seewhy.concepts.vocabulary import check_classes, make_vocabulary
from seewhy.encoders.base import split_batches
from seewhy.encoders.preprocessing import Preprocessing, fit_image, normalize_pixels
from seewhy.encoders.progress import show_progress
from seewhy.encoders.protocols import DualEncoder, ImageEncoder
from seewhy.errors import EncoderError, ImageReadError, InvalidArgumentError, MissingFileError
from seewhy.images.folders import ImageFailure, list_pictures
from seewhy.images.reading import as_image
from seewhy.images.resizing import upscale_nearest
from seewhy.results import Provenance

FEW_PICTURES = 8
"""With fewer pictures, parts are taken from a reference if there is one."""


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
            reference: foreground and parts fitted before; ``None``: fitted on the pictures.
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
        self.fitted_on, self.notes = "", list[str]()
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
            InvalidArgumentError: if a label is no class, or no picture could be read.
        """
        labels = dict(labels or {})
        for name, label in labels.items():
            if label not in self.text.classes:
                raise InvalidArgumentError(
                    f"The label {label!r} of {name} is not among the classes."
                )
        self.failures, self.notes = [], []
        with FeatureStore() as store:
            self._fill(store, images)
            if not len(store):
                reasons = "; ".join(failure.reason for failure in self.failures[:3])
                raise InvalidArgumentError(f"No picture could be read. {reasons}")
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
            InvalidArgumentError: if no picture could be read, or they have too little foreground.
        """
        with FeatureStore() as store:
            self._fill(store, images)
            if not len(store):
                raise InvalidArgumentError("No picture could be read.")
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
        given = self.reference or (find_reference(self.encoder) if few else None)
        if few and given is not None and given.fits(self.settings):
            self.fitted_on = given.fitted_on
            return given
        if few:
            self.notes.append(
                f"Parts were fitted on {len(store)} pictures only; with more, or with a reference, "
                "they mean the same thing from picture to picture."
            )
        self.fitted_on = f"the {len(store)} pictures explained"
        return self._fit(store, self.fitted_on)

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
            label = labels.get(picture.name)
            yield self._describe(
                picture, mask, by_method, embedded, label, explain_label=explain_label
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

    def _describe(
        self,
        picture: StoredPicture,
        mask: NDArray[np.bool_],
        prompts: dict[str, list[VisualPrompt]],
        embedded: dict[str, list[Tensor]],
        label: str | None,
        *,
        explain_label: bool,
    ) -> PictureConcepts:
        text, whole = self.text, picture.embedding
        probabilities = rank_classes(
            whole[None], text.class_weights, logit_scale=self.encoder.logit_scale
        )[0]
        prediction = list_prediction(probabilities, text.classes)
        explained = label if explain_label and label is not None else prediction[0].text
        known = text.of_class(text.classes.index(explained))
        words = tuple(
            ScoredConcept(text.descriptors[i], s)
            for i, s in zip(known.indices, known.scores, strict=True)
        )
        explanations = tuple(
            name_parts(
                method,
                found,
                torch.stack(embedded[method]) if found else whole[None][:0],
                whole=whole,
                size=(mask.shape[0], mask.shape[1]),
                text=text,
                class_concepts=[word.text for word in words],
                settings=self.settings,
            )
            for method, found in prompts.items()
        )
        notes = () if mask.any() else ("No foreground was found in this picture.",)
        result = PictureConcepts(
            name=picture.name,
            image=picture.image,
            prediction=prediction,
            label=label,
            explained=explained,
            class_concepts=words,
            foreground=mask,
            explanations=explanations,
            notes=notes,
        )
        return replace(result, pulls=self._find_pulls(result, whole)) if result.is_wrong else result

    def _find_pulls(self, picture: PictureConcepts, whole: Tensor) -> tuple[Pull, ...]:
        text = self.text
        place = {name: index for index, name in enumerate(text.descriptors)}
        predicted = text.classes.index(picture.prediction[0].text)
        known = text.of_class(predicted)
        return find_pulls(
            [place[c.text] for found in picture.explanations for c in found.ranked],
            text.descriptors,
            whole=whole,
            embeddings=text.prompted,
            predicted=text.class_weights[predicted],
            true=text.class_weights[text.classes.index(picture.label or "")],
            shared=frozenset(text.descriptors[i] for i in known.indices),
        )

    def report(self, pictures: Iterable[PictureConcepts]) -> ConceptReport:
        """All pictures of a run together."""
        return ConceptReport(
            pictures=tuple(pictures),
            classes=self.text.classes,
            vocabulary=self.vocabulary,
            num_descriptors=len(self.text.descriptors),
            num_leaking=self.num_leaking,
            fitted_on=self.fitted_on,
            failures=tuple(self.failures),
            provenance=Provenance(
                model=self.encoder.name,
                model_digest=self.encoder.digest,
                settings=asdict(self.settings),
                seed=self.seed,
            ),
            notes=tuple(self.notes),
        )
