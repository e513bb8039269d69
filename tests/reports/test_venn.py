"""Venn diagrams: every word in its place, long lists counted, nothing said to be nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from seewhy.reports.venn import HEIGHT, SHOWN, draw_venn


def columns(svg: str) -> dict[str, list[str]]:
    texts = [t for t in ElementTree.fromstring(svg).iter("text") if t.get("class") != "head"]
    found: dict[str, list[str]] = {}
    for text in texts:
        assert 0 < float(text.get("y") or -1) < HEIGHT
        found.setdefault(text.get("x") or "", []).append(text.text or "")
    return {x: found[x] for x in sorted(found, key=int)}


def test_words_stand_left_in_the_middle_and_right() -> None:
    svg = draw_venn(["fur", "grass"], ["whiskers"], ["tail", "claws", "paws"])
    assert list(columns(svg).values()) == [
        ["fur", "grass"],
        ["whiskers"],
        ["tail", "claws", "paws"],
    ]


@pytest.mark.parametrize("number", [SHOWN, SHOWN + 1, SHOWN + 7])
def test_no_more_than_eight_are_written_out_and_the_rest_counted(number: int) -> None:
    words = [f"word {i}" for i in range(number)]
    for lists in ((words, [], []), ([], words, []), ([], [], words)):
        filled = max(columns(draw_venn(*lists)).values(), key=len)
        assert filled[:SHOWN] == words[:SHOWN]
        assert filled[SHOWN:] == ([f"and {number - SHOWN} more"] if number > SHOWN else [])


def test_nothing_is_said_to_be_nothing() -> None:
    assert list(columns(draw_venn([], [], [])).values()) == [["nothing"]] * 3


def test_long_words_are_cut_and_hostile_ones_escaped() -> None:
    svg = draw_venn(["w" * 80], ["<script>&"], ['"'])
    left, middle, right = columns(svg).values()
    assert len(left[0]) == 26
    assert left[0].endswith("…")
    assert (middle, right) == (["<script>&"], ['"'])
    assert "<script" not in svg
