import numpy as np
import pytest

from seewhy.world.catalogue import PATTERNS
from seewhy.world.drawing.patterns import make_pattern


def ink_of(pattern: str, seed: int, side: int = 300) -> np.ndarray:
    generator = np.random.default_rng(seed)
    box = (0, 0, side, side)
    made = make_pattern(pattern, (9, 8, 7), side, unit=side * 0.8, box=box, generator=generator)
    assert made is not None
    assert made.color == (9, 8, 7)
    return np.asarray(made.mask) > 0


def test_plain_is_no_pattern() -> None:
    generator = np.random.default_rng(0)
    box = (0, 0, 100, 100)
    assert make_pattern("plain", (0, 0, 0), 100, unit=80, box=box, generator=generator) is None


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p != "plain"])
def test_a_pattern_in_a_box_is_the_pattern_of_the_whole_there(pattern: str) -> None:
    masks = []
    for box in ((0, 0, 200, 200), (60, 80, 130, 150)):
        generator = np.random.default_rng(3)
        made = make_pattern(pattern, (0, 0, 0), 200, unit=90, box=box, generator=generator)
        assert made is not None
        masks.append(np.asarray(made.mask)[80:150, 60:130] > 0)
    assert (masks[0] == masks[1]).mean() > 0.93


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p != "plain"])
@pytest.mark.parametrize("seed", range(5))
def test_a_pattern_covers_a_part_of_every_quarter(pattern: str, seed: int) -> None:
    ink = ink_of(pattern, seed)
    for quarter in (ink[:150, :150], ink[:150, 150:], ink[150:, :150], ink[150:, 150:]):
        assert 0.12 < quarter.mean() < 0.7


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p != "plain"])
def test_a_pattern_is_the_same_at_every_resolution(pattern: str) -> None:
    small, large = ink_of(pattern, 4, 150), ink_of(pattern, 4, 600)
    assert (small == large[2::4, 2::4]).mean() > 0.9


def test_stripes_run_down_and_checks_alternate() -> None:
    stripes = ink_of("striped", 1)
    along_rows, along_columns = (np.diff(stripes, axis=axis).mean() for axis in (1, 0))
    assert along_rows > 2 * along_columns
    checks = ink_of("checkered", 1)
    assert checks.mean() == pytest.approx(0.5, abs=0.05)
