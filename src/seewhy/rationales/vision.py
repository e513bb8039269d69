"""What a decoder sees of a picture: the patches of an encoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.base import TorchImageEncoder, evaluating
from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.config_files import freeze_lists
from seewhy.encoders.digests import digest_texts
from seewhy.encoders.preprocessing import Preprocessing, fit_image, normalize_pixels
from seewhy.errors import DataFormatError, EncoderError, InvalidArgumentError
from seewhy.images.reading import as_image

Norm = Literal["own", "standard", "none"]
OWN_NORMS = ("visual.ln_post", "vision_model.post_layernorm", "image.norm", "visual.trunk.norm")
"""Where encoders keep the norm behind their last block."""


@dataclass(frozen=True, kw_only=True)
class PatchSettings:
    """How patches are read; saved with a model, which has to see them as in training."""

    encoder: str
    """As ``load_encoder`` knows it."""
    weights: str | None = None
    """Tag or file, of encoders that need one."""
    norm: Norm = "standard"
    """``own``: the encoder's last norm (NLX-GPT takes CLIP's); ``standard``: each patch to mean
    0 and variance 1; ``none``."""
    layer: int = -1
    """Block or stage; negative numbers count from the last."""
    preprocessing: Preprocessing | None = None
    """``None``: the encoder's own."""
    is_tuned: bool = False
    """Whether the encoder learned along with the decoder; a model's folder then holds what of it
    changed, in ``encoder.safetensors``."""

    def __post_init__(self) -> None:
        if self.norm not in ("own", "standard", "none"):
            raise InvalidArgumentError(
                f"norm must be 'own', 'standard' or 'none', got {self.norm!r}."
            )

    def to_dict(self) -> dict[str, Any]:
        """The settings as ``config.json`` holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PatchSettings:
        """Read what ``to_dict`` wrote.

        Raises:
            DataFormatError: if a field is missing or unknown.
        """
        try:
            rest = dict(values)
            found = rest.pop("preprocessing", None)
            wanted = None if found is None else Preprocessing(**freeze_lists(found))
            return cls(**rest, preprocessing=wanted)
        except (TypeError, InvalidArgumentError) as error:
            raise DataFormatError(f"How patches are read cannot be read: {error}.") from error


class PatchReader:
    """Pictures to patches, by an encoder that stays as it is."""

    def __init__(self, settings: PatchSettings, encoder: TorchImageEncoder | None = None) -> None:
        """Take an encoder, or load the one that is named.

        Args:
            settings: how patches are read.
            encoder: to be used instead of the one ``settings`` names.
        """
        self.settings = settings
        self.encoder = encoder or load_encoder(settings.encoder, weights=settings.weights)
        self.preprocessing = settings.preprocessing or self.encoder.preprocessing
        self._norm = self._find_norm()
        self.tuned: tuple[str, ...] = ()
        """Names of the encoder's weights that learned along with a decoder."""

    @property
    def digest(self) -> str:
        """SHA-256 of the encoder's weights and of how patches are read."""
        wanted = str(asdict(self.preprocessing))
        rest = (self.settings.norm, str(self.settings.layer), wanted)
        return digest_texts(self.encoder.digest, *rest)

    def fit(self, image: Any) -> Any:
        """A picture as it is looked at: a PIL picture, resized and cropped."""
        return fit_image(as_image(image), self.preprocessing)

    def read(self, pictures: Iterable[Any]) -> tuple[Tensor, tuple[int, int]]:
        """Patches of pictures that ``fit`` gave.

        Returns:
            (pictures, patches, channels), float32, and rows and columns of patches.
        """
        arrays = [torch.from_numpy(_to_array(picture)) for picture in pictures]
        pixels = normalize_pixels(torch.stack(arrays), self.preprocessing)
        return self.encode(pixels.to(self.encoder.device))

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """The same of pixels (pictures, 3, height, width), normalized."""
        return self.look(pixels)

    def look(self, pixels: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """The same; gradients flow."""
        found = self.encoder.features(pixels, layer=self.settings.layer)
        values = found.values
        if self._norm is not None:
            with evaluating(self._norm):
                values = self._norm(values)
        elif self.settings.norm == "standard":
            values = F.layer_norm(values, values.shape[-1:])
        return values.float(), found.grid

    def _find_norm(self) -> nn.Module | None:
        if self.settings.norm != "own":
            return None
        for place in OWN_NORMS:
            try:
                return self.encoder.module.get_submodule(place)
            except AttributeError:
                continue
        raise EncoderError(
            f"{self.encoder.name} has no norm behind its blocks at a place that is known "
            f"({', '.join(OWN_NORMS)}). Read its patches with norm='standard'."
        )


def _to_array(picture: Any) -> Any:
    import numpy as np

    return np.array(picture.convert("RGB"))  # a copy that torch may own
