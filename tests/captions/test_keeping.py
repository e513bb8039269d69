from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from seewhy.captions.beam_search import BeamSettings, FoundCaptions
from seewhy.captions.editor import CaptionEditor
from seewhy.captions.ensemble import Ensemble
from seewhy.captions.inputs import CaptionInputs, pad_captions
from seewhy.captions.keeping import frame_captions, keep_unless_likelier
from seewhy.errors import InvalidArgumentError

FEATURES = torch.rand(4, 6, generator=torch.Generator().manual_seed(0)).numpy()
CAPTIONS = ["a red cat sleeps", "the dog runs on the grass", "a blue blue cat"]


@pytest.fixture
def editor(make_model) -> CaptionEditor:
    models = [make_model("editnet"), make_model("dcnet", seed=1)]
    for model in models:  # captions come to an end after a few words
        model.model.fc.bias.data[model.vocabulary.end] += 3
    return CaptionEditor(models)


@torch.no_grad()
def find_log_prob(editor: CaptionEditor, existing: str, text: str) -> float:
    """Of a text and its end as the edit of a caption, one word after the other."""
    vocabulary = editor.vocabulary
    inputs = CaptionInputs(
        features=torch.from_numpy(FEATURES)[None],
        caption=pad_captions([vocabulary.encode(existing)]),
    )
    ensemble = Ensemble([model.model for model in editor.models])
    context = ensemble.prepare(inputs)
    state, before, total = ensemble.start(context), vocabulary.start, 0.0
    for number in (*vocabulary.encode(text), vocabulary.end):
        chances, state = ensemble.advance(torch.tensor([before]), state, context)
        total, before = total + float(chances[0, number]), number
    return total


def edit_all(editor: CaptionEditor, margin: float | None, captions=CAPTIONS, **search):
    editor.settings = replace(editor.settings, margin=margin, **search)
    report = editor.edit_all(None, captions, features=[FEATURES] * len(captions))
    assert not report.failures
    return report.edits


def test_an_edit_is_made_if_it_is_likelier_by_the_margin(editor) -> None:
    free = edit_all(editor, None)
    gains = [
        find_log_prob(editor, edit.existing, edit.caption)
        - find_log_prob(editor, edit.existing, edit.existing)
        for edit in free
    ]
    assert all(not edit.is_unchanged for edit in free)
    assert min(gains) > 0
    for edit, gain in zip(free, gains, strict=True):
        (made,) = edit_all(editor, gain - 1e-3, [edit.existing])
        assert made.caption == edit.caption
        assert made.notes == edit.notes
        (kept,) = edit_all(editor, gain + 1e-3, [edit.existing])
        assert kept.is_unchanged
        assert kept.caption == edit.existing
        assert kept.num_changes == 0
        assert f"kept: {edit.caption!r} differs in log-probability by {gain:+.1f}" in kept.notes[-1]
    middle = sorted(gains)[1] + 1e-3
    assert [edit.is_unchanged for edit in edit_all(editor, middle)] == [g < middle for g in gains]


def test_what_is_said_of_a_kept_caption_is_that_of_its_own_words(editor) -> None:
    for edit in edit_all(editor, 1e6, length_penalty=1.0, num_best=2):
        words = len(edit.existing.split())
        log_prob = find_log_prob(editor, edit.existing, edit.existing)
        assert edit.score == pytest.approx(log_prob / (words + 1), abs=1e-4)
        assert [word.kind for word in edit.words] == ["keep"] * words
        assert len(edit.alternatives) == 1
        assert edit.word_attention.shape == (words, words)
        assert edit.region_attention.shape == (words, 4)


def test_captions_that_cannot_be_compared_are_edited(editor) -> None:
    captions = ["a red zebra sleeps", "", "a cat " * 12]
    asked, free = edit_all(editor, 1e6, captions), edit_all(editor, None, captions)
    assert [(edit.caption, edit.notes) for edit in asked] == [(e.caption, e.notes) for e in free]


def test_a_caption_that_is_found_again_is_no_refusal(editor) -> None:
    model = editor.models[0]
    inputs = CaptionInputs(
        features=torch.from_numpy(FEATURES)[None], caption=torch.tensor([[1, 2, 0]])
    )
    words = torch.tensor([[3, 1]])
    found = FoundCaptions(
        words=frame_captions(words, model.vocabulary)[:, None],
        log_probs=torch.tensor([[-5.0]]),
        scores=torch.tensor([[-5.0]]),
        is_finished=torch.tensor([[True]]),
        num_finished=torch.tensor([1]),
    )
    for existing, is_refused in ((words, False), (words + 1, True)):
        kept, refusals = keep_unless_likelier(
            found,
            [(model.model, inputs)],
            existing,
            torch.tensor([True]),
            model.vocabulary,
            margin=1e6,
        )
        assert [refusal is not None for refusal in refusals] == [is_refused]
        assert kept.best()[0][1:-1] == existing[0].tolist()


def test_captions_are_framed(vocabulary) -> None:
    framed = frame_captions(torch.tensor([[1, 2, 3], [4, 0, 0], [0, 0, 0]]), vocabulary)
    start, end = vocabulary.start, vocabulary.end
    assert framed.tolist() == [[start, 1, 2, 3, end], [start, 4, end, 0, 0], [start, end, 0, 0, 0]]


@pytest.mark.parametrize("margin", [-1.0, float("inf"), float("nan")])
def test_a_margin_that_is_none_is_refused(margin) -> None:
    with pytest.raises(InvalidArgumentError, match="margin must be a number from 0 on"):
        BeamSettings(margin=margin)
