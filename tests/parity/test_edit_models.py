"""The caption editors against the published code: cells, attention, logits, gradients, losses."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seewhy.captions.attention import CaptionAttention, GatedCaptionAttention, VisualAttention
from seewhy.captions.caption_encoders import (
    CaptionEncoder,
    EncodedCaption,
    TwoWayCaptionEncoder,
    make_mask,
)
from seewhy.captions.cells import CopyLSTMCell, LSTMCellC, SelectC
from seewhy.captions.dcnet import DCNet, DCNetConfig, DCNetWithMSE
from seewhy.captions.decoder import CaptionDecoder, WordEmbedding
from seewhy.captions.editnet import EditNet, EditNetConfig
from seewhy.captions.inputs import CaptionInputs
from seewhy.captions.losses import (
    count_attribute_words,
    cross_entropy,
    ending_loss,
    teacher_forced_loss,
)
from seewhy.captions.modification import ModificationConfig, ModificationNetwork
from seewhy.captions.modification_parts import pool_resnet
from seewhy.captions.sentence_embedding import DAN, read_glove
from seewhy.text.word_vocabulary import WordVocabulary

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDENS = Path(os.environ.get("SEEWHY_GOLDENS", REPOSITORY.parent / "shared" / "goldens")) / "edit"
BOUND = 1e-5


class Case:
    """One golden."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.arrays = dict(file)

    def __getitem__(self, name: str) -> Tensor:
        return torch.from_numpy(self.arrays[name])

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Arrays under a prefix, without it."""
        prefix += "/"
        found = {n.removeprefix(prefix): self[n] for n in self.arrays if n.startswith(prefix)}
        assert found, prefix
        return found

    def inputs(self, prefix: str = "in") -> CaptionInputs:
        """What a model is given."""
        names = {
            "features": "image_features",
            "num_boxes": "num_boxes",
            "image_mean": "image_mean",
            "sentence": "sentence_embed",
            "attributes": "attributes",
        }
        found = {field: self[key] for field, n in names.items() if (key := f"{prefix}/{n}") in self}
        if f"{prefix}/previous_caption" in self:
            lengths = self[f"{prefix}/prev_caplen"].squeeze(1)
            found["caption"] = cut(self[f"{prefix}/previous_caption"], lengths)
        return CaptionInputs(**found)

    def captions(self) -> Tensor:
        """The right captions, as long as the case says."""
        return cut(self["in/captions"], self["in/caplens"].squeeze(1))


def cut(words: Tensor, lengths: Tensor) -> Tensor:
    return words * make_mask(lengths, words.shape[1])


def cases(area: str) -> pytest.MarkDecorator:
    """Runs a test over every golden of an area."""
    files = sorted(GOLDENS.glob(f"*_{area}.npz"))
    if files:
        ids = [path.stem for path in files]
        return pytest.mark.parametrize("case", files, ids=ids, indirect=True)
    skip = pytest.mark.skip(reason=f"no goldens at {GOLDENS}/*_{area}.npz (set SEEWHY_GOLDENS)")
    missing = pytest.param(None, id=f"no-{area}", marks=skip)
    return pytest.mark.parametrize("case", [missing], indirect=True)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def assert_near(found: Tensor, expected: Tensor, bound: float = BOUND) -> None:
    torch.testing.assert_close(found.detach(), expected.to(found.dtype), atol=bound, rtol=0)


def load(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    module.load_state_dict(dict(weights))
    module.eval()


def without_dropout(module: nn.Module) -> None:
    """Training mode, as the goldens' gradients were taken: all dropout off."""
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    module.train()


def assert_gradients(module: nn.Module, expected: Mapping[str, Tensor]) -> None:
    found = {n: p.grad for n, p in module.named_parameters() if p.grad is not None}
    assert set(found) == set(expected)
    for name, gradient in found.items():
        assert gradient is not None
        assert_near(gradient, expected[name])


def assert_predictions(logits: Tensor, case: Case, prefix: str = "out") -> None:
    """Logits in the published order, sorted by length, zero past each row's end."""
    order, lengths = case["out/sort_ind"], case["out/decode_lengths"]
    found = logits[order] * make_mask(lengths, logits.shape[1])[..., None]
    assert_near(found, case[f"{prefix}/predictions"])
    sorted_captions = case["in/captions"][order]
    assert torch.equal(sorted_captions, case["out/captions_sorted"])


@cases("copylstm")
def test_the_copy_cell_and_its_gradients(case: Case) -> None:
    weights = case.part("param")
    width, dim = weights["x2h.weight"].shape[1], len(weights["gate_cnew.bias"])
    cell = CopyLSTMCell(width, dim)
    load(cell, weights)
    given = {name: case[f"in/{name}"].requires_grad_() for name in ("x", "h", "c", "c_memory")}
    h, c, _ = cell(given["x"], (given["h"], given["c"]), given["c_memory"])
    assert_near(h, case["out/h"])
    assert_near(c, case["out/c"])
    (h * case["in/loss_wh"]).sum().add((c * case["in/loss_wc"]).sum()).backward()
    for name, value in given.items():
        assert value.grad is not None
        assert_near(value.grad, case[f"gradin/{name}"])
    if any(name.startswith("grad/") for name in case.arrays):
        assert_gradients(cell, case.part("grad"))
    plain = LSTMCellC(width, dim)
    load(plain, case.part("lstmcellc_param"))
    h, c = plain(case["in/x"], (case["in/h"], case["in/c"]))
    assert_near(h, case["lstmcellc_out/h"])
    assert_near(c, case["lstmcellc_out/c"])


@cases("scma")
def test_the_choice_of_a_memory_and_its_straight_gradient(case: Case) -> None:
    memories, logits = (case[f"in/{name}"].requires_grad_() for name in ("memories", "logits"))
    alpha = logits.softmax(dim=-1)
    alpha.retain_grad()
    assert_near(alpha, case["in/alpha"])
    selected = SelectC()(memories, alpha)
    assert_near(selected, case["out/selected"])
    assert_near(SelectC()(memories, alpha, soft=True), case["out/selected_soft"])
    (selected * case["in/loss_w"]).sum().backward()
    for value, name in ((memories, "memories"), (alpha, "alpha"), (logits, "logits")):
        assert value.grad is not None
        assert_near(value.grad, case[f"gradin/{name}"])


def check_encoded(encoded: EncodedCaption, case: Case, hidden: str) -> None:
    width = case[f"out/{hidden}"].shape[1]
    assert_near(encoded.hidden[:, :width], case[f"out/{hidden}"])
    assert_near(encoded.whole, case["out/final_hidden"])
    assert torch.equal(encoded.mask[:, :width].float(), case["out/mask"])


@cases("caption_encoder_editnet")
def test_the_encoder_with_memories(case: Case) -> None:
    weights = case.part("param")
    dim, width = weights["affine_hn.weight"].shape[0], weights["embed.embedding.weight"].shape[1]
    embed = WordEmbedding(len(weights["embed.embedding.weight"]), width)
    encoder = CaptionEncoder(embed, width, dim)
    load(encoder, weights)
    encoded = encoder(cut(case["in/seq"], case["in/seq_len"].squeeze(1)))
    check_encoded(encoded, case, "hidden_states")
    assert encoded.memories is not None
    expected = case["out/memory_states"]
    assert_near(encoded.memories[:, : expected.shape[1]], expected)


@cases("caption_encoder_dcnet")
def test_the_encoder_both_ways_and_its_attention(case: Case) -> None:
    weights = case.part("param")
    width = weights["embed.embedding.weight"].shape[1]
    dim = weights["lstm_encoder.weight_hh_l0"].shape[1]
    embed = WordEmbedding(len(weights["embed.embedding.weight"]), width)
    encoder = TwoWayCaptionEncoder(embed, width, dim)
    load(encoder, weights)
    encoded = encoder(cut(case["in/src"], case["in/src_len"].squeeze(1)))
    check_encoded(encoded, case, "outputs")
    attention_weights = case.part("param_att")
    A, caption_dim = attention_weights["cap_features_att.weight"].shape
    attention = CaptionAttention(
        caption_dim, attention_weights["cap_decoder_att.weight"].shape[1], A
    )
    load(attention, attention_weights)
    context, _ = attention.attend(attention.prepare(encoded), case["in/decoder_hidden"])
    assert_near(context, case["out/attention_context"])


@cases("attentions_editnet")
def test_attention_over_caption_and_regions(case: Case) -> None:
    weights = case.part("param")
    parts = {
        name: {k.removeprefix(f"{name}."): v for k, v in weights.items() if k.startswith(name)}
        for name in ("caption_attention", "visual_attention")
    }
    A, dim = parts["caption_attention"]["cap_decoder_att.weight"].shape
    width = parts["caption_attention"]["tc_affine.weight"].shape[1] - dim
    attention = GatedCaptionAttention(width, dim, A)
    load(attention, parts["caption_attention"])
    hidden, mask = case["in/caption_features"], case["in/mask"].bool()
    keys = attention.prepare(EncodedCaption(hidden, None, hidden[:, 0], mask))
    gated, alpha = attention(keys, case["in/decoder_hidden"], case["in/word"])
    assert_near(gated, case["out/gated_context"])
    assert_near(alpha, case["out/alpha_c"])
    size = parts["visual_attention"]["att_embed.0.weight"].shape
    looking = VisualAttention(size[1], size[0], A)
    load(looking, parts["visual_attention"])
    regions = looking.prepare(CaptionInputs(features=case["in/image_features"]))
    context, _ = looking(regions, case["in/decoder_hidden"])
    assert_near(context, case["out/visual_context"])


def build_editnet(case: Case, prefix: str = "param", *, compat: str = "default") -> EditNet:
    weights = case.part(prefix)
    model = EditNet(EditNetConfig.from_weights(weights), compat=compat)  # pyright: ignore[reportArgumentType]
    load(model, weights)
    return model


def build_dcnet(case: Case, prefix: str = "param") -> DCNet:
    weights = case.part(prefix)
    model = DCNet(DCNetConfig.from_weights(weights))
    load(model, weights)
    return model


@cases("editnet_forward")
def test_editnet_step_by_step(case: Case) -> None:
    model, order = build_editnet(case), case["out/sort_ind"]
    inputs = case.inputs().select(order)  # the published code sorts by length
    steps = model.read(model.prepare(inputs), case.captions()[order])
    numbers = {int(n[4 : n.index("/")]) for n in case.arrays if n.startswith("step")}
    assert numbers
    for number in numbers:
        step, prefix = steps[number], f"step{number}"
        rows = len(case[f"{prefix}/attention_lstm/h1"])  # those that are not at their end
        for name, found in (
            ("attention_lstm/h1", step.state.h1),
            ("attention_lstm/c1", step.state.c1),
            ("caption_attention/alpha_c", step.trace.words),
            ("copy_lstm/h2", step.state.h2),
            ("copy_lstm/c2", step.state.c2),
        ):
            expected = case[f"{prefix}/{name}"]
            width = expected.shape[1]
            assert found is not None
            assert_near(found[:rows, :width], expected)


@cases("editnet_forward")
def test_editnet_logits_loss_and_gradients(case: Case) -> None:
    model = build_editnet(case)
    assert_predictions(model(case.inputs(), case.captions()), case)
    without_dropout(model)
    loss = teacher_forced_loss(model, case.inputs(), case.captions())["loss"]
    assert_near(loss, case["out/loss"])
    loss.backward()
    assert_gradients(model, case.part("grad"))
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    assert_near(norm, case["out/grad_norm_before_clip"])


@cases("editnet_adaptive")
def test_editnet_on_a_varying_number_of_boxes(case: Case) -> None:
    model = build_editnet(case, compat="published")
    inputs, captions, order = case.inputs(), case.captions(), case["out/sort_ind"]
    assert_predictions(model(inputs, captions), case)
    _, q, r = model.forward_with_endings(inputs, captions)
    assert_near(q[order], case["out/decoder_last_hidden"])
    assert_near(r[order], case["out/gd_final_hidden"])
    regions = model.visual_attention.prepare(inputs)
    context, _ = model.visual_attention(regions, case["in/decoder_hidden"])
    assert_near(context, case["out/visual_context"])


@cases("dcnet_forward")
def test_dcnet_logits_loss_and_gradients(case: Case) -> None:
    model = build_dcnet(case)
    assert_predictions(model(case.inputs(), case.captions()), case)
    without_dropout(model)
    loss = teacher_forced_loss(model, case.inputs(), case.captions())["loss"]
    assert_near(loss, case["out/loss"])
    loss.backward()
    assert_gradients(model, case.part("grad"))


@cases("dcnet_mse")
def test_dcnet_with_the_second_term(case: Case) -> None:
    weights = case.part("param")
    inner = {n.removeprefix("dae."): v for n, v in weights.items() if n.startswith("dae.")}
    model = DCNetWithMSE(DCNet(DCNetConfig.from_weights(inner)))
    load(model, weights)
    without_dropout(model)
    inputs, captions, order = case.inputs(), case.captions(), case["out/sort_ind"]
    _, q, r = model.forward_with_endings(inputs, captions)
    assert_near(q[order], case["out/decoder_last_hidden"])
    assert_near(r[order], case["out/gd_final_hidden"])
    losses = ending_loss(model, inputs, captions)
    for found, name in (("cross_entropy", "ce"), ("mse", "mse"), ("loss", "loss")):
        assert_near(losses[found], case[f"out/{name}"])
    losses["loss"].backward()
    assert_gradients(model, case.part("grad"))


def build_modification(case: Case, *, prefix: str, is_resnet: bool) -> ModificationNetwork:
    weights = case.part(prefix)
    config = ModificationConfig.from_weights(weights)
    config = ModificationConfig(**{**vars(config), "is_last_global": is_resnet})
    model = ModificationNetwork(config)
    load(model, weights)
    return model


@pytest.fixture(
    params=[pytest.param(path, id=path.stem) for path in sorted(GOLDENS.glob("*_lookmodify_*.npz"))]
    or [pytest.param(None, id="no-lookmodify", marks=pytest.mark.skip(reason="no goldens"))]
)
def lookmodify(request: pytest.FixtureRequest) -> tuple[Case, bool]:
    return Case(request.param), request.param.stem.endswith("resnet")


def test_the_modification_network(lookmodify: tuple[Case, bool]) -> None:
    case, is_resnet = lookmodify
    model = build_modification(case, prefix="param", is_resnet=is_resnet)
    inputs, captions, order = case.inputs(), case.captions(), case["out/sort_ind"]
    lock = torch.empty_like(case["in/locked_mask_sorted_order"])
    lock[order] = case["in/locked_mask_sorted_order"]
    free, locked = model(inputs, captions), model(inputs, captions, lock=lock)
    assert_predictions(free, case, "out/nomask")
    assert_predictions(locked, case, "out/locked")
    for logits, kind in ((free, "nomask"), (locked, "locked")):
        mask = make_mask(case["out/decode_lengths"], logits.shape[1])
        expected = case[f"out/{kind}/prd_mtx"]
        assert torch.equal(logits[order].argmax(dim=-1) * mask, expected * mask)
    loss = cross_entropy(locked, captions)
    assert_near(loss, case["out/locked/loss"])
    loss.backward()
    assert_gradients(model, case.part("grad"))


def test_the_parts_of_the_modification_network(lookmodify: tuple[Case, bool]) -> None:
    case, is_resnet = lookmodify
    model = build_modification(case, prefix="param", is_resnet=is_resnet)
    x, (h, c) = case["cell_in/x"], (case["cell_in/h"], case["cell_in/c"])
    cell = model.top_down_attention
    h2, mean, e, s = x.split(cell.lstm_cell.parts, dim=1)
    (h1, c1), sentinel = cell(h2, e, (h, c), cell.prepare(mean, s))
    assert_near(h1, case["cell_out/h"])
    assert_near(c1, case["cell_out/c"])
    assert_near(sentinel, case["cell_out/sentinel"])
    inputs = case.inputs()
    context = model.prepare(inputs)
    known, _ = model.residual_gating(
        context.sentence, context.mapped_sentence, case["cell_out/sentinel"]
    )
    assert_near(known, case["cell_out/known"])
    v_hat, _ = model.attention(context.values, context.projected, case["cell_out/h"], None)
    assert_near(v_hat, case["cell_out/context"])
    decoded = model.decode_attributes(inputs, context.values)
    assert_near(decoded, case["cell_out/attributes_decoded"])


def test_how_often_attributes_are_said(lookmodify: tuple[Case, bool]) -> None:
    case, _ = lookmodify
    attributes, order = case["in/attributes"], case["out/sort_ind"]
    words = case["out/nomask/prd_mtx"]
    for given, name in ((attributes, "unsorted"), (attributes[order], "sorted")):
        expected = float(case[f"out/attr_freq_{name}_attrs"])
        assert float(count_attribute_words(words, given)) == pytest.approx(expected, abs=1e-6)


@cases("resnet_pooling")
def test_pooling_of_a_map(case: Case) -> None:
    assert_near(pool_resnet(case["in/feature_map"]), case["out/image_features"])


@cases("dan")
def test_the_averaging_network_and_its_word_vectors(case: Case, tmp_path: Path) -> None:
    network = DAN.from_weights(case.part("param"))
    found = network(case["in/word_ids"], compat="published")
    assert_near(found, case["out/embedding"])
    vocabulary = WordVocabulary.from_word_map(json.loads(str(case.arrays["meta/wordmap_json"])))
    text = str(case.arrays["meta/glove_txt"])
    (tmp_path / "glove.txt").write_text(text, encoding="utf-8")
    table = read_glove(tmp_path / "glove.txt", vocabulary)
    in_glove = [line.split()[0] for line in text.splitlines()]
    known = [vocabulary.numbers[word] for word in in_glove if word in vocabulary]
    assert_near(table[known], network.embedding_dan.weight[known])
    assert table.shape == network.embedding_dan.weight.shape


def test_every_model_is_a_caption_decoder() -> None:
    for kind in (EditNet, DCNet, DCNetWithMSE, ModificationNetwork):
        assert issubclass(kind, CaptionDecoder)
