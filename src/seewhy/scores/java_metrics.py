"""METEOR 1.5, SPICE and Stanford's tokenizer, by the programs that pycocoevalcap brings."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seewhy.errors import MetricUnavailableError
from seewhy.progress import show_progress
from seewhy.scores.java_programs import find_java, find_program, run_to_end, running
from seewhy.scores.ngrams import Floats
from seewhy.scores.penn_treebank import DROPPED

TIME_LIMIT = 1800.0
"""Seconds."""
SPICE_MEMORY, METEOR_MEMORY = "-Xmx8G", "-Xmx2G"


@dataclass(frozen=True)
class MeteorScores:
    """METEOR of the corpus and of each item, and what it was computed from."""

    corpus: float
    """Computed from the sums of counts, which is not the mean over items."""
    per_item: Floats
    """(items,)."""
    statistics: Floats
    """Counts of each item, as ``meteor.meteor_from_sums`` takes them, (items, 23)."""


def compute_meteor(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    timeout: float | None = TIME_LIMIT,
    progress: bool = False,
) -> MeteorScores:
    """METEOR 1.5 for English, normalized, with coco-caption's digits; one process for all.

    Args:
        candidates: tokenized, words separated by spaces.
        references: likewise, at least one for each candidate.
        timeout: seconds; ``None`` for no limit.
        progress: whether a bar is shown.

    Raises:
        MetricUnavailableError: if Java or pycocoevalcap is missing, the program fails, or the time
            runs out.

    Source: Denkowski and Lavie, Meteor Universal (WMT 2014).
    """
    program = find_program("METEOR", "meteor/meteor-1.5.jar")
    options = ["-", "-", "-stdio", "-l", "en", "-norm"]
    command = [find_java("METEOR"), "-jar", METEOR_MEMORY, program, *options]
    asked = [
        " ||| ".join(["SCORE", *map(_clean, group), _clean(candidate)])
        for candidate, group in zip(candidates, references, strict=True)
    ]
    with running("METEOR", command, folder=program.parent, timeout=timeout) as java:
        answers = show_progress(
            java.ask(asked), description="METEOR", total=len(asked), enabled=progress
        )
        statistics = list(answers)
        wanted = " ||| ".join(["EVAL", *statistics])
        *per_item, corpus = (float(line) for line in java.ask([wanted], answers=len(asked) + 1))
    table = np.array([[float(count) for count in line.split()] for line in statistics])
    return MeteorScores(corpus, np.array(per_item), table)


def compute_spice(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    timeout: float | None = TIME_LIMIT,
) -> Floats:
    """SPICE 1.0: agreement of scene graphs; one process for all.

    Args:
        candidates: tokenized, words separated by spaces.
        references: likewise, at least one for each candidate.
        timeout: seconds; ``None`` for no limit.

    Returns:
        (items,); NaN for an item without anything to compare. The corpus score is the mean of the
        others.

    Raises:
        MetricUnavailableError: if Java, pycocoevalcap or Stanford's models are missing, the program
            fails, or the time runs out.

    Source: Anderson et al., SPICE (ECCV 2016), arXiv:1607.08822.
    """
    program = find_program("SPICE", "spice/spice-1.0.jar")
    if not list((program.parent / "lib").glob("stanford-corenlp-*-models.jar")):
        raise MetricUnavailableError(
            f"SPICE needs Stanford CoreNLP 3.6.0 and its models in {program.parent / 'lib'}; they "
            "are not there. pycocoevalcap fetches them on first use where there is a network."
        )
    entries = [
        {"image_id": number, "test": candidate, "refs": list(group)}
        for number, (candidate, group) in enumerate(zip(candidates, references, strict=True))
    ]
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "captions.json"), Path(folder, "scores.json")
        given.write_text(json.dumps(entries), encoding="utf-8")
        options = ["-cache", Path(folder), "-out", found, "-subset", "-silent"]
        command = [find_java("SPICE"), "-jar", SPICE_MEMORY, program, given, *options]
        run_to_end("SPICE", command, folder=program.parent, timeout=timeout)
        rows = json.loads(found.read_text(encoding="utf-8"))
    scores = {int(row["image_id"]): row["scores"]["All"]["f"] for row in rows}
    return np.array([_to_number(scores[number]) for number in range(len(entries))])


def tokenize_with_java(
    sentences: Sequence[str], *, timeout: float | None = TIME_LIMIT
) -> list[list[str]]:
    """Stanford's own tokenizer, called as coco-caption calls it; one process for all.

    Args:
        sentences: raw; a line end within one counts as a space.
        timeout: seconds; ``None`` for no limit.

    Raises:
        MetricUnavailableError: as the metrics.
    """
    program = find_program("The Java tokenizer", "tokenizer/stanford-corenlp-3.4.1.jar")
    java = find_java("The Java tokenizer")
    main = "edu.stanford.nlp.process.PTBTokenizer"
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "sentences.txt")
        given.write_text("\n".join(map(_on_one_line, sentences)), encoding="utf-8")
        command = [java, "-cp", program, main, "-preserveLines", "-lowerCase", given]
        name = "The Java tokenizer"
        with running(name, command, folder=program.parent, timeout=timeout) as process:
            lines = list(process.ask([], answers=len(sentences)))
    return [[word for word in line.split(" ") if word and word not in DROPPED] for line in lines]


def _clean(text: str) -> str:
    """Without what separates fields, as coco-caption does."""
    return _on_one_line(text).replace("|||", "").replace("  ", " ")


def _on_one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _to_number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
