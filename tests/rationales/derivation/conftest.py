"""A real server of chat completions that can be slow, fail, limit, and write nonsense."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answerer = Callable[[str, int], str]


class ChatServer(ThreadingHTTPServer):
    """Answers by ``answer(prompt, number of messages)``; ``faults(prompt, times)`` comes first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Answerer = lambda prompt, messages: "{}"
        self.faults: Callable[[str, int], Any] = lambda prompt, times: None
        self.delay = 0.0
        self.seen: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = body["messages"][0]["content"]
        prompt = content if isinstance(content, str) else content[0]["text"]
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.keys.append(self.headers.get("Authorization"))
            self.server.seen[prompt] += 1
            times = self.server.seen[prompt]
        time.sleep(self.server.delay)
        fault = self.server.faults(prompt, times)
        if fault == "hang up":
            self.connection.close()
            return
        if fault is not None:
            status, headers, text = fault
            self.reply(status, text, headers)
            return
        text = self.server.answer(prompt, len(body["messages"]))
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        message = {"role": "assistant", "content": text}
        self.reply(200, json.dumps({"choices": [{"index": 0, "message": message}], "usage": usage}))

    def reply(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
