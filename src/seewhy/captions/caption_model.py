"""A captioning model with all it needs: its words, its features' source, its sentence vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from seewhy.captions.adaptive_attention import AdaptiveAttention, AdaptiveAttentionConfig
from seewhy.captions.dcnet import DCNet, DCNetConfig, DCNetWithMSE
from seewhy.captions.decoder import CaptionDecoder
from seewhy.captions.editnet import EditNet, EditNetConfig
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.modification import ModificationConfig, ModificationNetwork
from seewhy.captions.sentence_embedding import Sentences, build_sentences
from seewhy.captions.up_down import UpDown, UpDownConfig
from seewhy.encoders.config_files import read_config
from seewhy.encoders.model_folders import fill_from_folder, save_model_folder
from seewhy.errors import DataFormatError, InvalidArgumentError, UnknownNameError
from seewhy.text.word_vocabulary import WordVocabulary

MODEL_TYPE = "seewhy-caption-model"


@dataclass(frozen=True)
class ModelKind:
    """One kind of captioning model."""

    config: Callable[..., Any]
    build: Callable[[Any], CaptionDecoder[Any, Any]]
    edits: bool
    """Whether it reads an existing caption."""
    sees: bool = True
    """Whether it looks at the picture."""
    reads_sentences: bool = False
    """Whether it reads the existing caption as one vector."""


KINDS: dict[str, ModelKind] = {
    "editnet": ModelKind(EditNetConfig, EditNet, edits=True),
    "dcnet": ModelKind(DCNetConfig, DCNet, edits=True, sees=False),
    "dcnet-mse": ModelKind(
        DCNetConfig, lambda config: DCNetWithMSE(DCNet(config)), edits=True, sees=False
    ),
    "modification": ModelKind(
        ModificationConfig, ModificationNetwork, edits=True, reads_sentences=True
    ),
    "up-down": ModelKind(UpDownConfig, UpDown, edits=False),
    "adaptive-attention": ModelKind(AdaptiveAttentionConfig, AdaptiveAttention, edits=False),
}


@dataclass(frozen=True, kw_only=True)
class CaptionModel:
    """A captioning model, and what it takes to use it."""

    kind: str
    """A name of ``KINDS``."""
    model: CaptionDecoder[Any, Any]
    vocabulary: WordVocabulary
    longest: int = 18
    """Words of a caption at most; existing ones are cut there."""
    features: Mapping[str, Any] = field(default_factory=dict)
    """Where the features it was trained on come from: encoder and digest, or file."""
    sentences: Sentences | None = None
    """Makes vectors of existing captions, where the model reads those."""
    reads_attributes: bool = False
    """Whether it was trained with words that are likely in each picture."""

    def __post_init__(self) -> None:
        kind = find_kind(self.kind)
        if self.model.vocabulary != len(self.vocabulary):
            raise InvalidArgumentError(
                f"The model has {self.model.vocabulary} words, its vocabulary "
                f"{len(self.vocabulary)}."
            )
        if kind.reads_sentences != (self.sentences is not None):
            raise InvalidArgumentError(
                f"{self.kind} {'needs' if kind.reads_sentences else 'has no use for'} sentences."
            )
        if self.reads_attributes and not isinstance(self.model, ModificationNetwork):
            raise InvalidArgumentError(f"{self.kind} has no use for attributes.")

    @property
    def edits(self) -> bool:
        """Whether it reads an existing caption."""
        return KINDS[self.kind].edits

    @property
    def sees(self) -> bool:
        """Whether it looks at the picture."""
        return KINDS[self.kind].sees

    def complete(self, inputs: CaptionInputs) -> CaptionInputs:
        """The inputs with the vectors of their existing captions, where the model reads those.

        Attributes are left out of a model that was trained without: its part for them is random.
        """
        if not self.reads_attributes:
            inputs = replace(inputs, attributes=None, num_attributes=None)
        if self.sentences is None or inputs.caption is None:
            return inputs
        return replace(inputs, sentence=self.sentences(inputs.caption))

    def save_pretrained(self, folder: str | Path, *, half: bool = False) -> Path:
        """Write ``config.json``, ``model.safetensors`` and ``vocabulary.json``.

        Args:
            folder: made if it is not there.
            half: keep the weights in 16 bits, which halves the file.

        Returns:
            The folder.
        """
        config = {
            "model_type": MODEL_TYPE,
            "kind": self.kind,
            "config": asdict(self.model.config),  # pyright: ignore[reportArgumentType]
            "longest": self.longest,
            "features": dict(self.features),
            "sentences": None if self.sentences is None else self.sentences.to_dict(),
            "reads_attributes": self.reads_attributes,
        }
        path = save_model_folder(folder, self._to_module(), config, half=half)
        self.vocabulary.save(path)
        return path

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> CaptionModel:
        """Load what ``save_pretrained`` wrote, in evaluation mode and single precision.

        Raises:
            MissingFileError: if the folder lacks a file.
            DataFormatError: if ``config.json`` is not one of ours.
            WeightsError: if the weights do not fit the configuration.
        """
        values = read_config(folder)
        try:
            if values["model_type"] != MODEL_TYPE:
                raise DataFormatError(
                    f"{folder} holds a {values['model_type']}, not a {MODEL_TYPE}."
                )
            kind = find_kind(values["kind"])
            model = kind.build(kind.config(**values["config"]))
            vocabulary, sentences = WordVocabulary.load(folder), values["sentences"]
            found = cls(
                kind=values["kind"],
                model=model,
                vocabulary=vocabulary,
                longest=values["longest"],
                features=values["features"],
                sentences=None if sentences is None else build_sentences(sentences, vocabulary),
                reads_attributes=values.get("reads_attributes", False),
            )
        except (KeyError, TypeError, InvalidArgumentError) as error:
            raise DataFormatError(
                f"{folder} holds no caption model of ours: {error!r}. Use a folder that "
                "save_pretrained wrote."
            ) from error
        module = found._to_module()
        fill_from_folder(module, folder)
        module.eval()
        return found

    @property
    def num_parameters(self) -> int:
        """Of the model and of what makes its sentence vectors, where that learned along."""
        return sum(parameter.numel() for parameter in self._to_module().parameters())

    def _to_module(self) -> nn.ModuleDict:
        """All that has weights, under the names that a folder keeps."""
        parts: dict[str, nn.Module] = {"model": self.model}
        if self.sentences is not None:
            parts["sentences"] = self.sentences
        return nn.ModuleDict(parts)


def find_kind(name: str) -> ModelKind:
    """The kind of model of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in KINDS:
        raise UnknownNameError("kind of caption model", name, KINDS)
    return KINDS[name]
