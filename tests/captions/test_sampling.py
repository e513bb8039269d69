from __future__ import annotations

import pytest
import torch

from seewhy.captions.inputs import CaptionInputs, pad_captions
from seewhy.captions.sampling import roll_out
from seewhy.captions.self_critical import (
    SelfCriticalSettings,
    compare_rewards,
    frame_references,
    score_words,
    self_critical_loss,
    self_critical_step,
)
from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.scores.cider_reward import DocumentFrequencies


@pytest.fixture
def inputs() -> CaptionInputs:
    numbers = torch.Generator().manual_seed(0)
    captions = pad_captions([[1, 2, 3], [4], [5, 6]])
    return CaptionInputs(features=torch.randn(3, 4, 6, generator=numbers), caption=captions)


def test_greedy_words_are_the_likeliest_after_those_before(make_model, vocabulary, inputs) -> None:
    model = make_model("editnet", seed=2).model
    with torch.no_grad():
        found = roll_out(model, inputs, vocabulary, max_words=6)
        for row in range(3):
            said = [vocabulary.start]
            for step in range(found.words.shape[1]):
                alone = inputs.select(torch.tensor([row]))
                chances = model(alone, torch.tensor([[*said, 1]]))[0, -1].log_softmax(0)
                word = int(chances.argmax())
                assert float(found.log_probs[row, step]) == pytest.approx(
                    float(chances[word]), abs=1e-5
                )
                if word in (vocabulary.end, vocabulary.pad):
                    assert not found.words[row, step:].any()
                    break
                assert int(found.words[row, step]) == word
                said.append(word)


def test_samples_of_a_picture_stand_in_a_row_and_follow_its_probabilities(
    make_model, vocabulary, inputs
) -> None:
    model = make_model("editnet", seed=2).model
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        found = roll_out(
            model, inputs, vocabulary, num_samples=3000, max_words=1, generator=generator
        )
        captions = torch.tensor([[vocabulary.start, 1]]).expand(3, -1)
        chances = model(inputs, captions)[:, 0].softmax(-1)
    words = found.words.view(3, 3000)
    for row in range(3):
        counts = torch.bincount(words[row], minlength=len(vocabulary)).float() / 3000
        expected = chances[row].clone()
        expected[0] += expected[vocabulary.end]  # the end is written as 0
        expected[vocabulary.end] = 0
        assert (counts - expected).abs().max() < 0.04
        own = chances[row].log()[found.words.view(3, 3000)[row]]
        is_word = words[row] != 0
        torch.testing.assert_close(
            found.log_probs.view(3, 3000)[row][is_word], own[is_word], atol=1e-5, rtol=0
        )


def test_the_loss_is_the_mean_over_words_that_count() -> None:
    words = torch.tensor([[3, 0, 0], [4, 5, 6]])
    log_probs = torch.tensor([[-1.0, -2.0, -8.0], [-0.5, -0.25, -4.0]], requires_grad=True)
    rewards = torch.tensor([2.0, -1.0])
    loss = self_critical_loss(log_probs, words, rewards)
    # the end behind a word counts, what is behind the end does not
    assert float(loss.detach()) == pytest.approx(-(2 * -3.0 - 1 * -4.75) / 5)
    loss.backward()
    expected = torch.tensor([[-0.4, -0.4, 0.0], [0.2, 0.2, 0.2]])
    torch.testing.assert_close(log_probs.grad, expected)
    with pytest.raises(ShapeError):
        self_critical_loss(log_probs, words[:, :2], rewards)


def test_baselines() -> None:
    scores = torch.tensor([[1.0, 2.0, 6.0]])
    assert compare_rewards(scores, torch.tensor([4.0])).tolist() == [[-3.0, -2.0, 2.0]]
    assert compare_rewards(scores, None).tolist() == [[-3.0, -1.5, 4.5]]
    with pytest.raises(InvalidArgumentError, match="at least 2 samples"):
        compare_rewards(scores[:, :1], None)
    with pytest.raises(InvalidArgumentError, match="num_samples must be at least 2"):
        SelfCriticalSettings(baseline="leave-one-out")
    with pytest.raises(InvalidArgumentError, match="baseline must be"):
        SelfCriticalSettings(baseline="other")  # pyright: ignore[reportArgumentType]


def test_pictures_may_have_different_numbers_of_references() -> None:
    references = frame_references([[[1, 2], [3]], [[1, 2, 3]]])
    assert references.tolist() == [
        [[1, 2, 0, 0], [3, 0, 0, 0]],
        [[1, 2, 3, 0], [-1, -1, -1, -1]],
    ]
    frequencies = DocumentFrequencies.count([[[1, 2, 0]], [[3, 0]], [[4, 5, 0]], [[6, 0]]])
    words = torch.tensor([[1, 2, 0], [1, 2, 0]])
    found = score_words(words, references, frequencies)
    for row, count in ((0, 2), (1, 1)):
        alone = frequencies.score(
            words[row : row + 1].numpy(), references[row : row + 1, :count].numpy()
        )
        assert float(found[row]) == pytest.approx(float(alone[0]), abs=1e-9)
    assert found[0] > 0
    with pytest.raises(InvalidArgumentError, match="Picture 1 has no caption"):
        frame_references([[[1]], []])


@pytest.mark.parametrize(
    "settings",
    [SelfCriticalSettings(), SelfCriticalSettings(num_samples=4, baseline="leave-one-out")],
    ids=["greedy", "leave-one-out"],
)
def test_steps_raise_the_reward(make_model, vocabulary, inputs, settings) -> None:
    model = make_model("editnet", seed=2, dropout=0.1).model.train()
    wanted = [[[1, 2, 3]], [[4, 5]], [[6, 7, 8]]]
    references = frame_references(wanted)
    frequencies = DocumentFrequencies.count([[[*group[0], 0]] for group in wanted])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(0)
    rewards = []
    torch.manual_seed(0)
    for _ in range(150):
        found = self_critical_step(
            model, inputs, references, frequencies, vocabulary, settings, generator=generator
        )
        optimizer.zero_grad()
        found["loss"].backward()
        optimizer.step()
        rewards.append(float(found["reward"]))
    assert model.training
    assert sum(rewards[-20:]) > sum(rewards[:20]) + 10
