"""Evaluations over many pairs: the table, resume, bad pictures, memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.errors import ImageReadError, InvalidArgumentError
from seewhy.similarity.evaluation import EvaluationSettings, Values
from seewhy.similarity.evaluation_report import bootstrap_mean, tabulate
from seewhy.similarity.evaluation_run import evaluate
from seewhy.similarity.model import PairModel
from seewhy.similarity.pair_files import PairSource, list_views

FEW = EvaluationSettings(
    methods=("interaction-cam", "center", "random"), steps=3, sensitivity_draws=2
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(4):
        values = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(values).resize((50, 40)).save(pictures / f"{number}.png")
    return pictures


def test_the_table_holds_means_over_pairs(convnet: PairModel, folder: Path) -> None:
    found = evaluate(convnet, list_views(folder), settings=FEW, seed=1)
    assert list(found.table) == list(FEW.methods)
    values = [pair["interaction-cam"]["SI"] for pair in found.pairs.values()]
    score = found.table["interaction-cam"]["SI"]
    assert score.mean == pytest.approx(np.mean([v for v in values if v is not None]))
    assert score.low <= score.mean <= score.high
    assert score.pairs == 4
    assert score.verdict in ("better", "worse", "open")
    assert found.table["random"]["SI"].verdict is None
    assert "MS" not in found.table["center"]
    assert "agreement" in found.table["center"]
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.to_frame()) == 12
    lines = found.to_markdown().splitlines()
    assert lines[0].startswith("| method | SI ↑ | SD ↓ |")
    assert len(lines) == 5


def test_a_run_that_was_stopped_goes_on_and_ends_as_it_would_have(
    convnet: PairModel, folder: Path, tmp_path: Path
) -> None:
    sources = list_views(folder)
    whole = evaluate(convnet, sources, settings=FEW)
    kept = tmp_path / "run"
    evaluate(convnet, sources[:2], settings=FEW, folder=kept)
    calls = []
    handle = convnet.encoder.module.register_forward_hook(lambda *_: calls.append(1))
    evaluate(convnet, sources[:2], settings=FEW, folder=kept)
    assert not calls  # nothing is done again
    handle.remove()
    resumed = evaluate(convnet, sources[::-1], settings=FEW, folder=kept)
    assert {n: dict(v) for n, v in resumed.pairs.items()} == dict(whole.pairs)
    assert len((kept / "results.jsonl").read_text(encoding="utf-8").splitlines()) == 4
    with pytest.raises(InvalidArgumentError, match="another run"):
        evaluate(convnet, sources, settings=FEW, folder=kept, seed=9)


def test_bad_pictures_are_left_out_and_listed(convnet: PairModel, folder: Path) -> None:
    (folder / "bad.png").write_text("no picture", encoding="utf-8")
    found = evaluate(convnet, list_views(folder), settings=FEW)
    assert len(found.pairs) == 4
    (failure,) = found.failures
    assert failure.path.name == "bad.png"
    assert "not a picture" in failure.reason
    with pytest.raises(ImageReadError, match="No pair could be read"):
        evaluate(convnet, [PairSource(folder / "bad.png")], settings=FEW)
    with pytest.raises(InvalidArgumentError, match="no pair"):
        evaluate(convnet, [], settings=FEW)


def test_pairs_of_two_pictures_have_no_agreement(convnet: PairModel, folder: Path) -> None:
    pairs = [
        PairSource(folder / "0.png", folder / "1.png"),
        PairSource(folder / "2.png", folder / "3.png"),
    ]
    found = evaluate(convnet, pairs, settings=FEW)
    assert "agreement" not in found.table["center"]
    assert list(found.pairs) == [pair.name for pair in pairs]


def test_a_report_is_kept_with_its_figure(convnet: PairModel, folder: Path, tmp_path: Path) -> None:
    found = evaluate(convnet, list_views(folder)[:2], settings=FEW)
    saved = found.save(tmp_path / "report")
    assert (saved / "figure.png").stat().st_size > 5000
    kept = json.loads((saved / "result.json").read_text(encoding="utf-8"))
    assert kept["table"]["center"]["SI"]["pairs"] == 2


def test_hooks_are_gone_and_memory_does_not_grow(convnet: PairModel, folder: Path) -> None:
    sources = list_views(folder)

    def run(rounds: int) -> int:
        for seed in range(rounds):
            evaluate(convnet, sources[:1], settings=FEW, seed=seed)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    def count_tensors() -> int:
        gc.collect()
        return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())

    tracemalloc.start()
    try:
        before, tensors = run(3), count_tensors()
        after = run(12)
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
    assert count_tensors() <= tensors
    assert not any(part._forward_hooks for part in convnet.encoder.module.modules())
    assert not any(part._backward_hooks for part in convnet.encoder.module.modules())


def test_an_interval_covers_the_mean_as_often_as_it_says() -> None:
    numbers = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        low, high = bootstrap_mean(numbers.normal(3, 1, 60), rounds=400, seed=trial)
        covered += low <= 3 <= high
    assert 0.88 < covered / 200 < 0.99


def test_a_verdict_is_of_the_same_pairs_and_minds_what_is_good() -> None:
    numbers = np.random.default_rng(0)
    pairs: dict[str, dict[str, Values]] = {}
    for number, base in enumerate(numbers.normal(0, 5, 40)):  # pairs differ more than methods
        gain, noise = numbers.normal(0.5, 0.1), numbers.normal(0, 1)
        pairs[str(number)] = {
            "random": {"SI": base, "SD": base, "MS": None},
            "center": {"SI": base + gain, "SD": base + gain, "MS": 1.0},
            "edges": {"SI": base + noise - noise, "SD": None, "MS": None},
        }
    table = tabulate(pairs, ["center", "edges", "random"])
    assert table["center"]["SI"].verdict == "better"
    assert table["center"]["SD"].verdict == "worse"
    assert table["center"]["MS"].verdict is None
    assert table["edges"]["SI"].verdict == "open"
    assert "SD" not in table["edges"]
    assert tabulate(pairs, ["center"])["center"]["SI"].verdict is None
