from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.datasets.act_x import read_act_x
from seewhy.errors import DataFormatError

PREPARED = {
    "answers": "bicycling",
    "image_id": "000000070",
    "image_name": "000000070.jpg",
    "explanation": ["he rides a bike", "there is a helmet"],
}
SOURCE = {
    "ans": "bicycling, mountain, hard",
    "iid": "000000070",
    "exp": ["He rides a bike.", "There is a helmet"],
}


def test_both_forms_give_the_same_example(write):
    (prepared,) = read_act_x(write("actX_test.json", {"70": PREPARED}))
    (source,) = read_act_x(write("exp_test_split.json", {"70": SOURCE}))
    assert prepared == source
    assert (prepared.id, prepared.task, prepared.question) == ("70", "act-x", "")
    assert prepared.answers == ("bicycling",)
    assert prepared.image == Path("000000070.jpg")
    assert prepared.explanations == ("he rides a bike", "there is a helmet")


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (PREPARED | {"answers": ["x"]}, "answers"),
        (PREPARED | {"explanation": []}, "explanation"),
        (SOURCE | {"ans": 3}, "ans"),
        (SOURCE | {"exp": ["..."]}, "exp"),
        (SOURCE | {"iid": "../../x"}, "outside"),
    ],
)
def test_a_wrong_field_is_named(write, entry, field):
    with pytest.raises(DataFormatError, match=f"x.json, entry '5'.*{field}"):
        list(read_act_x(write("x.json", {"5": entry})))
