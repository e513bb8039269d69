"""Captions from nothing, and captions that are edited, not rewritten.

Models (each reads like its paper's equations; state dicts under the published names):

    EditNet, DCNet, DCNetWithMSE        Show, Edit and Tell
    ModificationNetwork                 Look and Modify
    UpDown, AdaptiveAttention           captioners that start from nothing
    Ensemble([...])                     several that decode as one

All but the ensemble are ``CaptionDecoder``s. ``Model(Config(vocabulary=n, ...))`` makes one; what
it is given is a ``CaptionInputs`` (features, num_boxes, caption, sentence, attributes), built
with ``pad_captions`` and ``WordVocabulary.encode``; an existing caption has no ``<start>`` or
``<end>``, and 0 is padding everywhere.

Training, where ``captions`` are ``frame_captions(numbers, start=..., end=...)``:

    model(inputs, captions, sampling=p)                        logits (batch, steps, words)
    teacher_forced_loss(model, inputs, captions, sampling=p)   {"loss": ...};  p = find_sampling(e)
    ending_loss(DCNetWithMSE, inputs, captions)                CE + MSE
    self_critical_step(model, inputs, frame_references(...), frequencies, vocabulary, settings)

Decoding, for a whole batch at once:

    search_captions(model, inputs, vocabulary, BeamSettings(beams=3)) → FoundCaptions
    roll_out(model, inputs, vocabulary, num_samples=0)                → RolledOut (greedy, samples)

A model with its vocabulary, sentence vectors and the source of its features is a ``CaptionModel``:
``save_pretrained`` and ``from_pretrained`` keep it in a folder. ``CaptionBatches`` draws training
batches of ``EditingExample``s with features from a ``FeatureStore``; ``Learner`` and
``CaptioningTask`` train it by the house's loop.

With pictures: ``CaptionEditor([CaptionModel, ...])`` and ``CaptionWriter([...])`` have all that it
takes, search, and say what was looked at; ``load_editor(name)`` and ``load_captioner(name)``
(which also takes Hugging Face's models) load them, ``save_pretrained`` keeps them:

    load_editor("mini:show-edit-tell").edit(image, caption)            → Edit
    editor.edit_all(images, captions, features=..., names=...)         → CaptionReport
    load_captioner("hf:FOLDER").caption(image) / .caption_all(images)  → SaidCaption / CaptionReport

The authors' checkpoints: ``load_official(path)`` → model and vocabulary, nothing foreign run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.captions.adaptive_attention import AdaptiveAttention as AdaptiveAttention
    from seewhy.captions.beam_search import BeamSettings as BeamSettings
    from seewhy.captions.beam_search import search_captions as search_captions
    from seewhy.captions.caption_model import CaptionModel as CaptionModel
    from seewhy.captions.captioner import CaptionWriter as CaptionWriter
    from seewhy.captions.catalogue import load_captioner as load_captioner
    from seewhy.captions.catalogue import load_editor as load_editor
    from seewhy.captions.dcnet import DCNet as DCNet
    from seewhy.captions.dcnet import DCNetWithMSE as DCNetWithMSE
    from seewhy.captions.edit import CaptionReport as CaptionReport
    from seewhy.captions.edit import Edit as Edit
    from seewhy.captions.edit import SaidCaption as SaidCaption
    from seewhy.captions.editnet import EditNet as EditNet
    from seewhy.captions.editor import CaptionEditor as CaptionEditor
    from seewhy.captions.ensemble import Ensemble as Ensemble
    from seewhy.captions.inputs import CaptionInputs as CaptionInputs
    from seewhy.captions.modification import ModificationNetwork as ModificationNetwork
    from seewhy.captions.official import load_official as load_official
    from seewhy.captions.sampling import roll_out as roll_out
    from seewhy.captions.up_down import UpDown as UpDown

_HOME = {  # public name -> module that defines it; imported on first use
    "AdaptiveAttention": "seewhy.captions.adaptive_attention",
    "BeamSettings": "seewhy.captions.beam_search",
    "CaptionEditor": "seewhy.captions.editor",
    "CaptionInputs": "seewhy.captions.inputs",
    "CaptionModel": "seewhy.captions.caption_model",
    "CaptionReport": "seewhy.captions.edit",
    "CaptionWriter": "seewhy.captions.captioner",
    "DCNet": "seewhy.captions.dcnet",
    "DCNetWithMSE": "seewhy.captions.dcnet",
    "Edit": "seewhy.captions.edit",
    "EditNet": "seewhy.captions.editnet",
    "Ensemble": "seewhy.captions.ensemble",
    "ModificationNetwork": "seewhy.captions.modification",
    "SaidCaption": "seewhy.captions.edit",
    "UpDown": "seewhy.captions.up_down",
    "load_captioner": "seewhy.captions.catalogue",
    "load_editor": "seewhy.captions.catalogue",
    "load_official": "seewhy.captions.official",
    "roll_out": "seewhy.captions.sampling",
    "search_captions": "seewhy.captions.beam_search",
}
__all__ = [
    "AdaptiveAttention",
    "BeamSettings",
    "CaptionEditor",
    "CaptionInputs",
    "CaptionModel",
    "CaptionReport",
    "CaptionWriter",
    "DCNet",
    "DCNetWithMSE",
    "Edit",
    "EditNet",
    "Ensemble",
    "ModificationNetwork",
    "SaidCaption",
    "UpDown",
    "load_captioner",
    "load_editor",
    "load_official",
    "roll_out",
    "search_captions",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.captions' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
