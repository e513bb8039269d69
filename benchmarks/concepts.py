"""Explaining pictures: seewhy against the published steps done in turn, picture by picture.

python -m benchmarks.concepts [--json FILE] [--threads N] [--pictures N] [--descriptors FILE]

The encoder is CLIP ViT-B/16 at 224 pixels with random weights; both sides must name the same
concepts before anything is timed. The peer does what the published code does: each part's
prompts in a forward pass of their own, and raw descriptors through the text tower, padded to 77
tokens, for every picture and way of finding parts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import normalize
from transformers import CLIPConfig, CLIPModel

from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.feature_store import FeatureStore
from seewhy.concepts.optimal_transport import transport
from seewhy.concepts.parts import BACKGROUND
from seewhy.concepts.prompts import find_regions, make_visual_prompts
from seewhy.concepts.reference import fit_reference
from seewhy.concepts.refinement import refine_mask
from seewhy.concepts.settings import ConceptSettings
from seewhy.concepts.vocabulary import default_vocabulary, read_vocabulary
from seewhy.encoders.base import TextSide, TorchDualEncoder
from seewhy.encoders.preprocessing import Preprocessing, normalize_pixels
from seewhy.text.byte_pairs import PAD_TOKEN, train_tokenizer
from seewhy.world.stream import stream_scenes

CONTEXT = 77
CLASSES = ["cat", "dog", "rabbit", "car", "house", "tree", "owl", "fish"]
SETTINGS = ConceptSettings(class_templates=("a photo of a {}.",))


def make_encoder(texts: list[str], *, pad_to: int | None, layers: int = 12) -> TorchDualEncoder:
    """CLIP ViT-B/16 with random weights; texts padded to ``pad_to`` tokens, or to the longest."""
    torch.manual_seed(0)
    depth = {"num_hidden_layers": layers}
    config = CLIPConfig(vision_config={"patch_size": 16, **depth}, text_config=depth)
    model = CLIPModel(config).eval().requires_grad_(False)
    tokenizer = train_tokenizer(texts, vocabulary=2048, context=40)
    end = tokenizer.get_vocab_size() + 1

    def embed_texts(batch: list[str]) -> Tensor:
        tokens = _tokenize(tokenizer, batch, end, pad_to)
        hidden = model.text_model(input_ids=tokens).last_hidden_state
        last = hidden[torch.arange(len(batch)), (tokens == end).int().argmax(1)]
        return model.text_projection(last)

    return TorchDualEncoder(
        name=f"ViT-B/16, random, texts of {pad_to or 'their own'} tokens",
        module=model,
        embed=lambda pixels: model.visual_projection(
            model.vision_model(pixel_values=pixels).pooler_output
        ),
        preprocessing=Preprocessing(
            size=(224, 224),
            mean=(0.48145466, 0.4578275, 0.40821073),
            std=(0.26862954, 0.26130258, 0.27577711),
        ),
        text=TextSide(
            embed=embed_texts,
            tokenizer_digest="benchmark",
            image_prefixes=("vision_model.", "visual_projection."),
            logit_scale=100.0,
        ),
    )


def _tokenize(tokenizer: Tokenizer, batch: list[str], end: int, pad_to: int | None) -> Tensor:
    rows = [
        [*[t for t in e.ids if t != PAD_TOKEN][:70], end] for e in tokenizer.encode_batch(batch)
    ]
    width = pad_to or max(len(row) for row in rows)
    return torch.tensor([row + [0] * (width - len(row)) for row in rows])


class PublishedWay:
    """Each published step in turn, for one picture after another."""

    def __init__(self, encoder: TorchDualEncoder, descriptors: list[str]) -> None:
        self.encoder, self.descriptors = encoder, descriptors
        self.seconds = {"crf": 0.0, "clustering": 0.0}

    def encode(self, texts: list[str]) -> Tensor:
        """Texts through the tower, with no memory of earlier ones."""
        return self.encoder.encode_texts(texts, batch_size=64, cache=False)

    def explain(self, images: list[np.ndarray]) -> list[list[list[str]]]:
        """Ranked concepts of each picture by each way of finding parts."""
        prompted = self.encode([SETTINGS.descriptor_template.format(d) for d in self.descriptors])
        with FeatureStore() as store:
            for number, image in enumerate(images):
                pixels = self._normalize(image[None])
                with torch.no_grad():
                    whole, features = self.encoder.encode_with_features(pixels)
                store.add([str(number)], image[None], whole, features.values, features.grid)
            begin = time.perf_counter()
            reference = fit_reference(store, SETTINGS, digest="", fitted_on="", seed=0)
            self.seconds["clustering"] += time.perf_counter() - begin
            found = []
            for picture in store:
                coarse = reference.foreground.find(picture.features, store.grid)[0]
                begin = time.perf_counter()
                refined = refine_mask(picture.image, coarse)
                self.seconds["crf"] += time.perf_counter() - begin
                ranked = []
                for method in SETTINGS.parts:
                    labels = np.full(coarse.size, BACKGROUND)
                    inside = coarse.reshape(-1)
                    if inside.any():
                        rows = picture.features[torch.from_numpy(inside)]
                        labels[inside] = reference.parts[method].assign(rows).numpy()
                    regions = find_regions(labels.reshape(store.grid), refined)
                    ranked.append(self._name(picture.image, regions, prompted))
                found.append(ranked)
        return found

    @torch.no_grad()
    def _name(self, image: np.ndarray, regions: dict[int, Any], prompted: Tensor) -> list[str]:
        visual = []
        for prompt in make_visual_prompts(image, regions):
            embedded = self.encoder.encode_pixels(self._normalize(np.stack(prompt.images)))
            visual.append(normalize(embedded.float(), dim=1).mean(0))
        if not visual:
            return []
        logits = torch.stack(visual) @ prompted.T
        top = logits.topk(min(SETTINGS.best, logits.shape[1]), dim=1).indices
        times = torch.bincount(top.reshape(-1), minlength=logits.shape[1])
        shared = (times == len(logits)).nonzero().squeeze(1)
        if len(shared) < SETTINGS.concepts:
            shared = (times > 0).nonzero().squeeze(1)
        whole = normalize(self.encoder.encode_pixels(self._normalize(image[None])).float(), dim=1)[
            0
        ]
        relevance = self.encode([self.descriptors[i] for i in shared.tolist()]) @ whole
        kept = shared[relevance > relevance.mean() - SETTINGS.relevance_offset]
        plan = transport(logits[:, kept])
        chosen = kept[plan.topk(min(SETTINGS.concepts, len(kept)), dim=1).indices].reshape(-1)
        distinct = list(dict.fromkeys(chosen.tolist()))
        scores = self.encode([self.descriptors[i] for i in distinct]) @ whole
        return [self.descriptors[distinct[i]] for i in scores.argsort(descending=True).tolist()]

    def _normalize(self, images: np.ndarray) -> Tensor:
        return normalize_pixels(torch.from_numpy(np.array(images)), self.encoder.preprocessing)


def run_ours(
    encoder: TorchDualEncoder, images: list[np.ndarray], descriptors: list[str]
) -> list[list[list[str]]]:
    """Ranked concepts of each picture by each way of finding parts, by seewhy."""
    explainer = ConceptExplainer(encoder, CLASSES, descriptors, settings=SETTINGS)
    return [
        [[concept.text for concept in found.ranked] for found in picture.explanations]
        for picture in explainer.run(images)
    ]


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds a call takes, and what it gives."""
    begin = time.perf_counter()
    result = function()
    return time.perf_counter() - begin, result


def measure_memory(pictures: int) -> float:
    """Highest memory of a fresh process that explains so many pictures, in MB.

    The encoder has one layer instead of twelve: its features, which is what could pile up, are
    of the same size, and 500 pictures take minutes, not an hour.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_explain_and_measure, pictures).result()


def _explain_and_measure(pictures: int) -> float:
    torch.set_num_threads(1)
    descriptors = list(default_vocabulary().descriptors)[:500]
    encoder = make_encoder(descriptors, pad_to=None, layers=1)
    explainer = ConceptExplainer(encoder, CLASSES, descriptors, settings=SETTINGS)
    for _ in explainer.run(d.image for _, d in stream_scenes("test", size=224, count=pictures)):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Compare, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--descriptors", type=Path, help="default: our own vocabulary")
    parser.add_argument("--memory", action="store_true", help="also 50 against 500 pictures")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    words = read_vocabulary(options.descriptors) if options.descriptors else default_vocabulary()
    descriptors = list(words.descriptors)
    images = [d.image for _, d in stream_scenes("test", size=224, count=options.pictures)]
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SEEWHY_CACHE"] = cache
        ours, peer = (
            make_encoder(descriptors, pad_to=None),
            make_encoder(descriptors, pad_to=CONTEXT),
        )
        cold, found = timed(lambda: run_ours(ours, images, descriptors))
        published = PublishedWay(peer, descriptors)
        theirs, expected = timed(lambda: published.explain(images))
        same = sum(a == b for a, b in zip(found, expected, strict=True))
        if same < 0.9 * len(images):
            raise SystemExit(f"Only {same} of {len(images)} pictures are named alike.")
        warm, _ = timed(lambda: run_ours(ours, images, descriptors))
        rows = [
            _row("cold text cache", cold, theirs, 3.0, f"{same}/{len(images)} named alike"),
            _row("warm text cache", warm, theirs, 10.0, f"{len(descriptors)} descriptors"),
            _row("CRF, part of both", published.seconds["crf"], published.seconds["crf"], None, ""),
            _row("foreground and clustering, part of both", published.seconds["clustering"],
                 published.seconds["clustering"], None, ""),
        ]  # fmt: skip
        if options.memory:
            low, high = measure_memory(50), measure_memory(500)
            note = f"{low:.0f} MB at 50 pictures, {high:.0f} MB at 500"
            rows.append({"name": "memory", "note": note})
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items() if value is not None))
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {options.threads} threads"
        options.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


def _row(name: str, ours: float, peer: float, target: float | None, note: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours_s": round(ours, 2),
        "peer": "published steps, picture by picture",
        "peer_s": round(peer, 2),
        "ratio": round(peer / ours, 2),
        "target": target,
        "note": note,
    }


if __name__ == "__main__":
    main()
