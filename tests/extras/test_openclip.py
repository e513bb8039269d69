from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.catalogue import load_encoder
from seewhy.encoders.openclip_preprocessing import translate_preprocessing
from seewhy.encoders.openclip_texts import embed_tokens
from seewhy.encoders.preprocessing import preprocess_images
from seewhy.encoders.protocols import DualEncoder
from seewhy.encoders.torchvision_operators import declare_torchvision_operators
from seewhy.errors import EncoderError, MissingFileError, UnknownNameError, WeightsError

TEXTS = ["a photo of a cat", "Two dogs!"]
SMALL = "ViT-S-32"
SHAPES = {  # architecture -> kind, grid, prefix tokens, last layer, width, dim
    SMALL: ("vit", (7, 7), 1, "visual.transformer.resblocks.11", 384, 384),
    "RN50": ("convnet", (7, 7), 0, "visual.layer4", 2048, 1024),
    "convnext_base_w": ("convnet", (8, 8), 0, "visual.trunk.stages.3", 1024, 640),
    "ViT-B-16-SigLIP": ("vit", (14, 14), 0, "visual.trunk.blocks.11", 768, 768),
}


@pytest.fixture(scope="module")
def library() -> Any:
    declare_torchvision_operators()
    return pytest.importorskip("open_clip")


@pytest.fixture(scope="module")
def small() -> TorchDualEncoder:
    return load_encoder(f"openclip:{SMALL}", weights="random")  # type: ignore[return-value]


@pytest.fixture(scope="module")
def weights(small: TorchDualEncoder) -> dict[str, torch.Tensor]:
    changed = {name: value.clone() for name, value in small.module.state_dict().items()}
    changed["visual.proj"] += 0.25
    return changed


@pytest.mark.parametrize("architecture", SHAPES)
def test_the_probe_finds_how_each_kind_is_built(
    architecture: str, pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(f"openclip:{architecture}", weights="random")
    layout = encoder.layout
    found = (layout.kind, layout.grid, layout.num_prefix_tokens, layout.layers[-1])
    assert (*found, layout.width, layout.dim) == SHAPES[architecture]
    pixels = encoder.preprocess(pictures[:1])
    embedding, features = encoder.encode_with_features(pixels)
    torch.testing.assert_close(embedding, encoder.module.encode_image(pixels))  # type: ignore[operator]
    rows, columns = features.grid
    assert features.values.shape == (1, rows * columns, layout.width)
    if layout.kind == "vit":
        assert encoder.features(pixels, kind="keys").values.shape == features.values.shape
    else:
        with pytest.raises(EncoderError, match="kind='tokens'"):
            encoder.features(pixels, kind="keys")


def test_keys_are_the_middle_third_of_the_stacked_projection_without_its_bias(
    small: TorchDualEncoder, pictures: list[Image.Image]
) -> None:
    pixels = small.preprocess(pictures)
    block: Any = small.module.get_submodule("visual.transformer.resblocks.11")
    before = small.features(pixels, layer=-2).values
    weight = block.attn.in_proj_weight[384:768]
    expected = F.layer_norm(before, (384,), block.ln_1.weight, block.ln_1.bias) @ weight.T
    found = small.features(pixels, kind="keys").values
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_embeddings_are_open_clips_own(
    small: TorchDualEncoder, library: Any, pictures: list[Image.Image]
) -> None:
    assert isinstance(small, DualEncoder)
    tokens = library.get_tokenizer(SMALL)(TEXTS)
    model: Any = small.module
    with torch.no_grad():
        images = model.encode_image(small.preprocess(pictures), normalize=True)
        texts = model.encode_text(tokens, normalize=True)
    torch.testing.assert_close(small.encode_images(pictures), images, atol=1e-6, rtol=0)
    for _ in range(2):
        torch.testing.assert_close(small.encode_texts(TEXTS), texts, atol=1e-6, rtol=0)
    assert small.logit_scale == pytest.approx(1 / 0.07)


@pytest.mark.parametrize("resize_mode", ["shortest", "squash", "longest"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [224, 336])
def test_preprocessing_equals_open_clips(
    library: Any, pictures: list[Image.Image], resize_mode: str, interpolation: str, size: int
) -> None:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    settings = {"size": size, "resize_mode": resize_mode, "interpolation": interpolation}
    settings |= {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.25), "fill_color": 7}
    transform = image_transform_v2(PreprocessCfg(**settings), is_train=False)
    expected = torch.stack([transform(picture) for picture in pictures])
    found = preprocess_images(pictures, translate_preprocessing(settings))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_resize_that_is_unknown_is_refused() -> None:
    with pytest.raises(EncoderError, match="'crooked'"):
        translate_preprocessing({"size": 8, "resize_mode": "crooked"})


def test_random_weights_are_the_same_each_time_and_leave_the_callers_numbers_alone(
    small: TorchDualEncoder,
) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    again = load_encoder(f"openclip:{SMALL}", weights="random")
    assert torch.equal(torch.rand(3), expected)
    assert again.digest == small.digest


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_local_file_loads(
    weights: dict[str, torch.Tensor], small: TorchDualEncoder, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in weights.items()}}, path)
    else:
        save_file(weights, path)
    encoder = load_encoder(f"openclip:{SMALL}", weights=path)
    assert encoder.digest != small.digest
    assert torch.equal(encoder.module.state_dict()["visual.proj"], weights["visual.proj"])
    assert encoder.name == f"openclip:{SMALL} (weights{suffix})"


def as_openai(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As OpenAI's own files hold them: half precision but for the norms."""
    return {
        name: value if "ln_" in name else value.half()
        for name, value in weights.items()
        if value.is_floating_point()
    }


def test_openai_weights_under_a_gelu_name_are_refused_with_the_right_name(
    library: Any, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match="'openclip:ViT-B-32-quickgelu'"):
        load_encoder("openclip:ViT-B-32", weights="openai")
    encoder = load_encoder("openclip:ViT-B-32-quickgelu", weights="random")
    weights = encoder.module.state_dict()
    numbers = {name: torch.tensor(1) for name in ("input_resolution", "context_length")}
    torch.save(weights | numbers | {"vocab_size": torch.tensor(1)}, tmp_path / "extras.pt")
    torch.save(as_openai(weights), tmp_path / "half.pt")
    for name in ("extras.pt", "half.pt"):
        with pytest.raises(WeightsError, match="'openclip:ViT-B-32-quickgelu'"):
            load_encoder("openclip:ViT-B-32", weights=tmp_path / name)
        load_encoder("openclip:ViT-B-32-quickgelu", weights=tmp_path / name)


def test_a_configuration_beside_the_file_says_how_it_was_trained(
    library: Any, tmp_path: Path
) -> None:
    encoder = load_encoder("openclip:ViT-B-32", weights="random")
    save_file(encoder.module.state_dict(), tmp_path / "model.safetensors")
    preprocess = {"mean": [0.5] * 3, "std": [0.25] * 3, "resize_mode": "squash"}
    beside: dict[str, Any] = {"model_cfg": {}, "preprocess_cfg": preprocess}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(beside))
    loaded = load_encoder("openclip:ViT-B-32", weights=tmp_path / "model.safetensors")
    assert loaded.preprocessing.std == (0.25, 0.25, 0.25)
    assert loaded.preprocessing.resize == "exact"
    with pytest.raises(WeightsError, match=r"trained with GELU.*Use 'openclip:ViT-B-32'"):
        load_encoder("openclip:ViT-B-32-quickgelu", weights=tmp_path / "model.safetensors")
    beside["model_cfg"]["quick_gelu"] = True
    (tmp_path / "open_clip_config.json").write_text(json.dumps(beside))
    with pytest.raises(WeightsError, match="'openclip:ViT-B-32-quickgelu'"):
        load_encoder("openclip:ViT-B-32", weights=tmp_path / "model.safetensors")


def test_no_weights_bad_weights_and_typos_are_explained(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=r"laion2b_s34b_b79k.*or 'random'"):
        load_encoder("openclip:ViT-B-32")
    with pytest.raises(WeightsError, match=r"cannot be fetched.*Check the network"):
        load_encoder("openclip:ViT-B-32", weights="laion2b_s34b_b79k")
    with pytest.raises(UnknownNameError, match="Did you mean 'ViT-B-32'"):
        load_encoder("openclip:ViT-B-23", weights="random")
    with pytest.raises(UnknownNameError, match="Did you mean 'laion400m_e32'"):
        load_encoder("openclip:ViT-B-32", weights="laion400m_e23")
    with pytest.raises(MissingFileError, match=r"nowhere\.pt"):
        load_encoder("openclip:ViT-B-32", weights="nowhere.pt")
    with pytest.raises(EncoderError, match="coca"):
        load_encoder("openclip:coca_ViT-B-32", weights="random")
    save_file(weights, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match=r"a\.safetensors does not fit ViT-B-32"):
        load_encoder("openclip:ViT-B-32", weights=tmp_path / "a.safetensors")


def test_siglip_takes_the_preprocessing_that_all_its_weights_agree_on() -> None:
    encoder = load_encoder("openclip:ViT-B-16-SigLIP", weights="random")
    assert encoder.preprocessing.mean == (0.5, 0.5, 0.5)
    assert encoder.preprocessing.resize == "exact"
    assert isinstance(encoder, TorchDualEncoder)
    with pytest.raises(EncoderError, match="tokenizer of ViT-B-16-SigLIP"):
        encoder.encode_texts(["a cat"])


@pytest.mark.parametrize("name", [SMALL, "ViT-B-16-SigLIP"])
def test_padding_is_left_out_where_it_changes_nothing(name: str) -> None:
    module: Any = load_encoder(f"openclip:{name}", weights="random").module
    tokens = torch.zeros(3, module.context_length, dtype=torch.long)
    tokens[0, :4] = torch.tensor([400, 7, 9, 500])
    tokens[1, :3] = torch.tensor([400, 8, 500])
    tokens[2, :6] = torch.tensor([400, 1, 2, 3, 4, 500])
    seen = []
    tower = module.transformer if hasattr(module, "transformer") else module.text.transformer
    hook = tower.register_forward_hook(lambda _, __, output: seen.append(output.shape[1]))
    with torch.no_grad():
        found = F.normalize(embed_tokens(module, tokens), dim=-1)
        expected = F.normalize(module.encode_text(tokens), dim=-1)
    hook.remove()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert seen == [6 if name == SMALL else module.context_length, module.context_length]
