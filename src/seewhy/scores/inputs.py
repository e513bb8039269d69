"""Candidates and references brought together, item by item, or a clear word on why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from seewhy.errors import InvalidArgumentError

Candidates = Mapping[str, str] | Mapping[int, str] | Sequence[str]
References = (
    Mapping[str, Sequence[str]]
    | Mapping[int, Sequence[str]]
    | Mapping[str, str]
    | Sequence[Sequence[str]]
)
SHOWN = 5


@dataclass(frozen=True)
class ScoringInput:
    """One candidate and its references for each item, in the order of the candidates."""

    ids: tuple[str, ...]
    candidates: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...] = ()


def align(
    candidates: Candidates, references: References, *, ids: Collection[str | int] | None = None
) -> ScoringInput:
    """Pair candidates with their references.

    Args:
        candidates: texts by id, or in order.
        references: one or more texts by id, or in the same order.
        ids: keep these items only (the "filtered" protocol); ``None`` keeps all candidates.

    Raises:
        InvalidArgumentError: if ids are missing on either side, an id occurs as number and
            as string, something is no text, an item has no reference, or nothing is left;
            names the first offenders and their number.
    """
    texts = {
        key: _text(value, f"The candidate of {key}")
        for key, value in _items(candidates, "candidates")
    }
    groups = {key: _group(key, value) for key, value in _items(references, "references")}
    kept = list(texts) if ids is None else _restrict(ids, texts)
    _refuse(
        [key for key in kept if key not in groups],
        "have no entry in the references. Give references for them, or restrict the items with ids",
    )
    if ids is None:
        _refuse(
            [key for key in groups if key not in texts],
            "of the references have no candidate. Restrict the items with ids to score a part",
        )
    _refuse([key for key in kept if not groups[key]], "have an empty list of references")
    if not kept:
        raise InvalidArgumentError("There is nothing to score: no candidates were given.")
    chosen = ScoringInput(
        tuple(kept), tuple(texts[k] for k in kept), tuple(groups[k] for k in kept)
    )
    return ScoringInput(
        chosen.ids, chosen.candidates, chosen.references, tuple(_find_traps(chosen))
    )


def _items(values: Candidates | References, side: str) -> Iterable[tuple[str, object]]:
    if isinstance(values, str):
        raise InvalidArgumentError(f"{side} must be texts by id or in order, got one text.")
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
    seen: set[str] = set()
    for key, value in pairs:
        if str(key) in seen:
            raise InvalidArgumentError(
                f"The {side} have the id {key} both as a number and as a string; use one of them."
            )
        seen.add(str(key))
        yield str(key), value


def _text(value: object, what: str) -> str:
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, (list, tuple)):
        raise InvalidArgumentError(f"{what} is given {len(value)} times; give one text an item.")
    if not isinstance(value, str):
        raise InvalidArgumentError(
            f"{what} is a {type(value).__name__} ({value!r:.40}), not a text."
        )
    return value


def _group(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise InvalidArgumentError(f"The references of {key} are {value!r:.40}, not texts.")
    return tuple(_text(text, f"A reference of {key}") for text in value)


def _restrict(ids: Collection[str | int], texts: Mapping[str, str]) -> list[str]:
    wanted = {str(key) for key in ids}
    _refuse(sorted(wanted - set(texts)), "of the ids to keep have no candidate")
    return [key for key in texts if key in wanted]


def _refuse(offenders: list[str], problem: str) -> None:
    if offenders:
        shown = ", ".join(offenders[:SHOWN]) + (", ..." if len(offenders) > SHOWN else "")
        raise InvalidArgumentError(f"{len(offenders)} items ({shown}) {problem}.")


def _find_traps(chosen: ScoringInput) -> Iterable[str]:
    """What fools people who read the scores."""
    empty = sum(not text.strip() for text in chosen.candidates)
    if empty:
        yield f"{empty} candidates are empty; they are scored as coco-caption scores them."
    if len(chosen.ids) == 1:
        yield "There is one item only: CIDEr-D is 0, since no word is rarer than another."
    elif len(set(chosen.references)) == 1:
        yield "All items share the same references: CIDEr-D is 0, as for a single item."
