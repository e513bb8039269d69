"""The bench of caption editors, with editors whose worth is known."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from seewhy.captions.world_examples import list_flawed
from seewhy.errors import InvalidArgumentError
from seewhy.studies.caption_bench import bench_captions
from seewhy.world.sampling import sample_scene

SCENES = 6


@dataclass
class Clerk:
    """An editor that looks captions up."""

    answers: dict[str, str]
    name: str = "clerk"
    digest: str = "0"
    longest: int = 18
    sees: bool = False

    def edit_all(self, images: None, captions: list[str], *, names: list[str], **_: Any) -> Any:
        assert images is None
        edits = [
            SimpleNamespace(name=name, caption=self.answers.get(caption, caption))
            for name, caption in zip(names, captions, strict=True)
        ]
        return SimpleNamespace(edits=edits)


@pytest.fixture(scope="module")
def repairs() -> dict[str, str]:
    scenes = [sample_scene(number, split="test") for number in range(SCENES)]
    return {one.text: one.repaired for scene in scenes for one in list_flawed(scene)}


def test_a_perfect_editor_repairs_all_and_gains_for_sure(repairs: dict[str, str]) -> None:
    found = bench_captions(Clerk(repairs), scenes=SCENES, rounds=400)  # pyright: ignore[reportArgumentType]
    assert (found.repaired, found.kept, found.left_alone) == (1.0, 1.0, 1.0)
    assert all(kind.repaired == 1 and kind.true_after == 1 for kind in found.kinds.values())
    assert found.kinds["color"].true_before == 0
    assert found.kinds["repeated word"].true_before == 1  # truth does not tell sentences
    cider = next(one for one in found.differences if one.metric == "CIDEr-D")
    assert cider.difference > 0
    assert cider.p_value < 0.05


def test_an_editor_that_does_nothing_keeps_all_and_repairs_nothing() -> None:
    found = bench_captions(Clerk({}), scenes=SCENES, rounds=50)  # pyright: ignore[reportArgumentType]
    assert (found.repaired, found.left_alone) == (0.0, 1.0)
    assert all(kind.unchanged == 1 for kind in found.kinds.values())
    assert all(one.difference == 0 for one in found.differences)
    assert found.kept == 1.0


def test_one_that_says_nothing_keeps_nothing(repairs: dict[str, str]) -> None:
    silent = Clerk(dict.fromkeys(repairs, "a thing"))
    found = bench_captions(silent, scenes=SCENES, rounds=50)  # pyright: ignore[reportArgumentType]
    assert found.repaired == found.left_alone == 0
    assert found.kept < 0.3


def test_the_result_can_be_kept_and_shown(repairs: dict[str, str], tmp_path: Any) -> None:
    found = bench_captions(Clerk(repairs), scenes=4, rounds=50)  # pyright: ignore[reportArgumentType]
    found.save(tmp_path)
    assert (tmp_path / "figure.png").stat().st_size > 1000
    with pytest.raises(InvalidArgumentError, match="at least 4, got 3"):
        bench_captions(Clerk({}), scenes=3)  # pyright: ignore[reportArgumentType]
