from __future__ import annotations

import json

import pytest
import torch

from seewhy.errors import InvalidArgumentError, WeightsError
from seewhy.rationales.derivation.language_models import Message
from seewhy.rationales.derivation.local_model import LocalModel
from seewhy.rationales.derivation.recipes import ImageNetXRecipe
from seewhy.rationales.derivation.run import RunSettings, derive
from seewhy.rationales.derivation.sources import ClassItem

SAID = '{"explanations": ["it has fins and a tail", "it swims in clear water"]}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny GPT-2 of letters with random weights, as a Hugging Face folder."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, "<end>"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=len(wrapped), n_positions=1536, n_embd=48, n_layer=1, n_head=2,
                bos_token_id=wrapped.eos_token_id, eos_token_id=wrapped.eos_token_id,
                resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            )
        )  # fmt: skip
    path = tmp_path_factory.mktemp("model")
    model.save_pretrained(path)
    wrapped.save_pretrained(path)
    return path


def test_a_local_model_goes_on_with_a_conversation(folder):
    model = LocalModel.from_pretrained(folder, max_new_tokens=12)
    first = model.complete([Message("user", "hello")], schema={})
    assert first.prompt_tokens == len("hello\n\n")
    assert 1 <= first.completion_tokens <= 12
    assert model.complete([Message("user", "hello")], schema={}) == first
    drawn = [
        LocalModel.from_pretrained(folder, max_new_tokens=30, temperature=1.0, seed=seed)
        .complete([Message("user", "hello")], schema={})
        .text
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_run_with_a_model_that_cannot_write_json_counts_it(folder, tmp_path):
    model = LocalModel.from_pretrained(folder, max_new_tokens=8)
    items = [ClassItem("n1", "tench", ("a.jpg",)), ClassItem("n2", "carp", ("b.jpg",))]
    report = derive(items, ImageNetXRecipe(), model, tmp_path, settings=RunSettings(tries=1))
    assert (report.done, report.rows) == (2, 0)
    assert report.rejects == {"malformed": 2}
    assert report.completion_tokens <= 16
    assert report.cost is None


def test_a_run_with_a_model_that_can(folder, tmp_path):
    model = LocalModel.from_pretrained(folder)
    learn_by_heart(model, ImageNetXRecipe(count=2), ClassItem("n1", "tench", ("a.jpg",)))
    items = [ClassItem("n1", "tench", ("a.jpg",))]
    report = derive(items, ImageNetXRecipe(count=2), model, tmp_path)
    assert report.rows == 2
    assert report.repeated == 0
    rows = [json.loads(line) for line in report.path.read_text().splitlines()]
    assert [row["explanation"] for row in rows] == json.loads(SAID)["explanations"]


def learn_by_heart(model, recipe, item):
    """Train the tiny model until it gives the one answer to the one prompt."""
    network, tokenizer = model.model, model.tokenizer
    prompt = model._encode([recipe.ask(item)])
    answer = tokenizer(SAID)["input_ids"] + [tokenizer.eos_token_id]
    ids = torch.tensor([prompt + answer])
    labels = ids.clone()
    labels[:, : len(prompt)] = -100
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        loss = network(ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.02:
            return
    raise AssertionError(f"not learned: {loss}")


def test_what_a_local_model_cannot_do_is_told(folder, tmp_path):
    model = LocalModel.from_pretrained(folder)
    with pytest.raises(InvalidArgumentError, match="sees no pictures"):
        model.complete([Message("user", "x", (tmp_path / "a.jpg",))], schema={})
    with pytest.raises(InvalidArgumentError, match="leaves no room"):
        model.complete([Message("user", "x" * 2000)], schema={})
    with pytest.raises(WeightsError, match="cannot be loaded"):
        LocalModel.from_pretrained(tmp_path / "none")
