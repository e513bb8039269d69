from __future__ import annotations

import subprocess
import sys

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


def test_transformers_models_import_beside_it() -> None:
    code = (
        "from seewhy.encoders.catalogue import load_encoder\n"
        "load_encoder('timm:resnet18', weights='random')\n"
        "from transformers import CLIPModel"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
