"""``seewhy concepts``: what it prints and writes, and one sentence for all that can go wrong."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from seewhy.cli.main import main
from seewhy.encoders.text_cache import find_cache_folder
from seewhy.world.stream import stream_scenes

MODEL = "mini:clip-conv"
WORDS = [
    "pointed ears",
    "long whiskers",
    "round wheels",
    "a red thing",
    "big windows",
    "fur",
    "sky",
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three scenes."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    for number, (_, drawing) in enumerate(stream_scenes("test", count=3)):
        Image.fromarray(drawing.image).save(folder / f"scene {number}.png")
    return folder


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "words.json"
    path.write_text(json.dumps({"cat": WORDS[:2], "car": WORDS[2:]}), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    assert find_cache_folder() == tmp_path / "cache"


def run(*arguments: object) -> int:
    """The exit code of ``seewhy concepts`` with these arguments."""
    with pytest.raises(SystemExit) as left:
        main(["concepts", *map(str, arguments)])
    return int(left.value.code or 0)


def explain(pictures: object, words: Path, *more: object) -> int:
    given = ["--model", MODEL, "--classes", "cat,car", "--descriptors", words]
    return run(pictures, *given, *more)


def bad_picture(folder: Path) -> Path:
    path = folder / "text.jpg"
    path.write_text("this is no picture", encoding="utf-8")
    return path


def huge_png(folder: Path) -> Path:
    """A PNG of a few bytes that says it has 30,000 x 30,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    path = folder / "huge.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    return path


def test_it_prints_each_picture_with_its_parts_in_words(
    pictures: Path, words: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(pictures, words) == 0
    printed = capsys.readouterr().out
    for number in range(3):
        assert f"scene {number}.png" in printed
    assert re.search(r"\n  part \d  \S", printed)
    assert any(word in printed for word in WORDS)
    assert "3 pictures explained" in printed
    assert "Wrote" not in printed


def test_json_is_all_that_is_printed_and_says_the_same(
    pictures: Path, words: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(pictures, words, "--json", "--parts", "kmeans") == 0
    streams = capsys.readouterr()
    plain = json.loads(streams.out)
    assert streams.err == ""
    assert [Path(p["name"]).name for p in plain["pictures"]] == [f"scene {i}.png" for i in range(3)]
    assert plain["classes"] == ["cat", "car"]
    assert plain["num_descriptors"] == len(WORDS)
    assert plain["vocabulary"] == "words"
    for picture in plain["pictures"]:
        assert [e["method"] for e in picture["explanations"]] == ["kmeans"]
        assert sum(choice["score"] for choice in picture["prediction"]) == pytest.approx(1)


def test_quiet_prints_nothing(
    pictures: Path, words: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert explain(pictures, words, "--quiet", "--html", tmp_path / "page.html") == 0
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "page.html").is_file()


def test_a_folder_gets_page_pictures_json_and_arrays_and_a_run_goes_on_there(
    pictures: Path, words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deep" / "run"
    assert explain(pictures, words, "--save", folder, "--html", tmp_path / "page.html") == 0
    printed = capsys.readouterr().out.replace("\n", "")
    for path in (folder / "index.html", tmp_path / "page.html"):
        assert path.is_file()
        assert str(path) in printed
    names = {path.name for path in folder.iterdir()}
    assert {"result.json", "arrays.npz", "figure.png", "run.json", "pictures"} <= names
    assert {f"000{i + 1}-scene-{i}.png" for i in range(3)} <= names
    plain = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz") as arrays:
        assert arrays[plain["pictures"][2]["image"]["array"]].shape == (64, 64, 3)
    kept = {path: path.stat().st_mtime_ns for path in (folder / "pictures").iterdir()}
    assert explain(pictures, words, "--save", folder) == 0
    assert {path: path.stat().st_mtime_ns for path in (folder / "pictures").iterdir()} == kept
    assert json.loads((folder / "result.json").read_text(encoding="utf-8")) == plain


def test_another_run_is_not_saved_over_the_first(
    pictures: Path, words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(pictures / "scene 0.png", words, "--save", tmp_path / "run") == 0
    page = (tmp_path / "run" / "index.html").read_bytes()
    code = explain(pictures / "scene 0.png", words, "--save", tmp_path / "run", "--seed", 1)
    assert code == 2
    assert "another run" in capsys.readouterr().err
    assert (tmp_path / "run" / "index.html").read_bytes() == page


def test_labels_come_from_folders(
    pictures: Path, words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cat", "car"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "a.png").write_bytes((pictures / "scene 0.png").read_bytes())
    assert explain(tmp_path / "in", words, "--labels", "folder", "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    assert [picture["label"] for picture in plain["pictures"]] == ["car", "cat"]
    wrong = [p for p in plain["pictures"] if p["prediction"][0]["text"] != p["label"]]
    assert len(wrong) == 1
    assert explain(tmp_path / "in", words, "--labels", "folder") == 0
    assert f"it is: {wrong[0]['label']}" in capsys.readouterr().out


def test_some_bad_pictures_are_named_and_the_code_is_1(
    pictures: Path, words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (pictures / "scene 0.png", bad_picture(tmp_path), huge_png(tmp_path)):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / path.name).write_bytes(path.read_bytes())
    assert explain(tmp_path / "in", words) == 1
    printed = capsys.readouterr().out
    assert "1 pictures explained" in printed
    assert "text.jpg is not a picture" in printed.replace("\n", "")
    assert "30000 x 30000" in printed
    assert explain(tmp_path / "in", words, "--json") == 1
    plain = json.loads(capsys.readouterr().out)
    assert [Path(f["path"]).name for f in plain["failures"]] == ["huge.png", "text.jpg"]


@pytest.mark.parametrize("bad", [bad_picture, huge_png])
def test_nothing_but_bad_pictures_is_wrong_use(
    words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], bad
) -> None:
    path = bad(tmp_path)
    assert explain(path, words) == 2
    message = capsys.readouterr().err
    assert message.startswith("Error: No picture could be read.")
    assert path.name in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--model", "mini:clip-con"], "Did you mean 'mini:clip-conv'"),
        (["--model", "clip-conv"], "No encoder named 'clip-conv'"),
        (["--classes", "cat"], "at least two classes"),
        (["--classes", "cat,cat"], "'cat' is given more than once"),
        (["--classes", "nowhere.txt"], "No file nowhere.txt"),
        (["--descriptors", "nowhere.json"], "No file nowhere.json"),
        (["--labels", "nowhere.json"], "nowhere.json"),
        (["--labels", "folder"], "is not among the classes"),
        (["--features", "keys"], "Ask for kind='tokens'"),
        (["--parts", "kmeens"], "kmeens"),
        (["--batch-size", "0"], "batch-size"),
        (["--leakage-filter", "some"], "some"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(
    pictures: Path, words: Path, change: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(pictures, words, *change) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert message in " ".join(streams.err.replace("│", " ").split())


def test_missing_pictures_and_empty_folders_are_named(
    words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(tmp_path / "none.png", words) == 2
    assert "none.png" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert explain(tmp_path / "empty", words) == 2
    assert "empty holds no picture" in capsys.readouterr().err


def test_what_is_wrong_is_said_before_a_model_is_loaded(tmp_path: Path) -> None:
    code = """
import sys
from seewhy.cli.main import main
for arguments in (["nowhere.png", "--classes", "cat, dog"], [sys.argv[1], "--classes", "cat"]):
    try:
        main(["concepts", *arguments])
    except SystemExit as left:
        assert left.code == 2
assert "torch" not in sys.modules
"""
    (tmp_path / "picture.png").write_bytes(b"never read")
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nowhere.png" in done.stderr
    assert "at least two classes" in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"cat": ["fur"', "is not valid JSON"),
        ('{"cat": [3]}', "is not a text: 3"),
        ("[]", "holds no descriptor"),
        ('["a cat", "two cars"]', "leakage filter leaves no descriptor"),
    ],
)
def test_a_broken_file_of_descriptors_is_named(
    pictures: Path, tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    assert explain(pictures, path, "--leakage-filter", "any") == 2
    assert message in capsys.readouterr().err


def test_the_words_and_classes_of_the_world_have_a_name(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--classes", "world", "--descriptors", "world", "--foreground", "border", "--json"]
    assert run(pictures / "scene 0.png", "--model", MODEL, *more) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["vocabulary"] == "world"
    assert plain["provenance"]["settings"]["foreground"] == "border"
    assert len(plain["classes"]) >= 20


def test_as_a_process_the_codes_are_0_1_and_2(pictures: Path, words: Path, tmp_path: Path) -> None:
    bad = bad_picture(tmp_path)
    good = pictures / "scene 0.png"
    codes = []
    for given, classes in (([good], "cat,car"), ([good, bad], "cat,car"), ([good], "cat")):
        arguments = ["--model", MODEL, "--classes", classes, "--descriptors", str(words), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "seewhy", "concepts", *map(str, given), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        codes.append(done.returncode)
        assert "Traceback" not in done.stderr
        if done.returncode < 2:
            assert len(json.loads(done.stdout)["pictures"]) == 1
        else:
            assert done.stdout == ""
            assert done.stderr.startswith("Error: ")
            assert done.stderr.count("\n") == 1
    assert codes == [0, 1, 2]
