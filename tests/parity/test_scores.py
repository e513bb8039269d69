"""Scores of real captions against coco-caption's own digits."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seewhy.scores.bleu import bleu_statistics
from seewhy.scores.cider import cider_d
from seewhy.scores.cider_reward import DocumentFrequencies
from seewhy.scores.ngrams import count_ngrams, encode_corpus
from seewhy.scores.penn_treebank import ptb_tokenize
from seewhy.scores.rouge import rouge_l

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens"))
CORPORA = sorted((GOLDENS / "scores").glob("*_karpathy_test.json.gz"))
REWARDS = sorted((GOLDENS / "scores").glob("*_scst.npz"))

if not CORPORA and not REWARDS:
    pytest.skip(f"no goldens of scores in {GOLDENS} (set SEEWHY_GOLDENS)", allow_module_level=True)


@pytest.fixture(scope="module", params=CORPORA, ids=lambda path: path.name)
def golden(request: pytest.FixtureRequest) -> dict[str, Any]:
    with gzip.open(request.param, "rt", encoding="utf-8") as file:
        return json.load(file)


def score(candidates: list[list[str]], references: list[list[list[str]]]) -> dict[str, np.ndarray]:
    corpus = encode_corpus(candidates, references)
    counts = count_ngrams(corpus)
    statistics = bleu_statistics(corpus, counts)
    found = {f"Bleu_{n + 1}": statistics.per_item()[:, n] for n in range(4)}
    found |= {"ROUGE_L": rouge_l(corpus), "CIDEr": cider_d(corpus, counts)}
    found["corpus"] = np.array(
        [*statistics.corpus(), found["ROUGE_L"].mean(), found["CIDEr"].mean()]
    )
    return found


NAMES = ["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr"]


def test_scores_of_the_same_tokens_are_the_same_digits(golden: dict[str, Any]) -> None:
    references = [[r.split() for r in golden["tokenized"]["references"][i]] for i in golden["ids"]]
    for system, captions in golden["tokenized"]["systems"].items():
        found = score([captions[i].split() for i in golden["ids"]], references)
        expected = [golden["corpus"][system][name] for name in NAMES]
        np.testing.assert_allclose(found["corpus"], expected, atol=1e-9, rtol=0)
        for name in NAMES:  # per-item goldens are written with eight decimals
            np.testing.assert_allclose(
                found[name], golden["per_item"][system][name], atol=5.1e-9, rtol=0
            )


def test_published_scores_come_from_raw_captions_with_our_tokenizer(golden: dict[str, Any]) -> None:
    ids = golden["ids"]
    flat = ptb_tokenize(r for i in ids for r in golden["references"][i])
    rest = iter(flat)
    references = [[next(rest) for _ in golden["references"][i]] for i in ids]
    for system, captions in golden["systems"].items():
        found = score(ptb_tokenize(captions[i] for i in ids), references)
        published = [golden["published"][system][name] for name in NAMES]
        np.testing.assert_allclose(found["corpus"], published, atol=1e-5, rtol=0)


def test_tokens_are_those_of_the_java_tokenizer(golden: dict[str, Any]) -> None:
    ids = golden["ids"]
    ours = ptb_tokenize(r for i in ids for r in golden["references"][i])
    theirs = [r.split() for i in ids for r in golden["tokenized"]["references"][i]]
    different = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    assert len(different) <= 2, different
    for system, captions in golden["systems"].items():
        tokenized = golden["tokenized"]["systems"][system]
        assert ptb_tokenize(captions[i] for i in ids) == [tokenized[i].split() for i in ids]


@pytest.mark.parametrize("path", REWARDS, ids=lambda path: path.name)
def test_rewards_of_a_training_batch(path: Path, tmp_path: Path) -> None:
    described = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    table = {tuple(ngram.split()): count for ngram, count in described["document_frequency"]}
    published = tmp_path / "train-idxs.p"
    published.write_bytes(
        pickle.dumps({"document_frequency": table, "ref_len": described["ref_len"]})
    )
    frequencies = DocumentFrequencies.load(published)
    with np.load(path) as arrays:
        references = arrays["in/all_captions"][:, :, 1:].copy()  # without the start word
        references[references == arrays["meta/end"]] = 0
        for kind in ("sampled", "greedy"):
            np.testing.assert_allclose(
                frequencies.score(arrays[f"in/{kind}"], references),
                arrays[f"out/ciderd_{kind}"],
                atol=1e-6,
                rtol=0,
            )
