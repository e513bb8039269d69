"""What captioners and editors share: models of one vocabulary, their features, their search."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seewhy.captions.beam_search import BeamSettings, FoundCaptions, search_captions
from seewhy.captions.caption_model import CaptionModel
from seewhy.captions.edit import Alternative, CaptionFailure
from seewhy.captions.ensemble import Ensemble
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.keeping import Refusal, keep_unless_likelier
from seewhy.captions.reading_back import ReadCaptions, read_back
from seewhy.captions.seen_pictures import SeenPicture, see_pictures, take_features
from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.config_files import read_config
from seewhy.encoders.digests import digest_module
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.images.reading import as_image
from seewhy.results import Provenance
from seewhy.text.word_vocabulary import WordVocabulary

FOLDER_TYPE = "seewhy-caption-ensemble"


@dataclass(frozen=True)
class Saying:
    """The best captions of one batch, and what was looked at for the best."""

    found: FoundCaptions
    read: ReadCaptions
    refusals: tuple[Refusal | None, ...] = ()
    """Of each picture, where edits are compared with the existing captions."""


class Speaker:
    """One captioning model, or several that decode as one, with all they need.

    Args:
        models: of one vocabulary.
        name: what it is called in results.
        settings: how captions are searched for.
        encoder: what makes features of pictures; ``None``: the one the models were trained on is
            loaded when a picture comes.
    """

    def __init__(
        self,
        models: Sequence[CaptionModel],
        *,
        name: str,
        settings: BeamSettings | None = None,
        encoder: TorchImageEncoder | None = None,
    ) -> None:
        """Put models together.

        Raises:
            InvalidArgumentError: if there is none, or they differ in their words or features.
        """
        if not models:
            raise InvalidArgumentError("There is no model to speak. Give at least one.")
        if any(model.vocabulary != models[0].vocabulary for model in models):
            raise InvalidArgumentError(
                f"The models of {name} have different words. Train them with one vocabulary."
            )
        sources = [dict(model.features) for model in models if model.sees]
        if any(source != sources[0] for source in sources):
            raise InvalidArgumentError(
                f"The models of {name} were trained on different features: {sources}."
            )
        self.models, self.name = tuple(models), name
        self.settings = settings or BeamSettings()
        self.source = sources[0] if sources else {}
        self._encoder = encoder
        for model in models:
            model.model.eval()

    def __repr__(self) -> str:
        kinds = ", ".join(model.kind for model in self.models)
        return f"{type(self).__name__}({self.name!r}: {kinds})"

    @property
    def vocabulary(self) -> WordVocabulary:
        """The words it knows."""
        return self.models[0].vocabulary

    @property
    def longest(self) -> int:
        """Words of an existing caption that are read."""
        return min(model.longest for model in self.models)

    @property
    def sees(self) -> bool:
        """Whether it looks at pictures."""
        return any(model.sees for model in self.models)

    @property
    def device(self) -> torch.device:
        """Where the models are."""
        return next(self.models[0].model.parameters()).device

    @property
    def digest(self) -> str:
        """SHA-256 of the weights of all models, hexadecimal."""
        sentences = [model.sentences for model in self.models if model.sentences is not None]
        return digest_module(nn.ModuleList([*(model.model for model in self.models), *sentences]))

    @property
    def encoder(self) -> TorchImageEncoder:
        """What makes features of pictures.

        Raises:
            InvalidArgumentError: if nobody knows which encoder made the features of training.
        """
        if self._encoder is None:
            self._encoder = self._load_encoder()
        return self._encoder

    def _load_encoder(self) -> TorchImageEncoder:
        from seewhy.encoders.catalogue import load_encoder

        name = self.source.get("encoder")
        if not name:
            raise InvalidArgumentError(
                f"{self.name} was trained on features from {self.source.get('file', 'a file')}, "
                "which are of no encoder known here. Give features= of each picture."
            )
        encoder = load_encoder(str(name), device=str(self.device))
        wanted = self.source.get("digest")
        if wanted and encoder.digest != wanted:
            raise InvalidArgumentError(
                f"{self.name} was trained on features of another {name}: its weights have the "
                f"digest {encoder.digest[:12]}, not {str(wanted)[:12]}. Give encoder=."
            )
        return encoder

    def to(self, device: str) -> Speaker:
        """Move all models, and give the speaker back."""
        for model in self.models:
            model.model.to(device)
            if model.sentences is not None:
                model.sentences.to(device)
        return self

    def see(
        self, images: Sequence[Any], features: Sequence[Any] | None
    ) -> list[SeenPicture | CaptionFailure | None]:
        """Each picture as the models see it, or why it cannot be seen; ``None``: not needed.

        Args:
            images: paths, PIL pictures or arrays; ``None`` for those of whom features are given.
            features: of each picture; ``None``: made of the pictures.
        """
        if features is not None:
            pairs = zip(images, features, strict=True)
            return [self._take(n, image, given) for n, (image, given) in enumerate(pairs)]
        found: list[SeenPicture | CaptionFailure | None] = []
        readable: list[tuple[int, Any]] = []
        for number, image in enumerate(images):
            try:
                readable.append((number, as_image(image)))
                found.append(None)
            except (OSError, InvalidArgumentError) as error:
                found.append(CaptionFailure(name_picture(image, number), str(error)))
        if self.sees:
            seen = see_pictures(self.encoder, [image for _, image in readable])
            for (number, _), picture in zip(readable, seen, strict=True):
                found[number] = picture
        return found

    def _take(self, number: int, image: Any, given: Any) -> SeenPicture | CaptionFailure:
        if given is None:
            return CaptionFailure(name_picture(image, number), "it has no features")
        try:
            return take_features(given, image)
        except (OSError, InvalidArgumentError) as error:
            return CaptionFailure(name_picture(image, number), str(error))

    @torch.no_grad()
    def say(self, inputs: CaptionInputs, *, may_stay: torch.Tensor | None = None) -> Saying:
        """Search for captions of a batch, and read the best of each again.

        Args:
            inputs: pictures and existing captions.
            may_stay: which existing captions can be compared with their edits where the settings
                have a margin, (pictures,); ``None``: none.
        """
        inputs = inputs.to(self.device)
        members = [(model.model, model.complete(inputs)) for model in self.models]
        searched = Ensemble([_Prepared(*member) for member in members])
        found, refusals = search_captions(searched, inputs, self.vocabulary, self.settings), ()
        margin = self.settings.margin
        if margin is not None and may_stay is not None and inputs.caption is not None:
            found, refusals = keep_unless_likelier(
                found,
                members,
                inputs.caption,
                may_stay.to(self.device),
                self.vocabulary,
                margin=margin,
                length_penalty=self.settings.length_penalty,
            )
        return Saying(found, read_back(members, found.words[:, 0]), refusals)

    def list_alternatives(self, found: FoundCaptions, row: int) -> tuple[Alternative, ...]:
        """The captions behind the best of one picture."""
        pairs = zip(found.words[row, 1:].tolist(), found.scores[row, 1:].tolist(), strict=True)
        return tuple(
            Alternative(" ".join(self.vocabulary.decode(words)), score)
            for words, score in pairs
            if score > float("-inf")
        )

    def provenance(self) -> Provenance:
        """Where its captions come from."""
        settings = {"search": asdict(self.settings), "features": self.source}
        return Provenance(model=self.name, model_digest=self.digest, settings=settings)

    def save_pretrained(self, folder: str | Path, *, half: bool = False) -> Path:
        """Write each model into a folder of its own, and ``config.json`` about them.

        Args:
            folder: made if it is not there.
            half: keep the weights in 16 bits, which halves the files.

        Returns:
            The folder.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        names = [f"{number}-{model.kind}" for number, model in enumerate(self.models)]
        for name, model in zip(names, self.models, strict=True):
            model.save_pretrained(folder / name, half=half)
        config = {"model_type": FOLDER_TYPE, "models": names, "search": asdict(self.settings)}
        text = json.dumps(config, indent=2)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")
        return folder


class _Prepared:
    """A model whose inputs are completed already, as a member of an ensemble."""

    def __init__(self, model: Any, inputs: CaptionInputs) -> None:
        self.model, self.inputs, self.vocabulary = model, inputs, model.vocabulary

    def prepare(self, inputs: CaptionInputs) -> Any:
        return self.model.prepare(self.inputs)

    def start(self, context: Any, hypotheses: int = 1) -> Any:
        return self.model.start(context, hypotheses)

    def advance(self, words: torch.Tensor, state: Any, context: Any) -> tuple[torch.Tensor, Any]:
        return self.model.advance(words, state, context)


def read_speaker_folder(folder: str | Path) -> tuple[list[CaptionModel], BeamSettings]:
    """Models and search settings of a folder: of one model, or of several that speak as one.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if it is no folder of ours.
        WeightsError: if weights do not fit.
    """
    folder = Path(folder)
    values = read_config(folder)
    if values.get("model_type") != FOLDER_TYPE:
        return [CaptionModel.from_pretrained(folder)], BeamSettings()
    try:
        names = [str(name) for name in values["models"]]
        settings = replace(BeamSettings(), **values["search"])
    except (KeyError, TypeError, InvalidArgumentError) as error:
        raise DataFormatError(
            f"{folder / 'config.json'} is none of ours: {error!r}. Use a folder that "
            "save_pretrained wrote."
        ) from error
    if any(Path(name).name != name for name in names) or not names:
        raise DataFormatError(f"{folder / 'config.json'} names models outside of it: {names}.")
    return [CaptionModel.from_pretrained(folder / name) for name in names], settings


def name_picture(image: Any, number: int) -> str:
    """What a picture is called: its path, or its number from 1."""
    return str(image) if isinstance(image, (str, Path)) else f"picture {number + 1}"
