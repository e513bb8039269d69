"""What tests of concepts share: encoders without training, pictures whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seewhy.concepts.dynamics import DeletionCurve
from seewhy.concepts.mutual_information import find_mutual_knowledge
from seewhy.concepts.report import (
    ConceptReport,
    NamedPart,
    PartsExplanation,
    PictureConcepts,
    ScoredConcept,
)
from seewhy.encoders.base import TextSide, TorchDualEncoder
from seewhy.encoders.dual_encoder import DualEncoderConfig, DualEncoderModel
from seewhy.encoders.mini import wrap_dual_encoder
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.text_transformer import TextTransformerConfig
from seewhy.encoders.vision_transformer import VisionTransformerConfig
from seewhy.images.ellipses import Ellipse
from seewhy.results import Provenance
from seewhy.text.byte_pairs import train_tokenizer

COLORS = {"red": (1, -1, -1), "green": (-1, 1, -1), "blue": (-1, -1, 1), "yellow": (1, 1, -1)}
THINGS = {"tomato": "red", "frog": "green", "sea": "blue", "lemon": "yellow"}
SIZE, PATCH = 48, 8


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEEWHY_NO_CACHE", raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def random_encoder() -> TorchDualEncoder:
    """A ViT and a text tower with random weights: 6 x 6 patches, nothing it says makes sense."""
    tokenizer = train_tokenizer(["a photo showing red stripes"] * 9, vocabulary=280, context=12)
    text = TextTransformerConfig(
        vocabulary=tokenizer.get_vocab_size(), context=12, width=16, depth=1, heads=2
    )
    image = VisionTransformerConfig(size=SIZE, patch=PATCH, width=16, depth=2, heads=2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = DualEncoderModel(DualEncoderConfig(image=image, text=text, dim=12)).eval()
    return wrap_dual_encoder(model.requires_grad_(False), tokenizer, name="random")


class Colors(nn.Module):
    """Sees the mean color of each patch; its embedding is the mean color of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 4, PATCH, stride=PATCH)
        with torch.no_grad():
            self.patches.weight.zero_()
            for channel in range(3):
                self.patches.weight[channel, channel] = 1 / PATCH**2
            self.patches.bias.copy_(torch.tensor([0.0, 0, 0, 1]))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.patches(pixels)[:, :3].mean((2, 3))


def embed_color_words(texts: list[str]) -> Tensor:
    rows = []
    for text in texts:
        words = [THINGS.get(word, word) for word in text.lower().strip(".").split()]
        known = [COLORS[word] for word in words if word in COLORS]
        rows.append(np.mean(known, axis=0) if known else (0.1, 0.1, 0.1))
    return torch.tensor(np.array(rows), dtype=torch.float32)


@pytest.fixture(scope="session")
def color_encoder() -> TorchDualEncoder:
    """A dual encoder that knows four colors and four things of these colors, nothing else."""
    module = Colors().eval().requires_grad_(False)
    return TorchDualEncoder(
        name="colors",
        module=module,
        embed=module,
        preprocessing=Preprocessing(size=(SIZE, SIZE), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
        text=TextSide(
            embed=embed_color_words,
            tokenizer_digest="words",
            image_prefixes=("patches.",),
            logit_scale=10.0,
        ),
        layers=["patches"],
        num_prefix_tokens=0,
    )


@pytest.fixture(scope="session")
def draw_blocks() -> Callable[..., NDArray[np.uint8]]:
    """Draws a gray picture with a block of each color, side by side in the middle."""

    def draw(*colors: str, seed: int = 0) -> NDArray[np.uint8]:
        picture = np.random.default_rng(seed).integers(120, 136, (SIZE, SIZE, 3)).astype(np.uint8)
        for place, color in enumerate(colors):
            left = PATCH * (1 + 2 * place)
            value = [225 if channel > 0 else 30 for channel in COLORS[color]]
            picture[2 * PATCH : 4 * PATCH, left : left + 2 * PATCH] = value
        return picture

    return draw


@pytest.fixture(scope="session")
def noise() -> list[NDArray[np.uint8]]:
    """Ten pictures of different sizes that show nothing."""
    random = np.random.default_rng(1)
    sizes = [(int(random.integers(30, 70)), int(random.integers(30, 70))) for _ in range(10)]
    pictures = []
    for height, width in sizes:
        coarse = random.integers(0, 256, (5, 5, 3)).astype(np.uint8)
        rows = np.arange(height) * 5 // height
        pictures.append(coarse[rows][:, np.arange(width) * 5 // width])
    return pictures


@pytest.fixture
def make_picture() -> Callable[..., PictureConcepts]:
    """Makes a picture of a cat explained by hand: two parts, four words, two of them shared."""

    def make(
        *,
        name: str = "pictures/cat.png",
        label: str | None = None,
        curves: dict[str, tuple[float, ...]] | None = None,
        parts: bool = True,
        word: str = "whiskers",
    ) -> PictureConcepts:
        image = np.full((40, 60, 3), 128, np.uint8)
        regions = np.full((40, 60), -1, np.int8)
        if parts:
            regions[10:30, 10:30], regions[10:30, 30:50] = 0, 3
        shapes = [(0, 20.0, (word, "fur")), (3, 40.0, ("grass", word, "stripes"))]
        found = tuple(
            NamedPart(
                place,
                tuple(ScoredConcept(text, 0.5 - 0.1 * i) for i, text in enumerate(words)),
                Ellipse((x, 20.0), (18.0, 22.0), 30.0),
                20 * 20 / 2400,
            )
            for place, x, words in shapes
        )
        ranked = [ScoredConcept(w, 0.7 - 0.1 * i) for i, w in enumerate((word, "fur", "stripes"))]
        shared = (word, "stripes") if parts else ()
        words = [concept.text for concept in ranked] if parts else []
        curves = {"pca": (2.0, 1.0, 0.5, 0.0)} if curves is None else curves
        return PictureConcepts(
            name=name,
            image=image,
            prediction=(ScoredConcept("cat", 0.75), ScoredConcept("dog", 0.25)),
            label=label,
            explained="cat",
            class_concepts=(ScoredConcept(word, 0.3), ScoredConcept("stripes", 0.2)),
            foreground=regions >= 0,
            explanations=tuple(
                PartsExplanation(
                    method=method,
                    parts=found if parts else (),
                    regions=regions,
                    ranked=tuple(ranked) if parts else (),
                    shared=shared,
                    knowledge=find_mutual_knowledge(words, shared, vocabulary=50),
                    curve=DeletionCurve(values, "paper"),
                    candidates=9,
                    notes=() if parts else ("no foreground was found",),
                )
                for method, values in curves.items()
            ),
        )

    return make


@pytest.fixture
def make_report() -> Callable[..., ConceptReport]:
    """Makes a report of pictures."""

    def make(*pictures: PictureConcepts) -> ConceptReport:
        return ConceptReport(
            pictures=pictures,
            classes=("cat", "dog"),
            vocabulary="words",
            num_descriptors=50,
            num_leaking=0,
            fitted_on="toys",
            failures=(),
            provenance=Provenance(model="toy", model_digest="a" * 64, seed=0),
        )

    return make
