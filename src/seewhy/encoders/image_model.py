"""Our own image encoder without a text side: a small residual network and a projection head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from torch import nn

from seewhy.encoders.config_files import freeze_lists, read_config
from seewhy.encoders.convnet import ConvNetConfig, ConvTrunk
from seewhy.encoders.headed import HeadedImageEncoder, HeadedNetwork
from seewhy.encoders.model_folders import fill_from_folder, save_model_folder
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import DataFormatError, InvalidArgumentError

MODEL_TYPE = "seewhy-image-model"
Objective = Literal["simclr", "barlow-twins", "simsiam"]
OBJECTIVES: tuple[Objective, ...] = ("simclr", "barlow-twins", "simsiam")


@dataclass(frozen=True, kw_only=True)
class ImageModelConfig:
    """Shape of an ``ImageModel``, and how it wants its pictures."""

    image: ConvNetConfig = field(default_factory=ConvNetConfig)
    objective: Objective = "simclr"
    """What it is trained for, on which the form of its head depends."""
    projector: tuple[int, ...] = (256, 256, 128)
    """Widths that the layers of the projector give, first to last."""
    predictor: int = 64
    """Width inside SimSiam's predictor; the others have none."""
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    """Subtracted from pixels of 0 to 1, for red, green and blue."""
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    """Divides what is left."""

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise InvalidArgumentError(
                f"objective must be one of {', '.join(OBJECTIVES)}, got {self.objective!r}."
            )
        if not self.projector or min((*self.projector, self.predictor)) < 1:
            raise InvalidArgumentError(
                f"A head needs layers of some width, got {self.projector} and {self.predictor}."
            )
        if self.image.pooling != "mean":
            raise InvalidArgumentError(
                f"An image model pools by the mean, got pooling={self.image.pooling!r}."
            )

    def to_dict(self) -> dict[str, Any]:
        """The configuration as ``config.json`` holds it."""
        return {"model_type": MODEL_TYPE, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImageModelConfig:
        """Read what ``to_dict`` wrote.

        Raises:
            DataFormatError: if a field is missing, unknown, or out of its range.
        """
        try:
            rest = freeze_lists({k: v for k, v in values.items() if k != "model_type"})
            return cls(image=ConvNetConfig(**freeze_lists(rest.pop("image"))), **rest)
        except (KeyError, TypeError, AttributeError, InvalidArgumentError) as error:
            raise DataFormatError(
                f"An image model's configuration cannot be read: {error!r}. "
                "Use a config.json that save_pretrained wrote."
            ) from error


class ImageModel(HeadedNetwork):
    """Picture → trunk → mean of its map → projector (→ predictor, of SimSiam) → embedding."""

    def __init__(self, config: ImageModelConfig) -> None:
        image = config.image
        trunk = ConvTrunk(image.widths, image.depths, image.strides)
        super().__init__(trunk, make_head(config))
        self.config = config

    def save_pretrained(self, folder: str | Path, *, half: bool = False) -> Path:
        """Write ``config.json`` and ``model.safetensors``.

        Args:
            folder: made if it is not there.
            half: keep the weights in 16 bits, which halves the file.

        Returns:
            The folder.
        """
        return save_model_folder(folder, self, self.config.to_dict(), half=half)

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> ImageModel:
        """Load what ``save_pretrained`` wrote, in evaluation mode and single precision.

        Raises:
            MissingFileError: if the folder lacks a file.
            DataFormatError: if ``config.json`` is not one of ours.
            WeightsError: if the weights do not fit the configuration.
        """
        model = cls(ImageModelConfig.from_dict(read_config(folder)))
        fill_from_folder(model, folder)
        return model.eval()


def make_head(config: ImageModelConfig) -> nn.Sequential:
    """The head of an objective, in the form in which it was published.

    ``simclr``: linear layers without bias, each followed by a norm, ReLU between (SimCLRv2).
    ``barlow-twins``: the same, but nothing behind the last layer.
    ``simsiam``: the same as SimCLR's, its last norm without scale and shift; then the predictor.

    Sources: arXiv:2006.10029, 2103.03230, 2011.10566.
    """
    layers: list[nn.Module] = []
    widths = (config.image.widths[-1], *config.projector)
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
    last = config.projector[-1]
    if config.objective == "barlow-twins":
        return nn.Sequential(*layers[:-2])
    if config.objective == "simclr":
        return nn.Sequential(*layers[:-1])
    projector = nn.Sequential(*layers[:-2], nn.BatchNorm1d(last, affine=False))
    inside = config.predictor
    predictor = nn.Sequential(
        nn.Linear(last, inside, bias=False),
        nn.BatchNorm1d(inside),
        nn.ReLU(),
        nn.Linear(inside, last),
    )
    return nn.Sequential(projector, predictor)


def wrap_image_model(model: ImageModel, *, name: str) -> HeadedImageEncoder:
    """An encoder around a model that is already in memory, on its device."""
    config = model.config
    return HeadedImageEncoder(
        name=name,
        module=model.requires_grad_(False),
        preprocessing=Preprocessing(
            size=(config.image.size, config.image.size), mean=config.mean, std=config.std
        ),
        layers=[f"stages.{number}" for number in range(len(config.image.widths))],
    )
