"""Rewards and loss of self-critical training against the published code."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from seewhy.captions.self_critical import compare_rewards, score_words, self_critical_loss
from seewhy.scores.cider_reward import DocumentFrequencies

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens"))
CASES = sorted((GOLDENS / "scores").glob("*_scst.npz"))

if not CASES:
    pytest.skip(f"no goldens at {GOLDENS}/scores/*_scst.npz", allow_module_level=True)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_rewards_loss_and_its_gradient(path: Path, tmp_path: Path) -> None:
    described = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    table = {tuple(ngram.split()): count for ngram, count in described["document_frequency"]}
    (tmp_path / "idxs.p").write_bytes(
        pickle.dumps({"document_frequency": table, "ref_len": described["ref_len"]})
    )
    frequencies = DocumentFrequencies.load(tmp_path / "idxs.p")
    with np.load(path) as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file.files if "dims" not in name}
    references = arrays["in/all_captions"][:, :, 1:].clone()  # without <start>; <end> is 0
    references[references == arrays["meta/end"]] = 0
    words, greedy = arrays["in/sampled"], arrays["in/greedy"]
    scores = score_words(words, references, frequencies)
    baseline = score_words(greedy, references, frequencies)
    near = {"atol": 1e-6, "rtol": 0, "check_dtype": False}
    torch.testing.assert_close(scores, arrays["out/ciderd_sampled"], **near)
    torch.testing.assert_close(baseline, arrays["out/ciderd_greedy"], **near)
    reward = compare_rewards(scores[:, None], baseline)
    torch.testing.assert_close(reward.expand_as(words), arrays["out/reward"], **near)
    log_probs = arrays["in/sample_logprobs"].requires_grad_()
    loss = self_critical_loss(log_probs, words, reward.squeeze(1))
    torch.testing.assert_close(loss.detach(), arrays["out/loss"], **near)
    loss.backward()
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, arrays["gradin/sample_logprobs"], **near)
