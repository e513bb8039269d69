"""Words and pictures in one space: found from captions, carried by questions, kept by models."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError, InvalidArgumentError
from seewhy.rationales.alignment import WordAlignment
from seewhy.rationales.catalogue import load_rationale_model
from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder, TextBatch
from seewhy.rationales.decoding import generate
from seewhy.rationales.layouts import Layout, LayoutMaker
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.packing import pack_layouts
from seewhy.rationales.prompts import DecodingRules
from seewhy.rationales.question_fit import name_fits
from seewhy.rationales.questions import ask_of_all
from seewhy.rationales.recipe import (
    AnnotationFile,
    AnnotationFiles,
    RationaleRecipe,
    run_rationale_recipe,
)
from seewhy.rationales.recipes import RECIPES, RecipeChanges, change_recipe
from seewhy.rationales.report import answer_questions, shorten_rationale
from seewhy.rationales.tasks import TASKS
from seewhy.rationales.tokens import RationaleTokenizer, train_rationale_tokenizer
from seewhy.rationales.vision import PatchSettings
from seewhy.reports.html import to_html
from seewhy.training.settings import TrainingSettings

THINGS = ("dog", "ball", "tree", "boat")
WEATHERS = ("rain", "fog", "snow", "wind")
COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30))
PICTURES, CHANNELS, DIMENSIONS = 80, 12, 6
EXAMPLE = NLEExample("1", "e-snli-ve", (Path("a"),), "a dog", ("entailment",), ("a dog",))


def make_captions(number: int) -> list[str]:
    thing, weather = THINGS[number % len(THINGS)], WEATHERS[number // len(THINGS) % len(WEATHERS)]
    return [f"a {thing} in {weather}", f"there is a {thing}"]


@pytest.fixture(scope="module")
def tokenizer() -> RationaleTokenizer:
    kinds = range(len(THINGS) * len(WEATHERS))
    texts = [f" {one}" for number in kinds for one in make_captions(number)]
    texts += [" the answer is entailment because", " unheard", "dog"]
    return train_rationale_tokenizer(texts * 50, vocabulary=400)


@pytest.fixture(scope="module")
def means() -> np.ndarray:
    random = np.random.default_rng(0)
    things = random.normal(size=(len(THINGS), CHANNELS))
    weathers = random.normal(size=(len(WEATHERS), CHANNELS))
    noise = random.normal(size=(PICTURES, CHANNELS))
    shown = [things[n % 4] + weathers[n // 4 % 4] for n in range(PICTURES)]
    return (3.0 + np.stack(shown) + 0.3 * noise) * np.geomspace(0.05, 20, CHANNELS)


@pytest.fixture(scope="module")
def alignment(tokenizer: RationaleTokenizer, means: np.ndarray) -> WordAlignment:
    made = WordAlignment(len(tokenizer), CHANNELS, DIMENSIONS)
    made.fit(means, [make_captions(number) for number in range(PICTURES)], tokenizer)
    return made


def test_a_picture_fits_its_own_sentence_best(
    alignment: WordAlignment, tokenizer: RationaleTokenizer, means: np.ndarray
) -> None:
    right = []
    for number, place in enumerate(alignment.place_means(torch.from_numpy(means).float())):
        weather = WEATHERS[number // 4 % 4]
        found = [
            alignment.measure(place, tokenizer.encode(f" a {thing} in {weather}"))
            for thing in THINGS
        ]
        assert np.argmax([marks[-1][1] for marks in found]) == number % 4
        words = [marks[1][0] for marks in found]  # of the thing alone
        right.append(np.argmax(words) == number % 4)
    assert np.mean(right) > 0.8


def test_patches_are_averaged_and_places_have_length_one(
    alignment: WordAlignment, means: np.ndarray
) -> None:
    patches = torch.from_numpy(means[:3]).float()[:, None] + torch.tensor([[[-1.0], [1.0]]])
    torch.testing.assert_close(alignment.place(patches), alignment.place(patches.mean(1)[:, None]))
    torch.testing.assert_close(alignment.place(patches).norm(dim=-1), torch.ones(3))


@given(st.permutations(range(3)), st.lists(st.integers(0, 2), max_size=4))
def test_order_and_repetition_do_not_change_the_whole(
    alignment: WordAlignment,
    tokenizer: RationaleTokenizer,
    means: np.ndarray,
    order: list[int],
    again: list[int],
) -> None:
    ids = [tokenizer.encode(f" {thing}")[0] for thing in THINGS[:3]]
    place = alignment.place_means(torch.from_numpy(means[:1]).float())[0]
    expected = alignment.measure(place, ids)
    found = alignment.measure(place, [*(ids[n] for n in order), *(ids[n] for n in again)])
    assert found[-1] == pytest.approx(expected[-1], abs=1e-5)
    assert found[:3] == [pytest.approx(expected[n], abs=1e-5) for n in order]


def test_words_no_caption_has_say_nothing_and_those_that_begin_a_text_do(
    alignment: WordAlignment, tokenizer: RationaleTokenizer, means: np.ndarray
) -> None:
    place = alignment.place_means(torch.from_numpy(means[:1]).float())[0]
    unheard = tokenizer.encode(" unheard")
    assert alignment.measure(place, unheard) == [(0.0, 0.0)] * (len(unheard) + 1)
    first, behind = tokenizer.need("dog"), tokenizer.need("Ġdog")
    assert alignment.measure(place, [first]) == alignment.measure(place, [behind])
    assert alignment.measure(place, [first])[0][0] != 0


def test_usual_fits_have_mean_zero_and_deviation_one(
    alignment: WordAlignment, tokenizer: RationaleTokenizer, means: np.ndarray
) -> None:
    places = alignment.place_means(torch.from_numpy(means).float())
    texts = [tokenizer.encode(f" {make_captions(number)[0]}") for number in range(PICTURES)]
    pairs = [*zip(places, texts, strict=True), *zip(places, texts[1:] + texts[:1], strict=True)]
    found = [alignment.measure(place, ids) for place, ids in pairs]
    wholes = np.array([one[-1][1] for one in found])
    words = np.array([fit for one in found for fit, _ in one[:-1] if fit != 0])
    for values in (wholes, words):
        assert values.mean() == pytest.approx(0, abs=1e-4)
        assert values.std() == pytest.approx(1, abs=1e-3)
    assert len(words) > len(wholes)


def test_there_may_be_more_words_than_pictures() -> None:
    random = np.random.default_rng(0)
    letters = np.array([chr(97 + number) for number in range(26)])
    texts = [[" ".join("".join(random.choice(letters, 2)) for _ in range(60))] for _ in range(60)]
    wide = train_rationale_tokenizer(
        [f" {text}" for of_one in texts for text in of_one] * 3 + [" because"] * 500,
        vocabulary=1000,
    )
    made = WordAlignment(len(wide), CHANNELS, DIMENSIONS)
    made.fit(random.normal(size=(60, CHANNELS)), texts, wide)
    assert (made.word_table.abs().sum(1) > 0).sum() > 60
    assert made.word_table.isfinite().all()
    assert made.picture_map.isfinite().all()


def test_too_few_pictures_and_captions_that_are_alike_are_refused(
    tokenizer: RationaleTokenizer, means: np.ndarray
) -> None:
    made = WordAlignment(len(tokenizer), CHANNELS, DIMENSIONS)
    with pytest.raises(DataFormatError, match=r"5 captioned pictures.*--alignment 0"):
        made.fit(means[:5], [["a dog"]] * 5, tokenizer)
    with pytest.raises(DataFormatError, match="no words that tell"):
        made.fit(means, [["a dog"]] * PICTURES, tokenizer)


def lay_out(maker: LayoutMaker, alignment: WordAlignment, question: str, seed: int) -> Layout:
    example = replace(EXAMPLE, question=question)
    return maker.lay_out_training(example).align(alignment, make_place(seed))


def make_place(seed: int) -> torch.Tensor:
    return torch.randn(DIMENSIONS, generator=torch.Generator().manual_seed(seed))


def test_questions_carry_the_numbers_and_nothing_else_does(
    alignment: WordAlignment, tokenizer: RationaleTokenizer
) -> None:
    maker = LayoutMaker(TASKS["e-snli-ve"], tokenizer)
    layout = lay_out(maker, alignment, "a dog", 0)
    asked = tokenizer.encode("a dog")
    assert layout.ids[: len(asked)] == asked
    assert layout.ids[len(asked)] == tokenizer.end
    marks = np.array(layout.alignment)
    assert marks.shape == (len(layout.ids), 2)
    prompt = maker.lay_out_prompt(EXAMPLE).align(alignment, make_place(0))
    assert layout.alignment[: len(prompt.ids)] == prompt.alignment
    assert (marks[: len(asked), 1] == 0).all()
    assert marks[len(asked) - 1, 0] != 0
    assert (marks[len(asked) :, 0] == 0).all()
    assert (marks[len(asked) : len(prompt.ids), 1] == marks[len(asked), 1]).all()
    assert marks[len(asked), 1] != 0
    assert (marks[len(prompt.ids) :] == 0).all()
    captions = LayoutMaker(TASKS["captions"], tokenizer)
    nothing = NLEExample("1", "captions", (Path("a"),), "", (), ("a dog",))
    assert (
        captions.lay_out_training(nothing).align(alignment, torch.ones(DIMENSIONS)).alignment == []
    )


def make_decoder(tokenizer: RationaleTokenizer, alignment: WordAlignment) -> RationaleDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = DecoderConfig(
            vocabulary=len(tokenizer), positions=64, width=16, depth=2, heads=2,
            image_width=CHANNELS, alignment=DIMENSIONS, init_std=0.3,
        )  # fmt: skip
        decoder = RationaleDecoder(config)
        torch.nn.init.normal_(decoder.alignment_embed.weight)
    decoder.alignment.load_state_dict(alignment.state_dict())
    return decoder.eval().requires_grad_(False)


def test_packed_rows_and_step_by_step_decoding_see_the_same(
    alignment: WordAlignment, tokenizer: RationaleTokenizer
) -> None:
    decoder = make_decoder(tokenizer, alignment)
    maker = LayoutMaker(TASKS["e-snli-ve"], tokenizer)
    layouts = [lay_out(maker, alignment, q, n) for n, q in enumerate(("a dog", "there is a boat"))]
    picture = torch.randn(1, 4, CHANNELS, generator=torch.Generator().manual_seed(1))
    packed = pack_layouts([layouts], pad=tokenizer.pad, with_alignment=True)
    logits = decoder(packed.text, picture, mask=packed.mask, positions=packed.positions)[0]
    bare = pack_layouts([layouts], pad=tokenizer.pad)
    without = decoder(bare.text, picture, mask=bare.mask, positions=bare.positions)[0]
    start = 0
    for layout in layouts:
        end = start + len(layout.ids)
        text = TextBatch(
            torch.tensor([layout.ids]),
            torch.tensor([layout.segments]),
            alignment=torch.tensor([layout.alignment]),
        )
        alone = decoder(text, picture)[0]
        torch.testing.assert_close(logits[start:end], alone, atol=1e-4, rtol=1e-4)
        assert not torch.allclose(without[start:end], alone, atol=1e-2)
        start = end
    rules = DecodingRules(stops=frozenset(), max_new_tokens=1)
    prompts = [replace(one.to_prompt(), segments=None) for one in layouts]
    prompts.append(replace(prompts[0], alignment=None))
    written = generate(decoder, prompts, picture, [rules] * 3, owners=[0] * 3)
    for prompt, one in zip(prompts, written, strict=True):
        marks = prompt.alignment or [(0.0, 0.0)] * len(prompt.ids)
        text = TextBatch(torch.tensor([prompt.ids]), alignment=torch.tensor([marks]))
        chances = decoder(text, picture)[0, -1].log_softmax(-1)
        assert one.ids[0] == int(chances.argmax())
        assert one.log_probabilities[0] == pytest.approx(float(chances.max()), abs=1e-4)


def test_a_decoder_without_alignment_refuses_one(
    decoders: Callable[..., RationaleDecoder],
) -> None:
    batch = TextBatch(torch.tensor([[1]]), alignment=torch.zeros(1, 1, 2))
    with pytest.raises(InvalidArgumentError, match="alignment=64"):
        decoders(20).embed(batch)
    with pytest.raises(InvalidArgumentError, match=r"must not be negative, got -1"):
        DecoderConfig(alignment=-1)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RationaleRecipe]:
    """A captioner with alignment, and the recipe to go on from it."""
    folder = tmp_path_factory.mktemp("aligned")
    random = np.random.default_rng(0)
    captions, rows = [], ["Flickr30kID,hypothesis,gold_label,explanation,Unnamed: 0"]
    for number in range(60):
        noise = random.integers(-25, 25, (64, 64, 3))
        pixels = np.array(COLOURS[number % len(COLOURS)]) + noise
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
        captions.append({"image": f"{number}.png", "captions": make_captions(number)})
        rows.append(f"{number}.png,there is a dog,entailment,it is a dog,{number}")
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, captions)))
    (folder / "rows.csv").write_text("\n".join(rows[:9]) + "\n")

    def find(task: str, name: str) -> AnnotationFiles:
        one = AnnotationFile(task=task, annotations=str(folder / name), images=str(folder))
        return AnnotationFiles(train=(one,))

    recipe = replace(
        RECIPES["small"],
        decoder=DecoderConfig(
            positions=64,
            width=16,
            depth=1,
            heads=2,
            dropout=0.0,
            alignment=DIMENSIONS,
            init_std=0.1,
        ),
        patches=PatchSettings(encoder="mini:clip-tiny"),
        data=find("captions", "captions.jsonl"),
        vocabulary=400,
        epochs=None,
        training=TrainingSettings(steps=2, batch_size=4, learning_rate=1e-2),
    )
    run_rationale_recipe(recipe, folder / "captioner", progress=False)
    rest = replace(
        recipe,
        data=find("e-snli-ve", "rows.csv"),
        tasks=("e-snli-ve",),
        start_from=str(folder / "captioner"),
    )
    return folder, rest


def read_chances(folder: Path, answerer: str) -> list[tuple[float, ...]]:
    model = load_rationale_model(folder / answerer)
    said = (model.answer(folder / f"{number}.png", "there is a dog") for number in (0, 1))
    return [tuple(token.log_probability for token in one.tokens[:3]) for one in said]


def test_captions_teach_what_answers_use(begun: tuple[Path, RationaleRecipe]) -> None:
    folder, recipe = begun
    captioner = load_rationale_model(folder / "captioner")
    space = captioner.decoder.alignment
    assert space is not None
    patches, _ = captioner.reader.read(
        [captioner.reader.fit(folder / f"{number}.png") for number in range(8)]
    )
    for number, place in enumerate(space.place(patches)):
        fits = [space.measure(place, captioner.tokenizer.encode(f" {t}"))[-1][1] for t in THINGS]
        assert np.argmax(fits) == number % len(THINGS)
    run_rationale_recipe(recipe, folder / "answerer", progress=False)
    answerer = load_rationale_model(folder / "answerer")
    assert answerer.decoder.alignment is not None
    assert answerer.decoder.alignment_embed is not None
    torch.testing.assert_close(answerer.decoder.alignment.word_table, space.word_table)
    assert answerer.decoder.alignment_embed.weight.abs().min() > 1e-4  # it learned
    first = read_chances(folder, "answerer")
    answerer.decoder.alignment.usual.add_(1)
    answerer.save_pretrained(folder / "changed")
    assert read_chances(folder, "changed")[0] != pytest.approx(first[0], abs=1e-5)


def test_a_blind_twin_is_told_nothing_of_it(begun: tuple[Path, RationaleRecipe]) -> None:
    folder, recipe = begun
    run_rationale_recipe(replace(recipe, is_blind=True), folder / "blind", progress=False)
    first, second = read_chances(folder, "blind")
    assert first == pytest.approx(second, abs=1e-5)
    model = load_rationale_model(folder / "blind")
    assert model.decoder.alignment_embed is not None
    assert not model.decoder.alignment_embed.weight.any()


def test_without_captions_a_new_decoder_has_none_and_an_encoder_that_learns_is_refused(
    begun: tuple[Path, RationaleRecipe],
) -> None:
    folder, recipe = begun
    run_rationale_recipe(replace(recipe, start_from=None), folder / "plain", progress=False)
    assert load_rationale_model(folder / "plain").decoder.alignment is None
    with pytest.raises(InvalidArgumentError, match="the encoder must not learn"):
        run_rationale_recipe(replace(recipe, trains_encoder=True), folder / "tuned", progress=False)


def test_a_model_that_does_not_look_is_told_how_well_questions_fit(
    begun: tuple[Path, RationaleRecipe],
) -> None:
    folder, recipe = begun
    told = replace(recipe, looks=False)
    run_rationale_recipe(told, folder / "told", progress=False)
    first, second = read_chances(folder, "told")
    assert first != pytest.approx(second, abs=1e-5)
    model = load_rationale_model(folder / "told")
    before = load_rationale_model(folder / "captioner").decoder
    known, new = before.projection, model.decoder.projection
    assert known is not None
    assert new is not None
    torch.testing.assert_close(known.weight, new.weight, atol=2e-3, rtol=2e-2)  # but for decay
    said = model.answer(folder / "0.png", "there is a dog")
    assert [word.attention for word in said.words] == [None] * len(said.words)
    assert "told how well the question fits" in " ".join(said.notes)
    assert "looked for each word" not in to_html(said)
    assert model.decoder.alignment is not None
    model.decoder.alignment.word_table.zero_()  # then nothing of the picture is left
    chances = [
        [token.log_probability for token in model.answer(folder / f"{n}.png", "a dog").tokens]
        for n in (0, 1)
    ]
    assert chances[0] == pytest.approx(chances[1], abs=1e-5)


def test_models_that_could_see_nothing_by_mistake_are_refused(
    begun: tuple[Path, RationaleRecipe],
) -> None:
    folder, recipe = begun
    with pytest.raises(InvalidArgumentError, match="this decoder has no alignment"):
        run_rationale_recipe(
            replace(recipe, looks=False, start_from=None), folder / "new", progress=False
        )
    for hidden in ({"looks": False}, {"is_blind": True}):
        with pytest.raises(InvalidArgumentError, match="pictures that are hidden"):
            replace(recipe, trains_encoder=True, **hidden)


def test_the_number_of_dimensions_can_be_changed(begun: tuple[Path, RationaleRecipe]) -> None:
    _, recipe = begun
    assert isinstance(recipe.data, AnnotationFiles)
    changes = RecipeChanges(alignment=0, files=recipe.data)
    assert change_recipe(RECIPES["small"], changes).decoder.alignment == 0
    assert RECIPES["small"].decoder.alignment == 64
    assert not RECIPES["small-answers"].looks
    assert change_recipe(RECIPES["small-answers"], replace(changes, looks=True)).looks


def test_answers_say_how_well_the_question_fits(
    begun: tuple[Path, RationaleRecipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = begun
    model = load_rationale_model(folder / "captioner")
    model.config = replace(model.config, tasks=("e-snli-ve",))
    asked = ask_of_all([folder / "0.png", folder / "1.png"], ["There is a dog"])
    report = answer_questions(model, asked, folder=tmp_path)
    fits = [one.fit for one in report.rationales]
    assert all(fit is not None for fit in fits)
    dog, ball = (fit for fit in fits if fit is not None)
    assert [word.text for word in dog.words] == ["there", "is", "a", "dog"]
    assert dog.whole > 0 > ball.whole
    assert dog.words[-1].fit > ball.words[-1].fit
    monkeypatch.setattr(RationaleModel, "answer_examples", None)  # all answers are kept
    again = answer_questions(model, asked, folder=tmp_path)
    assert [one.fit for one in again.rationales] == [dog, ball]
    assert shorten_rationale(report.rationales[0])["question_fit"] == dog.whole
    page = to_html(report.rationales[1])
    assert f'<span class="misfits" title="{ball.words[-1].fit:+.1f}">dog</span>' in page
    blind = replace(model, config=replace(model.config, is_blind=True))
    monkeypatch.undo()
    said = blind.answer(folder / "0.png", "there is a dog")
    assert said.fit is None
    assert "fits the picture" not in to_html(said)


def test_pieces_of_a_word_are_joined(
    alignment: WordAlignment, tokenizer: RationaleTokenizer
) -> None:
    maker = LayoutMaker(TASKS["e-snli-ve"], tokenizer)
    layout = lay_out(maker, alignment, "the dogball", 0)
    fit = name_fits(layout, tokenizer)
    assert fit is not None
    assert [word.text for word in fit.words] == ["the", "dogball"]
    start = len(tokenizer.encode("the"))
    pieces = [layout.alignment[place][0] for place in layout.asked[start:]]
    assert len(pieces) > 1
    assert fit.words[-1].fit == pytest.approx(sum(pieces) / len(pieces))
    assert name_fits(maker.lay_out_prompt(EXAMPLE), tokenizer) is None
