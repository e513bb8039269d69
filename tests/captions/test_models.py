"""Each model against its equations, written out one picture and one word at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from seewhy.captions.cells import CopyLSTMCell, PartwiseLSTMCell, SelectC
from seewhy.captions.decoder import CaptionDecoder
from seewhy.captions.editnet import EditNet, EditNetConfig
from seewhy.captions.inputs import CaptionInputs, frame_captions, pad_captions
from seewhy.captions.losses import (
    attribute_loss,
    count_attribute_words,
    cross_entropy,
    find_sampling,
    published_attribute_term,
    teacher_forced_loss,
)
from seewhy.captions.modification import ModificationConfig, ModificationNetwork
from seewhy.captions.sentence_embedding import DAN, read_glove
from seewhy.captions.up_down import UpDown
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, ShapeError

KINDS = ["editnet", "dcnet", "dcnet-mse", "modification", "up-down", "adaptive-attention"]


@pytest.fixture
def inputs() -> CaptionInputs:
    numbers = torch.Generator().manual_seed(0)
    return CaptionInputs(
        features=torch.randn(3, 4, 6, generator=numbers),
        caption=pad_captions([[1, 2, 3], [4], [5, 6]]),
        sentence=torch.randn(3, 5, generator=numbers),
        attributes=torch.tensor([[1, 2], [3, 4], [5, 6]]),
    )


@pytest.fixture
def captions(vocabulary) -> Tensor:
    given = [[1, 2, 3, 4], [5], [6, 7]]
    return frame_captions(given, start=vocabulary.start, end=vocabulary.end)


def lstm(cell: nn.LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    plain = nn.LSTMCell(cell.input_size, cell.hidden_size)
    plain.load_state_dict(cell.state_dict())
    return plain(x, (h, c))


def up_down_by_definition(model: UpDown, values: Tensor, words: list[int]) -> Tensor:
    h1 = c1 = h2 = c2 = torch.zeros(1, model.config.dim)
    logits = []
    for word in words:
        e = model.embed.embedding.weight[word].relu()[None]
        x = torch.cat([h2, values.mean(0, keepdim=True), e], dim=1)
        h1, c1 = lstm(model.attention_lstm, x, h1, c1)
        look = model.attention
        keys = (look.features_att(values) + look.decoder_att(h1)).relu()
        beta = look.full_att(keys).squeeze(1).softmax(0)
        h2, c2 = lstm(model.language_lstm, torch.cat([(beta @ values)[None], h1], 1), h2, c2)
        logits.append(model.fc(h2)[0])
    return torch.stack(logits)


@torch.no_grad()
def test_up_down_follows_its_equations(make_model, inputs, captions) -> None:
    model = make_model("up-down").model
    found = model(inputs, captions)
    for row in range(3):
        words = [int(w) for w in captions[row] if w][:-1]
        expected = up_down_by_definition(model, inputs.features[row], words)
        torch.testing.assert_close(found[row, : len(words)], expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_adaptive_attention_follows_its_equations(make_model, inputs, captions) -> None:
    model = make_model("adaptive-attention").model
    found = model(inputs, captions)
    steps = model.read(model.prepare(inputs), captions)
    for row in range(3):
        values = model.map_regions(inputs.features[row]).relu()
        whole = model.map_whole(inputs.features[row].mean(0, keepdim=True)).relu()
        h = c = torch.zeros(1, model.config.dim)
        for step, word in enumerate([int(w) for w in captions[row] if w][:-1]):
            x = torch.cat([model.embedding.weight[word][None], whole], dim=1)
            gate = (model.x_gate(x) + model.h_gate(h)).sigmoid()
            h, c = lstm(model.lstm, x, h, c)
            sentinel = gate * c.tanh()
            seen = torch.cat([values, sentinel])
            keys = torch.cat([model.region_key(values), model.sentinel_key(sentinel)])
            alpha = model.score((keys + model.query(h)).tanh()).squeeze(1).softmax(0)
            context = (alpha @ seen)[None]
            out = model.context_hidden(context + model.h_affine(h).tanh()).tanh()
            torch.testing.assert_close(found[row, step], model.fc(out)[0], atol=1e-5, rtol=0)
            assert float(steps[step].trace.gate[row]) == pytest.approx(float(alpha[-1]), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_word_reads_only_what_is_before_it_and_its_own_picture(
    make_model, inputs, captions, kind
) -> None:
    model: CaptionDecoder = make_model(kind).model
    whole = model(inputs, captions)
    changed = captions.clone()
    changed[0, 3:] = 9
    torch.testing.assert_close(model(inputs, changed)[0, :3], whole[0, :3], atol=1e-6, rtol=0)
    alone = model(inputs.select(torch.tensor([1])), captions[1:2, :3])
    torch.testing.assert_close(alone[0], whole[1, :2], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["editnet", "modification", "up-down", "adaptive-attention"])
@torch.no_grad()
def test_padding_boxes_change_nothing(make_model, inputs, captions, kind) -> None:
    from dataclasses import replace

    model = make_model(kind).model
    padded = torch.cat([inputs.features, torch.zeros(3, 3, 6)], dim=1)
    more = replace(inputs, features=padded, num_boxes=torch.tensor([4, 4, 4]))
    torch.testing.assert_close(model(more, captions), model(inputs, captions), atol=1e-5, rtol=0)
    with pytest.raises(InvalidArgumentError, match=r"num_boxes must be from 1 to 7"):
        model(replace(more, num_boxes=torch.tensor([4, 8, 0])), captions)


def test_a_closed_copy_gate_gives_an_ordinary_lstm_and_an_open_one_the_memory() -> None:
    torch.manual_seed(0)
    cell = CopyLSTMCell(3, 4)
    x, h, c, memory = torch.randn(2, 3), *torch.randn(3, 2, 4)
    for bias, expected in ((-60.0, None), (60.0, memory)):
        with torch.no_grad():
            cell.gate_cmem.bias.fill_(bias)
            _, found, k = cell(x, (h, c), memory)
            plain = nn.LSTMCell(3, 4)
            plain.load_state_dict(
                {
                    "weight_ih": cell.x2h.weight,
                    "weight_hh": cell.h2h.weight,
                    "bias_ih": cell.x2h.bias,
                    "bias_hh": cell.h2h.bias,
                }
            )
            ordinary = plain(x, (h, c))[1]
        torch.testing.assert_close(found, ordinary if expected is None else expected)
        assert k.mean() == pytest.approx(float(bias > 0), abs=1e-6)


def test_partwise_cell_is_the_ordinary_one() -> None:
    torch.manual_seed(0)
    cell = PartwiseLSTMCell((2, 3), 4)
    x, (h, c) = torch.randn(5, 5), torch.randn(2, 5, 4)
    weights = cell.split_weights()
    gates = x[:, :2] @ weights[0].T + x[:, 2:] @ weights[1].T + cell.bias_ih
    for found, expected in zip(cell(gates, (h, c)), lstm(cell, x, h, c), strict=True):
        torch.testing.assert_close(found, expected)


def test_the_gradient_of_the_choice_goes_to_the_winner_alone() -> None:
    memories = torch.randn(2, 3, 4, requires_grad=True)
    alpha = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], requires_grad=True)
    chosen = SelectC()(memories, alpha)
    assert torch.equal(chosen[0], memories[0, 1])  # exactly, not within an ulp
    weight = torch.randn(2, 4)
    (chosen * weight).sum().backward()
    expected = torch.zeros(2, 3)
    expected[0, 1], expected[1, 0] = weight[0] @ memories[0, 1], weight[1] @ memories[1, 0]
    torch.testing.assert_close(alpha.grad, expected.detach())


def test_published_dropout_of_regions_is_drawn_for_each_word(inputs) -> None:
    """With the words alike, only a mask of each word's own can make steps differ in attention."""
    for compat, are_same in (("default", True), ("published", False)):
        torch.manual_seed(0)
        config = EditNetConfig(vocabulary=12, dim=8, attention_dim=4, feature_dim=6)
        attention = EditNet(config, compat=compat).visual_attention.train()  # pyright: ignore[reportArgumentType]
        regions = attention.prepare(inputs)
        first, second = (attention(regions, torch.ones(3, 8))[1] for _ in range(2))
        assert torch.allclose(first, second) == are_same


def test_published_masks_drop_boxes_that_map_to_zero() -> None:
    config = EditNetConfig(vocabulary=12, dim=8, attention_dim=4, feature_dim=6)
    weights = {}
    for compat in ("default", "published"):
        torch.manual_seed(0)
        attention = EditNet(config, compat=compat).visual_attention.eval()  # pyright: ignore[reportArgumentType]
        nn.init.ones_(attention.att_embed[0].weight)
        nn.init.zeros_(attention.att_embed[0].bias)
        features = torch.tensor([1.0, -1.0, 0.0]).view(1, 3, 1).expand(1, 3, 6).contiguous()
        given = CaptionInputs(features=features, num_boxes=torch.tensor([2]))
        weights[compat] = attention(attention.prepare(given), torch.ones(1, 8))[1][0].tolist()
    assert weights["published"] == pytest.approx([1, 0, 0], abs=1e-6)
    assert 0.01 < weights["default"][1] < 0.99
    assert weights["default"][2] == pytest.approx(0, abs=1e-6)


def test_locked_dropout_is_one_mask_for_all_words_and_for_training_alone(inputs, captions) -> None:
    sizes = {"dim": 8, "embedding_dim": 8, "sentence_dim": 5, "feature_dim": 6}
    torch.manual_seed(0)
    config = ModificationConfig(vocabulary=14, **sizes)
    model = ModificationNetwork(config)
    model.eval()
    assert torch.equal(model(inputs, captions), model(inputs, captions))
    published = ModificationNetwork(config, compat="published").eval()
    published.load_state_dict(model.state_dict())
    assert not torch.equal(published(inputs, captions), published(inputs, captions))
    everything = torch.ones(3, 8)
    torch.testing.assert_close(
        published(inputs, captions, lock=everything), model(inputs, captions)
    )
    model.train()
    context = model.prepare(inputs)
    steps = model.read(context, captions)
    for step in steps:
        off = context.lock == 0
        assert (step.state.h1[off] == 0).all()
        assert (step.state.h2[off] == 0).all()
    assert set(context.lock.unique().tolist()) == {0.0, 2.0}


def test_scheduled_sampling_reads_the_models_own_words(make_model, inputs, captions) -> None:
    model = make_model("dcnet", seed=3).model
    generator = torch.Generator().manual_seed(0)
    plain, sampled = (
        model(inputs, captions),
        model(inputs, captions, sampling=1.0, generator=generator),
    )
    torch.testing.assert_close(sampled[:, 0], plain[:, 0])
    assert not torch.allclose(sampled[:, 1:], plain[:, 1:], atol=1e-3)
    with torch.no_grad():  # a model that is sure of itself reads what it says
        model.fc.weight.mul_(1e4)
        own, before = [], torch.full((3,), int(captions[0, 0]))
        context = model.prepare(inputs)
        state = model.start(context)
        for _ in range(5):
            chances, state = model.advance(before, state, context)
            before = chances.argmax(-1)
            own.append(before)
        said = model(inputs, captions, sampling=1.0, generator=generator).argmax(-1)
    assert torch.equal(said, torch.stack(own, dim=1))
    assert [find_sampling(n) for n in (0, 4, 5, 10, 25, 99)] == [0, 0, 0.05, 0.1, 0.25, 0.25]


def test_cross_entropy_is_the_mean_over_words(captions) -> None:
    torch.manual_seed(0)
    logits = torch.randn(3, 5, 14)
    total, count = 0.0, 0
    for row in range(3):
        words = [int(w) for w in captions[row] if w]
        for step, word in enumerate(words[1:]):
            total -= float(logits[row, step].log_softmax(0)[word])
            count += 1
    assert float(cross_entropy(logits, captions)) == pytest.approx(total / count, abs=1e-5)
    with pytest.raises(ShapeError, match="3 captions and 2 steps"):
        cross_entropy(logits[:, :2], captions)


def test_the_attribute_loss_falls_as_attributes_get_likely(captions) -> None:
    attributes = torch.tensor([[1, 2], [5, 5], [9, 9]])
    flat = torch.zeros(3, 5, 14)
    logits = flat.clone().requires_grad_()
    sure = nn.functional.one_hot(torch.tensor([1, 2, 5, 5, 5]), 14).float().expand(3, 5, 14) * 99
    assert attribute_loss(sure, captions, attributes) < attribute_loss(flat, captions, attributes)
    # row 0 says two of its attributes in 5 steps, and 5 is none of them; row 1 has 2 steps
    expected = torch.exp(torch.tensor(-2 / 3 * (2 + 0 + 0) / 3))
    torch.testing.assert_close(attribute_loss(sure, captions, attributes), expected)
    attribute_loss(logits, captions, attributes).backward()
    assert (logits.grad[0, 0, [1, 2]] < 0).all()
    said = torch.tensor([[1, 2, 5], [5, 1, 5], [3, 3, 3]])
    assert float(count_attribute_words(said, attributes)) == pytest.approx(4 / 3)
    assert published_attribute_term(0.0) == pytest.approx(0.4)
    assert published_attribute_term(5.0) == 0.0
    with pytest.raises(ShapeError):
        count_attribute_words(said, attributes[:2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_learns_captions_by_heart(make_model, inputs, captions, kind) -> None:
    model = make_model(kind, dropout=0.0).model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(100):
        loss = teacher_forced_loss(model, inputs, captions)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 < losses[0]


def test_inputs_that_do_not_fit_are_refused(make_model, inputs, captions) -> None:
    from dataclasses import replace

    editnet, modify = make_model("editnet").model, make_model("modification").model
    for model, given, error, match in (
        (editnet, replace(inputs, features=None), InvalidArgumentError, "features= is missing"),
        (
            editnet,
            replace(inputs, features=torch.ones(3, 4, 5)),
            ShapeError,
            r"\(batch, boxes, 6\)",
        ),
        (editnet, replace(inputs, caption=None), InvalidArgumentError, "caption= is missing"),
        (
            editnet,
            replace(inputs, caption=inputs.caption + 20),
            InvalidArgumentError,
            "has 14 words",
        ),
        (modify, replace(inputs, sentence=None), InvalidArgumentError, "sentence= is missing"),
        (modify, replace(inputs, sentence=torch.ones(3, 4)), ShapeError, r"\(batch, 5\)"),
        (modify, replace(inputs, attributes=torch.tensor([[99]] * 3)), InvalidArgumentError, "99"),
    ):
        with pytest.raises(error, match=match):
            model(given, captions)
    with pytest.raises(ShapeError, match="with <start> and <end>"):
        editnet(inputs, captions[:, :1])
    with pytest.raises(InvalidArgumentError, match="dim must be at least 1, got 0"):
        EditNetConfig(vocabulary=5, dim=0)


def test_sentence_vectors_do_not_depend_on_the_batch(vocabulary, tmp_path) -> None:
    torch.manual_seed(0)
    network = DAN(14, 7, 5)
    alone, padded = network(torch.tensor([[1, 2]])), network(torch.tensor([[1, 2, 0, 0]]))
    torch.testing.assert_close(alone, padded)
    published = network(torch.tensor([[1, 2, 0, 0]]), compat="published")
    assert not torch.allclose(published, alone, atol=1e-4)
    assert network(torch.zeros(1, 3).long()).shape == (1, 5)
    path = tmp_path / "glove.txt"
    path.write_text("cat 1 2 3\nzebra 4 5 6\n", encoding="utf-8")
    table = read_glove(path, vocabulary)
    assert table[vocabulary.numbers["cat"]].tolist() == [1, 2, 3]
    assert table.abs().max() <= 3
    assert not DAN.from_glove(path, vocabulary, 5).embedding_dan.weight.requires_grad
    for text, match in (
        ("cat 1 2\ndog 1\n", "line 2: 1 numbers where 2"),
        ("cat a b\n", "not numbers"),
        ("", "empty"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataFormatError, match=match):
            read_glove(path, vocabulary)
    with pytest.raises(MissingFileError):
        read_glove(tmp_path / "none.txt", vocabulary)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16], ids=["bf16", "fp16"])
@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_gives_nearly_the_same(
    make_model, inputs, captions, kind, precision
) -> None:
    model = make_model(kind, dropout=0.0).model
    expected = teacher_forced_loss(model, inputs, captions)["loss"]
    expected.backward()
    gradient = model.get_parameter(next(iter(dict(model.named_parameters())))).grad.clone()
    model.zero_grad()
    with torch.autocast("cpu", precision):
        found = teacher_forced_loss(model, inputs, captions)["loss"]
    found.backward()
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=0.02)
    again = model.get_parameter(next(iter(dict(model.named_parameters())))).grad
    assert (again - gradient).abs().max() <= 0.1 * gradient.abs().max()


@torch.no_grad()
def test_boxes_are_masked_in_half_precision_too(make_model, inputs, captions) -> None:
    from dataclasses import replace

    for kind in ("editnet", "modification", "up-down", "adaptive-attention"):
        model = make_model(kind).model
        padded = torch.cat([inputs.features, torch.zeros(3, 2, 6)], dim=1)
        more = replace(inputs, features=padded, num_boxes=torch.tensor([4, 4, 4]))
        with torch.autocast("cpu", torch.float16):
            found = model(more, captions)
        torch.testing.assert_close(found.float(), model(inputs, captions), atol=0.2, rtol=0.05)
