"""Caption metrics: seewhy against pycocoevalcap, on the same captions in one run.

python -m benchmarks.scores [--json FILE] [--captions FILE.json.gz] [--rounds N] [--threads N]

FILE is a golden of scores (``references`` and ``systems``, raw captions by id); without it,
captions of drawn scenes. Both sides must give the same digits before anything is timed: they
tokenize raw captions, and score BLEU, ROUGE-L and CIDEr-D; then rewards of a training batch of 160
candidates with 5 references each. Needs Java and the extra ``coco``.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seewhy.scores.bleu import bleu_statistics
from seewhy.scores.cider import cider_d
from seewhy.scores.cider_reward import DocumentFrequencies
from seewhy.scores.ngrams import EncodedCorpus, count_ngrams, encode_corpus
from seewhy.scores.penn_treebank import ptb_tokenize
from seewhy.scores.rouge import rouge_l

TARGET = 10
MEMORY_TARGET = 400  # MB
BATCH, REFERENCES, STEPS, VOCABULARY = 160, 5, 18, 9490


@dataclass
class Captions:
    """Raw captions: one candidate and some references an item."""

    candidates: list[str]
    references: list[list[str]]


@dataclass
class Run:
    """Scores and seconds of one side."""

    scores: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Do ``work`` and note how long it takes."""
        start = time.perf_counter()
        result = work()
        self.seconds[name] = time.perf_counter() - start
        return result


def main() -> None:
    """Check that both sides agree, time them in turn, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--captions", type=Path, help="a golden of scores; default: drawn scenes")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side; the best counts")
    parser.add_argument("--threads", type=int, help="not used by either side: both use one")
    arguments = parser.parse_args()
    captions = read_captions(arguments.captions) if arguments.captions else make_captions()
    score_with_ours(captions)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = [*compare_corpus(captions, arguments.rounds), compare_batch(arguments.rounds)]
    rows.append(
        {"name": "memory of this process after ours, MB", "ours_s": None, "peer": None,
         "peer_s": None, "ratio": None, "target": MEMORY_TARGET, "note": f"{memory:.0f} MB"}
    )  # fmt: skip
    print(describe_machine())
    print(f"{len(captions.candidates)} items, {sum(map(len, captions.references))} references")
    print_rows(rows)
    if arguments.json:
        report = {"machine": describe_machine(), "rows": rows}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def read_captions(path: Path) -> Captions:
    """The first system of a golden, and its references."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        content = json.load(file)
    system = next(iter(content["systems"].values()))
    ids = content["ids"]
    return Captions([system[key] for key in ids], [content["references"][key] for key in ids])


def make_captions(items: int = 5000) -> Captions:
    """Captions of drawn scenes: five references, and another scene's caption now and then."""
    from seewhy.world.captions import caption_scene
    from seewhy.world.sampling import sample_scene

    groups = [list(caption_scene(sample_scene(seed))) for seed in range(items)]
    candidates = [groups[(row + 1) % items if row % 4 == 0 else row][0] for row in range(items)]
    return Captions(candidates, [group[1:] for group in groups])


def score_with_ours(captions: Captions) -> Run:
    """Tokens, BLEU, ROUGE-L and CIDEr-D by seewhy."""
    run = Run()

    def tokenize() -> tuple[list[list[str]], list[list[list[str]]]]:
        words = iter(ptb_tokenize(text for group in captions.references for text in group))
        references = [[next(words) for _ in group] for group in captions.references]
        return ptb_tokenize(captions.candidates), references

    candidates, references = run.time("tokenize", tokenize)
    corpus: EncodedCorpus = run.time("count", lambda: encode_corpus(candidates, references))
    counts = run.time("count n-grams", lambda: count_ngrams(corpus))
    bleu = run.time("BLEU", lambda: bleu_statistics(corpus, counts).corpus())
    rouge = run.time("ROUGE-L", lambda: rouge_l(corpus).mean())
    cider = run.time("CIDEr-D", lambda: cider_d(corpus, counts).mean())
    # what BLEU and CIDEr-D share counts for both of them
    shared = run.seconds.pop("count") + run.seconds.pop("count n-grams")
    run.seconds["total"] = sum(run.seconds.values()) + shared
    run.seconds["BLEU"] += shared
    run.seconds["CIDEr-D"] += shared
    run.scores = {f"BLEU-{n + 1}": float(bleu[n]) for n in range(4)}
    run.scores |= {"ROUGE-L": float(rouge), "CIDEr-D": float(cider)}
    return run


def score_with_peer(captions: Captions) -> Run:
    """The same by pycocoevalcap."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    run = Run()
    given = {i: [{"caption": text}] for i, text in enumerate(captions.candidates)}
    truth = {i: [{"caption": t} for t in group] for i, group in enumerate(captions.references)}

    def tokenize() -> tuple[Any, Any]:
        return PTBTokenizer().tokenize(given), PTBTokenizer().tokenize(truth)

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        results, references = run.time("tokenize", tokenize)
        bleu, _ = run.time("BLEU", lambda: Bleu(4).compute_score(references, results))
        rouge, _ = run.time("ROUGE-L", lambda: Rouge().compute_score(references, results))
        cider, _ = run.time("CIDEr-D", lambda: Cider().compute_score(references, results))
    run.seconds["total"] = sum(run.seconds.values())
    run.scores = {f"BLEU-{n + 1}": float(bleu[n]) for n in range(4)}
    run.scores |= {"ROUGE-L": float(rouge), "CIDEr-D": float(cider)}
    return run


def compare_corpus(captions: Captions, rounds: int) -> list[dict[str, Any]]:
    """Rows of tokenizing and of each metric, the best of some rounds in turn."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(score_with_ours(captions))
        theirs.append(score_with_peer(captions))
    for name, value in ours[0].scores.items():
        if abs(value - theirs[0].scores[name]) > 1e-5:
            raise SystemExit(f"{name}: {value} here, {theirs[0].scores[name]} there.")
    rows = []
    for name in ours[0].seconds:
        fast = min(run.seconds[name] for run in ours)
        slow = min(run.seconds[name] for run in theirs)
        target = TARGET if name == "total" else None
        rows.append(make_row(name, fast, slow, target))
    return rows


def compare_batch(rounds: int) -> dict[str, Any]:
    """Row of the rewards of a training batch."""
    from pycocoevalcap.cider.cider_scorer import CiderScorer

    generator = np.random.default_rng(0)
    likely = np.minimum(generator.zipf(1.3, (BATCH, REFERENCES + 1, STEPS)), VOCABULARY)
    lengths = generator.integers(8, STEPS, (BATCH, REFERENCES + 1, 1))
    words = np.where(np.arange(STEPS) < lengths, likely, 0)
    candidates, references = words[:, 0], words[:, 1:]
    frequencies = DocumentFrequencies.count([[_until_end(r) for r in g] for g in references])
    texts = [
        (_as_text(candidate), [_as_text(row) for row in group])
        for candidate, group in zip(candidates, references, strict=True)
    ]

    def score_batch() -> Any:
        return frequencies.score(candidates, references)

    def score_texts() -> Any:
        scorer = CiderScorer(n=4, sigma=6.0)
        for candidate, group in texts:
            scorer += (candidate, group)
        return scorer.compute_score()[1]

    if np.abs(score_batch() - score_texts()).max() > 1e-9:
        raise SystemExit("The rewards of the batch differ.")
    fast, slow = [], []
    for _ in range(max(rounds, 3) * 3):
        run = Run()
        run.time("ours", score_batch)
        run.time("peer", score_texts)
        fast.append(run.seconds["ours"])
        slow.append(run.seconds["peer"])
    name = f"training batch, {BATCH} x {REFERENCES}"
    return make_row(name, min(fast), min(slow), TARGET)


def _until_end(row: np.ndarray) -> list[int]:
    """The words of a row, with the end word."""
    found = row.tolist()
    return [*found[: found.index(0)], 0] if 0 in found else found


def _as_text(row: np.ndarray) -> str:
    return " ".join(str(word) for word in _until_end(row))


def make_row(name: str, ours: float, peer: float, target: int | None) -> dict[str, Any]:
    """One line of the report."""
    return {
        "name": name,
        "ours_s": round(ours, 5),
        "peer": "pycocoevalcap",
        "peer_s": round(peer, 5),
        "ratio": round(peer / ours, 1),
        "target": target,
        "note": "",
    }


def describe_machine() -> str:
    """Cores, processor, Python and load, for whoever reads the numbers."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    cores = f"{os.cpu_count()} cores, {platform.machine()}"
    return f"{cores}, Python {platform.python_version()}, {load}"


def print_rows(rows: list[dict[str, Any]]) -> None:
    """The rows as a table."""
    print(f"{'':40}{'seewhy':>10}{'pycocoevalcap':>16}{'ratio':>9}   target")
    for row in rows:
        if row["ratio"] is None:
            print(f"{row['name']:40}{row['note']:>10}{'':25}   under {row['target']}")
            continue
        target = f"{row['target']}x" if row["target"] else ""
        print(
            f"{row['name']:40}{row['ours_s']:>9.3f}s{row['peer_s']:>15.3f}s{row['ratio']:>8.1f}x"
            f"   {target}"
        )


if __name__ == "__main__":
    main()
