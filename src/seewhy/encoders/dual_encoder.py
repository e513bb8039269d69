"""Our own dual encoder: an image tower and a text tower that share a space, as in CLIP."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from seewhy.encoders.config_files import freeze_lists, read_config
from seewhy.encoders.convnet import ConvNet, ConvNetConfig
from seewhy.encoders.model_folders import fill_from_folder, save_model_folder
from seewhy.encoders.text_transformer import TextTransformer, TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformer, VisionTransformerConfig
from seewhy.errors import DataFormatError, InvalidArgumentError

MAX_LOGIT_SCALE = 100.0  # as in CLIP; beyond it training loses its balance
IMAGE_CONFIGS = {"vit": VisionTransformerConfig, "convnet": ConvNetConfig}


@dataclass(frozen=True, kw_only=True)
class DualEncoderConfig:
    """Shape of a ``DualEncoderModel``, and how it wants its pictures."""

    image: VisionTransformerConfig | ConvNetConfig = field(default_factory=VisionTransformerConfig)
    text: TextTransformerConfig = field(default_factory=TextTransformerConfig)
    dim: int = 128
    """Length of an embedding."""
    has_logit_bias: bool = False
    """Whether a bias is learned beside the scale, as SigLIP's loss wants."""
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    """Subtracted from pixels of 0 to 1, for red, green and blue."""
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    """Divides what is left."""

    def to_dict(self) -> dict[str, Any]:
        """The configuration as ``config.json`` holds it."""
        return {"model_type": "seewhy-dual-encoder", **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DualEncoderConfig:
        """Read what ``to_dict`` wrote.

        Raises:
            DataFormatError: if a field is missing, unknown, or out of its range.
        """
        try:
            rest = freeze_lists({k: v for k, v in values.items() if k != "model_type"})
            image = freeze_lists(rest.pop("image"))
            text = TextTransformerConfig(**rest.pop("text"))
            return cls(image=IMAGE_CONFIGS[image["kind"]](**image), text=text, **rest)
        except (KeyError, TypeError, AttributeError, InvalidArgumentError) as error:
            raise DataFormatError(
                f"A dual encoder's configuration cannot be read: {error!r}. "
                "Use a config.json that save_pretrained wrote."
            ) from error


class DualEncoderOutput(NamedTuple):
    """What training needs of one batch of pairs."""

    images: Tensor
    """(batch, dim), unit length."""
    texts: Tensor
    """(batch, dim), unit length."""
    scale: Tensor
    """What cosines are multiplied with; a scalar, at most 100."""
    bias: Tensor | None
    """What is added to them; a scalar, or ``None`` where there is none."""


class DualEncoderModel(nn.Module):
    """Pictures and texts in one space; the cosine says how well they go together.

    logits = exp(s) · cos(image, text) + b        (b = 0 without a bias)

    Sources: CLIP, arXiv:2103.00020; SigLIP, arXiv:2303.15343.
    """

    def __init__(self, config: DualEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.image: VisionTransformer | ConvNet = (
            VisionTransformer(config.image, config.dim)
            if isinstance(config.image, VisionTransformerConfig)
            else ConvNet(config.image, config.dim)
        )
        self.text = TextTransformer(config.text, config.dim)
        # Where the two losses start: CLIP at 1 / 0.07, SigLIP at 10 with a bias of -10.
        start = 10.0 if config.has_logit_bias else 1 / 0.07
        self.log_scale = nn.Parameter(torch.tensor(math.log(start)))
        self.logit_bias = nn.Parameter(torch.tensor(-10.0)) if config.has_logit_bias else None

    @property
    def logit_scale(self) -> Tensor:
        """What cosines are multiplied with: exp(s), at most 100; a scalar."""
        return self.log_scale.exp().clamp(max=MAX_LOGIT_SCALE)

    def encode_pixels(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → (batch, dim), not of unit length."""
        return self.image(pixels)

    def encode_tokens(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, tokens) → (batch, dim), not of unit length."""
        return self.text(tokens)

    def forward(self, pixels: Tensor, tokens: Tensor) -> DualEncoderOutput:
        """Both sides of a batch of pairs, with unit length, and the scale of the logits."""
        images = F.normalize(self.encode_pixels(pixels).float(), dim=-1)
        texts = F.normalize(self.encode_tokens(tokens).float(), dim=-1)
        return DualEncoderOutput(images, texts, self.logit_scale, self.logit_bias)

    def save_pretrained(
        self, folder: str | Path, *, tokenizer: Tokenizer, half: bool = False
    ) -> Path:
        """Write ``config.json``, ``model.safetensors`` and ``tokenizer.json``.

        Args:
            folder: made if it is not there.
            tokenizer: the one the text tower was trained with.
            half: keep the weights in 16 bits, which halves the file.

        Returns:
            The folder.
        """
        folder = save_model_folder(folder, self, self.config.to_dict(), half=half)
        tokenizer.save(str(folder / "tokenizer.json"))
        return folder

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> DualEncoderModel:
        """Load what ``save_pretrained`` wrote, in evaluation mode and single precision.

        The tokenizer lies beside it: ``text.byte_pairs.load_tokenizer(folder)``.

        Raises:
            MissingFileError: if the folder lacks a file.
            DataFormatError: if ``config.json`` is not one of ours.
            WeightsError: if the weights do not fit the configuration.
        """
        model = cls(DualEncoderConfig.from_dict(read_config(folder)))
        fill_from_folder(model, folder)
        return model.eval()
