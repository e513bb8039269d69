"""Beam search and greedy captions against the published code."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seewhy.captions.beam_search import BeamSettings, FoundCaptions, search_captions
from seewhy.captions.caption_encoders import make_mask
from seewhy.captions.dcnet import DCNet, DCNetConfig
from seewhy.captions.decoder import CaptionDecoder, SearchModel
from seewhy.captions.editnet import EditNet, EditNetConfig
from seewhy.captions.ensemble import Ensemble
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.modification import ModificationConfig, ModificationNetwork
from seewhy.captions.sampling import roll_out
from seewhy.text.word_vocabulary import WordVocabulary

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens")) / "edit"
EDITORS = sorted([*GOLDENS.glob("*_decode.npz"), *GOLDENS.glob("*_decode_infinite.npz")])
MODIFIERS = sorted(GOLDENS.glob("*_lookmodify_*.npz"))
Decoder = CaptionDecoder[Any, Any]

if not EDITORS and not MODIFIERS:
    pytest.skip(f"no goldens of decoding in {GOLDENS}", allow_module_level=True)


def read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


def load(model: Decoder, arrays: dict[str, np.ndarray], prefix: str) -> Decoder:
    model.load_state_dict(part(arrays, prefix))
    return model.eval()


def part(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, Tensor]:
    names = [name for name in arrays if name.startswith(f"{prefix}/")]
    return {name.partition("/")[2]: torch.from_numpy(arrays[name]) for name in names}


def make_vocabulary(arrays: dict[str, np.ndarray]) -> WordVocabulary:
    special = {int(arrays[f"meta/{name}"]): f"<{name}>" for name in ("pad", "unk", "start", "end")}
    return WordVocabulary(tuple(special.get(n, f"w{n}") for n in range(int(arrays["meta/V"]))))


def make_inputs(arrays: dict[str, np.ndarray], prefix: str) -> CaptionInputs:
    given = part(arrays, prefix)
    caption = given.get("previous_caption")
    if caption is not None:
        caption = caption * make_mask(given["prev_caplen"].squeeze(1), caption.shape[1])
    return CaptionInputs(
        features=given.get("image_features"),
        caption=caption,
        sentence=given.get("sentence_embed"),
        attributes=given.get("attributes"),
    )


def build_models(arrays: dict[str, np.ndarray]) -> dict[str, SearchModel]:
    editnet = EditNet(EditNetConfig.from_weights(part(arrays, "editnet_param")))
    dcnet = DCNet(DCNetConfig.from_weights(part(arrays, "dcnet_param")))
    models = [load(editnet, arrays, "editnet_param"), load(dcnet, arrays, "dcnet_param")]
    return {"editnet": models[0], "dcnet": models[1], "combined": Ensemble(models)}


def check_beams(found: FoundCaptions, arrays: dict[str, np.ndarray], prefix: str) -> None:
    captions = found.best()
    for image, caption in enumerate(captions):
        place = f"{prefix}/img{image}"
        assert caption == arrays[f"{place}/seq"].tolist(), place
        assert int(found.num_finished[image]) == int(arrays[f"{place}/n_complete"]), place
        assert bool(found.is_finished[image, 0]) != bool(arrays[f"{place}/infinite"]), place
        score = float(arrays[f"{place}/score"])
        if not np.isnan(score):
            assert float(found.scores[image, 0]) == pytest.approx(score, abs=1e-4), place
    assert f"{prefix}/img{len(captions)}/seq" not in arrays


@pytest.mark.parametrize("path", EDITORS, ids=lambda path: path.stem)
def test_beams_of_editors_and_their_ensemble(path: Path) -> None:
    arrays = read(path)
    models, inputs, vocabulary = (
        build_models(arrays),
        make_inputs(arrays, "in"),
        make_vocabulary(arrays),
    )
    searched = {m[0]: m for name in arrays if (m := re.match(r"(\w+)_beam(\d+)(?=/)", name))}
    assert searched
    for prefix, match in searched.items():
        settings = BeamSettings(beams=int(match[2]), compat="published")
        found = search_captions(models[match[1]], inputs, vocabulary, settings)
        check_beams(found, arrays, prefix)


@pytest.mark.parametrize("path", EDITORS, ids=lambda path: path.stem)
def test_greedy_captions_and_their_chances(path: Path) -> None:
    arrays = read(path)
    names = {name.partition("_greedy/")[0] for name in arrays if "_greedy/" in name}
    if not names:
        pytest.skip(f"{path.name} holds no greedy captions")
    models, inputs = build_models(arrays), make_inputs(arrays, "in")
    for name in names:
        with torch.no_grad():
            found = roll_out(models[name], inputs, make_vocabulary(arrays))
        words = torch.from_numpy(arrays[f"{name}_greedy/seq"])
        chances = torch.from_numpy(arrays[f"{name}_greedy/logprobs"])
        steps = found.words.shape[1]
        assert torch.equal(found.words, words[:, :steps])
        assert not words[:, steps:].any()
        torch.testing.assert_close(found.log_probs, chances[:, :steps], atol=1e-4, rtol=0)
        assert not chances[:, steps:].any()


@pytest.mark.parametrize("path", MODIFIERS, ids=lambda path: path.stem)
def test_beams_of_the_modification_network(path: Path) -> None:
    arrays = read(path)
    config = vars(ModificationConfig.from_weights(part(arrays, "beam_param")))
    config["is_last_global"] = path.stem.endswith("resnet")
    model = load(ModificationNetwork(ModificationConfig(**config)), arrays, "beam_param")
    searched = {m[0]: m for name in arrays if (m := re.match(r"beam(\d+)(?=/)", name))}
    assert searched
    for prefix, match in searched.items():
        settings = BeamSettings(beams=int(match[1]), compat="published", cut=20)
        inputs = make_inputs(arrays, "beam_in")
        found = search_captions(model, inputs, make_vocabulary(arrays), settings)
        check_beams(found, arrays, prefix)
