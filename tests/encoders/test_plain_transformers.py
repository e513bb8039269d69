from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.encoders import plain_transformers, self_supervised
from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.plain_transformers import build_transformer, find_transformer
from seewhy.encoders.self_supervised import build_network
from seewhy.errors import UnknownNameError, WeightsError

WIDTH, PATCH = 8, 14
State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def write_vit(
    *, depth: int = 2, grid: int = 2, registers: int = 0, has_scales: bool = True
) -> State:
    """A Vision Transformer under the names of DINO's and DINOv2's code."""
    tokens = grid * grid + 1
    state = {
        "cls_token": torch.randn(1, 1, WIDTH),
        "pos_embed": torch.randn(1, tokens, WIDTH),
        "patch_embed.proj.weight": torch.randn(WIDTH, 3, PATCH, PATCH) / 20,
        "patch_embed.proj.bias": torch.randn(WIDTH),
        "norm.weight": torch.rand(WIDTH) + 0.5,
        "norm.bias": torch.randn(WIDTH),
    }
    shapes = {"attn.qkv": 3 * WIDTH, "attn.proj": WIDTH, "mlp.fc1": 4 * WIDTH}
    for block in range(depth):
        place = f"blocks.{block}"
        for name, after in shapes.items():
            state[f"{place}.{name}.weight"] = torch.randn(after, WIDTH) / 3
            state[f"{place}.{name}.bias"] = torch.randn(after)
        state[f"{place}.mlp.fc2.weight"] = torch.randn(WIDTH, 4 * WIDTH) / 6
        state[f"{place}.mlp.fc2.bias"] = torch.randn(WIDTH)
        for name in ("norm1", "norm2"):
            state[f"{place}.{name}.weight"] = torch.rand(WIDTH) + 0.5
            state[f"{place}.{name}.bias"] = torch.randn(WIDTH)
        if has_scales:
            state[f"{place}.ls1.gamma"] = torch.randn(WIDTH)
            state[f"{place}.ls2.gamma"] = torch.randn(WIDTH)
    if has_scales:
        state["mask_token"] = torch.zeros(1, WIDTH)
    if registers:
        state["register_tokens"] = torch.randn(1, registers, WIDTH)
    return state


def run_slowly(state: State, pixels: Tensor, heads: int) -> Tensor:
    """Tokens by the definition of a Vision Transformer with norms before its parts."""

    def normalize(x: Tensor, place: str) -> Tensor:
        return F.layer_norm(x, (WIDTH,), state[f"{place}.weight"], state[f"{place}.bias"], 1e-6)

    def multiply(x: Tensor, place: str) -> Tensor:
        return x @ state[f"{place}.weight"].T + state[f"{place}.bias"]

    kernel, bias = state["patch_embed.proj.weight"], state["patch_embed.proj.bias"]
    patches = F.conv2d(pixels, kernel, bias, stride=PATCH).flatten(2).transpose(1, 2)
    x = torch.cat([state["cls_token"].expand(len(pixels), -1, -1), patches], dim=1)
    x = x + state["pos_embed"]
    if "register_tokens" in state:
        registers = state["register_tokens"].expand(len(pixels), -1, -1)
        x = torch.cat([x[:, :1], registers, x[:, 1:]], dim=1)
    depth = sum(name.endswith("attn.proj.weight") for name in state)
    for place in (f"blocks.{block}" for block in range(depth)):
        q, k, v = multiply(normalize(x, f"{place}.norm1"), f"{place}.attn.qkv").chunk(3, dim=-1)
        parts, each = [], WIDTH // heads
        for head in range(heads):
            cut = slice(head * each, (head + 1) * each)
            attention = (q[..., cut] @ k[..., cut].transpose(1, 2) / each**0.5).softmax(dim=-1)
            parts.append(attention @ v[..., cut])
        y = multiply(torch.cat(parts, dim=-1), f"{place}.attn.proj")
        x = x + y * state.get(f"{place}.ls1.gamma", 1.0)
        y = F.gelu(multiply(normalize(x, f"{place}.norm2"), f"{place}.mlp.fc1"))
        x = x + multiply(y, f"{place}.mlp.fc2") * state.get(f"{place}.ls2.gamma", 1.0)
    return normalize(x, "norm")


@pytest.mark.parametrize(("registers", "has_scales"), [(0, False), (0, True), (4, True)])
def test_tokens_are_those_of_the_definition(registers: int, has_scales: bool) -> None:
    state = write_vit(registers=registers, has_scales=has_scales)
    pixels = torch.randn(3, 3, 2 * PATCH, 2 * PATCH)
    network = build_transformer(state, source="trial", heads=2)
    torch.testing.assert_close(network(pixels), run_slowly(state, pixels, 2), rtol=1e-4, atol=1e-4)
    assert network.num_prefix_tokens == 1 + registers
    assert (network.config.width, network.config.depth, network.config.patch) == (8, 2, 14)


def test_moco_v3_puts_its_heads_on_the_class_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(self_supervised.NUM_HEADS, "moco-v3", 4)
    state, projector = write_vit(has_scales=False), torch.randn(6, WIDTH)
    predictor = torch.randn(5, 6)
    content = {
        "state_dict": {
            **{f"module.base_encoder.{name}": value for name, value in state.items()},
            **{f"module.momentum_encoder.{name}": value for name, value in state.items()},
            "module.base_encoder.head.0.weight": projector,
            "module.predictor.0.weight": predictor,
        }
    }
    network = build_network("moco-v3", content)
    pixels = torch.randn(2, 3, 2 * PATCH, 2 * PATCH)
    expected = run_slowly(state, pixels, 4)[:, 0] @ projector.T @ predictor.T
    torch.testing.assert_close(network(pixels), expected, rtol=1e-4, atol=1e-3)
    assert network.pooling == "class"


def test_a_file_becomes_an_encoder_with_a_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_transformers, "HEAD_WIDTH", 4)
    monkeypatch.setitem(plain_transformers.SIZES, "s", (WIDTH, 2))
    torch.save(write_vit(registers=4), tmp_path / "dinov2_vits14_reg4_pretrain.pth")
    encoder = load_encoder(
        "dinov2:vits14_reg4", weights=tmp_path / "dinov2_vits14_reg4_pretrain.pth"
    )
    layout = encoder.layout
    assert (layout.kind, layout.grid, layout.num_prefix_tokens) == ("vit", (16, 16), 5)
    pixels = torch.randn(1, 3, 224, 224)
    embedding, features = encoder.encode_with_features(pixels)
    assert embedding.shape == (1, WIDTH)
    assert features.values.shape == (1, 256, WIDTH)
    assert encoder.features(pixels, kind="keys").values.shape == (1, 256, WIDTH)


def test_names_stand_for_the_published_sizes() -> None:
    config = find_transformer("vitb14_reg4")
    assert (config.width, config.depth, config.patch, config.registers) == (768, 12, 14, 4)
    with pytest.raises(UnknownNameError, match="Did you mean"):
        find_transformer("vitb41x")


def test_what_is_no_vision_transformer_is_refused() -> None:
    state = write_vit()
    with pytest.raises(WeightsError, match=r"do not fit.*layer\.0\.extra\.weight"):
        build_transformer({**state, "blocks.0.extra.weight": torch.zeros(1)}, source="a.pth")
    with pytest.raises(WeightsError, match=r"head\.weight, which is no part"):
        build_transformer({**state, "head.weight": torch.zeros(1)}, source="a.pth")
    del state["pos_embed"]
    with pytest.raises(WeightsError, match="no Vision Transformer of DINO's form"):
        build_transformer(state, source="a.pth")
