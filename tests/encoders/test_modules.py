from __future__ import annotations

import torch
from torch import nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing

PLAIN = Preprocessing(size=(16, 16), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Conv2d(3, 6, 4, stride=4)
        self.classes = nn.Linear(6, 3)

    def pool(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.map(pixels).mean(dim=(2, 3))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.classes(self.pool(pixels))


def test_calling_the_module_gives_the_embedding_unless_embed_says_how() -> None:
    module, pixels = Classifier(), torch.randn(2, 3, 16, 16)
    whole = wrap_module(module, preprocessing=PLAIN)
    pooled = wrap_module(module, preprocessing=PLAIN, embed=module.pool, name="pooled")
    torch.testing.assert_close(whole.encode_pixels(pixels), module(pixels))
    torch.testing.assert_close(pooled.encode_pixels(pixels), module.pool(pixels))
    assert (whole.dim, pooled.dim) == (3, 6)
    assert (whole.name, pooled.name) == ("module:Classifier", "pooled")
    assert whole.digest == pooled.digest


def test_a_module_in_half_precision_gives_float32() -> None:
    module = Classifier().bfloat16()
    encoder = wrap_module(module, preprocessing=PLAIN)
    pixels = torch.randn(2, 3, 16, 16)
    assert encoder.encode_pixels(pixels).dtype == torch.bfloat16
    assert encoder.features(pixels).values.dtype == torch.float32
    assert encoder.encode_images(torch.rand(2, 3, 16, 16)).dtype == torch.float32
