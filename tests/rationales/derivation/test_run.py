from __future__ import annotations

import json
import re

import pytest

from seewhy.datasets.uni_nlx import read_imagenet_x, read_vqa_para_x
from seewhy.errors import DataFormatError, EndpointError, InvalidArgumentError, UnknownNameError
from seewhy.rationales.derivation.endpoint import Endpoint
from seewhy.rationales.derivation.language_models import Completion
from seewhy.rationales.derivation.recipes import ImageNetXRecipe, VQAParaXRecipe, fill_prompt
from seewhy.rationales.derivation.run import RunSettings, derive
from seewhy.rationales.derivation.sources import ClassItem, ParagraphItem

NAMES = ("tench", "carp", "parrot", "castle")
CLASSES = [ClassItem(f"n{i}", name, (f"n{i}/a.jpg", f"n{i}/b.jpg")) for i, name in enumerate(NAMES)]
RECIPE = ImageNetXRecipe(count=3, other_names=NAMES)


def class_of(prompt: str) -> str:
    found = re.search(r"picture of: (.+?), because", prompt)
    assert found is not None
    return found[1]


def write_reasons(prompt, messages):
    name = class_of(prompt)
    reasons = [
        f"It has {len(name)} parts and the mark {name[::-1]}.",
        f"any {name} looks just like this",  # names the class
        "short",
        "there is something in the middle",  # the same for all
        f"IT HAS {len(name)} PARTS, and the mark {name[::-1]}",  # again
    ]
    return json.dumps({"explanations": reasons})


def connect(server, **options):
    return Endpoint(server.url, "m", **({"first_wait": 0.01, "max_retries": 3} | options))


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_reasons_are_filtered_counted_and_readable_as_a_data_set(server, tmp_path):
    server.answer = write_reasons
    prices = RunSettings(input_price=2.0, output_price=8.0)
    report = derive(CLASSES, RECIPE, connect(server), tmp_path, settings=prices)
    assert (report.items, report.done, report.rows) == (4, 4, 5)
    assert report.rejects == {"names the class": 4, "too short": 4, "duplicate": 7}
    assert (report.prompt_tokens, report.completion_tokens) == (400, 40)
    assert report.cost == pytest.approx((400 * 2 + 40 * 8) / 1e6)
    examples = list(read_imagenet_x(report.path))
    assert [e.id for e in examples] == ["n0-0", "n0-1", "n1-0", "n2-0", "n3-0"]
    assert examples[0].explanations == ("it has 5 parts and the mark hcnet",)
    assert examples[1].explanations == ("there is something in the middle",)
    assert (examples[0].answers, examples[0].question) == (("tench",), "what is this?")
    # each row begins with another picture of its class
    assert [[p.as_posix() for p in e.images] for e in examples[:2]] == [
        ["n0/a.jpg", "n0/b.jpg"],
        ["n0/b.jpg", "n0/a.jpg"],
    ]
    rejects = read_lines(tmp_path / "rejects.jsonl")
    assert len(rejects) == sum(report.rejects.values())
    assert {"item": "n1", "reason": "too short", "text": "short"} in rejects
    assert json.loads((tmp_path / "report.json").read_text()) == report.to_dict()
    assert (report.save(tmp_path / "saved") / "figure.png").is_file()


def test_an_answer_of_another_form_is_asked_for_again_with_the_reason(server, tmp_path):
    def answer(prompt, messages):
        if class_of(prompt) == "carp":
            return "I am sorry."
        return write_reasons(prompt, messages) if messages == 3 else '{"explanations": 5}'

    server.answer = answer
    report = derive(CLASSES[:2], RECIPE, connect(server), tmp_path, settings=RunSettings(tries=2))
    assert (report.done, report.repeated) == (2, 2)
    assert report.rejects["malformed"] == 1
    assert report.prompt_tokens == 400  # also of answers that were no use
    again = [b["messages"] for b in server.bodies if len(b["messages"]) == 3]
    tench = next(m for m in again if "tench" in m[0]["content"])
    assert tench[1]["content"] == '{"explanations": 5}'
    assert "does not fit: explanations:" in tench[2]["content"]


def test_faults_that_pass_change_nothing_but_the_count(server, tmp_path):
    server.answer = write_reasons
    clean = derive(CLASSES, RECIPE, connect(server), tmp_path / "clean")
    server.seen.clear()
    server.faults = lambda prompt, times: {
        1: (429, {"Retry-After": "0"}, ""), 2: (500, {}, "oops"), 3: None}.get(times)  # fmt: skip
    rough = derive(CLASSES, RECIPE, connect(server), tmp_path / "rough")
    assert rough.path.read_text() == clean.path.read_text()
    assert (clean.retries, rough.retries) == (0, 8)


def test_items_that_the_server_fails_on_are_left_for_the_next_run(server, tmp_path):
    server.answer = write_reasons
    server.faults = lambda prompt, times: (500, {}, "") if class_of(prompt) == "carp" else None
    broken = connect(server, max_retries=0)
    report = derive(CLASSES, RECIPE, broken, tmp_path)
    assert report.done == 3
    assert set(report.left) == {"n1"}
    assert "HTTP 500" in report.left["n1"]
    server.faults = lambda prompt, times: None
    server.seen.clear()
    again = derive(CLASSES, RECIPE, connect(server), tmp_path)
    assert (again.done, again.left) == (4, {})
    assert [class_of(prompt) for prompt in server.seen] == ["carp"]
    whole = derive(CLASSES, RECIPE, connect(server), tmp_path / "whole")
    assert again.path.read_text() == whole.path.read_text()


def test_a_server_that_keeps_failing_ends_the_run(server, tmp_path):
    server.faults = lambda prompt, times: (401, {}, "who are you?")
    many = [ClassItem(str(i), f"class {i}") for i in range(50)]
    with pytest.raises(EndpointError, match="who are you"):
        derive(many, RECIPE, connect(server), tmp_path, settings=RunSettings(workers=1))
    assert len(server.bodies) < 10


def test_a_line_that_a_kill_cut_off_is_done_again(server, tmp_path):
    server.answer = write_reasons
    whole = derive(CLASSES, RECIPE, connect(server), tmp_path / "whole").path.read_text()
    derive(CLASSES, RECIPE, connect(server), tmp_path / "cut")
    ledger = tmp_path / "cut" / "items.jsonl"
    content = ledger.read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 1):
        ledger.write_bytes(content[:length])
        report = derive(CLASSES, RECIPE, connect(server), tmp_path / "cut")
        assert report.path.read_text() == whole
        items = [entry["item"] for entry in read_lines(ledger)]
        assert sorted(items) == ["n0", "n1", "n2", "n3"]


def test_a_run_goes_on_with_the_same_settings_only(server, tmp_path):
    server.answer = write_reasons
    derive(CLASSES, RECIPE, connect(server), tmp_path, settings=RunSettings(limit=2))
    more = derive(CLASSES, RECIPE, connect(server), tmp_path, settings=RunSettings(workers=1))
    assert more.done == 4
    other = ImageNetXRecipe(count=9, other_names=NAMES)
    with pytest.raises(InvalidArgumentError, match=r"other settings \(recipe\)"):
        derive(CLASSES, other, connect(server), tmp_path)
    (tmp_path / "items.jsonl").write_text('{"item": "n0"}\n')
    with pytest.raises(DataFormatError, match="line 1 is no line of a ledger"):
        derive(CLASSES, RECIPE, connect(server), tmp_path)


def test_two_runs_do_not_write_to_one_folder(server, tmp_path):
    pytest.importorskip("fcntl")
    found = []

    class Nosy:
        name = "m at x"

        def complete(self, messages, *, schema):
            with pytest.raises(InvalidArgumentError, match="Another run"):
                derive(CLASSES, RECIPE, self, tmp_path)
            found.append(True)
            return Completion(write_reasons(messages[0].text, 1), 1, 1)

    derive(CLASSES[:1], RECIPE, Nosy(), tmp_path)
    assert found == [True]


def test_paragraphs_become_questions(server, tmp_path):
    items = [
        ParagraphItem("a.jpg", "a.jpg", "A $5 dog sleeps."),
        ParagraphItem("b.jpg", "b.jpg", "A cat runs."),
    ]
    asked = [
        ("What does it do?", "Sleep", "its eyes are closed and it lies."),
        ("Is the dog asleep?", "yes", "no, it runs about all day"),
        ("Does the dog sleep?", "sleep", "its eyes are closed today"),
        ("what does it do", "rest", "it lies there quite still"),
    ]
    keys = ("question", "answer", "explanation")
    content = {"items": [dict(zip(keys, row, strict=True)) for row in asked]}
    server.answer = lambda prompt, messages: json.dumps(content)
    report = derive(items, VQAParaXRecipe(), connect(server), tmp_path)
    assert report.rows == 2  # another picture may be asked the same
    expected = {"contradiction": 2, "answer in the question": 2, "duplicate": 2}
    assert report.rejects == expected
    first, second = read_vqa_para_x(report.path)
    assert (first.question, first.answers) == ("What does it do?", ("sleep",))
    assert first.explanations == ("its eyes are closed and it lies",)
    assert (str(first.image), str(second.image)) == ("a.jpg", "b.jpg")
    assert any("A $5 dog sleeps." in prompt for prompt in server.seen)


def test_wrong_use_is_told(server, tmp_path):
    with pytest.raises(InvalidArgumentError, match="nothing to derive from"):
        derive([], RECIPE, connect(server), tmp_path)
    with pytest.raises(InvalidArgumentError, match="'n0' again"):
        derive([CLASSES[0]] * 2, RECIPE, connect(server), tmp_path)
    with pytest.raises(InvalidArgumentError, match="workers"):
        RunSettings(workers=0)
    with pytest.raises(UnknownNameError, match=r"imagenet_x.v1"):
        fill_prompt("imagenet_x.v9")
