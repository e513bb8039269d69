"""Which words of a sentence were kept, replaced, inserted and deleted to make another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

OperationKind = Literal["keep", "replace", "insert", "delete"]
_Cost = tuple[int, int, int, float]
_STEPS: dict[OperationKind, tuple[int, int]] = {
    "keep": (1, 1),
    "replace": (1, 1),
    "delete": (1, 0),
    "insert": (0, 1),
}
"""Words of each side that an operation takes."""


@dataclass(frozen=True)
class WordOperation:
    """A run of words that all fared alike."""

    kind: OperationKind
    before: tuple[str, ...]
    """Words that were there; none for ``insert``."""
    after: tuple[str, ...]
    """Words that are there now; none for ``delete``."""
    start: int
    """Where ``before`` begins, or where the words were inserted, counted in words from 0."""
    start_after: int
    """Where ``after`` begins, or where words are missing, in the new sentence."""


def align_words(before: Sequence[str], after: Sequence[str]) -> tuple[WordOperation, ...]:
    """The shortest way from one sentence to another, word by word.

    Of all ways with the fewest changes: the one that keeps most words; of those, the one of the
    fewest runs; of those, the one whose replaced words look most alike.

    Args:
        before: words.
        after: words.

    Returns:
        Runs in order; joined, their words are both sentences again.

    Example:
        >>> found = align_words("a cat on on the mat".split(), "a black cat on the rug".split())
        >>> [(one.kind, one.before, one.after) for one in found if one.kind != "keep"]
        [('insert', (), ('black',)), ('delete', ('on',), ()), ('replace', ('mat',), ('rug',))]
    """
    steps = _find_steps(tuple(before), tuple(after))
    runs: list[WordOperation] = []
    row = column = 0
    while steps:
        kind = steps[0]
        length = next((n for n, step in enumerate(steps) if step != kind), len(steps))
        down, right = _STEPS[kind]
        words = tuple(before[row : row + down * length])
        others = tuple(after[column : column + right * length])
        runs.append(WordOperation(kind, words, others, row, column))
        row, column, steps = row + len(words), column + len(others), steps[length:]
    return tuple(runs)


def count_operations(runs: Iterable[WordOperation]) -> dict[str, int]:
    """Words that were kept, replaced, inserted and deleted.

    A run that was replaced by a longer or shorter one counts as the longer.

    Example:
        >>> count_operations(align_words("a cat on on the mat".split(), "a dog on the mat".split()))
        {'keep': 4, 'replace': 1, 'insert': 0, 'delete': 1}
    """
    counts = {"keep": 0, "replace": 0, "insert": 0, "delete": 0}
    for run in runs:
        counts[run.kind] += max(len(run.before), len(run.after))
    return counts


def _find_steps(before: tuple[str, ...], after: tuple[str, ...]) -> list[OperationKind]:
    """One operation for each word, by dynamic programming over both sentences.

    A cell of the table knows, for each last operation, the best cost of getting there and the
    operation before: (changes, words not kept, runs, unlikeness).
    """
    start: dict[OperationKind, tuple[_Cost, OperationKind | None]] = {
        "keep": ((0, 0, 0, 0.0), None)
    }
    table = {(0, 0): start}
    for row in range(len(before) + 1):
        for column in range(len(after) + 1):
            if (row, column) == (0, 0):
                continue
            table[row, column] = {
                kind: best
                for kind in _STEPS
                if (best := _find_best(kind, row, column, before, after, table)) is not None
            }
    return _walk_back(len(before), len(after), table)


def _find_best(
    kind: OperationKind,
    row: int,
    column: int,
    before: tuple[str, ...],
    after: tuple[str, ...],
    table: dict[tuple[int, int], dict[OperationKind, tuple[_Cost, OperationKind | None]]],
) -> tuple[_Cost, OperationKind | None] | None:
    """The best way to come to a cell by an operation; ``None`` if there is none."""
    down, right = _STEPS[kind]
    origin = table.get((row - down, column - right))
    if row < down or column < right or not origin:
        return None
    unlikeness = 0.0
    if down and right:
        is_same = before[row - 1] == after[column - 1]
        if is_same != (kind == "keep"):
            return None
        unlikeness = 0.0 if is_same else 1 - _likeness(before[row - 1], after[column - 1])
    is_first = (row - down, column - right) == (0, 0)
    ways = []
    for last, ((changes, lost, runs, unlike), _) in origin.items():
        new_run = is_first or last != kind
        not_kept = down + right if kind != "keep" else 0
        cost = (changes + (kind != "keep"), lost + not_kept, runs + new_run, unlike + unlikeness)
        ways.append((cost, None if is_first else last))
    return min(ways, key=lambda way: way[0])


def _walk_back(
    row: int,
    column: int,
    table: dict[tuple[int, int], dict[OperationKind, tuple[_Cost, OperationKind | None]]],
) -> list[OperationKind]:
    if not row and not column:
        return []
    kind: OperationKind | None = min(table[row, column], key=lambda k: table[row, column][k][0])
    steps: list[OperationKind] = []
    while kind is not None:
        steps.append(kind)
        down, right = _STEPS[kind]
        kind = table[row, column][kind][1]
        row, column = row - down, column - right
    return steps[::-1]


@lru_cache(maxsize=4096)
def _likeness(word: str, other: str) -> float:
    """Share of letters two words have in common, 0 to 1."""
    return SequenceMatcher(None, word, other).ratio()
