"""Decoding in batches against one at a time without a cache, and beams against all texts."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch

from seewhy.errors import InvalidArgumentError, ShapeError
from seewhy.rationales.decoder import RationaleDecoder, TextBatch
from seewhy.rationales.decoding import DecodingSettings, generate
from seewhy.rationales.incremental import Decoding, PictureMemory
from seewhy.rationales.prompts import DecodingRules, Prompt, begin_prompts

Make = Callable[..., RationaleDecoder]
WORDS = 40
RULES = DecodingRules(
    stops=frozenset({0, 1, 2, 7, 8}),
    max_new_tokens=12,
    answer_segment=3,
    explanation_segment=4,
    because=5,
)


@pytest.fixture(autouse=True)
def _same_pictures() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def write_plainly(
    decoder: RationaleDecoder, prompt: Prompt, picture: torch.Tensor, rules: DecodingRules
) -> tuple[tuple[int, ...], list[float]]:
    """One prompt, the whole text through the whole decoder at each step."""
    ids, segments = list(prompt.ids), list(prompt.segments or ())
    boxes, numbers = list(prompt.boxes or ()), list(prompt.box_numbers or ())
    chances: list[float] = []
    for _ in range(rules.max_new_tokens):
        batch = TextBatch(
            torch.tensor([ids]),
            torch.tensor([segments]) if segments else None,
            torch.tensor([boxes]) if boxes else None,
            torch.tensor([numbers]) if numbers else None,
        )
        scores = decoder(batch, picture[None])[0, -1].log_softmax(-1)
        word = int(scores.argmax())
        if word in rules.stops:
            break
        ids.append(word)
        chances.append(float(scores[word]))
        if segments:
            explains = rules.because in ids[len(prompt.ids) :]
            segments.append(
                int((rules.explanation_segment if explains else rules.answer_segment) or 0)
            )
        if boxes:
            boxes.append((0.0,) * 8)
            numbers.append(int(rules.box_number or 0))
    return tuple(ids[len(prompt.ids) :]), chances


def make_prompts(count: int, *, boxes: bool = False) -> list[Prompt]:
    generator = torch.Generator().manual_seed(5)
    prompts = []
    for number in range(count):
        length = 2 + (number * 3) % 7
        ids = tuple(torch.randint(6, WORDS, (length,), generator=generator).tolist())
        box = tuple(tuple(row) for row in torch.rand(length, 8, generator=generator).tolist())
        prompts.append(
            Prompt(
                ids,
                (3,) * length,
                box if boxes else None,
                (6,) * length if boxes else None,
            )
        )
    return prompts


@pytest.mark.parametrize("boxes", [False, True])
def test_batches_write_what_one_at_a_time_writes(decoders: Make, boxes: bool) -> None:
    decoder = decoders(WORDS, seed=7, has_boxes=boxes)
    prompts, pictures = make_prompts(9, boxes=boxes), torch.randn(9, 7, 32)
    rules = replace(RULES, box_number=6 if boxes else None)
    words = Counter(
        w for o in generate(decoder, prompts, pictures, [rules] * 9) for w in o.ids[:-1]
    )
    rules = replace(rules, because=words.most_common(1)[0][0])  # one that is sure to occur
    found = generate(decoder, prompts, pictures, [rules] * 9)
    expected = [write_plainly(decoder, p, v, rules) for p, v in zip(prompts, pictures, strict=True)]
    assert [one.ids for one in found] == [ids for ids, _ in expected]
    assert len({len(one.ids) for one in found}) > 2, "texts should end at different places"
    assert any(rules.because in one.ids for one in found), "a segment should have changed"
    for one, (_, chances) in zip(found, expected, strict=True):
        assert one.log_probabilities == pytest.approx(chances, abs=1e-4)


def test_questions_about_one_picture_share_it(decoders: Make) -> None:
    decoder = decoders(WORDS, seed=7)
    prompts, pictures = make_prompts(7), torch.randn(3, 7, 32)
    owners = [2, 0, 2, 2, 1, 0, 2]
    found = generate(decoder, prompts, pictures, [RULES] * 7, owners=owners, gaze=True)
    expected = generate(decoder, prompts, pictures[owners], [RULES] * 7, gaze=True)
    assert [one.ids for one in found] == [one.ids for one in expected]
    for one, other in zip(found, expected, strict=True):
        if one.gaze is not None and other.gaze is not None:
            torch.testing.assert_close(one.gaze, other.gaze, atol=1e-5, rtol=1e-4)


def test_a_gaze_is_a_distribution_over_patches(decoders: Make) -> None:
    found = generate(
        decoders(WORDS, seed=7), make_prompts(4), torch.randn(4, 7, 32), [RULES] * 4, gaze=True
    )
    for one in found:
        if one.ids:
            assert one.gaze is not None
            assert one.gaze.shape == (len(one.ids), 7)
            torch.testing.assert_close(one.gaze.sum(1), torch.ones(len(one.ids)))


def test_logits_behind_prompts_of_different_lengths_are_the_decoders_own(decoders: Make) -> None:
    decoder = decoders(WORDS, seed=1)
    prompts, pictures = make_prompts(5), torch.randn(5, 7, 32)
    batch, padding = begin_prompts(prompts, "cpu")
    memory = PictureMemory(decoder, pictures)
    decoding = Decoding(decoder, memory, torch.arange(5), capacity=batch.ids.shape[1])
    with torch.no_grad():
        found = decoding.read(batch, padding=padding)
        for row, prompt in enumerate(prompts):
            text = TextBatch(torch.tensor([prompt.ids]), torch.tensor([prompt.segments]))
            expected = decoder(text, pictures[row : row + 1])[0, -1]
            torch.testing.assert_close(found[row], expected, atol=1e-4, rtol=1e-4)


def test_drawing_does_not_depend_on_who_is_beside(decoders: Make) -> None:
    decoder = decoders(WORDS, seed=7)
    prompts, pictures = make_prompts(4), torch.randn(4, 7, 32)
    settings = DecodingSettings(method="nucleus", top_p=0.95, temperature=1.5, seed=7)
    together = generate(decoder, prompts, pictures, [RULES] * 4, settings=settings)
    again = generate(decoder, prompts, pictures, [RULES] * 4, settings=settings)
    alone = generate(decoder, prompts[:1], pictures[:1], [RULES], settings=settings)
    assert [one.ids for one in together] == [one.ids for one in again]
    assert together[0].ids == alone[0].ids
    other = replace(settings, seed=8)
    assert [
        one.ids for one in generate(decoder, prompts, pictures, [RULES] * 4, settings=other)
    ] != [one.ids for one in together]


def test_one_beam_is_greedy_where_length_does_not_count(decoders: Make) -> None:
    decoder = decoders(WORDS, seed=7)
    prompts, pictures = make_prompts(6), torch.randn(6, 7, 32)
    settings = DecodingSettings(method="beam", beams=1, length_penalty=0.0)
    beams = generate(decoder, prompts, pictures, [RULES] * 6, settings=settings)
    greedy = generate(decoder, prompts, pictures, [RULES] * 6)
    assert [one.ids for one in beams] == [one.ids for one in greedy]
    for one, other in zip(beams, greedy, strict=True):
        assert one.log_probabilities == pytest.approx(other.log_probabilities, abs=1e-4)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_enough_beams_find_the_best_of_all_texts(decoders: Make, penalty: float) -> None:
    words, length = 5, 3
    rules = DecodingRules(stops=frozenset({0}), max_new_tokens=length)
    decoder = decoders(words, seed=2)
    prompt, picture = Prompt((3, 1)), torch.randn(1, 4, 32)

    def judge(ids: tuple[int, ...]) -> float:
        ended = (*ids, 0) if len(ids) < length else ids
        with torch.no_grad():
            scores = decoder(TextBatch(torch.tensor([[3, 1, *ended]])), picture)[0].log_softmax(-1)
        total = sum(float(scores[1 + place, word]) for place, word in enumerate(ended))
        return total / (len(ids) + 1) ** penalty

    texts = [ids for n in range(length + 1) for ids in itertools.product(range(1, words), repeat=n)]
    best = max(texts, key=judge)
    settings = DecodingSettings(method="beam", beams=64, length_penalty=penalty)
    found = generate(decoder, [prompt], picture, [rules], settings=settings)[0]
    assert found.ids == best


def test_a_text_longer_than_the_positions_is_an_error(decoders: Make) -> None:
    decoder = decoders(WORDS, positions=10)
    with pytest.raises(InvalidArgumentError, match="10 positions"):
        generate(decoder, [Prompt((6,) * 5)], torch.randn(1, 7, 32), [
            replace(RULES, answer_segment=None)
        ])  # fmt: skip


def test_prompts_without_a_picture_are_an_error(decoders: Make) -> None:
    with pytest.raises(ShapeError, match="2 prompts, 2 rules, 2 owners and 1 pictures"):
        generate(decoders(WORDS), make_prompts(2), torch.randn(1, 7, 32), [RULES] * 2)


def test_prompts_of_two_forms_are_an_error(decoders: Make) -> None:
    prompts = [Prompt((6,), (3,)), Prompt((6,))]
    with pytest.raises(InvalidArgumentError, match="Of 2 prompts, 1 have segments"):
        generate(decoders(WORDS), prompts, torch.randn(2, 7, 32), [RULES] * 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "magic"}, "magic"),
        ({"top_p": 1.5}, "top_p"),
        ({"temperature": 0}, "temperature"),
        ({"beams": 0}, "beams"),
    ],
)
def test_impossible_settings_are_errors(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        DecodingSettings(**change)  # pyright: ignore[reportArgumentType]
