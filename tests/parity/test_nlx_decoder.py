"""The decoder and its texts against the published network (goldens gpt and gpt_vcr)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder, TextBatch, compute_loss
from seewhy.rationales.decoding import DecodingSettings, generate
from seewhy.rationales.filtering import keep_likely
from seewhy.rationales.official import rename_weights
from seewhy.rationales.prompts import DecodingRules, Prompt

TOLERANCE = 1e-4


class Case:
    """A golden with the decoder it is of."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.arrays = arrays
        self.config = json.loads(str(arrays["config_json"]))
        weights = {
            name.removeprefix("sd/"): torch.from_numpy(value)
            for name, value in arrays.items()
            if name.startswith("sd/")
        }
        c = self.config
        self.decoder = RationaleDecoder(
            DecoderConfig(
                vocabulary=c["vocab"],
                positions=c["n_pos"],
                width=c["n_embd"],
                depth=c["n_layer"],
                heads=c["n_head"],
                image_width=arrays["encoder_hidden_states"].shape[2],
                has_boxes="boxes" in arrays,
            )
        ).eval()
        self.decoder.load_state_dict(rename_weights(weights))
        self.pictures = torch.from_numpy(arrays["encoder_hidden_states"])

    def tensor(self, name: str) -> torch.Tensor | None:
        return torch.from_numpy(self.arrays[name]) if name in self.arrays else None

    @property
    def batch(self) -> TextBatch:
        ids = torch.from_numpy(self.arrays["input_ids"])
        rest = (self.tensor(name) for name in ("token_type_ids", "boxes", "box_numbers"))
        return TextBatch(ids, *rest)

    def prompts(self) -> list[Prompt]:
        found = []
        for row, length in enumerate(self.arrays["greedy_prompt_len"].tolist()):

            def take(name: str, row: int = row, length: int = length) -> Any:
                values = self.arrays.get(name)
                return None if values is None else values[row, :length].tolist()

            boxes = take("boxes")
            found.append(
                Prompt(
                    tuple(take("greedy_prompt_ids")),
                    tuple(take("greedy_prompt_token_type_ids")),
                    None if boxes is None else tuple(map(tuple, boxes)),
                    None if boxes is None else tuple(take("box_numbers")),
                )
            )
        return found

    def rules(self) -> DecodingRules:
        c = self.config
        names = ["eos", "pad", "q", "a", "e"] + (["noobject"] if "noobject" in c else [])
        return DecodingRules(
            stops=frozenset(c[name] for name in names),
            max_new_tokens=40 if "boxes" in self.arrays else 20,
            answer_segment=c["a"],
            explanation_segment=c["e"],
            because=c["because"],
            box_number=c.get("noobject"),
        )

    def expected(self) -> list[list[int]]:
        return [[i for i in row if i >= 0] for row in self.arrays["greedy_ids"].tolist()]


@pytest.fixture(scope="module")
def case(nlx_gpt: dict[str, Any]) -> Case:
    return Case(nlx_gpt)


def largest_difference(ours: torch.Tensor, expected: Any) -> float:
    return float((ours.detach() - torch.from_numpy(np.asarray(expected))).abs().max())


@torch.no_grad()
def test_inputs_are_the_published_ones(case: Case) -> None:
    positions = case.decoder.language.transformer.wpe.weight[: case.batch.ids.shape[1]]
    embedded = case.decoder.embed(case.batch) + positions
    assert largest_difference(embedded, case.arrays["embeds_in"]) <= TOLERANCE


@torch.no_grad()
def test_logits_and_loss_are_the_published_ones(case: Case) -> None:
    logits = case.decoder(case.batch, case.pictures)
    labels = torch.from_numpy(case.arrays["labels"])
    assert largest_difference(logits, case.arrays["logits"]) <= TOLERANCE
    assert compute_loss(logits, labels).item() == pytest.approx(
        float(case.arrays["loss"]), abs=1e-5
    )


@torch.no_grad()
def test_logits_and_loss_under_masks_are_the_published_ones(case: Case) -> None:
    logits = case.decoder(
        case.batch,
        case.pictures,
        mask=case.tensor("attention_mask"),
        picture_mask=case.tensor("encoder_attention_mask"),
    )
    labels = torch.from_numpy(case.arrays["labels"])
    assert largest_difference(logits, case.arrays["logits_masked"]) <= TOLERANCE
    assert compute_loss(logits, labels).item() == pytest.approx(
        float(case.arrays["loss_masked"]), abs=1e-5
    )


def test_gradients_have_the_published_lengths(case: Case) -> None:
    case.decoder.zero_grad()
    labels = torch.from_numpy(case.arrays["labels"])
    compute_loss(case.decoder(case.batch, case.pictures), labels).backward()
    own = dict(case.decoder.named_parameters(remove_duplicate=False))
    compared = 0
    for name, length in case.arrays.items():
        if not name.startswith("gradnorm/"):
            continue
        renamed = next(iter(rename_weights({name.removeprefix("gradnorm/"): torch.zeros(1)})))
        gradient = own[renamed].grad
        assert gradient is not None
        assert gradient.norm().item() == pytest.approx(float(length), rel=1e-3, abs=1e-5), name
        compared += 1
    assert compared > 20
    case.decoder.zero_grad()


def test_greedy_texts_are_the_published_ones(case: Case) -> None:
    prompts, rules = case.prompts(), case.rules()
    found = generate(case.decoder, prompts, case.pictures, [rules] * len(prompts))
    assert [list(one.ids) for one in found] == case.expected()


def test_nucleus_filtering_does_not_change_the_likeliest_word(case: Case) -> None:
    """The published code filters before it takes the maximum."""
    prompts, rules = case.prompts(), case.rules()
    settings = DecodingSettings(method="nucleus", top_k=1)
    found = generate(
        case.decoder, prompts, case.pictures, [rules] * len(prompts), settings=settings
    )
    assert [list(one.ids) for one in found] == case.expected()


def test_the_gaze_is_the_published_cross_attention(case: Case) -> None:
    """Behind a prompt, the first word's gaze is the last token's attention, averaged."""
    length = int(case.arrays["greedy_prompt_len"][0])
    is_given = (case.batch.ids[0, :length] == torch.tensor(case.prompts()[0].ids)).all()
    if not is_given:
        pytest.skip("this case decodes other prompts than the texts it is trained on")
    found = generate(
        case.decoder, case.prompts()[:1], case.pictures[:1], [case.rules()], gaze=True
    )[0]
    expected = case.arrays["cross_attn"][:, 0, :, length - 1].mean((0, 1))
    assert found.gaze is not None
    assert largest_difference(found.gaze[0], expected) <= 1e-5


def test_filtering_is_the_published_one(nlx_eval_math: dict[str, Any]) -> None:
    rows = zip(
        nlx_eval_math["filter_logits"],
        nlx_eval_math["filter_top_k"].tolist(),
        nlx_eval_math["filter_top_p"].tolist(),
        nlx_eval_math["filter_out"],
        strict=True,
    )
    for logits, top_k, top_p, expected in rows:
        kept = keep_likely(torch.from_numpy(logits), top_k=top_k, top_p=top_p)
        np.testing.assert_array_equal(kept.numpy(), expected)
