"""Makes torchvision importable beside a torch that its compiled part was not built for.

The registry's torchvision is compiled against the CUDA build of torch. Beside the CPU build its
library does not load, so ``import torchvision`` fails with ``operator torchvision::nms does not
exist``. What seewhy uses of it, through timm and open_clip, is plain Python and needs no more than
the two operators' names.
"""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec
from pathlib import Path

import torch

logger = logging.getLogger(__name__)

OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

_libraries: list[torch.library.Library] = []  # the names live as long as their library does


def declare_torchvision_operators() -> bool:
    """Declare torchvision's two missing operators, if its compiled part does not load.

    Afterwards transforms, timm and open_clip import; ``torchvision.ops.nms`` and
    ``torchvision.io`` still do not work. Does nothing where torchvision is whole, not installed,
    or imported already.

    Returns:
        Whether the operators had to be declared, now or before.
    """
    if _libraries:
        return True
    if "torchvision" in sys.modules or (folder := find_torchvision_folder()) is None:
        return False
    if loads_compiled_part(folder):
        return False
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in OPERATORS:
        library.define(f"{name}{SCHEMA}")
    _libraries.append(library)
    logger.info(
        "The compiled part of torchvision does not load beside torch %s; its operators nms and "
        "qnms are declared without a body, which is enough for transforms, timm and open_clip.",
        torch.__version__,
    )
    return True


def find_torchvision_folder() -> Path | None:
    """Where torchvision is installed, found without importing it."""
    spec = find_spec("torchvision")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def loads_compiled_part(folder: Path) -> bool:
    """Whether one of torchvision's libraries of operators loads into this torch."""
    for path in sorted(folder.glob("_C*")):
        try:
            torch.ops.load_library(str(path))
        except (OSError, RuntimeError) as error:
            logger.debug("%s does not load: %s", path, error)
        else:
            return True
    return False
