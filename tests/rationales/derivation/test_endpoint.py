from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from PIL import Image

from seewhy.errors import EndpointError, InvalidArgumentError
from seewhy.rationales.derivation.endpoint import Endpoint
from seewhy.rationales.derivation.language_models import Message

ASK = [Message("user", "say it")]


def connect(server, **options):
    return Endpoint(server.url, "some-model", **({"first_wait": 0.01, "max_retries": 3} | options))


def test_a_conversation_is_sent_and_its_tokens_counted(server, monkeypatch):
    server.answer = lambda prompt, messages: f"{prompt} {messages}"
    monkeypatch.setenv("SOME_KEY", "secret")
    model = connect(server, api_key_variable="SOME_KEY", temperature=0.25, max_tokens=7)
    said = model.complete([*ASK, Message("assistant", "no"), Message("user", "do")], schema={})
    assert (said.text, said.prompt_tokens, said.completion_tokens) == ("say it 3", 100, 10)
    assert said.retries == 0
    (body,) = server.bodies
    assert body["model"] == "some-model"
    assert (body["temperature"], body["max_tokens"]) == (0.25, 7)
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
    assert body["response_format"] == {"type": "json_object"}
    assert server.keys == ["Bearer secret"]
    assert "secret" not in repr(model)


def test_a_schema_is_sent_if_the_server_knows_them(server):
    connect(server, structured="json_schema").complete(ASK, schema={"type": "object"})
    connect(server, structured="none").complete(ASK, schema={"type": "object"})
    assert server.bodies[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "response_format" not in server.bodies[1]


def test_pictures_are_shown_small(server, tmp_path):
    Image.new("RGB", (2000, 1000), "red").save(tmp_path / "a.png")
    connect(server).complete([Message("user", "see", (tmp_path / "a.png",))], schema={})
    text, picture = server.bodies[0]["messages"][0]["content"]
    assert text == {"type": "text", "text": "see"}
    assert picture["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert len(picture["image_url"]["url"]) < 20_000


@pytest.mark.parametrize(
    "fault",
    [(500, {}, "broken"), (503, {}, ""), (429, {"Retry-After": "0"}, "slow down"), "hang up",
     (200, {}, "<html>"), (200, {}, '{"choices": []}')],
)  # fmt: skip
def test_what_passes_is_waited_for(server, fault):
    server.faults = lambda prompt, times: fault if times <= 2 else None
    server.answer = lambda prompt, messages: "at last"
    said = connect(server).complete(ASK, schema={})
    assert (said.text, said.retries) == ("at last", 2)


def test_the_server_says_how_long_to_wait(server):
    server.faults = lambda prompt, times: (429, {"Retry-After": "0.4"}, "") if times == 1 else None
    begin = time.monotonic()
    connect(server, first_wait=0).complete(ASK, schema={})
    assert time.monotonic() - begin >= 0.4
    date = formatdate(time.time() - 60, usegmt=True)  # is over
    server.faults = lambda prompt, times: (429, {"Retry-After": date}, "") if times == 3 else None
    assert connect(server, first_wait=50).complete(ASK, schema={}).retries == 1
    server.faults = lambda prompt, times: (429, {"Retry-After": "900"}, "") if times == 5 else None
    assert connect(server, longest_wait=0.05).complete(ASK, schema={}).retries == 1


def test_a_slow_server_is_given_up_after_the_time_limit(server):
    server.delay = 1.0
    with pytest.raises(EndpointError, match=r"failed 2 times, at last: no answer within 0\.1 s"):
        connect(server, time_limit=0.1, max_retries=1).complete(ASK, schema={})


def test_what_does_not_pass_is_not_tried_again(server):
    server.faults = lambda prompt, times: (401, {}, "wrong key")
    with pytest.raises(EndpointError, match="HTTP 401 Unauthorized: wrong key"):
        connect(server).complete(ASK, schema={})
    assert len(server.bodies) == 1


def test_a_server_that_is_not_there_is_named():
    model = Endpoint("http://127.0.0.1:9/v1", "m", max_retries=1, first_wait=0)
    with pytest.raises(EndpointError, match=r"m at http://127.0.0.1:9/v1 failed 2 times"):
        model.complete(ASK, schema={})


def test_wrong_use_is_told(server, monkeypatch):
    with pytest.raises(InvalidArgumentError, match="file:///etc"):
        Endpoint("file:///etc/passwd", "m")
    with pytest.raises(InvalidArgumentError, match="time_limit"):
        Endpoint("http://x", "m", time_limit=0)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(InvalidArgumentError, match="NO_SUCH_KEY should hold"):
        connect(server, api_key_variable="NO_SUCH_KEY").complete(ASK, schema={})
