from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from seewhy.datasets.nle import TASKS
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.rationales.world_examples import (
    draw_picture,
    list_world_examples,
    read_world_questions,
    stream_world_examples,
)
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.questions import ask_questions
from seewhy.world.sampling import sample_scene


def test_questions_become_examples_with_their_picture():
    scene = sample_scene(3, split="test")
    picture = draw_scene(scene, 64).image
    found = list_world_examples(scene, picture, size=64)
    questions = [q for task in TASKS for q in ask_questions(scene, task)]
    assert [(e.example.task, e.example.question, e.example.answers) for e in found] == [
        (q.task, q.question, q.answers) for q in questions
    ]
    assert all(e.example.image is picture for e in found)
    assert len({e.example.id for e in found}) == len(found)
    for one, question in zip(found, questions, strict=True):
        assert one.example.objects == tuple(region.name for region in question.regions)
        expected = [[edge * 64 for edge in region.box] for region in question.regions]
        assert [list(box) for box in one.example.boxes] == expected
        assert all(one.check(reason).is_true for reason in one.example.explanations)


def test_ids_are_unique_over_scenes_and_splits_do_not_meet():
    ids = [
        e.example.id
        for split in ("train", "test")
        for e in stream_world_examples(split, count=5, draw=False)
    ]
    assert len(set(ids)) == len(ids) > 50


def test_texts_are_the_same_with_and_without_pictures():
    drawn = list(stream_world_examples("test", count=2, size=32, tasks=("vcr", "vqa-x")))
    texts = list(
        stream_world_examples("test", count=2, size=32, tasks=("vcr", "vqa-x"), draw=False)
    )
    assert [d.example.id for d in drawn] == [t.example.id for t in texts]
    assert [d.example.explanations for d in drawn] == [t.example.explanations for t in texts]
    assert all(np.asarray(d.example.image).shape == (32, 32, 3) for d in drawn)
    for one, other in zip(drawn, texts, strict=True):
        assert np.array_equal(draw_picture(str(other.example.image), 32), one.example.image)


def test_questions_of_named_pictures_are_those_of_the_stream():
    known = read_world_questions((3, 1), split="validation", tasks=("vqa-x",))
    streamed = stream_world_examples("validation", count=4, draw=False, tasks=("vqa-x",))
    by_id = {one.example.id: one.example for one in streamed}
    assert {example.image.name for example in known.examples} == {"validation-3", "validation-1"}
    assert all(by_id[example.id] == example for example in known.examples)
    first = known.examples[0]
    assert known.is_true(first, first.explanations[0])
    assert not known.is_true(first, "")


def test_the_stream_has_no_end_unless_one_is_given():
    endless = stream_world_examples("train", draw=False, start=7, tasks=("imagenet-x",))
    seeds = [e.scene.seed for e in islice(endless, 3)]
    assert seeds == [sample_scene(s, split="train").seed for s in (7, 8, 9)]
    with pytest.raises(InvalidArgumentError, match="-1"):
        next(stream_world_examples(count=-1, draw=False))
    with pytest.raises(UnknownNameError, match="vqax"):
        list(stream_world_examples(count=1, draw=False, tasks=("vqax",)))
