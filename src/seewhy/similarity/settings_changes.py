"""Settings of methods changed by words, as a command line has them: METHOD.FIELD=VALUE."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any, get_origin, get_type_hints

from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.similarity.catalogue import Compat, find_method

OCCLUSIONS = {  # where windows are set
    "conditional-occlusion": "",
    "context-agnostic-occlusion": "",
    "pairwise-occlusion": "grid.",
}


def change_settings(
    changes: Iterable[str],
    *,
    compat: Compat = "default",
    window: int | None = None,
    stride: int | None = None,
    mode: str | None = None,
) -> dict[str, Any]:
    """Settings by method, of those that shall have others than ``compat`` says.

    Args:
        changes: ``METHOD.FIELD=VALUE``, fields of fields with another dot; values as in JSON, words
            also without quotes.
        compat: which settings are changed.
        window: side of the windows of all kinds of occlusion.
        stride: pixels from one window to the next, likewise.
        mode: ``fast`` leaves hidden tokens of a transformer out, likewise.

    Raises:
        UnknownNameError: if there is no such method or field.
        InvalidArgumentError: if a change has no ``=``, or a value of another kind or range.

    Example:
        >>> change_settings(["smooth-grad.num_draws=5"])["smooth-grad"].num_draws
        5
    """
    found: dict[str, Any] = {}
    shared = {"window": window, "stride": stride, "mode": mode}
    given = [
        f"{method}.{above}{name}={value}"
        for method, above in OCCLUSIONS.items()
        for name, value in shared.items()
        if value is not None
    ]
    for change in [*given, *changes]:
        place, equals, word = change.partition("=")
        method, dot, field = place.strip().partition(".")
        if not equals or not dot:
            raise InvalidArgumentError(
                f"A setting is changed by METHOD.FIELD=VALUE, got {change!r}. For example "
                "smooth-grad.num_draws=20."
            )
        chosen = find_method(method)
        start = chosen.published if compat == "published" else chosen.default
        settings = found.get(method, start)
        found[method] = _change(settings, field.split("."), _read_value(word), change)
    return found


def _change(settings: Any, path: list[str], value: Any, change: str) -> Any:
    """Settings with one field changed, at any depth."""
    names = [field.name for field in dataclasses.fields(settings)]
    name, *rest = path
    if name not in names:
        raise UnknownNameError(f"setting in {change!r}", name, names or ["none"])
    old = getattr(settings, name)
    if rest:
        if not dataclasses.is_dataclass(old):
            raise InvalidArgumentError(f"{name} has no fields of its own, got {change!r}.")
        value = _change(old, rest, value, change)
    else:
        value = _fit(get_type_hints(type(settings))[name], value, change)
    return dataclasses.replace(settings, **{name: value})


def _fit(kind: Any, value: Any, change: str) -> Any:
    """A value of the kind a field has."""
    from pydantic import TypeAdapter, ValidationError

    if get_origin(kind) is tuple and not isinstance(value, list):
        value = [value]
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise InvalidArgumentError(f"{change!r} does not fit: {reason.lower()}.") from error


def _read_value(word: str) -> Any:
    """A value as in JSON; what is none is a word, ``none`` is nothing."""
    word = word.strip()
    if word.lower() in ("none", "null"):
        return None
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    try:
        return json.loads(word)
    except ValueError:
        return [_read_value(each) for each in word.split(",")] if "," in word else word
