"""Metrics that rest on a model, through ``score`` and ``compare``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from seewhy.errors import ImageReadError
from seewhy.scores.embedding_scores import clip_score, ref_clip_score
from seewhy.scores.model_inputs import CLIP_PREFIX, ScoringModels
from seewhy.scores.scoring import compare, score
from seewhy.scores.text_encoder import TextEncoder
from seewhy.scores.token_matching import bert_score

CANDIDATES = {"7": "a dog runs on the beach", "3": "two cats", "5": "a red bus"}
REFERENCES = {
    "3": ["two cats sleep on a sofa", "cats"],
    "5": ["a red bus in the street"],
    "7": ["the dog is running by the sea", "a dog on a beach", "a black dog"],
}
PICTURES = {3: torch.full((3,), 0.3), 5: torch.full((3,), 0.5), 7: torch.full((3,), 0.7)}


class Letters:
    """Stands for a dual encoder: texts by their letters, pictures by their numbers."""

    name, digest = "letters", "0123456789abcdef"

    def __init__(self) -> None:
        self.encoded: list[int] = []

    def encode_texts(
        self, texts: Sequence[str], *, batch_size: int = 64, progress: bool = False
    ) -> torch.Tensor:
        rows = [[float(text.count(letter)) for letter in "adesb"] for text in texts]
        return normalize(torch.tensor(rows), dim=-1)

    def encode_images(
        self, images: Any, *, batch_size: int = 32, progress: bool = False
    ) -> torch.Tensor:
        self.encoded.append(len(images))
        rows = [[*picture.tolist(), 0.1, 0.2 - float(picture[0])] for picture in images]
        return normalize(torch.tensor(rows), dim=-1)


def test_clip_scores_pair_each_caption_with_its_picture() -> None:
    encoder = Letters()
    models = ScoringModels(dual_encoder=encoder, images=PICTURES)
    report = score(CANDIDATES, REFERENCES, metrics=["clip-score"], models=models)
    assert report.ids == ("7", "3", "5")
    images = encoder.encode_images([PICTURES[7], PICTURES[3], PICTURES[5]])
    captions = encoder.encode_texts([CLIP_PREFIX + CANDIDATES[key] for key in "735"])
    others = encoder.encode_texts([CLIP_PREFIX + text for k in "735" for text in REFERENCES[k]])
    item = torch.tensor([0, 0, 0, 1, 1, 2])
    expected = {
        "CLIPScore": clip_score(images, captions),
        "RefCLIPScore": ref_clip_score(images, captions, others, item),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(report.per_item[name], values.numpy(), atol=1e-6)
        assert report.corpus[name] == pytest.approx(values.mean().item(), abs=1e-6)
        assert "|model:letters@0123456789ab|prefix:A photo depicts|" in report.signatures[name]
        assert "java:no" in report.signatures[name]


def test_pictures_are_encoded_once_for_two_systems() -> None:
    encoder = Letters()
    models = ScoringModels(dual_encoder=encoder, images=PICTURES)
    report = compare(
        CANDIDATES, dict.fromkeys(CANDIDATES, "a bus"), REFERENCES, metrics=["clip-score"],
        models=models, rounds=50,
    )  # fmt: skip
    assert encoder.encoded == [3]
    assert [found.metric for found in report.differences] == ["CLIPScore", "RefCLIPScore"]


def test_bert_score_and_sentence_similarity_by_folder(bert_folder: Path) -> None:
    models = ScoringModels(bert=bert_folder, idf=True, sentence_encoder=str(bert_folder))
    report = score(
        CANDIDATES, REFERENCES, metrics=["BERTScore", "sentence-similarity"], models=models
    )
    encoder = TextEncoder.from_pretrained(bert_folder)
    candidates, groups = list(CANDIDATES.values()), [REFERENCES[key] for key in CANDIDATES]
    expected = bert_score(candidates, groups, encoder, idf=True)
    np.testing.assert_allclose(report.per_item["BERTScore-F1"], expected.f1, atol=1e-6)
    np.testing.assert_allclose(report.per_item["BERTScore-P"], expected.precision, atol=1e-6)
    assert f"|model:{bert_folder}|layer:3|idf:yes|" in report.signatures["BERTScore-R"]
    for row, (candidate, group) in enumerate(zip(candidates, groups, strict=True)):
        best = (encoder.encode_texts(group) @ encoder.encode_texts([candidate])[0]).max()
        assert report.per_item["Sentence-similarity"][row] == pytest.approx(best.item(), abs=1e-6)


class Blind(Letters):
    def encode_images(self, images: Any, **_: Any) -> torch.Tensor:
        raise ImageReadError("7.png is not a picture.")


@pytest.mark.parametrize(
    ("metric", "models", "said"),
    [
        ("bertscore", ScoringModels(), "--bert"),
        ("bertscore", ScoringModels(bert=Path(__file__).parent), "cannot be loaded"),
        ("sentence-similarity", ScoringModels(), "--sentences"),
        ("clip-score", ScoringModels(images=PICTURES), "--model"),
        ("clip-score", ScoringModels(dual_encoder=Letters()), "--images"),
        ("clip-score", ScoringModels(dual_encoder=object(), images=PICTURES), "not encode both"),
        ("clip-score", ScoringModels(dual_encoder=Letters(), images={3: 0}), r"2 items.*\(7, 5\)"),
        ("clip-score", ScoringModels(dual_encoder=Blind(), images=PICTURES), "7.png"),
    ],
)
def test_without_its_model_a_metric_is_missing_and_says_what_it_needs(
    metric: str, models: ScoringModels, said: str
) -> None:
    report = score(CANDIDATES, REFERENCES, metrics=["rouge-l", metric], models=models)
    assert list(report.corpus) == ["ROUGE-L"]
    assert list(report.missing) == [metric]

    assert re.search(said, report.missing[metric])
