"""The pipeline against one picture at a time by its steps; where the truth is known; its edges."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn.functional import normalize

from seewhy.concepts.dynamics import delete_concepts
from seewhy.concepts.explainer import ConceptExplainer
from seewhy.concepts.explanation import explain
from seewhy.concepts.mutual_information import find_mutual_knowledge
from seewhy.concepts.optimal_transport import transport
from seewhy.concepts.parts import BACKGROUND
from seewhy.concepts.prompts import find_regions, make_visual_prompts
from seewhy.concepts.reference import ConceptReference
from seewhy.concepts.refinement import refine_mask
from seewhy.concepts.report import ConceptReport
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.base import TorchDualEncoder
from seewhy.encoders.mini import load_mini
from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.errors import (
    EncoderError,
    ImageReadError,
    InvalidArgumentError,
    MissingFileError,
    SeewhyError,
)

CLASSES = ["tomato", "frog", "sea", "lemon"]
WORDS = [f"{shade} {what}" for shade in ("red", "pale", "dark") for what in "abcdefghijklmnopq"]
Draw = Callable[..., NDArray[np.uint8]]
Pictures = list[NDArray[np.uint8]]


@pytest.fixture(scope="module")
def reference(random_encoder: TorchDualEncoder, noise: Pictures) -> ConceptReference:
    explainer = ConceptExplainer(random_encoder, CLASSES, WORDS)
    return explainer.fit(noise, fitted_on="noise")


def explain_by_steps(
    encoder: TorchDualEncoder,
    picture: NDArray[np.uint8],
    reference: ConceptReference,
    settings: ConceptSettings,
) -> dict[str, Any]:
    """One picture by the published steps with their plain formulas, nothing batched."""
    side = encoder.preprocessing.size[0]
    image = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))
    mean, std = (torch.tensor(v) for v in (encoder.preprocessing.mean, encoder.preprocessing.std))

    def to_pixels(array: NDArray[np.uint8]) -> torch.Tensor:
        values = (torch.from_numpy(np.array(array)).float() / 255 - mean) / std
        return values.permute(2, 0, 1)[None]

    def encode(array: NDArray[np.uint8]) -> torch.Tensor:
        with torch.no_grad():
            return normalize(encoder.encode_pixels(to_pixels(array)), dim=1)[0]

    def encode_text(text: str) -> torch.Tensor:
        return encoder.encode_texts([text], cache=False)[0]

    whole = encode(image)
    weights = []
    for name in CLASSES:
        rows = torch.stack([encode_text(t.format(name)) for t in settings.class_templates])
        weights.append(normalize(rows.mean(0), dim=0))
    probabilities = torch.softmax(encoder.logit_scale * torch.stack(weights) @ whole, 0)
    predicted = int(probabilities.argmax())
    prompted = torch.stack([encode_text(f"a photo showing {word}") for word in WORDS])
    raw = torch.stack([encode_text(word) for word in WORDS])
    known = [WORDS[i] for i in (prompted @ weights[predicted]).argsort(descending=True)[:50]]

    patches = encoder.features(to_pixels(image))
    rows = patches.values[0].detach()
    mask = reference.foreground.find(rows, patches.grid)[0]
    refined = refine_mask(image, mask)
    found: dict[str, Any] = {
        "prediction": CLASSES[predicted],
        "foreground": refined,
        "known": known,
    }
    for method in settings.parts:
        labels = np.full(mask.shape, BACKGROUND)
        for index in np.ndindex(*mask.shape):
            if mask[index]:
                row = rows[index[0] * mask.shape[1] + index[1]][None]
                labels[index] = int(reference.parts[method].assign(row)[0])
        prompts = make_visual_prompts(image, find_regions(labels, refined))
        visual = [
            torch.stack([encode(array) for array in prompt.images]).mean(0) for prompt in prompts
        ]
        logits = torch.stack(visual) @ prompted.T
        best = 30  # ten for each of three concepts: more than 12 % of the words
        shared = set(range(len(WORDS)))
        for row in logits:
            shared &= set(row.argsort(descending=True)[:best].tolist())
        if len(shared) < 3:
            shared = set(logits.argsort(dim=1, descending=True)[:, :best].reshape(-1).tolist())
        candidates = sorted(shared)
        relevance = raw[candidates] @ whole
        least = relevance.mean() - settings.relevance_offset
        kept = [c for c, r in zip(candidates, relevance, strict=True) if r > least]
        assert 3 <= len(kept) < len(candidates), "the filter is put to the test"
        values = transport(logits[:, kept]) if settings.use_transport else logits
        words = [WORDS[i] for i in kept] if settings.use_transport else WORDS
        found[method] = {"values": [dict(zip(words, v.tolist(), strict=True)) for v in values]}
        found[method]["cosines"] = dict(zip(WORDS, (raw @ whole).tolist(), strict=True))
        found[method]["parts"] = [prompt.part for prompt in prompts]
    return found


@pytest.mark.parametrize("use_transport", [True, False])
def test_batches_give_what_the_steps_give_one_picture_at_a_time(
    random_encoder: TorchDualEncoder,
    noise: Pictures,
    reference: ConceptReference,
    use_transport: bool,
) -> None:
    settings = ConceptSettings(use_transport=use_transport, relevance_offset=0.0)
    report = explain(
        random_encoder,
        noise[:4],
        CLASSES,
        WORDS,
        settings=settings,
        reference=reference,
        batch_size=3,
    )
    assert len(report.pictures) == 4
    for picture, image in zip(report.pictures, noise, strict=False):
        expected = explain_by_steps(random_encoder, image, reference, settings)
        assert picture.prediction[0].text == picture.explained == expected["prediction"]
        np.testing.assert_array_equal(picture.foreground, expected["foreground"])
        known = [word.text for word in picture.class_concepts]
        assert known == expected["known"]
        for found in picture.explanations:
            steps = expected[found.method]
            assert [part.label for part in found.parts] == steps["parts"]
            for part, values in zip(found.parts, steps["values"], strict=True):
                # a plan may give two words the same share, so that either may be named
                best = sorted(values.values(), reverse=True)[:3]
                assert [c.score for c in part.concepts] == pytest.approx(best, abs=1e-5)
                for concept in part.concepts:
                    assert concept.score == pytest.approx(values[concept.text], abs=1e-5)
            named = {concept.text for part in found.parts for concept in part.concepts}
            ranked = sorted(named, key=lambda word: -steps["cosines"][word])
            assert [concept.text for concept in found.ranked] == ranked
            for concept in found.ranked:
                score = 2.5 * steps["cosines"][concept.text]
                assert concept.score == pytest.approx(score, abs=1e-5)
            assert list(found.shared) == [word for word in ranked if word in known]
            size = len(WORDS)
            assert found.knowledge == find_mutual_knowledge(ranked, known, vocabulary=size)
            assert found.curve == delete_concepts(ranked, known, vocabulary=size)


def test_published_the_pictures_are_those_restored_from_the_encoders_input(
    random_encoder: TorchDualEncoder, noise: Pictures, reference: ConceptReference
) -> None:
    reports = [
        explain(
            random_encoder,
            noise[:3],
            CLASSES,
            WORDS,
            settings=ConceptSettings(compat=compat),
            reference=reference,
        )
        for compat in ("default", "published")
    ]
    for ours, theirs in zip(*(report.pictures for report in reports), strict=True):
        lost = ours.image.astype(int) - theirs.image
        assert set(np.unique(lost)) <= {0, 1}
        assert lost.any()
        # pictures are encoded before they are restored
        assert ours.prediction == theirs.prediction
        coarse = reference.foreground.find(
            random_encoder.features(random_encoder.preprocess(ours.image)).values[0], (6, 6)
        )[0]
        np.testing.assert_array_equal(theirs.foreground, refine_mask(theirs.image, coarse))


def same(one: ConceptReport, other: ConceptReport) -> bool:
    """Whether two reports say the same, but for the last digits."""
    for a, b in zip(one.pictures, other.pictures, strict=True):
        for x, y in zip(a.explanations, b.explanations, strict=True):
            words = [[[c.text for c in p.concepts] for p in e.parts] for e in (x, y)]
            if words[0] != words[1] or not np.array_equal(x.regions, y.regions):
                return False
            if not np.allclose(x.curve.values, y.curve.values):
                return False
        if a.prediction[0].text != b.prediction[0].text or a.name != b.name:
            return False
    return True


@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_the_size_of_a_batch_changes_nothing(
    random_encoder: TorchDualEncoder,
    noise: Pictures,
    reference: ConceptReference,
    batch_size: int,
) -> None:
    one, other = (
        explain(
            random_encoder,
            noise,
            CLASSES,
            WORDS,
            settings=ConceptSettings(use_transport=False),  # whose plans have ties, split by noise
            reference=reference,
            batch_size=size,
        )
        for size in (batch_size, 10)
    )
    assert same(one, other)


def test_a_seed_repeats_a_run_and_the_state_of_torch_is_left_alone(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = explain(random_encoder, noise, CLASSES, WORDS, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(6)
    assert first.to_dict() == explain(random_encoder, noise, CLASSES, WORDS, seed=1).to_dict()


def test_blocks_of_color_are_parts_with_the_names_of_their_colors(
    color_encoder: TorchDualEncoder, draw_blocks: Draw
) -> None:
    pictures = [draw_blocks("red", "blue", seed=seed) for seed in range(8)]
    settings = ConceptSettings(
        foreground="border",
        num_parts=2,
        concepts=1,
        refine=False,
        use_relevance=False,
        use_transport=False,  # which would share all four words out between two parts
        parts=("kmeans",),
        restarts=5,
    )
    words = ["green", "red", "yellow", "blue"]
    report = explain(color_encoder, pictures, CLASSES, words, settings=settings)
    left, right = np.zeros((2, 48, 48), bool)
    left[16:32, 8:24] = right[16:32, 24:40] = True
    for picture in report.pictures:
        found = picture.explanations[0]
        by_name = {part.concepts[0].text: found.regions == part.label for part in found.parts}
        assert set(by_name) == {"red", "blue"}
        np.testing.assert_array_equal(by_name["red"], left)
        np.testing.assert_array_equal(by_name["blue"], right)
        assert [part.area for part in found.parts] == [256 / 48**2] * 2


@pytest.mark.parametrize(
    ("color", "thing"), [("red", "tomato"), ("green", "frog"), ("blue", "sea")]
)
def test_the_class_and_what_is_known_of_it_are_those_of_the_color(
    color_encoder: TorchDualEncoder, draw_blocks: Draw, color: str, thing: str
) -> None:
    words = ["red", "green", "blue", "yellow"]
    settings = ConceptSettings(num_parts=1, concepts=1, foreground="border", class_concepts=1)
    report = explain(color_encoder, draw_blocks(color), CLASSES, words, settings=settings)
    picture = report.pictures[0]
    assert picture.prediction[0].text == thing
    assert [word.text for word in picture.class_concepts] == [color]
    for found in picture.explanations:
        assert [part.concepts[0].text for part in found.parts] == [color]
        assert found.shared == (color,)
        assert found.knowledge.overlap == 1


def test_a_wrong_prediction_says_what_pulled_it_there(
    color_encoder: TorchDualEncoder, draw_blocks: Draw
) -> None:
    words = ["red", "blue", "green", "yellow"]
    pictures = {"right": draw_blocks("red"), "wrong": draw_blocks("red", seed=1)}
    report = explain(
        color_encoder,
        list(pictures.values()),
        CLASSES,
        words,
        settings=ConceptSettings(foreground="border", num_parts=1, concepts=2),
        labels={"picture 1": "tomato", "picture 2": "sea"},
    )
    right, wrong = report.pictures
    assert not right.is_wrong
    assert right.pulls == ()
    assert wrong.is_wrong
    assert wrong.prediction[0].text == wrong.explained == "tomato"
    assert wrong.pulls[0].text == "red"
    assert wrong.pulls[0].strength > 0
    assert wrong.pulls[0].is_shared
    assert [p.strength for p in wrong.pulls] == sorted(
        (p.strength for p in wrong.pulls), reverse=True
    )
    assert report.accuracy == 0.5


def test_the_true_class_is_explained_on_request(
    color_encoder: TorchDualEncoder, draw_blocks: Draw
) -> None:
    settings = ConceptSettings(foreground="border", num_parts=1, concepts=1, class_concepts=1)
    for wanted, explained, word in ((False, "tomato", "red"), (True, "sea", "blue")):
        report = explain(
            color_encoder,
            draw_blocks("red"),
            CLASSES,
            ["red", "blue", "green"],
            settings=settings,
            labels={"picture 1": "sea"},
            explain_label=wanted,
        )
        picture = report.pictures[0]
        assert picture.explained == explained
        assert picture.class_concepts[0].text == word


def test_a_label_stays_unknown_where_none_is_given(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    labels = {"picture 2": "frog", "picture 99": "sea"}
    report = explain(random_encoder, noise[:3], CLASSES, WORDS, labels=labels, explain_label=True)
    assert [picture.label for picture in report.pictures] == [None, "frog", None]
    assert report.pictures[0].explained == report.pictures[0].prediction[0].text
    assert report.pictures[1].explained == "frog"


def test_a_picture_without_foreground_says_so_and_has_no_parts(
    random_encoder: TorchDualEncoder, noise: Pictures, reference: ConceptReference
) -> None:
    nothing = dataclasses.replace(
        reference,
        foreground=dataclasses.replace(
            reference.foreground, axes=torch.zeros_like(reference.foreground.axes)
        ),
    )
    report = explain(random_encoder, noise[:2], CLASSES, WORDS, reference=nothing)
    for picture in report.pictures:
        assert not picture.foreground.any()
        assert picture.notes == ("No foreground was found in this picture.",)
        assert picture.prediction
        for found in picture.explanations:
            assert (found.parts, found.ranked, found.shared) == ((), (), ())
            assert found.curve.values == (0.0,)
            assert (found.regions == -1).all()
            assert found.notes
    assert report.areas == {"pca": 0.0, "kmeans": 0.0}


def test_fewer_descriptors_than_concepts_are_all_named(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    report = explain(random_encoder, noise, CLASSES, ["red", "dark"])
    for picture in report.pictures:
        for found in picture.explanations:
            for part in found.parts:
                assert {concept.text for concept in part.concepts} <= {"red", "dark"}
    assert report.num_descriptors == 2


def test_a_reference_of_few_pictures_is_noted_whenever_it_is_used(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    few = explain(random_encoder, noise[:3], CLASSES, WORDS)
    assert few.fitted_on == "the 3 pictures explained"
    assert len(few.notes) == 1
    assert "fitted on 3 pictures only" in few.notes[0]
    fitted = ConceptExplainer(random_encoder, CLASSES, WORDS).fit(noise[:2], fitted_on="two")
    given = explain(random_encoder, noise, CLASSES, WORDS, reference=fitted)
    assert "fitted on 2 pictures only" in given.notes[0]
    many = explain(random_encoder, noise, CLASSES, WORDS)
    assert (many.fitted_on, many.notes) == ("the 10 pictures explained", ())


def test_few_pictures_take_the_reference_the_encoder_brings(noise: Pictures) -> None:
    report = explain(load_mini("clip-conv"), noise[:1], CLASSES, WORDS)
    assert "scenes of the small world" in report.fitted_on
    assert report.notes == ()


def test_a_reference_of_other_settings_is_refused(
    random_encoder: TorchDualEncoder, noise: Pictures, reference: ConceptReference
) -> None:
    settings = ConceptSettings(num_parts=4)
    with pytest.raises(InvalidArgumentError, match="fitted with other settings"):
        explain(random_encoder, noise, CLASSES, WORDS, settings=settings, reference=reference)


def test_what_is_fitted_on_too_few_patches_for_its_parts_can_be_given_again(
    color_encoder: TorchDualEncoder, draw_blocks: Draw
) -> None:
    settings = ConceptSettings(foreground="border", num_parts=5)  # four patches, four channels
    explainer = ConceptExplainer(color_encoder, CLASSES, WORDS, settings=settings)
    fitted = explainer.fit(draw_blocks("red"), fitted_on="one block")
    again = explain(
        color_encoder, draw_blocks("red"), CLASSES, WORDS, settings=settings, reference=fitted
    )
    assert again.fitted_on == "one block"


def test_bad_pictures_are_listed_and_the_others_explained(
    random_encoder: TorchDualEncoder, noise: Pictures, tmp_path: Path
) -> None:
    for number, array in enumerate(noise[:2]):
        Image.fromarray(array).save(tmp_path / f"{number}.png")
    (tmp_path / "text.jpg").write_text("not a picture", encoding="utf-8")
    whole = (tmp_path / "0.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    report = explain(random_encoder, tmp_path, CLASSES, WORDS)
    assert [Path(picture.name).name for picture in report.pictures] == ["0.png", "1.png"]
    assert [failure.path.name for failure in report.failures] == ["cut.png", "text.jpg"]
    assert "is not a picture" in report.failures[1].reason


def test_nothing_but_bad_pictures_is_an_error_with_their_reasons(
    random_encoder: TorchDualEncoder, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("not a picture", encoding="utf-8")
    with pytest.raises(ImageReadError, match=r"No picture could be read\. .*text\.jpg"):
        explain(random_encoder, tmp_path, CLASSES, WORDS)
    explainer = ConceptExplainer(random_encoder, CLASSES, WORDS)
    with pytest.raises(ImageReadError, match="No picture could be read"):
        explainer.fit(tmp_path, fitted_on="nothing")


def test_pictures_are_read_one_run_after_another(
    random_encoder: TorchDualEncoder, noise: Pictures, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("not a picture", encoding="utf-8")
    explainer = ConceptExplainer(random_encoder, CLASSES, WORDS)
    with pytest.raises(ImageReadError):
        list(explainer.run(tmp_path))
    assert len(explainer.failures) == 1
    pictures = list(explainer.run(noise))
    assert explainer.report(pictures).failures == ()


def test_pictures_come_one_by_one_as_they_are_done(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    explainer = ConceptExplainer(random_encoder, CLASSES, WORDS, batch_size=2)
    run = explainer.run(noise)
    assert next(run).name == "picture 1"
    assert explainer.report([next(run)]).pictures[0].name == "picture 2"
    run.close()


def test_an_encoder_without_texts_is_refused() -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 8, stride=8), torch.nn.Flatten())
    shape = Preprocessing(size=(16, 16), mean=(0, 0, 0), std=(1, 1, 1))
    encoder = wrap_module(module, preprocessing=shape, name="mute")
    with pytest.raises(EncoderError, match="mute has no text side"):
        ConceptExplainer(encoder, CLASSES, WORDS)


def test_a_convolutional_encoder_has_no_keys(
    color_encoder: TorchDualEncoder, draw_blocks: Draw
) -> None:
    settings = ConceptSettings(features="keys")
    with pytest.raises(EncoderError, match="Ask for kind='tokens'"):
        explain(color_encoder, draw_blocks("red"), CLASSES, WORDS, settings=settings)


@pytest.mark.parametrize("features", ["tokens", "keys"])
@pytest.mark.parametrize("foreground", ["svd", "pca", "border"])
@pytest.mark.parametrize("threshold", ["negative", "minmax"])
def test_every_way_gives_an_explanation(
    random_encoder: TorchDualEncoder,
    noise: Pictures,
    features: Any,
    foreground: Any,
    threshold: Any,
) -> None:
    settings = ConceptSettings(
        features=features, foreground=foreground, threshold=threshold, use_transport=False
    )
    report = explain(random_encoder, noise, CLASSES, WORDS, settings=settings)
    named = [p for picture in report.pictures for e in picture.explanations for p in e.parts]
    assert named
    assert all(1 <= len(part.concepts) <= 3 for part in named)


@pytest.mark.parametrize(
    ("classes", "words", "message"),
    [
        (["cat"], WORDS, "at least two classes"),
        (["cat", "cat"], WORDS, "'cat' is given more than once"),
        (CLASSES, [], "holds no descriptor"),
    ],
)
def test_what_gives_nothing_to_choose_from_is_refused(
    random_encoder: TorchDualEncoder, classes: list[str], words: list[str], message: str
) -> None:
    with pytest.raises(SeewhyError, match=message):
        ConceptExplainer(random_encoder, classes, words)


def test_descriptors_that_all_name_a_class_leave_nothing(
    random_encoder: TorchDualEncoder,
) -> None:
    settings = ConceptSettings(leakage="any")
    with pytest.raises(InvalidArgumentError, match="leaves no descriptor"):
        ConceptExplainer(random_encoder, CLASSES, ["a frog", "the sea"], settings=settings)


def test_left_out_descriptors_are_counted_and_never_named(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    settings = ConceptSettings(leakage="any")
    words = [*WORDS, "a green frog", "lemons"]
    report = explain(random_encoder, noise, CLASSES, words, settings=settings)
    assert (report.num_leaking, report.num_descriptors) == (2, len(WORDS))
    seen = {c.text for p in report.pictures for c in p.class_concepts}
    assert not seen & {"a green frog", "lemons"}


def test_a_label_that_is_no_class_is_refused(
    random_encoder: TorchDualEncoder, noise: Pictures
) -> None:
    with pytest.raises(InvalidArgumentError, match="'whale' of picture 1 is not among"):
        explain(random_encoder, noise, CLASSES, WORDS, labels={"picture 1": "whale"})


def test_a_missing_picture_is_named(random_encoder: TorchDualEncoder, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.png"):
        explain(random_encoder, [tmp_path / "none.png"], CLASSES, WORDS)


@pytest.mark.parametrize("image", ["path", "pil", "array", "float", "gray"])
def test_a_picture_in_any_form_gives_the_same(
    color_encoder: TorchDualEncoder, draw_blocks: Draw, tmp_path: Path, image: str
) -> None:
    array = draw_blocks("red", "blue")
    Image.fromarray(array).save(tmp_path / "blocks.png")
    forms: dict[str, Any] = {
        "path": tmp_path / "blocks.png",
        "pil": Image.fromarray(array),
        "array": [array],
        "float": array / 255.0,
        "gray": array[..., 0],
    }
    settings = ConceptSettings(foreground="border", num_parts=2)
    report = explain(color_encoder, forms[image], CLASSES, WORDS, settings=settings)
    seen = report.pictures[0].image
    expected = np.repeat(array[..., :1], 3, 2) if image == "gray" else array
    np.testing.assert_array_equal(seen, expected)
