"""Rationale models by name: bundled ones, folders of ours, and the authors' checkpoints."""

from __future__ import annotations

from pathlib import Path

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.config_files import read_config
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError, UnknownNameError, WeightsError
from seewhy.rationales.configuration import MODEL_TYPE
from seewhy.rationales.folders import find_folder, load_rationale_folder
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.official import is_official, load_official
from seewhy.rationales.tasks import Compat


def load_rationale_model(
    name: str | Path,
    *,
    task: str | None = None,
    encoder: TorchImageEncoder | str | None = None,
    encoder_weights: str | None = None,
    tokenizer: str | Path | None = None,
    concept_head: str | Path | None = None,
    concepts: str | Path | None = None,
    compat: Compat = None,
    device: str = "cpu",
) -> RationaleModel:
    """Load a model that answers questions and says why.

    Args:
        name: ``mini:uni-nlx`` (bundled), a folder that ``seewhy train rationales`` or
            ``seewhy convert`` wrote, such a model's name on the hub, or one of the authors'
            checkpoints (``nle_model_11``, ``unified_nle_model_19``).
        task: of an authors' checkpoint, where it does not show it (see ``official``).
        encoder: to look with, where it is not the model's own.
        encoder_weights: of that encoder; authors' checkpoints only.
        tokenizer: its folder; authors' checkpoints only.
        concept_head: likewise, for e-SNLI-VE with concepts.
        concepts: words of the concept head.
        compat: likewise; ``"published"`` does as the released code does.
        device: where to compute.

    Raises:
        UnknownNameError: if there is no bundled model of that name.
        MissingFileError: if a folder or file is not there.
        WeightsError: if it is a model of another kind, or its parts do not fit.
        InvalidArgumentError: if an argument for the authors' checkpoints comes with another.
    """
    if isinstance(name, str) and name.startswith("mini:"):
        short = name.removeprefix("mini:")
        if short not in find_rationale_minis():
            known = [f"mini:{one}" for one in find_rationale_minis()]
            raise UnknownNameError("rationale model", name, known)
        folder = MINIS_FOLDER / short
    else:
        folder = find_folder(name)
    if is_official(folder):
        return load_official(
            folder,
            task=task,
            tokenizer=tokenizer,
            encoder=encoder,
            encoder_weights=encoder_weights,
            concept_head=concept_head,
            concepts=concepts,
            compat=compat,
            device=device,
        )
    kind = read_config(folder).get("model_type")
    if kind != MODEL_TYPE:
        raise WeightsError(
            f"{name} holds a model of the kind {kind!r}, which gives no reasons. Name a rationale "
            "model of seewhy's, or a checkpoint of NLX-GPT or Uni-NLX."
        )
    only = (task, encoder_weights, tokenizer, concept_head, concepts, compat)
    if any(value is not None for value in only):
        raise InvalidArgumentError(
            "task, encoder_weights, tokenizer, concept_head, concepts and compat are for the "
            f"authors' checkpoints; {name} says these things itself."
        )
    return load_rationale_folder(folder, encoder=encoder, name=str(name), device=device)


def find_rationale_minis() -> list[str]:
    """Names of the bundled rationale models."""
    folders = [path.parent for path in sorted(MINIS_FOLDER.glob("*/config.json"))]
    return [one.name for one in folders if read_config(one).get("model_type") == MODEL_TYPE]
