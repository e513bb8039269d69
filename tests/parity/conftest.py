"""Which goldens a parity test runs over: every file of its area that the folder holds.

A test that asks for the argument ``foreground_case`` runs once for each ``*_foreground*.npz``
in the folder of the concepts' goldens, and so on for each area. ``e2e_encoder`` is the tiny CLIP of
an end-to-end case, with a tokenizer that looks texts up.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.headed import HeadedNetwork
from seewhy.encoders.huggingface import wrap_hugging_face
from seewhy.encoders.modules import wrap_module
from seewhy.encoders.openai_weights import convert_openai_clip
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.self_supervised import build_network
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair import Pair

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens"))
CONCEPTS = GOLDENS / "concepts"
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
AREAS = ("foreground", "components", "parts", "crf", "circles", "sinkhorn", "concepts", "mi", "e2e")


@dataclass(frozen=True)
class Golden:
    """One case: its arrays, and what the JSON file beside them says."""

    path: Path
    arrays: dict[str, np.ndarray]
    described: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def number(self, name: str) -> int:
        """A size that stands in the file as an array of one."""
        return int(self.arrays[name])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for area in AREAS:
        argument = f"{area}_case"
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, list_cases(area), indirect=True, scope="session")


def list_cases(area: str) -> list[Any]:
    files = sorted(CONCEPTS.glob(f"*_{area}*.npz"))
    files = [path for path in files if not path.stem.endswith("_weights")]
    if files:
        return [pytest.param(path, id=path.stem) for path in files]
    missing = CONCEPTS if not CONCEPTS.is_dir() else CONCEPTS / f"*_{area}*.npz"
    reason = f"no goldens at {missing} (set SEEWHY_GOLDENS)"
    return [pytest.param(None, id=f"no-{area}", marks=pytest.mark.skip(reason=reason))]


def read_golden(request: pytest.FixtureRequest) -> Golden:
    path: Path = request.param
    with np.load(path) as file:
        arrays = dict(file)
    beside = path.with_suffix(".json")
    described = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return Golden(path, arrays, described)


def make_fixture(area: str) -> Any:
    @pytest.fixture(scope="session", name=f"{area}_case")
    def case(request: pytest.FixtureRequest) -> Golden:
        return read_golden(request)

    return case


foreground_case = make_fixture("foreground")
components_case = make_fixture("components")
parts_case = make_fixture("parts")
crf_case = make_fixture("crf")
circles_case = make_fixture("circles")
sinkhorn_case = make_fixture("sinkhorn")
concepts_case = make_fixture("concepts")
mi_case = make_fixture("mi")
e2e_case = make_fixture("e2e")


class NumberedTexts:
    """Stands for a tokenizer: looks the token numbers of a text up in the golden."""

    init_kwargs: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, golden: Golden) -> None:
        described, words = golden.described, golden.described["descriptors"]
        prompts = [described["descriptor_template"].format(word) for word in words]
        self.numbers = dict(zip(words, golden["raw_descriptor_token_ids"], strict=True))
        self.numbers |= dict(zip(prompts, golden["descriptor_token_ids"], strict=True))
        for template, rows in zip(described["templates"], golden["class_token_ids"], strict=True):
            names = [template.format(name) for name in described["class_names"]]
            self.numbers |= dict(zip(names, rows, strict=True))

    def __call__(self, texts: list[str], **_: Any) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.from_numpy(np.stack([self.numbers[text] for text in texts]))}

    def get_vocab(self) -> dict[str, int]:
        return {text: int(row.sum()) for text, row in self.numbers.items()}


@pytest.fixture(scope="session")
def e2e_encoder(e2e_case: Golden) -> TorchDualEncoder:
    config = e2e_case.described["config"]
    with np.load(e2e_case.path.with_name(f"{e2e_case.path.stem}_weights.npz")) as weights:
        model = convert_openai_clip(
            {name: torch.from_numpy(values) for name, values in weights.items()},
            vision_heads=config["vision_heads"],
            text_heads=config["transformer_heads"],
            activation=config["activation"],
        )
    size = config["image_resolution"]
    encoder = wrap_hugging_face(
        model,
        name=e2e_case.path.stem,
        preprocessing=Preprocessing(size=(size, size), mean=MEAN, std=STD),
        tokenizer=NumberedTexts(e2e_case),
    )
    assert isinstance(encoder, TorchDualEncoder)
    return encoder


# Goldens of the explanations of similarity, with the small networks they were made with.

SSL = GOLDENS / "ssl"


@dataclass(frozen=True)
class SimilarityGolden:
    """One case: its arrays, and those that define the networks."""

    arrays: dict[str, np.ndarray]
    networks: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def tensor(self, name: str) -> torch.Tensor:
        """An array of this case; of the networks' file where this one has none of the name."""
        return torch.from_numpy(self.arrays[name] if name in self.arrays else self.networks[name])

    def models(self) -> list[str]:
        """Names of the networks that this case has numbers of."""
        names = {name.partition("/")[0] for name in self.arrays if "/" in name}
        return sorted(names & {name.partition("/")[0] for name in self.networks})

    def pair(self, model: str, first: str = "x1", second: str = "x2") -> Pair:
        """Two pictures of the case before one of its networks."""
        return Pair(self.model(model), self.tensor(first), self.tensor(second))

    def model(self, name: str, *, size: int = 48) -> PairModel:
        """A network of the case; 'baseline' stands in the case itself."""
        arrays = self.arrays if name == "baseline" else self.networks

        def part(prefix: str) -> dict[str, torch.Tensor]:
            prefix = f"{name}/{prefix}."
            found = [key for key in arrays if key.startswith(prefix)]
            return {key.removeprefix(prefix): torch.from_numpy(arrays[key]) for key in found}

        encoder, head = part("encoder.net"), part("contrastive_head")
        if "0.weight" in encoder:  # convolutions, norms and activations in a row
            network = HeadedNetwork(stack_layers(encoder), stack_layers(head)).eval()
        else:
            content = {"resnet": part("encoder"), "head": head}
            network = build_network("simclrv2", content)
        wanted = Preprocessing(size=(size, size), mean=(0.0,) * 3, std=(1.0,) * 3)
        stages = [f"trunk.{layer}" for layer, _ in network.trunk.named_children()]
        if "0.weight" not in encoder:
            stages = [f"trunk.{layer}" for layer in network.trunk.stages]
        encoder_of_pair = wrap_module(network, preprocessing=wanted, layers=stages, name=name)
        return PairModel(encoder_of_pair)


def stack_layers(weights: dict[str, torch.Tensor]) -> nn.Sequential:
    """Layers by the numbers in their names; a number that is missing is a ReLU."""
    numbers = {int(name.partition(".")[0]) for name in weights}
    layers: list[nn.Module] = []
    is_convolution = weights["0.weight"].ndim == 4
    count = max(numbers) + 1 + is_convolution  # the trunk ends with an activation
    for number in range(count):
        weight = weights.get(f"{number}.weight")
        if weight is None:
            layers.append(nn.ReLU())
        elif weight.ndim == 4:
            layers.append(nn.Conv2d(weight.shape[1], weight.shape[0], 3, 2, 1, bias=False))
        elif weight.ndim == 2:
            layers.append(nn.Linear(weight.shape[1], weight.shape[0], bias=False))
        else:
            norm = nn.BatchNorm2d if is_convolution else nn.BatchNorm1d
            layers.append(norm(len(weight)))
    stacked = nn.Sequential(*layers)
    left = stacked.load_state_dict(weights, strict=False)
    assert not left.unexpected_keys
    assert all(key.endswith("num_batches_tracked") for key in left.missing_keys)
    return stacked


def make_similarity_fixture(area: str) -> Any:
    files = sorted(SSL.glob(f"*_{area}.npz"))
    reason = f"no goldens at {SSL}/*_{area}.npz (set SEEWHY_GOLDENS)"
    cases = [pytest.param(path, id=path.stem) for path in files]
    cases = cases or [pytest.param(None, id=f"no-{area}", marks=pytest.mark.skip(reason=reason))]

    @pytest.fixture(scope="module", params=cases, name=f"similarity_{area}")
    def case(request: pytest.FixtureRequest) -> SimilarityGolden:
        path: Path = request.param
        beside = path.with_name(f"{path.stem.removesuffix(area)}models.npz")
        with np.load(path) as arrays, np.load(beside) as networks:
            return SimilarityGolden(dict(arrays), dict(networks))

    return case


similarity_occlusion = make_similarity_fixture("occlusion")
similarity_pairwise = make_similarity_fixture("pairwise")
similarity_cam = make_similarity_fixture("cam")
similarity_gradients = make_similarity_fixture("gradients")
similarity_pixelinvariance = make_similarity_fixture("pixelinvariance")
similarity_modeldiff = make_similarity_fixture("modeldiff")
similarity_featureviz = make_similarity_fixture("featureviz")
similarity_metrics = make_similarity_fixture("metrics")


# Goldens of answers with reasons.

NLX = GOLDENS / "nlx"


def make_nlx_fixture(area: str, suffix: str = "npz") -> Any:
    files = sorted(NLX.glob(f"*_{area}.{suffix}"))
    reason = f"no goldens at {NLX}/*_{area}.{suffix} (set SEEWHY_GOLDENS)"
    cases = [pytest.param(path, id=path.stem) for path in files]
    cases = cases or [pytest.param(None, id=f"no-{area}", marks=pytest.mark.skip(reason=reason))]

    @pytest.fixture(scope="module", params=cases, name=f"nlx_{area.removesuffix('*')}")
    def case(request: pytest.FixtureRequest) -> Any:
        path: Path = request.param
        if suffix == "json":
            return json.loads(path.read_text(encoding="utf-8"))
        with np.load(path) as arrays:
            return dict(arrays)

    return case


nlx_gpt = make_nlx_fixture("gpt*")  # with boxes and without
nlx_clip_grid = make_nlx_fixture("clip_grid")
nlx_concept_head = make_nlx_fixture("concept_head")
nlx_eval_math = make_nlx_fixture("eval_math")
nlx_layouts = make_nlx_fixture("layouts", "json")
nlx_postprocess = make_nlx_fixture("postprocess", "json")


@pytest.fixture(scope="session")
def gpt2_folder() -> Path:
    """Folder of GPT-2's byte pairs; skips where a machine does not have it."""
    shared = Path(os.environ.get("SEEWHY_SHARED", REPOSITORY.parent / "shared"))
    folder = shared / "data" / "tokenizers" / "gpt2"
    if not folder.is_dir():
        pytest.skip(f"no vocabulary at {folder} (set SEEWHY_SHARED)")
    return folder
