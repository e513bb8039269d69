"""Image-to-text models of Hugging Face's transformers as captioners."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.edit import Alternative, CaptionFailure, CaptionReport, SaidCaption, SaidWord
from seewhy.captions.speaker import name_picture
from seewhy.encoders.digests import digest_module
from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.errors import EncoderError, MissingFileError, WeightsError
from seewhy.images.reading import as_image
from seewhy.progress import quiet_transformers, show_progress
from seewhy.results import Provenance
from seewhy.text.word_vocabulary import split_words

TWO_PARTS = "vision-encoder-decoder"
"""Models of a vision encoder and a text decoder, such as ViT-GPT2."""


class HuggingFaceCaptioner:
    """BLIP, GIT, ViT-GPT2 or another image-to-text model, asked for captions in batches.

    Args:
        model: a transformers model whose ``generate`` takes ``pixel_values``.
        image_processor: its image processor.
        tokenizer: its tokenizer.
        name: what it is called in results.
        settings: beams, captions for each picture, longest caption and length penalty.
    """

    def __init__(
        self,
        model: Any,
        image_processor: Any,
        tokenizer: Any,
        *,
        name: str,
        settings: BeamSettings | None = None,
    ) -> None:
        self.model, self.image_processor, self.tokenizer = model.eval(), image_processor, tokenizer
        self.name, self.settings = name, settings or BeamSettings()

    def __repr__(self) -> str:
        return f"HuggingFaceCaptioner({self.name!r})"

    def caption(self, image: Any) -> SaidCaption:
        """The caption of one picture.

        Raises:
            ImageReadError: if it cannot be read.
            EncoderError: if the model does not caption pictures.
        """
        picture = as_image(image)
        return self._caption([(name_picture(image, 0), picture)], self.provenance())[0]

    def caption_all(
        self,
        images: Sequence[Any],
        *,
        names: Sequence[str] | None = None,
        batch_size: int = 32,
        progress: bool = False,
    ) -> CaptionReport:
        """Captions of many pictures; those that cannot be read are left out and listed.

        Args:
            images: paths, PIL pictures or arrays.
            names: of the pictures; ``None``: their paths or numbers.
            batch_size: pictures captioned at once.
            progress: whether a bar is shown.

        Raises:
            EncoderError: if the model does not caption pictures.
        """
        called = list(names or [name_picture(image, n) for n, image in enumerate(images)])
        begin, provenance = time.perf_counter(), self.provenance()
        found: list[SaidCaption] = []
        failures: list[CaptionFailure] = []
        starts = range(0, len(images), batch_size)
        for start in show_progress(starts, description="Pictures", enabled=progress):
            readable: list[tuple[str, Any]] = []
            for name, image in zip(
                called[start : start + batch_size], images[start : start + batch_size], strict=True
            ):
                try:
                    readable.append((name, as_image(image)))
                except (OSError, ValueError) as error:
                    failures.append(CaptionFailure(name, str(error)))
            if readable:
                found += self._caption(readable, provenance)
        return CaptionReport(tuple(found), tuple(failures), provenance, time.perf_counter() - begin)

    def provenance(self) -> Provenance:
        """Where its captions come from."""
        search = {"beams": self.settings.beams, "max_words": self.settings.max_words}
        return Provenance(
            model=self.name, model_digest=digest_module(self.model), settings={"search": search}
        )

    @torch.no_grad()
    def _caption(self, named: list[tuple[str, Any]], provenance: Provenance) -> list[SaidCaption]:
        settings = self.settings
        pictures = [picture for _, picture in named]
        pixels = self.image_processor(images=pictures, return_tensors="pt")["pixel_values"]
        try:
            with quiet_transformers():
                output = self.model.generate(
                    pixel_values=pixels.to(self.model.device, self.model.dtype),
                    max_new_tokens=2 * settings.max_words,  # tokens are parts of words
                    num_beams=settings.beams,
                    num_return_sequences=settings.num_best,
                    length_penalty=settings.length_penalty,
                    no_repeat_ngram_size=settings.block_ngrams,
                    do_sample=False,
                    return_dict_in_generate=True,
                    output_scores=True,
                )
        except (TypeError, ValueError) as error:
            raise EncoderError(
                f"{self.name} does not caption pictures by itself: {error}. Name a captioning "
                "model, such as BLIP, GIT or ViT-GPT2."
            ) from error
        texts = self.tokenizer.batch_decode(output.sequences, skip_special_tokens=True)
        scores = self._sum_scores(output)
        best = settings.num_best
        return [
            self._make(
                name,
                picture,
                [" ".join(text.split()) for text in texts[n * best : (n + 1) * best]],
                scores[n * best : (n + 1) * best],
                provenance,
            )
            for n, (name, picture) in enumerate(named)
        ]

    def _sum_scores(self, output: Any) -> list[float]:
        """Log-probability of each sequence, without the length penalty."""
        steps = self.model.compute_transition_scores(
            output.sequences,
            output.scores,
            getattr(output, "beam_indices", None),
            normalize_logits=getattr(output, "beam_indices", None) is None,
        )
        return steps.masked_fill(steps.isinf(), 0.0).sum(dim=1).tolist()

    def _make(
        self,
        name: str,
        picture: Any,
        texts: list[str],
        scores: list[float],
        provenance: Provenance,
    ) -> SaidCaption:
        others = zip(texts[1:], scores[1:], strict=True)
        return SaidCaption(
            name=name,
            caption=texts[0],
            words=tuple(SaidWord(word, "insert") for word in split_words(texts[0])),
            score=scores[0],
            alternatives=tuple(Alternative(text, score) for text, score in others),
            region_attention=None,
            grid=None,
            boxes=None,
            image=np.asarray(picture),
            provenance=provenance,
        )


def load_hugging_face_captioner(
    source: str, *, device: str = "cpu", settings: BeamSettings | None = None
) -> HuggingFaceCaptioner:
    """A captioner from a hub name or a local folder that ``save_pretrained`` wrote.

    No code from the hub is run.

    Args:
        source: as ``Salesforce/blip-image-captioning-base``, or a folder.
        device: where to compute.
        settings: how captions are searched for.

    Raises:
        MissingFileError: if a folder is not there, or lacks a file.
        WeightsError: if the weights cannot be fetched, or do not cover the model.
        EncoderError: if the model is no image-to-text model.
    """
    declare_torchvision_operators()  # a torchvision that does not import takes transformers along
    if source.startswith(("/", ".", "~")) and not Path(source).expanduser().is_dir():
        raise MissingFileError(f"No folder {source}. Name a folder that save_pretrained wrote.")
    source = str(Path(source).expanduser()) if source.startswith("~") else source
    with quiet_transformers():
        parts = _fetch(source)
    model, image_processor, tokenizer = parts
    return HuggingFaceCaptioner(
        model.to(device).requires_grad_(False),
        image_processor,
        tokenizer,
        name=f"hf:{source}",
        settings=settings,
    )


def _fetch(source: str) -> tuple[Any, Any, Any]:
    """Model, image processor and tokenizer."""
    from transformers import (
        AutoConfig,
        AutoImageProcessor,
        AutoModelForImageTextToText,
        AutoTokenizer,
        VisionEncoderDecoderModel,
    )

    try:
        config = AutoConfig.from_pretrained(source)
        is_two = config.model_type == TWO_PARTS
        kind: Any = VisionEncoderDecoderModel if is_two else AutoModelForImageTextToText
        model, report = kind.from_pretrained(source, dtype=torch.float32, output_loading_info=True)
        image_processor = AutoImageProcessor.from_pretrained(source, backend="pil")
        tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ImportError) as error:
        raise WeightsError(
            f"{source} cannot be fetched or lacks a file: {_first_line(error)}. Without a network, "
            "name a local folder with model, image processor and tokenizer."
        ) from error
    except ValueError as error:
        raise EncoderError(
            f"{source} is no image-to-text model of transformers: {_first_line(error)}."
        ) from error
    if missing := sorted(report["missing_keys"]):
        raise WeightsError(
            f"{source} holds no weights for {len(missing)} parts of its model, as {missing[0]}; "
            "they would be random. Name a folder that was saved whole."
        )
    return model, image_processor, tokenizer


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [type(error).__name__])[0].rstrip(".")
