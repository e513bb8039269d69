from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

DELAY = 0.08


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answered: Counter[str] = Counter()
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


class Handler(BaseHTTPRequestHandler):
    """Slow, sometimes failing, limiting or writing nonsense; always the same in the end."""

    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = body["messages"][0]["content"].split("Picture number ")[1].split(".")[0]
        with self.server.lock:
            self.server.answered[number] += 1
            times = self.server.answered[number]
        time.sleep(DELAY)
        if int(number) % 7 == 0 and times % 2:
            self.reply(500, "oops")
        elif int(number) % 11 == 0 and times % 2:
            self.reply(429, "slow", {"Retry-After": "0"})
        else:
            is_first = len(body["messages"]) == 1
            text = "Sorry?" if int(number) % 5 == 0 and is_first else make_answer(number)
            message = {"choices": [{"message": {"content": text}}], "usage": {"prompt_tokens": 9}}
            self.reply(200, json.dumps(message))

    def reply(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())


def make_answer(number: str) -> str:
    items = [
        {"question": f"What is on the table {kind}?", "answer": f"{number} cups",
         "explanation": f"one can count {number} of them {kind}"}
        for kind in ("here", "there", "here")
    ]  # fmt: skip
    return json.dumps({"items": items})


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def write_paragraphs(folder: Path, count: int) -> Path:
    path = folder / "paragraphs.jsonl"
    rows = [{"image": f"{i}.jpg", "paragraph": f"Picture number {i}. A table."}
            for i in range(count)]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def start(server: Server, paragraphs: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    command = [sys.executable, "-m", "seewhy", "derive", "vqa-para-x", str(paragraphs), "--out",
               str(out), "--model", "m", "--endpoint", url, "--workers", "3", *more]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out


def count_done(out: Path) -> int:
    ledger = out / "items.jsonl"
    return ledger.read_bytes().count(b"\n") if ledger.is_file() else 0


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_ends_with_the_same_rows(server, tmp_path, kills):
    generator = random.Random(0)
    num_items = 15 * kills
    paragraphs = write_paragraphs(tmp_path, num_items)
    for kill in range(kills):
        process = start(server, paragraphs, tmp_path / "killed")
        wanted = (kill + 1) * num_items // (kills + 2)
        while count_done(tmp_path / "killed") < wanted and process.poll() is None:
            time.sleep(0.02)
        time.sleep(generator.random() * DELAY)
        assert process.poll() is None, "it ended before it was killed"
        process.send_signal(signal.SIGKILL)
        process.communicate()
    report = json.loads(finish(start(server, paragraphs, tmp_path / "killed", "--json")))
    lines = (tmp_path / "killed" / "items.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert sorted(e["number"] for e in entries) == list(range(num_items))  # none lost, none twice
    at_most = 3 * kills  # items under way when a kill came, of three workers
    again = sum(server.answered.values()) - sum(e["tries"] + e["retries"] for e in entries)
    assert 0 <= again <= 4 * at_most
    finish(start(server, paragraphs, tmp_path / "whole"))
    rows = (tmp_path / "killed" / "explanations.jsonl").read_text()
    assert rows == (tmp_path / "whole" / "explanations.jsonl").read_text()
    assert len(rows.splitlines()) == 2 * num_items == report["rows"]
    assert report["rejects"] == {"duplicate": num_items}
    assert report["repeated"] == num_items // 5


def test_an_unreachable_server_ends_with_one_sentence(tmp_path):
    paragraphs = write_paragraphs(tmp_path, 8)
    command = [sys.executable, "-m", "seewhy", "derive", "vqa-para-x", str(paragraphs), "--out",
               str(tmp_path / "out"), "--model", "m", "--endpoint", "http://127.0.0.1:9/v1",
               "--retries", "0"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "failed 1 times, at last: no connection" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_classes_without_a_picture_are_told(tmp_path, capsys):
    from PIL import Image

    from seewhy.cli.main import main

    (tmp_path / "images" / "tench").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "images" / "tench" / "1.png")
    (tmp_path / "classes.txt").write_text("carp\n")
    wanted = ["derive", "imagenet-x", str(tmp_path / "classes.txt"), "--images",
              str(tmp_path / "images"), "--out", str(tmp_path / "out"), "--model", "m",
              "--endpoint", "http://127.0.0.1:9/v1"]  # fmt: skip
    with pytest.raises(SystemExit) as leaving:
        main(wanted)
    assert leaving.value.code == 2
    assert "no picture of any of the 1 classes" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
