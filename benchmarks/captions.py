"""Captions that are edited: seewhy against the published steps, word by word.

python -m benchmarks.captions [--json FILE] [--threads N] [--pictures N] [--batch N]

EditNet and DCNet at their published size (D = 1024, 36 x 2048 features, 9,490 words). The peer
does what the published code does: pictures are decoded one at a time, everything that does not
change from word to word is computed again for each, and training sorts a batch by length and
reads it step by step. The networks know their captions by heart (output weights solved for, not
trained), so that beams have real lengths; both sides must give the same captions and losses.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.captions.beam_search import BeamSettings, search_captions
from seewhy.captions.dcnet import DCNet, DCNetConfig
from seewhy.captions.decoder import CaptionDecoder, Step
from seewhy.captions.editnet import EditNet, EditNetConfig
from seewhy.captions.ensemble import Ensemble
from seewhy.captions.inputs import CaptionInputs, caption_lengths, frame_captions, pad_captions
from seewhy.captions.losses import teacher_forced_loss
from seewhy.captions.self_critical import (
    SelfCriticalSettings,
    frame_references,
    score_words,
    self_critical_loss,
    self_critical_step,
)
from seewhy.scores.cider_reward import DocumentFrequencies
from seewhy.text.word_vocabulary import WordVocabulary

WORDS, BOXES, CHANNELS, BEAMS, MOST_STEPS, LONGEST = 9490, 36, 2048, 3, 51, 18
VOCABULARY = WordVocabulary(
    ("<pad>", *(f"w{number}" for number in range(WORDS - 4)), "<unk>", "<start>", "<end>")
)
Model = EditNet | DCNet


@dataclass(frozen=True)
class Still:
    """What the peer keeps of one or more pictures: inputs of every step, nothing computed."""

    features: Tensor
    hidden: Tensor
    memories: Tensor
    whole: Tensor
    mask: Tensor

    def take(self, rows: Tensor) -> Still:
        """Rows of all, copied."""
        return Still(*(value[rows] for value in vars(self).values()))


State = tuple[Tensor, Tensor, Tensor, Tensor]


def encode_plainly(model: Model, inputs: CaptionInputs) -> Still:
    """The existing captions, encoded."""
    assert inputs.features is not None
    assert inputs.caption is not None
    encoded = model.caption_encoder(inputs.caption)
    memories = encoded.hidden if encoded.memories is None else encoded.memories
    return Still(inputs.features, encoded.hidden, memories, encoded.whole, encoded.mask)


def cell(weights: Any, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Torch's own LSTM cell."""
    return torch.lstm_cell(
        x, state, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh
    )


def step_plainly(model: Model, words: Tensor, state: State, still: Still) -> tuple[Tensor, State]:
    """Logits of one step, everything computed anew, (rows, words)."""
    h1, c1, h2, c2 = state
    e = model.embed(words)
    parts = [e, still.whole, h2]
    if isinstance(model, EditNet):
        parts.append(still.features.mean(dim=1))
    h1, c1 = cell(model.attention_lstm, torch.cat(parts, dim=1), (h1, c1))
    look = model.caption_attention
    hidden = torch.tanh(look.cap_features_att(still.hidden) + look.cap_decoder_att(h1)[:, None])
    scores = look.cap_full_att(hidden).squeeze(2).masked_fill(~still.mask, -1e10)
    alpha = scores.softmax(dim=1)
    context = (alpha[..., None] * still.hidden).sum(dim=1)
    if isinstance(model, DCNet):
        h2, c2 = cell(model.language_lstm, torch.cat([h1, context], dim=1), (h2, c2))
        return model.fc(model.dropout(h2)), (h1, c1, h2, c2)
    gate = model.caption_attention.context_gate(torch.cat([e, h1, context], dim=1)).sigmoid()
    own = model.caption_attention.tc_affine(torch.cat([e, h1], dim=1)).tanh()
    gated = gate * model.caption_attention.sc_affine(context).tanh() + (1 - gate) * own
    see = model.visual_attention
    mapped = see.features_att(see.att_embed(still.features))
    scores = see.full_att((mapped + see.decoder_att(h1)[:, None]).relu()).squeeze(2)
    seen = (scores.softmax(dim=1)[..., None] * still.features).sum(dim=1)
    memory = model.select(still.memories, alpha)
    h2, c2, _ = model.copy_lstm(torch.cat([h1, gated, seen], dim=1), (h2, c2), memory)
    return model.fc(model.dropout(h2)), (h1, c1, h2, c2)


def start_plainly(rows: int) -> State:
    """All zeros."""
    zero = torch.zeros(rows, 1024)
    return zero, zero, zero, zero


@torch.no_grad()
def search_plainly(models: list[Model], inputs: CaptionInputs) -> list[list[int]]:
    """Beam search of one picture after another."""
    return [
        search_one(models, inputs.select(torch.tensor([number]))) for number in range(len(inputs))
    ]


def search_one(models: list[Model], picture: CaptionInputs) -> list[int]:
    """Beam search of one picture, with lists, as published."""
    k = BEAMS
    stills = [
        encode_plainly(model, picture).take(torch.zeros(k, dtype=torch.int64)) for model in models
    ]
    states = [start_plainly(k) for _ in models]
    said = torch.full((k, 1), VOCABULARY.start)
    totals, finished, scores = torch.zeros(k, 1), [], []
    for step in range(MOST_STEPS):
        chances = []
        for number, model in enumerate(models):
            logits, states[number] = step_plainly(
                model, said[:, -1], states[number], stills[number]
            )
            chances.append(logits.softmax(dim=1))
        grown = totals + torch.log(torch.stack(chances).mean(dim=0))
        best, places = (grown[0] if step == 0 else grown.view(-1)).topk(k)
        parents, words = places // WORDS, places % WORDS
        said = torch.cat([said[parents], words[:, None]], dim=1)
        going = [n for n, word in enumerate(words.tolist()) if word != VOCABULARY.end]
        for n in set(range(k)) - set(going):
            finished.append(said[n].tolist())
            scores.append(best[n].item())
        k = len(going)
        if k == 0:
            return finished[scores.index(max(scores))]
        rows = parents[going]
        said, totals = said[going], best[going][:, None]
        states = [(a[rows], b[rows], c[rows], d[rows]) for a, b, c, d in states]
        stills = [still.take(rows) for still in stills]
    return said[0].tolist()[:LONGEST]


def teach_plainly(model: Model, inputs: CaptionInputs, captions: Tensor) -> Tensor:
    """Cross-entropy step by step over a batch sorted by length."""
    lengths, order = (caption_lengths(captions) - 1).sort(descending=True)
    captions = captions[order]
    still = encode_plainly(model, inputs.select(order))
    state = start_plainly(len(captions))
    predictions = torch.zeros(len(captions), int(lengths[0]), WORDS)
    for step in range(int(lengths[0])):
        rows = int((lengths > step).sum())
        kept = torch.arange(rows)
        h1, c1, h2, c2 = (value[:rows] for value in state)
        logits, state = step_plainly(
            model, captions[:rows, step], (h1, c1, h2, c2), still.take(kept)
        )
        predictions[:rows, step] = logits
    chosen = torch.arange(predictions.shape[1]) < lengths[:, None]
    targets = captions[:, 1 : 1 + predictions.shape[1]]
    return F.cross_entropy(predictions[chosen], targets[chosen])


def say_plainly(
    model: Model, inputs: CaptionInputs, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Greedy captions, or drawn ones: words and log-probabilities, (batch, steps)."""
    still, state = encode_plainly(model, inputs), start_plainly(len(inputs))
    words, is_open = torch.full((len(inputs),), VOCABULARY.start), torch.ones(len(inputs)).bool()
    said, chances = [], []
    for _ in range(LONGEST):
        logits, state = step_plainly(model, words, state, still)
        log_probs = logits.log_softmax(dim=1)
        if generator is None:
            words = log_probs.argmax(dim=1)
        else:
            words = torch.multinomial(log_probs.detach().exp(), 1, generator=generator).squeeze(1)
        chances.append(log_probs.gather(1, words[:, None]).squeeze(1))
        is_open = is_open & (words != VOCABULARY.end) & (words != 0)
        words = words * is_open
        said.append(words)
        if not is_open.any():
            break
    return torch.stack(said, dim=1), torch.stack(chances, dim=1)


def reward_plainly(
    model: Model, inputs: CaptionInputs, references: Tensor, frequencies: DocumentFrequencies
) -> Tensor:
    """Self-critical loss of one sample a picture against the greedy caption."""
    with torch.no_grad():
        greedy, _ = say_plainly(model, inputs, None)
    drawn, log_probs = say_plainly(model, inputs, torch.Generator().manual_seed(1))
    scores = [score_words(words, references, frequencies) for words in (drawn, greedy)]
    return self_critical_loss(log_probs, drawn, scores[0] - scores[1])


def read(model: CaptionDecoder[Any, Any], inputs: CaptionInputs, captions: Tensor) -> list[Step]:
    """The steps of reading captions that are given."""
    return model.read(model.prepare(inputs), captions)


@torch.no_grad()
def memorize(model: Model, inputs: CaptionInputs, captions: Tensor, *, peak: float) -> None:
    """Output weights with which a model of random others says given captions."""
    steps = read(model, inputs, captions)
    outputs = torch.stack([step.output for step in steps], dim=1)
    targets = captions[:, 1 : 1 + outputs.shape[1]]
    rows, words = outputs[targets != 0].double(), targets[targets != 0]
    wanted = F.one_hot(words, WORDS).double() * peak
    gram = rows @ rows.T
    gram.diagonal().add_(1e-6 * gram.diagonal().mean())
    model.fc.weight.copy_((rows.T @ torch.linalg.solve(gram, wanted)).T)
    model.fc.bias.zero_()


def make_data(pictures: int) -> tuple[CaptionInputs, list[list[int]]]:
    """Random features, existing captions, and the captions they should become."""
    numbers = torch.Generator().manual_seed(0)
    features = torch.rand(pictures, BOXES, CHANNELS, generator=numbers)
    captions = [
        torch.randint(1, WORDS - 3, (length,), generator=numbers).tolist()
        for length in torch.randint(7, 13, (2 * pictures,), generator=numbers).tolist()
    ]
    inputs = CaptionInputs(features=features, caption=pad_captions(captions[:pictures]))
    return inputs, captions[pictures:]


def make_models(inputs: CaptionInputs, captions: Tensor, *, peak: float) -> list[Model]:
    """Both networks, knowing the captions by heart; without dropout, so that sides compare."""
    torch.manual_seed(0)
    models: list[Model] = [
        EditNet(EditNetConfig(vocabulary=WORDS, dropout=0.0)),
        DCNet(DCNetConfig(vocabulary=WORDS, dropout=0.0)),
    ]
    for model in models:
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lstm" in name and parameter.ndim == 2:
                    parameter.mul_(2)  # else all pictures look alike to random weights
        memorize(model.eval(), inputs, captions, peak=peak)
    return models


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds a call takes, and what it gives.

    On one thread, seconds of the processor: other programs on the machine do not change them.
    """
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    begin = clock()
    result = function()
    return clock() - begin, result


def decode(pictures: int) -> dict[str, Any]:
    """The ensemble's captions of all pictures."""
    inputs, wanted = make_data(pictures)
    captions = frame_captions(wanted, start=VOCABULARY.start, end=VOCABULARY.end)
    models = make_models(inputs, captions, peak=9.0)
    settings = BeamSettings(beams=BEAMS, compat="published")
    ensemble = Ensemble(models)
    ours, found = timed(lambda: search_captions(ensemble, inputs, VOCABULARY, settings).best())
    theirs, expected = timed(lambda: search_plainly(models, inputs))
    again, _ = timed(lambda: search_captions(ensemble, inputs, VOCABULARY, settings))
    same = sum(a == b for a, b in zip(found, expected, strict=True))
    if same < pictures:
        raise SystemExit(f"Only {same} of {pictures} pictures have the same caption.")
    words = sum(len(caption) - 2 for caption in found) / pictures
    note = f"{same}/{pictures} captions the same, {words:.1f} words"
    return make_row(f"ensemble, beam 3, {pictures} pictures", (ours + again) / 2, theirs, 8.0, note)


def train(batch: int) -> list[dict[str, Any]]:
    """A step of cross-entropy and one of self-critical training, of EditNet."""
    inputs, wanted = make_data(batch)
    captions = frame_captions(wanted, start=VOCABULARY.start, end=VOCABULARY.end)
    model = make_models(inputs, captions, peak=9.0)[0].train()
    references = frame_references([[caption] * 5 for caption in wanted])
    frequencies = DocumentFrequencies.count([[[*caption, 0]] for caption in wanted])
    draw = SelfCriticalSettings()

    def reward() -> Tensor:
        generator = torch.Generator().manual_seed(1)
        return self_critical_step(
            model, inputs, references, frequencies, VOCABULARY, draw, generator=generator
        )["loss"]

    steps: list[tuple[str, Callable[[], Tensor], Callable[[], Tensor]]] = [
        (
            f"XE step, batch {batch}",
            lambda: teacher_forced_loss(model, inputs, captions)["loss"],
            lambda: teach_plainly(model, inputs, captions),
        ),
        (
            f"SCST step, batch {batch}",
            reward,
            lambda: reward_plainly(model, inputs, references, frequencies),
        ),
    ]
    rows = []
    for name, ours, theirs in steps:
        timings = {"ours": 0.0, "theirs": 0.0}
        losses: dict[str, Tensor] = {}
        for _ in range(2):  # in turn
            for side, compute in (("ours", ours), ("theirs", theirs)):
                seconds, losses[side] = timed(lambda compute=compute: descend(model, compute))
                timings[side] += seconds / 2
        torch.testing.assert_close(losses["ours"], losses["theirs"], atol=1e-3, rtol=1e-3)
        note = f"loss {losses['ours'].item():.4f} of both"
        rows.append(make_row(name, timings["ours"], timings["theirs"], None, note))
    return rows


def descend(model: Model, compute: Callable[[], Tensor]) -> Tensor:
    """A loss and its gradients."""
    model.zero_grad(set_to_none=True)
    loss = compute()
    loss.backward()
    return loss.detach()


def make_row(
    name: str, ours: float, peer: float, target: float | None, note: str
) -> dict[str, Any]:
    """A line of the table."""
    return {
        "name": name,
        "ours_s": round(ours, 2),
        "peer": "published steps, word by word",
        "peer_s": round(peer, 2),
        "ratio": round(peer / ours, 2),
        "target": target,
        "note": note,
    }


def main() -> None:
    """Compare, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--batch", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [decode(options.pictures), *train(options.batch)]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items() if value is not None))
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {options.threads} threads"
        options.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
