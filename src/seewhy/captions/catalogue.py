"""Captioners and caption editors by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.caption_model import MODEL_TYPE, CaptionModel
from seewhy.captions.captioner import Captioner, CaptionWriter
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.official import load_official
from seewhy.captions.speaker import FOLDER_TYPE, read_speaker_folder
from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.config_files import read_config
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError, UnknownNameError, WeightsError
from seewhy.text.word_vocabulary import WordVocabulary

BOTTOM_UP = {"file": "bottom-up features (36 regions of 2,048)"}


def load_editor(
    name: str,
    *,
    device: str = "cpu",
    settings: BeamSettings | None = None,
    encoder: TorchImageEncoder | None = None,
    vocabulary: WordVocabulary | None = None,
) -> CaptionEditor:
    """Load what edits captions.

    Args:
        name: ``mini:NAME`` (bundled), ``folder:PATH`` (what ``seewhy train captions`` or
            ``save_pretrained`` wrote), or ``official:FILE`` for a checkpoint of Show, Edit and
            Tell's authors; several as ``folder:editnet,dcnet`` or
            ``official:editnet.tar,dcnet.tar`` decode as one.
        device: where to compute.
        settings: how captions are searched for; ``None``: as the folder says.
        encoder: what makes features of pictures; ``None``: the one it was trained on.
        vocabulary: of an official checkpoint that holds none.

    Raises:
        UnknownNameError: if there is none of that name.
        MissingFileError: if a file is not there.
        WeightsError: if weights do not fit, or are not safe to read.
        InvalidArgumentError: if it does not edit captions.
    """
    prefix, _, rest = name.partition(":")
    if prefix == "official" and rest:
        models = [_read_official(path, vocabulary) for path in rest.split(",")]
        editor = CaptionEditor(models, name=name, settings=settings, encoder=encoder)
    else:
        models, saved = _read_folders(_find_folders(name, "caption editor"))
        editor = CaptionEditor(models, name=name, settings=settings or saved, encoder=encoder)
    editor.to(device)
    return editor


def load_captioner(
    name: str,
    *,
    device: str = "cpu",
    settings: BeamSettings | None = None,
    encoder: TorchImageEncoder | None = None,
) -> Captioner:
    """Load what gives pictures captions.

    Args:
        name: ``mini:NAME`` (bundled), ``folder:PATH`` (what ``seewhy train captions`` or
            ``save_pretrained`` wrote; several as ``folder:A,B`` decode as one), or
            ``hf:NAME_OR_FOLDER`` for an image-to-text model of Hugging Face (BLIP, GIT,
            ViT-GPT2, ...).
        device: where to compute.
        settings: how captions are searched for; ``None``: as the folder says.
        encoder: what makes features of pictures; ``None``: the one it was trained on.

    Raises:
        UnknownNameError: if there is none of that name.
        MissingFileError: if a file is not there.
        WeightsError: if weights do not fit, or cannot be fetched.
        InvalidArgumentError: if it edits captions, or ``encoder`` is given for ``hf:``.
    """
    prefix, _, rest = name.partition(":")
    if prefix == "hf" and rest:
        from seewhy.captions.huggingface_captioner import load_hugging_face_captioner

        if encoder is not None:
            raise InvalidArgumentError(f"{name} sees pictures itself: leave encoder= out.")
        return load_hugging_face_captioner(rest, device=device, settings=settings)
    models, saved = _read_folders(_find_folders(name, "captioner"))
    writer = CaptionWriter(models, name=name, settings=settings or saved, encoder=encoder)
    writer.to(device)
    return writer


def find_caption_minis() -> list[str]:
    """Names of the bundled captioners and editors."""
    kinds = {
        path.parent.name: read_config(path.parent).get("model_type")
        for path in MINIS_FOLDER.glob("*/config.json")
    }
    return sorted(name for name, kind in kinds.items() if kind in (FOLDER_TYPE, MODEL_TYPE))


def _find_folders(name: str, kind: str) -> list[Path]:
    prefix, _, rest = name.partition(":")
    if prefix == "folder" and rest:
        whole = Path(rest).expanduser()
        return [whole] if whole.exists() else [Path(part).expanduser() for part in rest.split(",")]
    minis = find_caption_minis()
    if prefix == "mini" and rest in minis:
        return [MINIS_FOLDER / rest]
    other = "official:FILE" if kind == "caption editor" else "hf:NAME_OR_FOLDER"
    known = [*(f"mini:{mini}" for mini in minis), "folder:PATH", other]
    raise UnknownNameError(kind, name, known)


def _read_folders(folders: list[Path]) -> tuple[list[CaptionModel], BeamSettings]:
    """The models of all folders together, and how the first says captions are searched for."""
    found = [read_speaker_folder(folder) for folder in folders]
    return [model for models, _ in found for model in models], found[0][1]


def _read_official(path: str, vocabulary: WordVocabulary | None) -> CaptionModel:
    """A published checkpoint with all that is known of it.

    Raises:
        WeightsError: if its words are known neither from it nor by ``vocabulary``.
    """
    found = load_official(path, vocabulary=vocabulary)
    if found.vocabulary is None:
        raise WeightsError(f"{path} does not hold its words. Give vocabulary= of its word map.")
    kinds: dict[str, str] = {"EditNet": "editnet", "DCNet": "dcnet", "DCNetWithMSE": "dcnet-mse"}
    kind = kinds.get(type(found.model).__name__)
    if kind is None:
        raise WeightsError(
            f"{path} holds a {type(found.model).__name__}, which reads sentence vectors of an "
            "encoder of its own. Use load_official and search_captions with sentence= given."
        )
    features: dict[str, Any] = {} if kind.startswith("dcnet") else BOTTOM_UP
    return CaptionModel(
        kind=kind, model=found.model, vocabulary=found.vocabulary, features=features
    )
