"""What was written, taken apart into the answer and the reason for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seewhy.rationales.tasks import Compat, Task
from seewhy.rationales.tokens import RationaleTokenizer

BECAUSE = "because"


@dataclass(frozen=True)
class SplitText:
    """A text that was written, and its two parts."""

    full: str
    answer: str
    explanation: str
    boundary: int
    """Number of the token that begins the reason; one past the last if there is none."""


def split_text(
    ids: Sequence[int], task: Task, tokenizer: RationaleTokenizer, *, compat: Compat = None
) -> SplitText:
    """Split what was written at the token ``because`` that began the reason.

    Without such a token all of it is the answer, and there is no reason. A caption is all
    explanation. ``compat="published"`` searches the text for the letters ``because`` instead
    (from the end, where the task does so), and takes all but the first two words for the reason
    where there are none.

    Args:
        ids: what was written, without the stop.
        task: whose it is.
        tokenizer: that knows the tokens.
        compat: see above.

    Differs: docs/decisions/rationale-splitting.md.
    """
    ids = list(ids)
    because = tokenizer.because if task.lead is not None else None
    boundary = ids.index(because) if because in ids else len(ids)
    full = _finish(tokenizer.decode(ids).lstrip(), task)
    if task.lead is None:
        return SplitText(full, "", full, 0)
    if compat == "published":
        return SplitText(full, *split_published(full, task), boundary)
    answer = _finish(tokenizer.decode(ids[:boundary]).strip(), task)
    explanation = _finish(tokenizer.decode(ids[boundary + 1 :]).strip(), task)
    return SplitText(full, answer, explanation, boundary)


def split_published(full: str, task: Task) -> tuple[str, str]:
    """Answer and reason as the released code finds them in a text."""
    pieces = full.split(BECAUSE)
    answer = pieces[0].strip()
    if len(pieces) == 1:
        return answer, " ".join(full.split()[2:])
    reason = pieces[-1] if task.published_split == "last" else BECAUSE.join(pieces[1:])
    return answer, reason.strip()


def _finish(text: str, task: Task) -> str:
    """The unified model's texts are in lower case and lose one period at the end."""
    return text.lower().removesuffix(".") if task.is_unified else text
