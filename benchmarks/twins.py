"""Do pictures help? Right answers of models that see against those of their twins that do not.

python -m benchmarks.twins ANNOTATIONS --images FOLDER --seeing FILE... --blind FILE...
    [--task e-snli-ve] [--image-column NAME] [--json FILE]

The files are answers of one model each (``seewhy evaluate rationales --answers-out``), of the same
questions and in the same order of seeds. The mean over seeds is compared, with an interval by
resampling pictures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.by_picture import Floats, compare_by_picture, keep_json, tell_points

from seewhy.datasets.catalogue import read_examples
from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError
from seewhy.rationales.predictions import read_predictions
from seewhy.rationales.tasks import find_task
from seewhy.scores.comparison import Difference


@dataclass(frozen=True)
class Twins:
    """Shares of right answers, from 0 to 1."""

    questions: int
    seeing: tuple[float, ...]
    """Of each seed."""
    blind: tuple[float, ...]
    difference: Difference
    """Of the means over seeds, blind first."""


def judge(path: Path, examples: Sequence[NLEExample], task: str) -> Floats:
    """1 for each right answer of a file, in the order of the examples.

    Raises:
        DataFormatError: if an example has no answer in it.
    """
    rules = find_task(task)
    said = {one.id: one.answer for one in read_predictions(path, task=task)}
    missing = [example.id for example in examples if example.id not in said]
    if missing:
        raise DataFormatError(
            f"{path} lacks {len(missing)} of {len(examples)} answers, as {missing[0]}. Give files "
            "of answers to these questions."
        )
    return np.array([float(rules.is_right(said[e.id], e.answers)) for e in examples])


def compare(
    examples: Sequence[NLEExample], seeing: Sequence[Path], blind: Sequence[Path], task: str
) -> Twins:
    """Judge all files and compare the means over seeds."""
    sees, reads = (np.stack([judge(path, examples, task) for path in p]) for p in (seeing, blind))
    pictures = [str(example.image) for example in examples]
    return Twins(
        len(examples),
        tuple(sees.mean(1).tolist()),
        tuple(reads.mean(1).tolist()),
        compare_by_picture(reads.mean(0), sees.mean(0), pictures),
    )


def main() -> None:
    """Read the files, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("annotations", type=Path)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--seeing", type=Path, nargs="+", required=True)
    parser.add_argument("--blind", type=Path, nargs="+", required=True)
    parser.add_argument("--task", default="e-snli-ve")
    parser.add_argument("--image-column")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    examples = list(
        read_examples(given.task, given.annotations, given.images, image_column=given.image_column)
    )
    found = compare(examples, given.seeing, given.blind, given.task)
    for name, shares in (("seeing", found.seeing), ("blind", found.blind)):
        print(f"{name}: {', '.join(f'{share:.1%}' for share in shares)}")
    print(f"{found.questions} questions; by seeing {tell_points(found.difference)}")
    keep_json(found, given.json)


if __name__ == "__main__":
    main()
