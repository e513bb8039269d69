"""Evaluation of rationales against numbers of the published code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from seewhy.rationales.explain_predict import make_soft_targets, reader_loss
from seewhy.scores.embedding_scores import retrieval_attack_score

GOLDENS = Path(
    os.environ.get("SEEWHY_GOLDENS", Path(__file__).resolve().parents[3] / "shared" / "goldens")
)


def list_cases(area):
    files = sorted((GOLDENS / "nlx").glob(f"*_{area}.npz"))
    if files:
        return [pytest.param(path, id=path.stem) for path in files]
    reason = f"no goldens at {GOLDENS / 'nlx'}/*_{area}.npz (set SEEWHY_GOLDENS)"
    return [pytest.param(None, id=f"no-{area}", marks=pytest.mark.skip(reason=reason))]


@pytest.mark.parametrize("path", list_cases("eval_math"))
def test_retrieval_attack(path):
    with np.load(path) as arrays:
        embeddings = torch.from_numpy(arrays["ra_embeddings"])
        sizes = {k: arrays[k] for k in arrays.files if k.startswith("ra_at")}
    assert sizes
    for name, expected in sizes.items():
        k = int(name.removeprefix("ra_at"))
        found = [retrieval_attack_score(query[:k]) for query in embeddings]
        np.testing.assert_allclose(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("path", list_cases("eval_math"))
def test_targets_of_explain_predict(path):
    with np.load(path) as arrays:
        answers = json.loads(str(arrays["ep_answers_json"]))
        numbers = json.loads(str(arrays["ep_answer_dic_json"]))
        expected = arrays["ep_targets"]
    np.testing.assert_array_equal(make_soft_targets(answers, numbers).numpy(), expected)


@pytest.mark.parametrize("path", list_cases("explain_predict"))
def test_logits_and_loss_of_the_reader(path):
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    with np.load(path) as arrays:
        names = list(arrays.files)
        found = {name: arrays[name] for name in names}
    described = json.loads(str(found["config_json"]))
    tasks = sorted({name.split("/")[0] for name in names if "/" in name})
    assert tasks
    for task in tasks:
        config = DistilBertConfig.from_dict(described)
        weights = {
            name.removeprefix(f"{task}/sd/"): torch.from_numpy(value)
            for name, value in found.items()
            if name.startswith(f"{task}/sd/")
        }
        config.num_labels = len(weights["classifier.bias"])
        model = DistilBertForSequenceClassification(config).eval()
        model.load_state_dict(weights)
        ids, mask, labels = (
            torch.from_numpy(found[f"{task}/{name}"])
            for name in ("input_ids", "attention_mask", "labels")
        )
        with torch.no_grad():
            logits = model(ids, mask).logits
        expected = torch.from_numpy(found[f"{task}/logits"])
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)
        loss = reader_loss(logits, labels)
        np.testing.assert_allclose(loss.item(), found[f"{task}/loss"], rtol=1e-5)
