from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from seewhy.encoders.torchvision_operators import (
    declare_torchvision_operators,
    find_torchvision_folder,
    loads_compiled_part,
)


def test_torchvision_imports_after_the_declaration_and_keeps_its_own_operators() -> None:
    folder = find_torchvision_folder()
    assert folder is not None
    was_declared = declare_torchvision_operators()
    import torchvision.transforms  # noqa: F401

    assert was_declared is not loads_compiled_part(folder)
    assert torch.ops.torchvision.nms is not None
    assert declare_torchvision_operators() is was_declared  # a second call changes nothing


def save_dinov2(folder: Path) -> None:
    from transformers import Dinov2Config, Dinov2Model
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

    config = Dinov2Config(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=7
    )
    Dinov2Model(config).save_pretrained(folder)
    size = {"height": 28, "width": 28}
    BitImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)


def test_hugging_faces_models_load_in_an_environment_that_has_torchvision(tmp_path: Path) -> None:
    declare_torchvision_operators()
    save_dinov2(tmp_path)
    code = (
        "from seewhy.encoders.catalogue import load_encoder\n"
        f"print(load_encoder({f'hf:{tmp_path}'!r}).layout.grid)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "(4, 4)\n"
