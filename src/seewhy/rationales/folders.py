"""Folders of rationale models: written, read, and sent to the hub."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.config_files import read_config
from seewhy.encoders.model_folders import fill_from_folder, save_model_folder
from seewhy.encoders.weight_files import read_weights
from seewhy.errors import MissingFileError, WeightsError
from seewhy.rationales.concept_head import ConceptHead, ConceptWords
from seewhy.rationales.configuration import RationaleConfig
from seewhy.rationales.decoder import RationaleDecoder
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.tokens import load_rationale_tokenizer
from seewhy.rationales.vision import PatchReader

if TYPE_CHECKING:
    from torch import nn

TUNED_FILE = "encoder.safetensors"
FILES = ("config.json", "model.safetensors", "tokenizer.json", TUNED_FILE)
"""Of a model, the last where its encoder learned along; what else is beside them is about it."""


class StoredModules(torch.nn.Module):
    """The weights of a model under the names its file has them by.

    GPT-2's are the authors' names. The head is the word table and is not kept twice.
    """

    def __init__(self, decoder: RationaleDecoder, head: nn.Module | None) -> None:
        super().__init__()
        self.transformer = decoder.language.transformer
        self.projection, self.box_embed = decoder.projection, decoder.box_embed
        self.alignment, self.alignment_embed = decoder.alignment, decoder.alignment_embed
        self.concept_head = head


def save_rationale_folder(model: RationaleModel, folder: str | Path, *, half: bool) -> Path:
    """Write a model; see ``RationaleModel.save_pretrained``."""
    head = None if model.concept_words is None else model.concept_words.head
    stored = StoredModules(model.decoder, head)
    folder = save_model_folder(folder, stored, model.config.to_dict(), half=half)
    model.tokenizer.save(folder)
    if model.config.patches.is_tuned:
        save_file(_list_tuned(model.reader, half=half), folder / TUNED_FILE)
    return folder


def list_own_weights(model: RationaleModel) -> list[torch.Tensor]:
    """The weights a model brings along: all but those of an encoder that stayed as it was."""
    encoder, words = model.reader.encoder.module, model.concept_words
    tuned = [encoder.get_parameter(name) for name in model.reader.tuned]
    head = [] if words is None else list(words.head.parameters())
    return [*model.decoder.parameters(), *head, *tuned]


def _list_tuned(reader: PatchReader, *, half: bool) -> dict[str, torch.Tensor]:
    """The weights of an encoder that learned."""
    module, names = reader.encoder.module, reader.tuned
    found = {name: module.get_parameter(name).detach().cpu().contiguous() for name in names}
    return {name: value.half() if half else value for name, value in found.items()}


def _take_tuned(reader: PatchReader, path: Path) -> None:
    """Put what an encoder learned back into it.

    Raises:
        WeightsError: if it is of another encoder.
    """
    module, known = reader.encoder.module, read_weights(path)
    for name, value in known.items():
        try:
            place = module.get_parameter(name)
        except AttributeError:
            place = None
        if place is None or place.shape != value.shape:
            raise WeightsError(
                f"{path} holds {name} of {tuple(value.shape)}, which {reader.encoder.name} has "
                "not. Use the encoder the model was trained with."
            )
        place.data.copy_(value)
    reader.tuned = tuple(known)


def load_rationale_folder(
    source: str | Path,
    *,
    encoder: TorchImageEncoder | str | None = None,
    name: str | None = None,
    device: str = "cpu",
) -> RationaleModel:
    """A rationale model of ours, in evaluation mode.

    Args:
        source: a folder that ``save_pretrained`` wrote, or the name of such a model on the hub.
        encoder: to look with instead of the one it names; it must give the same patches.
        name: what it is called in results; ``None``: ``source``.
        device: where to compute.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if the configuration or the tokenizer is not one of ours.
        WeightsError: if the weights or the tokenizer do not fit the configuration.
    """
    folder = find_folder(source)
    config = RationaleConfig.from_dict(read_config(folder))
    decoder = RationaleDecoder(config.decoder)
    head = None
    if config.concepts:
        head = ConceptHead(config.decoder.image_width, len(config.concepts))
    fill_from_folder(StoredModules(decoder, head), folder)
    decoder.eval().requires_grad_(False)
    words = None if head is None else ConceptWords(head.eval(), config.concepts)
    model = RationaleModel(
        config,
        decoder,
        load_rationale_tokenizer(folder),
        make_reader(config, encoder),
        name=name or str(source),
        concept_words=words,
    )
    if config.patches.is_tuned:
        _take_tuned(model.reader, folder / TUNED_FILE)
    return model.to(device)


def make_reader(
    config: RationaleConfig, encoder: TorchImageEncoder | str | None = None
) -> PatchReader:
    """What reads the patches a model looks at.

    Raises:
        WeightsError: if the encoder gives patches of another width.
    """
    if isinstance(encoder, str):
        from dataclasses import replace

        reader = PatchReader(replace(config.patches, encoder=encoder, weights=None))
    else:
        reader = PatchReader(config.patches, encoder)
    width, wanted = reader.encoder.layout.width, config.decoder.image_width
    if width != wanted:
        raise WeightsError(
            f"The model looks at patches of {wanted} channels, and {reader.encoder.name} gives "
            f"{width}. Use the encoder it was trained with: {config.patches.encoder}."
        )
    return reader


def find_folder(source: str | Path) -> Path:
    """The folder of a model, fetched from the hub where ``source`` names one there.

    Raises:
        MissingFileError: if there is neither.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    is_local = path.is_absolute() or str(source).startswith(".") or str(source).count("/") != 1
    if is_local:
        raise MissingFileError(f"No folder {source}. Name a folder that holds a model.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(source), allow_patterns=["*.json", "*.safetensors"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise MissingFileError(
            f"{source} is no folder, and cannot be fetched from the hub: {error}. Check the name "
            "and the network."
        ) from error


def upload_model(model: RationaleModel, name: str, *, private: bool, token: str | None) -> str:
    """Send a model to the hub; see ``RationaleModel.push_to_hub``."""
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        made = api.create_repo(name, private=private, exist_ok=True)
        commit = api.upload_folder(repo_id=made.repo_id, folder_path=folder)
    return str(commit)
