"""Beginning with what another dual encoder of ours has learned."""

from __future__ import annotations

from pathlib import Path

from seewhy.encoders.dual_encoder import DualEncoderModel
from seewhy.encoders.mini import MINIS_FOLDER
from seewhy.errors import InvalidArgumentError

TRUNK = ("image.stem.", "image.stages.")
"""How the weights of a ``ConvTrunk`` begin in a ``ConvNet``."""


def find_start(name: str) -> Path:
    """The folder of a dual encoder: ``mini:NAME``, or a folder itself."""
    return MINIS_FOLDER / name.removeprefix("mini:") if name.startswith("mini:") else Path(name)


def copy_weights(model: DualEncoderModel, source: DualEncoderModel) -> list[str]:
    """Give ``model`` the weights of ``source`` wherever name and shape agree.

    A Vision Transformer with a residual stem takes the trunk of a ConvNet for it. Where its
    class token starts from the strongest patches, it then begins as good as the ConvNet is,
    since fresh blocks change little.

    Args:
        model: changed in place.
        source: of any of our shapes.

    Returns:
        Names of the weights that were copied, in the model.

    Raises:
        InvalidArgumentError: if nothing of the image tower agrees.
    """
    own, copied = model.state_dict(), []
    for name, tensor in source.state_dict().items():
        names = [name]
        if name.startswith(TRUNK):
            names.append(f"image.stem.{name.removeprefix('image.')}")
        for target in names:
            if target in own and own[target].shape == tensor.shape:
                own[target].copy_(tensor)  # the state's tensors are the model's own
                copied.append(target)
    if not any(name.startswith("image.") for name in copied):
        raise InvalidArgumentError(
            "The model to start from shares no weights with the new image tower: it is a "
            f"{source.config.image}, the new one a {model.config.image}."
        )
    return copied
