"""A language model behind any server that speaks OpenAI's protocol of chat completions."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from seewhy.errors import EndpointError, InvalidArgumentError
from seewhy.images.reading import read_image
from seewhy.rationales.derivation.language_models import Completion, Message

PASSING = frozenset([408, 409, 425, 429, 500, 502, 503, 504, 529])
"""States of a server that pass."""
LONGEST_ANSWER = 16 << 20  # bytes
PICTURE_SIDE = 512
_MAX_SAID = 200


class _PassingError(Exception):
    """A failure that may pass; after how many seconds, if the server said so."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


@dataclass
class Endpoint:
    """A model of a server; may be asked from several threads at once.

    A request that fails in a way that may pass is sent again, after the time the server asks for
    (``Retry-After``) or one that doubles each time.

    Raises:
        InvalidArgumentError: if the address is none, or a number is out of its range.
    """

    url: str
    """Of the server up to the version, as ``http://localhost:8000/v1``."""
    model: str
    api_key_variable: str | None = None
    """Environment variable that holds the key; ``None`` sends none."""
    temperature: float = 0.7
    max_tokens: int = 1024
    structured: Literal["json_schema", "json_object", "none"] = "json_object"
    """How the server is told to write JSON; not every server knows each way."""
    time_limit: float = 120.0
    """Seconds that one request may take."""
    max_retries: int = 6
    first_wait: float = 1.0
    """Seconds before the first repetition."""
    longest_wait: float = 60.0
    _jitter: random.Random = field(default_factory=lambda: random.Random(0), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InvalidArgumentError(
                f"url must begin with http:// or https:// and name a server, got {self.url!r}."
            )
        if min(self.time_limit, self.max_tokens, self.longest_wait) <= 0 or self.max_retries < 0:
            raise InvalidArgumentError(
                "time_limit, max_tokens and longest_wait must be above 0 and max_retries not "
                f"negative, got {self.time_limit}, {self.max_tokens}, {self.longest_wait} and "
                f"{self.max_retries}."
            )

    @property
    def name(self) -> str:
        """The model and its server."""
        return f"{self.model} at {self.url}"

    def complete(self, messages: Sequence[Message], *, schema: dict[str, Any]) -> Completion:
        """The model's next message.

        Raises:
            EndpointError: if the server refuses the request, or fails as often as is tolerated.
        """
        body = json.dumps(self._describe(messages, schema)).encode()
        wait = self.first_wait
        for attempt in range(self.max_retries + 1):
            try:
                return self._read(self._send(body), retries=attempt)
            except _PassingError as failure:
                if attempt == self.max_retries:
                    raise EndpointError(
                        f"{self.name} failed {attempt + 1} times, at last: {failure}. What is done "
                        "is kept; start again when the server is well."
                    ) from failure
                with self._lock:
                    pause = wait * (0.5 + self._jitter.random())
                time.sleep(min(pause if failure.after is None else failure.after,
                               self.longest_wait))  # fmt: skip
                wait = min(2 * wait, self.longest_wait)
        raise AssertionError("the loop returns or raises")

    def _describe(self, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [_describe_message(message) for message in messages],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
        if self.structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        elif self.structured == "json_schema":
            named = {"name": "answer", "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body

    def _send(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.api_key_variable is not None:
            headers["Authorization"] = f"Bearer {_find_key(self.api_key_variable)}"
        request = urllib.request.Request(  # noqa: S310  the scheme was checked
            f"{self.url.rstrip('/')}/chat/completions", data=body, headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=self.time_limit) as answer:  # noqa: S310
                return answer.read(LONGEST_ANSWER)
        except urllib.error.HTTPError as error:
            said = error.read(_MAX_SAID).decode("utf-8", "replace").strip()
            reason = f"HTTP {error.code} {error.reason}: {said}"
            if error.code in PASSING:
                raise _PassingError(reason, _read_wait(error.headers.get("Retry-After"))) from error
            raise EndpointError(
                f"{self.name} refuses the request with {reason}. Check model, key and settings."
            ) from error
        except TimeoutError as error:
            raise _PassingError(f"no answer within {self.time_limit:g} s") from error
        except (urllib.error.URLError, HTTPException, ConnectionError) as error:
            raise _PassingError(f"no connection ({error})") from error

    def _read(self, answer: bytes, *, retries: int) -> Completion:
        try:
            content = json.loads(answer)
            text = content["choices"][0]["message"]["content"]
            usage = content.get("usage") or {}
            prompt, completion = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
            return Completion(str(text or ""), int(prompt), int(completion), retries)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            said = answer[:_MAX_SAID].decode("utf-8", "replace")
            raise _PassingError(f"an answer of another form: {said!r}") from error


def _describe_message(message: Message) -> dict[str, Any]:
    if not message.pictures:
        return {"role": message.role, "content": message.text}
    shown = [{"type": "image_url", "image_url": {"url": _embed(p)}} for p in message.pictures]
    return {"role": message.role, "content": [{"type": "text", "text": message.text}, *shown]}


def _embed(path: Path) -> str:
    """A picture as JPEG in an address, made smaller."""
    image = read_image(path)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _find_key(variable: str) -> str:
    key = os.environ.get(variable, "")
    if not key:
        raise InvalidArgumentError(
            f"The environment variable {variable} should hold the server's key and is empty."
        )
    return key


def _read_wait(value: str | None) -> float | None:
    """Seconds of a ``Retry-After``, which is a number or a date."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
