"""JSON out of what a language model wrote, mended where it can be and checked."""

from __future__ import annotations

import ast
import json
import re
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from seewhy.errors import DataFormatError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
_Answer = TypeVar("_Answer", bound=BaseModel)
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
_SHOWN = 300


class Explanations(BaseModel):
    """Answer to ``imagenet_x``."""

    model_config = ConfigDict(extra="forbid")

    explanations: list[Text] = Field(min_length=1, max_length=100)


class QuestionItem(BaseModel):
    """One of the questions of ``vqa_para_x``."""

    model_config = ConfigDict(extra="forbid")

    question: Text
    answer: Text
    explanation: Text


class QuestionItems(BaseModel):
    """Answer to ``vqa_para_x``."""

    model_config = ConfigDict(extra="forbid")

    items: list[QuestionItem] = Field(min_length=1, max_length=100)


def read_answer(text: str, kind: type[_Answer]) -> _Answer:
    """What a model wrote, as the form that it was asked for.

    Words before and after the JSON, a fence of code around it, commas before a closing bracket,
    typographic or single quotes, and brackets that are missing at the end are put right.

    Raises:
        DataFormatError: if it cannot be read, or is of another form; says what is wrong, so that
            the model can be told.
    """
    problem = "it holds no JSON object"
    for candidate in _list_candidates(text):
        content = _load(candidate)
        if content is None:
            continue
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the whole"
            problem = f"{place}: {first['msg']}"
            break
    raise DataFormatError(f"The answer does not fit: {problem}. It was {text[:_SHOWN]!r}.")


def _list_candidates(text: str) -> list[str]:
    """Parts of the text that may be the JSON, the likeliest first."""
    candidates = [*_FENCE.findall(text), text]
    start, end = text.find("{"), text.rfind("}")
    if start >= 0:
        candidates += [text[start : end + 1], _close(text[start:])]
    return [candidate.strip() for candidate in candidates if candidate.strip()]


def _load(text: str) -> object | None:
    plain = text.translate(_TYPOGRAPHIC)
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text), _TRAILING_COMMA.sub(r"\1", plain)):
        try:
            return json.loads(attempt, strict=False)
        except ValueError:
            continue
    try:  # single quotes, as Python writes dictionaries
        return ast.literal_eval(plain)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _close(text: str) -> str:
    """A text that was cut off, up to its last whole entry, with its brackets closed."""
    stack: list[str] = []
    in_string = is_escaped = False
    kept = ""
    for place, letter in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif in_string and letter == "\\":
            is_escaped = True
        elif letter == '"':
            in_string = not in_string
        elif not in_string and letter in "{[":
            stack.append("}" if letter == "{" else "]")
        elif not in_string and letter in "}]" and stack:
            stack.pop()
        if not in_string and letter in '"}' and stack == ["}", "]"]:
            kept = text[: place + 1] + "]}"
    return kept
