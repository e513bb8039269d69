"""A run that is kept: gone on with, read again, refused where it is another, named if damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.run_folder import RunFolder, explain_into
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.base import TorchDualEncoder
from seewhy.errors import DataFormatError, ImageReadError, InvalidArgumentError, SeewhyError

CLASSES = ["tomato", "frog", "sea"]
WORDS = [f"{shade} {what}" for shade in ("red", "pale", "dark") for what in "abcdefghijklm"]


@pytest.fixture
def paths(tmp_path: Path, noise: list[NDArray[np.uint8]]) -> list[Path]:
    (tmp_path / "in").mkdir()
    found = [tmp_path / "in" / f"{number}.png" for number in range(9)]
    for path, array in zip(found, noise, strict=False):
        Image.fromarray(array).save(path)
    return found


def make_explainer(encoder: TorchDualEncoder, **options: Any) -> ConceptExplainer:
    # a transport plan has ties, which the last digits decide, and those depend on the batch
    settings = ConceptSettings(refine=False, use_transport=False, **options)
    return ConceptExplainer(encoder, CLASSES, WORDS, settings=settings, batch_size=2)


def is_alike(one: Any, other: Any) -> bool:
    """Whether two results say the same; numbers may differ in what depends on the batch."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_alike, one, other))
    return one == pytest.approx(other, abs=1e-5) if isinstance(one, float) else one == other


def stop_after(encoder: TorchDualEncoder, folder: Path, paths: list[Path], done: int) -> None:
    """Begin a run as ``explain_into`` does, and have it interrupted."""
    explainer = make_explainer(encoder)
    real = explainer.run

    def run(*arguments: Any, **options: Any) -> Any:
        for number, picture in enumerate(real(*arguments, **options)):
            if number == done:
                raise KeyboardInterrupt
            yield picture

    explainer.run = run
    with pytest.raises(KeyboardInterrupt):
        explain_into(folder, explainer, paths)


@pytest.mark.parametrize("number", [9, 4])  # of pictures: enough to fit parts on, or few
@pytest.mark.parametrize("done", [1, 3])
def test_a_stopped_run_goes_on_and_ends_in_the_same_report(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path, number: int, done: int
) -> None:
    paths = paths[:number]
    expected = explain_into(tmp_path / "whole", make_explainer(random_encoder), paths)
    stop_after(random_encoder, tmp_path / "stopped", paths, done)
    assert len(list((tmp_path / "stopped" / "pictures").glob("*.json"))) == done
    explainer = make_explainer(random_encoder)
    found = explain_into(tmp_path / "stopped", explainer, paths)
    assert is_alike(found.to_dict(), expected.to_dict())


def test_what_is_done_is_not_done_again(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    stop_after(random_encoder, tmp_path / "run", paths, 5)
    explainer = make_explainer(random_encoder)
    given: list[list[Path]] = []
    real = explainer.run

    def run(images: Any, **options: Any) -> Any:
        given.append(list(images))
        return real(images, **options)

    explainer.run = run
    explain_into(tmp_path / "run", explainer, paths)
    explain_into(tmp_path / "run", explainer, paths)
    assert given == [paths[5:]]


def test_a_finished_run_is_read_whole(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    labels = {str(path): "frog" for path in paths}  # most are wrong: there are pulls to keep
    first = explain_into(tmp_path / "run", make_explainer(random_encoder), paths, labels=labels)
    again = explain_into(tmp_path / "run", make_explainer(random_encoder), paths, labels=labels)
    assert any(picture.pulls for picture in again.pictures)
    assert again.to_dict() == first.to_dict()
    for one, other in zip(again.pictures, first.pictures, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.foreground.dtype == bool
        assert one.explanations[0].regions.dtype == np.int8
        assert one.curve == other.curve
        assert one.explanations[0].parts == other.explanations[0].parts


def test_more_pictures_may_be_added_and_are_divided_alike(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    first = explain_into(tmp_path / "run", make_explainer(random_encoder), paths[:8])
    more = explain_into(tmp_path / "run", make_explainer(random_encoder), paths)
    assert more.fitted_on == first.fitted_on == "the 8 pictures explained"
    names = [picture.name for picture in more.pictures]
    assert names == [str(path) for path in paths]
    assert [p.to_dict() for p in more.pictures[:8]] == [p.to_dict() for p in first.pictures]


@pytest.mark.parametrize("change", ["settings", "classes", "words", "labels", "seed"])
def test_another_run_is_refused(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path, change: str
) -> None:
    explain_into(tmp_path / "run", make_explainer(random_encoder), paths[:2])
    before = (tmp_path / "run" / "run.json").read_bytes()
    settings = ConceptSettings(refine=False, num_parts=4 if change == "settings" else 5)
    explainer = ConceptExplainer(
        random_encoder,
        CLASSES[::-1] if change == "classes" else CLASSES,
        WORDS[1:] if change == "words" else WORDS,
        settings=settings,
        seed=1 if change == "seed" else 0,
    )
    labels = {str(paths[0]): "sea"} if change == "labels" else None
    with pytest.raises(InvalidArgumentError, match=r"results of another run .*run\.json"):
        explain_into(tmp_path / "run", explainer, paths[:2], labels=labels)
    assert (tmp_path / "run" / "run.json").read_bytes() == before


@pytest.mark.parametrize("damage", ["half", "list", "field", "arrays cut", "arrays gone", "bits"])
def test_a_damaged_file_is_named(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path, damage: str
) -> None:
    explain_into(tmp_path / "run", make_explainer(random_encoder), paths[:2])
    path = next((tmp_path / "run" / "pictures").glob("1-*.json"))
    arrays = path.with_suffix(".npz")
    content = path.read_text(encoding="utf-8")
    if damage == "half":
        path.write_text(content[: len(content) // 2], encoding="utf-8")
    elif damage == "list":
        path.write_text("[1, 2]", encoding="utf-8")
    elif damage == "field":
        plain = json.loads(content)
        del plain["explained"]
        path.write_text(json.dumps(plain), encoding="utf-8")
    elif damage == "arrays cut":
        arrays.write_bytes(arrays.read_bytes()[:-30])
    elif damage == "bits":
        raw = bytearray(arrays.read_bytes())
        raw[len(raw) // 2] ^= 255
        raw[len(raw) // 3] ^= 255
        arrays.write_bytes(bytes(raw))
    else:
        arrays.unlink()
    with pytest.raises(DataFormatError, match=r"1-.*\.json is damaged"):
        explain_into(tmp_path / "run", make_explainer(random_encoder), paths[:2])
    path.unlink()  # as the message says
    found = explain_into(tmp_path / "run", make_explainer(random_encoder), paths[:2])
    assert len(found.pictures) == 2


def test_a_damaged_reference_is_named(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    stop_after(random_encoder, tmp_path / "run", paths, 1)
    (tmp_path / "run" / "reference.safetensors").write_bytes(b"\0" * 50)
    with pytest.raises(DataFormatError, match=r"reference\.safetensors"):
        explain_into(tmp_path / "run", make_explainer(random_encoder), paths)


def test_bad_pictures_are_listed_each_time_and_do_not_stop_a_run_from_going_on(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "in" / "bad.jpg"
    bad.write_text("not a picture", encoding="utf-8")
    for _ in range(2):
        found = explain_into(tmp_path / "run", make_explainer(random_encoder), [*paths, bad])
        assert len(found.pictures) == len(paths)
        assert [failure.path for failure in found.failures] == [bad]
    with pytest.raises(ImageReadError, match=r"bad\.jpg"):
        explain_into(tmp_path / "other", make_explainer(random_encoder), [bad])


def test_parts_of_few_patches_can_be_gone_on_with(
    color_encoder: TorchDualEncoder, draw_blocks: Any, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        Image.fromarray(draw_blocks("red")).save(path)
    for some in (paths[:1], paths):  # four patches for five parts
        explainer = make_explainer(color_encoder, foreground="border")
        found = explain_into(tmp_path / "run", explainer, some)
    assert len(found.pictures) == 2


def test_pictures_of_one_name_in_two_folders_are_kept_apart(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    twins = []
    for place, path in zip(("cat", "dog"), paths, strict=False):
        (tmp_path / place).mkdir()
        twins.append(tmp_path / place / "röd [1].png")
        twins[-1].write_bytes(path.read_bytes())
    first = explain_into(tmp_path / "run", make_explainer(random_encoder), twins)
    again = explain_into(tmp_path / "run", make_explainer(random_encoder), twins)
    assert [picture.name for picture in again.pictures] == [str(path) for path in twins]
    assert again.to_dict() == first.to_dict()
    assert again.pictures[0].to_dict() != again.pictures[1].to_dict()


def test_a_picture_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, {"model": "m"})
    (folder.pictures / "x.part").write_text("{", encoding="utf-8")
    (folder.pictures / "x.npz").write_bytes(b"PK")
    assert folder.read(["x", "nothing"]) == {}
    assert folder.find_reference("d") is None


def test_without_a_folder_nothing_is_written(
    random_encoder: TorchDualEncoder,
    paths: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts)
    found = explain_into(None, make_explainer(random_encoder), paths[:2])
    assert len(found.pictures) == 2
    assert sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts) == before


def test_a_file_in_the_place_of_the_folder_is_an_error_that_names_it(
    random_encoder: TorchDualEncoder, paths: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "run").write_text("", encoding="utf-8")
    with pytest.raises((SeewhyError, OSError), match="run"):
        explain_into(tmp_path / "run", make_explainer(random_encoder), paths[:1])
