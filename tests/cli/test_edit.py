"""``seewhy caption``, ``edit`` and ``evaluate captions``, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from seewhy.captions.beam_search import BeamSettings
from seewhy.captions.caption_model import KINDS, CaptionModel
from seewhy.captions.captioner import CaptionWriter
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.sentence_embedding import DAN
from seewhy.cli.main import main
from seewhy.datasets.picture_features import PictureFeatures
from seewhy.text.word_vocabulary import WordVocabulary
from seewhy.training.feature_store import FeatureWriter, StoreSettings

WORDS = "a red blue cat dog sleeps runs on the grass".split()
WIDTH = 6


def make(kind: str, source: dict[str, str], width: int) -> CaptionModel:
    vocabulary = WordVocabulary.build([WORDS], min_count=1)
    sizes: dict[str, Any] = {"dim": 8}
    sizes["sentence_dim" if kind == "modification" else "attention_dim"] = 4
    if kind != "dcnet":
        sizes["feature_dim"] = width
    if kind in ("up-down", "modification"):
        sizes["embedding_dim"] = 8
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = KINDS[kind].build(KINDS[kind].config(vocabulary=len(vocabulary), **sizes)).eval()
        for parameter in model.parameters():
            parameter.data.mul_(2)
        sentences = DAN(len(vocabulary), 4, 4).eval() if kind == "modification" else None
    return CaptionModel(
        kind=kind,
        model=model,
        vocabulary=vocabulary,
        features=source,
        sentences=sentences,
        reads_attributes=kind == "modification",
    )


def make_parrot() -> CaptionModel:
    """A model that says nothing but "dog"."""
    made = make("dcnet", {}, WIDTH)
    decoder: Any = made.model
    decoder.fc.weight.data.zero_()
    decoder.fc.bias.data.zero_()
    decoder.fc.bias.data[made.vocabulary.numbers["dog"]] = 20
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Little models of random weights, pictures, their captions and features."""
    from seewhy.encoders.catalogue import load_encoder

    folder = tmp_path_factory.mktemp("edit")
    encoder = load_encoder("mini:clip-tiny")
    seen = {"encoder": encoder.name, "digest": encoder.digest}
    width = encoder.layout.width
    CaptionEditor([make("editnet", seen, width)]).save_pretrained(folder / "editor")
    short = BeamSettings(max_words=3)
    CaptionEditor([make_parrot()], settings=short).save_pretrained(folder / "parrot")
    for name, kind in (("other", "editnet"), ("modifier", "modification")):
        model = make(kind, {"file": "numbers"}, WIDTH)
        CaptionEditor([model]).save_pretrained(folder / name)
    CaptionWriter([make("up-down", seen, width)]).save_pretrained(folder / "writer")
    (folder / "pictures").mkdir()
    for number in range(3):
        image = np.random.default_rng(number).integers(0, 255, (32, 40, 3), np.uint8)
        Image.fromarray(image).save(folder / "pictures" / f"{number}.png")
    (folder / "bad.png").write_text("no picture")
    existing = {"0": "a red cat", "1": "a dog runs", "2": "the blue dog sleeps", "9": "a cat"}
    (folder / "captions.json").write_text(json.dumps(existing))
    (folder / "elsewhere.json").write_text('{"77": ["cat"]}')
    settings = StoreSettings(width=WIDTH, source={"file": "numbers"}, half=False)
    with FeatureWriter(folder / "store", settings) as writer:
        for number in range(3):
            writer.add(PictureFeatures(str(number), np.full((4, WIDTH), number, np.float32)))
    return folder


def run(*arguments: Any) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "seewhy", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def call(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    """The same without a process of its own."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def test_edits_are_printed_and_ready_to_be_scored(folder: Path, tmp_path: Path) -> None:
    code, out, err = run(
        "edit", folder / "pictures", folder / "bad.png", "--captions", folder / "captions.json",
        "--model", f"folder:{folder / 'editor'}", "--out", tmp_path / "results.json",
    )  # fmt: skip
    assert (code, err) == (1, "")  # the bad picture has no caption
    assert "left out bad: bad has no caption to edit" in out
    assert "a dog runs" in out
    assert "captions changed" in out
    results = json.loads((tmp_path / "results.json").read_text())
    assert [one["image_id"] for one in results] == [0, 1, 2]


def test_a_stopped_run_goes_on_and_another_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("edit", folder / "pictures", "--captions", folder / "captions.json", "--save",
             tmp_path, "--json", "--model", f"folder:{folder / 'editor'}")  # fmt: skip
    code, first, _ = call(capsys, *given)
    assert code == 0
    said = [one["caption"] for one in json.loads(first)["captions"]]
    results = json.loads((tmp_path / "results.json").read_text())
    assert results == [{"image_id": n, "caption": caption} for n, caption in enumerate(said)]
    assert (tmp_path / "index.html").read_text().count("Existing caption") == 3
    kept = sorted((tmp_path / "captions").glob("*.json"))
    assert len(kept) == 3
    kept[1].unlink()  # as if it had been stopped before this one
    before = kept[0].stat().st_mtime_ns
    code, second, _ = call(capsys, *given)
    assert code == 0
    assert kept[0].stat().st_mtime_ns == before
    one, two = (json.loads(text)["captions"] for text in (first, second))
    for a, b in zip(one, two, strict=True):
        assert {**a, "score": 0, "words": 0} == {**b, "score": 0, "words": 0}
        assert a["score"] == pytest.approx(b["score"], abs=1e-5)
    code, _, err = call(capsys, *given, "--beams", 1)
    assert code == 2
    assert "another run" in err
    kept[0].write_text("{")
    code, _, err = call(capsys, *given)
    assert code == 2
    assert "000000.json is damaged" in err


def test_a_caption_is_made_and_then_edited(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer, editor = (f"folder:{folder / name}" for name in ("writer", "editor"))
    code, out, _ = call(
        capsys, "caption", folder / "pictures", "--model", writer, "--json", "--beams", 2,
        "--num-best", 2, "--block-ngrams", 2,
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["provenance"]["settings"]["search"]["block_ngrams"] == 2
    said = {one["name"]: one["caption"] for one in json.loads(out)["captions"]}
    assert list(said) == ["0", "1", "2"]
    assert len(json.loads(out)["captions"][0]["alternatives"]) == 1
    code, out, _ = call(
        capsys, "edit", folder / "pictures", folder / "bad.png", "--from", writer, "--model",
        editor, "--json", "--beams", 2, "--block-ngrams", 2, "--save", tmp_path,
    )  # fmt: skip
    found = json.loads(out)
    assert code == 1
    assert {one["name"]: one["existing"] for one in found["captions"]} == said
    assert found["changed"] + found["unchanged"] == 3
    assert [one["name"] for one in found["failures"]] == ["bad"]
    assert len(json.loads((tmp_path / "base" / "results.json").read_text())) == 3


def test_one_caption_is_edited_and_nothing_to_change_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = f"folder:{folder / 'parrot'}"
    code, out, _ = call(capsys, "edit", "--caption", "a red dog", "--model", model)
    assert code == 0
    assert "replace a red by dog dog" in out
    assert "no end within 3 words" in out
    assert "1 captions changed, 0 left as they were" in out
    code, out, _ = call(capsys, "edit", "--caption", "Dog dog dog.", "--model", model)
    assert code == 0
    assert "nothing to change" in out
    assert "0 captions changed, 1 left as they were" in out
    code, out, _ = call(
        capsys, "edit", "--caption", "a red dog", "--model", model, "--margin", 1000
    )
    assert code == 0
    assert "nothing to change" in out
    assert "kept: 'dog dog dog' differs in log-probability" in out
    code, _, err = call(capsys, "edit", "--caption", "a dog", "--model", model, "--margin", -1)
    assert code == 2
    assert "margin" in err


def test_attributes_of_a_file_are_read_and_the_rest_is_counted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "attributes.jsonl"
    rows = [("photos/0.png", ["dog", "unicorn"]), ("1", ["grass on it"]), ("77", ["cat"])]
    path.write_text("\n".join(json.dumps({"image": i, "attributes": a}) for i, a in rows))
    given = ("edit", "--captions", folder / "captions.json", "--features", folder / "store",
             "--model", f"folder:{folder / 'modifier'}", "--batch-size", 2)  # fmt: skip
    with_them = (*given, "--attributes", path, "--save", tmp_path / "kept")
    code, out, _ = call(capsys, *with_them)
    assert code == 1  # picture 9 has no features
    assert "attributes: grass, on" in out
    assert "attributes that it does not know: unicorn" in out
    assert "note 2 of 4 pictures have no attributes" in out
    assert "note attributes are given of 1 pictures that are not edited" in out
    code, out, _ = call(capsys, *with_them, "--json")
    found = json.loads(out)
    assert [one["attributes"] for one in found["captions"]] == [["dog"], ["grass", "on"], []]
    assert len(found["notes"]) == 2
    code, out, _ = call(capsys, *given, "--json")
    plain = json.loads(out)
    assert plain["notes"] == []
    scores = [[one["score"] for one in report["captions"]] for report in (found, plain)]
    assert [a == pytest.approx(b, abs=1e-4) for a, b in zip(*scores, strict=True)] == [
        False,
        False,
        True,
    ]
    code, _, err = call(capsys, *given, "--save", tmp_path / "kept")
    assert code == 2
    assert "another run" in err


def test_features_of_a_store_are_taken(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(
        capsys, "edit", "--captions", folder / "captions.json", "--features", folder / "store",
        "--model", f"folder:{folder / 'other'}", "--out", tmp_path / "out.json",
    )  # fmt: skip
    assert code == 1
    assert "left out 9: it has no features" in out
    assert len(json.loads((tmp_path / "out.json").read_text())) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["edit", "{pictures}"], "one of --captions, --caption and --from"),
        (["edit", "{pictures}", "--caption", "a", "--model", "{editor}"], "of one picture, got 3"),
        (["edit", "{pictures}", "--caption", "a", "--from", "x"], "one of --captions"),
        (["edit", "{pictures}", "--captions", "no.json", "--model", "{editor}"], "No captions"),
        (["edit", "{pictures}", "--caption", "a", "--model", "mini:none"], "No caption editor"),
        (["caption", "{pictures}", "--model", "mini:none"], "No captioner named 'mini:none'"),
        (["caption", "{pictures}", "--model", "{editor}"], "which edits a caption"),
        (["caption", "--model", "{writer}"], "Name pictures, a folder of them, or a store"),
        (["caption", "--features", "{store}", "--model", "{writer}"], "6"),
        (["caption", "--features", "{bad}", "--model", "{writer}"], "No feature store"),
        (
            ["edit", "{bad}", "--captions", "{captions}", "--model", "{editor}"],
            "None of 1 pictures",
        ),
        (
            ["edit", "--captions", "{captions}", "--model", "{parrot}", "--attributes", "{hints}"],
            "(dcnet) was trained without attributes",
        ),
        (
            ["edit", "--captions", "{captions}", "--model", "{parrot}", "--attributes", "no.json"],
            "No attributes file at no.json",
        ),
        (
            [
                "edit",
                "--caption",
                "a",
                "--features",
                "{store}",
                "{pictures}/0.png",
                "--model",
                "{modifier}",
                "--attributes",
                "{hints}",
            ],
            "None of 1 pictures has attributes",
        ),
    ],
)
def test_wrong_use_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    names: dict[str, Any] = {
        "pictures": folder / "pictures",
        "captions": folder / "captions.json",
        "store": folder / "store",
        "bad": folder / "bad.png",
        "hints": folder / "elsewhere.json",
        "parrot": f"folder:{folder / 'parrot'}",
        "modifier": f"folder:{folder / 'modifier'}",
        "editor": f"folder:{folder / 'editor'}",
        "writer": f"folder:{folder / 'writer'}",
    }
    code, out, err = call(capsys, *(argument.format(**names) for argument in arguments))
    assert code == 2, out
    assert message in err
    assert "Traceback" not in err


def test_captions_before_and_after_are_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {str(n): f"a red cat number{n} sleeps here" for n in range(12)}
    after = {
        key: text.replace("red", "blue") if int(key) < 9 else text for key, text in before.items()
    }
    truth = {key: [text.replace("red", "blue")] for key, text in before.items()}
    truth["elsewhere"] = ["a dog"]
    rows = [{"image": f"photos/{key}.jpg", "caption": text} for key, text in after.items()]
    (tmp_path / "before.json").write_text(json.dumps({**before, "lost": "a cat"}))
    (tmp_path / "after.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    files = [tmp_path / name for name in ("before.json", "after.jsonl", "truth.json")]
    code, out, err = call(
        capsys, "evaluate", "captions", *files, "--json", "--rounds", 500, "--save", tmp_path / "s"
    )
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["items"], found["left_out"]) == (12, 1)
    assert (found["changed"], found["unchanged"]) == (9, 3)
    assert found["words"] == {"keep": 63, "replace": 9, "insert": 0, "delete": 0}
    assert found["fates"]["CIDEr-D"] == {"better": 9, "worse": 0, "equal": 0}
    cider = next(d for d in found["comparison"]["differences"] if d["metric"] == "CIDEr-D")
    assert cider["second"] > cider["first"]
    assert cider["p_value"] < 0.05
    assert (tmp_path / "s" / "figure.png").is_file()
    code, out, _ = call(capsys, "evaluate", "captions", *files, "--rounds", 50)
    assert "9 captions changed, 3 left as they were" in out
    assert "1 captions that one file lacks" in out
    code, _, err = call(
        capsys, "evaluate", "captions", files[0], files[2], files[2], "--rounds", 50
    )
    assert code == 0
    (tmp_path / "other.json").write_text('{"x": "a cat"}')
    code, _, err = call(capsys, "evaluate", "captions", files[0], tmp_path / "other.json", files[2])
    assert code == 2
    assert "No picture has a caption before and one after" in err
