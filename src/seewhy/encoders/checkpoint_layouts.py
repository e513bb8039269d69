"""How published self-supervised checkpoints are laid out: where in them which weights are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from seewhy.encoders.weight_files import keep_tensors
from seewhy.errors import WeightsError


@dataclass(frozen=True, kw_only=True)
class CheckpointLayout:
    """Where in a state dict the parts are, by how their names begin."""

    backbone: str
    heads: tuple[str, ...] = ()
    """Heads, in the order in which features go through them."""
    unused: tuple[str, ...] = ()
    """What takes no part in an embedding: momentum copies, classifiers, norms of a loss."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A way of training, and the layouts in which its checkpoints were published."""

    layouts: tuple[CheckpointLayout, ...]
    containers: tuple[str, ...] = ("state_dict", "model")
    """Entries of a checkpoint that may hold the state dict; the first that is there does."""
    head: Literal["mlp", "prototypes"] = "mlp"


@dataclass(frozen=True)
class CheckpointParts:
    """The weights of a checkpoint, part by part, without the parts' prefixes."""

    backbone: dict[str, Tensor]
    heads: dict[str, dict[str, Tensor]]
    """By their prefix, in the order in which features go through them."""


BARE = CheckpointLayout(backbone="", unused=("fc.",))
"""A ResNet alone, under torchvision's names. A classifier is not what pictures are compared by."""
SOLO = CheckpointLayout(
    backbone="backbone.", heads=("projector.", "predictor."), unused=("momentum_", "classifier.")
)
"""What solo-learn writes; methods without a predictor hold none."""

FAMILIES: dict[str, Family] = {
    "barlow-twins": Family(
        layouts=(
            CheckpointLayout(
                backbone="backbone.", heads=("projector.",), unused=("bn.", "classifier.")
            ),
            BARE,
        ),
        containers=("model", "state_dict"),
    ),
    "simsiam": Family(
        layouts=(
            CheckpointLayout(backbone="encoder.", heads=("encoder.fc.", "predictor.")),
            SOLO,
            BARE,
        ),
    ),
    "moco-v3": Family(
        layouts=(
            CheckpointLayout(
                backbone="base_encoder.",
                heads=("base_encoder.fc.", "base_encoder.head.", "predictor."),
                unused=("momentum_encoder.",),
            ),
            SOLO,
            BARE,
        ),
    ),
    "byol": Family(layouts=(SOLO, BARE)),
    "vicreg": Family(
        layouts=(SOLO, BARE),
        containers=("model", "state_dict"),
    ),
    "dino": Family(
        layouts=(CheckpointLayout(backbone="backbone.", heads=("head.",)), BARE),
        containers=("teacher",),  # what DINO publishes and is judged by
        head="prototypes",
    ),
    "dinov2": Family(layouts=(CheckpointLayout(backbone=""),), containers=("teacher", "model")),
    "resnet": Family(layouts=(BARE,)),
}
STEMS = ("conv1.weight", "patch_embed.proj.weight")
"""What every backbone holds: a ResNet the first, a Vision Transformer the second."""


def divide_checkpoint(
    content: Mapping[str, Any], family: str, *, source: str, is_student: bool = False
) -> CheckpointParts:
    """The parts of a checkpoint of a family.

    Args:
        content: what the file holds.
        family: one of ``FAMILIES``, whose layouts to try.
        is_student: whether the student is wanted where there is a teacher.
        source: what error messages call it.

    Raises:
        WeightsError: if it is in none of the layouts, or holds a weight that has no place there.
    """
    names = ("student",) if is_student else FAMILIES[family].containers
    inner = next((content[name] for name in names if isinstance(content.get(name), dict)), None)
    if is_student and inner is None:
        raise WeightsError(f"{source} holds no student beside a teacher. Leave '@student' out.")
    weights, layouts = keep_tensors(content if inner is None else inner), FAMILIES[family].layouts
    for layout in layouts:
        if any(f"{layout.backbone}{stem}" in weights for stem in STEMS):
            return _divide(weights, layout, source)
    expected = [f"{layout.backbone}{STEMS[0]}" for layout in layouts]
    raise WeightsError(
        f"{source} is in no layout that is known: it holds {sorted(weights)[:3] or sorted(content)}"
        f", but no {' or '.join(expected)}. Check that the file is of this way of training."
    )


def _divide(
    weights: Mapping[str, Tensor], layout: CheckpointLayout, source: str
) -> CheckpointParts:
    """Each weight to the part with whose prefix its name begins; heads count before backbones."""
    heads: dict[str, dict[str, Tensor]] = {prefix: {} for prefix in layout.heads}
    backbone, unknown = {}, []
    for name, tensor in weights.items():
        head = next((prefix for prefix in layout.heads if name.startswith(prefix)), None)
        if head is not None:
            heads[head][name.removeprefix(head)] = tensor
        elif name.startswith(layout.unused):
            continue
        elif name.startswith(layout.backbone):
            backbone[name.removeprefix(layout.backbone)] = tensor
        else:
            unknown.append(name)
    if unknown:
        raise WeightsError(
            f"{source} holds {len(unknown)} weights whose place is not known, as {unknown[0]}. "
            "Leave them out of the file if they take no part in an embedding."
        )
    return CheckpointParts(backbone, {name: head for name, head in heads.items() if head})
