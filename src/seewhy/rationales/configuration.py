"""What a rationale model is made of, but for its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seewhy.errors import DataFormatError, InvalidArgumentError, WeightsError
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.layouts import LayoutMaker
from seewhy.rationales.tasks import Compat, Task, find_task
from seewhy.rationales.tokens import RationaleTokenizer
from seewhy.rationales.vision import PatchSettings

MODEL_TYPE = "seewhy-rationale-model"


@dataclass(frozen=True, kw_only=True)
class RationaleConfig:
    """Everything but the weights of a rationale model; ``config.json`` of its folder."""

    decoder: DecoderConfig
    patches: PatchSettings
    tasks: tuple[str, ...]
    """What it was trained for; the first is taken where none is named."""
    is_unified: bool = False
    """Whether its texts are laid out as Uni-NLX's."""
    compat: Compat = None
    """``"published"``: laid out and taken apart as the released code does."""
    concepts: tuple[str, ...] = ()
    """Words of its concept head, if it has one."""
    looks: bool = True
    """Whether it looks at patches; else it is told how well the question fits the picture (see
    ``alignment.WordAlignment``), and nothing more."""
    is_blind: bool = False
    """Whether it learned from words alone, and is shown nothing of pictures ever after."""

    def __post_init__(self) -> None:
        if not self.tasks:
            raise InvalidArgumentError("tasks must name at least one task.")
        if self.compat not in (None, "published"):
            raise InvalidArgumentError(f"compat must be None or 'published', got {self.compat!r}.")
        if not (self.looks or self.is_blind or self.decoder.alignment):
            raise InvalidArgumentError(
                "A model that does not look must be told how well questions fit, and this decoder "
                "has no alignment. Begin with a caption model that has one (--start-from), or let "
                "it look (--look)."
            )
        for task in self.tasks:
            self.find_task(task)

    @property
    def sees_patches(self) -> bool:
        """Whether patches reach the decoder; else it is given zeros in their place."""
        return self.looks and not self.is_blind

    def find_task(self, name: str | None) -> Task:
        """A task as this model learned it.

        Raises:
            UnknownNameError: if there is none of that name.
        """
        name = self.tasks[0] if name is None else name
        return find_task(name, unified=self.is_unified, boxes=self.decoder.has_boxes)

    def to_dict(self) -> dict[str, Any]:
        """The configuration as ``config.json`` holds it."""
        return {
            "model_type": MODEL_TYPE,
            "decoder": self.decoder.to_dict(),
            "patches": self.patches.to_dict(),
            "tasks": list(self.tasks),
            "is_unified": self.is_unified,
            "compat": self.compat,
            "concepts": list(self.concepts),
            "looks": self.looks,
            "is_blind": self.is_blind,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RationaleConfig:
        """Read what ``to_dict`` wrote.

        Raises:
            DataFormatError: if a field is missing, unknown or out of its range.
        """
        if values.get("model_type") != MODEL_TYPE:
            raise DataFormatError(
                f"This is no rationale model of seewhy: model_type is "
                f"{values.get('model_type')!r}, not {MODEL_TYPE!r}."
            )
        try:
            return cls(
                decoder=DecoderConfig.from_dict(values["decoder"]),
                patches=PatchSettings.from_dict(values["patches"]),
                tasks=tuple(values["tasks"]),
                is_unified=values["is_unified"],
                compat=values["compat"],
                concepts=tuple(values["concepts"]),
                looks=values.get("looks", True),  # folders of before have no such field
                is_blind=values.get("is_blind", False),  # nor this
            )
        except (KeyError, TypeError) as error:
            raise DataFormatError(
                f"A rationale model's configuration cannot be read: {error!r}."
            ) from error


def check_fit(config: RationaleConfig, tokenizer: RationaleTokenizer) -> None:
    """Refuse a tokenizer that is not the decoder's.

    Raises:
        WeightsError: if it has other numbers than the decoder has words, or lacks a token that
            a task needs.
    """
    if len(tokenizer) != config.decoder.vocabulary:
        raise WeightsError(
            f"The tokenizer has {len(tokenizer)} tokens and the decoder "
            f"{config.decoder.vocabulary} words. Use the tokenizer the model was trained with."
        )
    for name in config.tasks:
        LayoutMaker(config.find_task(name), tokenizer, compat=config.compat).make_rules()
