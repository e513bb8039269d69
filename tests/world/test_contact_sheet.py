import numpy as np
import pytest

from seewhy.errors import InvalidArgumentError
from seewhy.world.contact_sheet import LINE, MARGIN, make_contact_sheet, tint_parts
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.sampling import sample_scene


def test_pictures_stand_where_they_should_with_words_below() -> None:
    scenes = [sample_scene(seed) for seed in range(3)]
    sheet = np.asarray(make_contact_sheet(scenes, size=64, columns=2))
    assert sheet.shape[1] == 2 * (64 + MARGIN) + MARGIN
    second = sheet[MARGIN : MARGIN + 64, 2 * MARGIN + 64 : 2 * MARGIN + 128]
    assert np.array_equal(second, draw_scene(scenes[1], 64).image)
    words = sheet[MARGIN + 64 : MARGIN + 64 + 3 * LINE, MARGIN : MARGIN + 64]
    assert (words < 128).any()


def test_words_do_not_run_into_the_next_column() -> None:
    sheet = np.asarray(make_contact_sheet([sample_scene(s) for s in range(8)], size=64, columns=2))
    assert (sheet[:, 64 + MARGIN + 1 : 64 + 2 * MARGIN - 1] == 255).all()


def test_parts_are_tinted_and_nothing_else() -> None:
    drawing = draw_scene(sample_scene(3), 64)
    changed = (tint_parts(drawing) != drawing.image).any(-1)
    parts = np.zeros((64, 64), bool)
    for masks in drawing.part_masks:
        for mask in masks.values():
            parts |= mask
    assert not (changed & ~parts).any()
    assert (changed & parts).sum() > 0.9 * parts.sum()


def test_a_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="0"):
        make_contact_sheet([])
