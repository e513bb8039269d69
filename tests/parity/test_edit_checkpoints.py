"""Checkpoints as the authors saved them: whole modules in pickles, of both formats."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from seewhy.captions.dcnet import DCNet, DCNetWithMSE
from seewhy.captions.editnet import EditNet
from seewhy.captions.modification import ModificationNetwork
from seewhy.captions.official import load_official

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens")) / "edit"
KINDS = {
    "editnet": EditNet,
    "dcnet_mse": DCNetWithMSE,
    "dcnet": DCNet,
    "lookmodify": ModificationNetwork,
    "lookmodify_bottomup": ModificationNetwork,
    "lookmodify_resnet": ModificationNetwork,
}
FILES = sorted(GOLDENS.glob("*_ckpt_*.tar"))

if not FILES:
    pytest.skip(f"no goldens at {GOLDENS}/*_ckpt_*.tar", allow_module_level=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_checkpoint_loads_with_its_words(path: Path) -> None:
    case, _, rest = path.name.partition("_ckpt_")
    kind = rest.rsplit("_", 1)[0]
    with np.load(GOLDENS / f"{case}_ckpt_expected.npz") as file:
        expected = {n.partition("/")[2]: file[n] for n in file.files if n.startswith(f"{kind}/")}
    found = load_official(path)
    assert type(found.model) is KINDS[kind.removesuffix("_rl")]
    assert not found.model.training
    state = found.model.state_dict()
    assert set(state) == set(expected)
    for name, value in state.items():
        assert torch.equal(value, torch.from_numpy(expected[name])), name
    if isinstance(found.model, ModificationNetwork):
        return  # its checkpoints hold no words
    assert found.vocabulary is not None
    assert len(found.vocabulary) == found.model.vocabulary
