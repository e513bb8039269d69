"""Answers with reasons, against decoding one at a time without a cache.

``python -m benchmarks.rationales [--json FILE] [--threads N]``: a decoder of distilGPT2's size
with random weights, 196 patches a picture, prompts of 12 tokens, 20 new tokens each. The peer
is what the released scripts do: one prompt at a time, and at each step the whole text through
the whole model again (transformers' own GPT-2). Both must write the same tokens.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seewhy.rationales.decoder import DecoderConfig, RationaleDecoder, TextBatch
from seewhy.rationales.decoding import generate
from seewhy.rationales.prompts import DecodingRules, Prompt

PATCHES, PROMPT, NEW, ANSWER, EXPLANATION, BECAUSE = 196, 12, 20, 50_259, 50_260, 780
RULES = DecodingRules(
    stops=frozenset(),  # so that each text has exactly NEW tokens
    max_new_tokens=NEW,
    answer_segment=ANSWER,
    explanation_segment=EXPLANATION,
    because=BECAUSE,
)
ROWS = ((1, 3.0, 4), (16, 10.0, 1))  # batch, target, repetitions of each measurement


def make_case(batch: int) -> tuple[RationaleDecoder, list[Prompt], Tensor]:
    """A decoder, prompts and pictures, the same each time."""
    torch.manual_seed(0)
    decoder = RationaleDecoder(DecoderConfig()).eval().requires_grad_(False)
    for name, parameter in decoder.named_parameters():  # larger ones, so that texts are varied
        if parameter.ndim == 2 and "wpe" not in name:
            parameter.mul_(3.0)
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 50_000, (batch, PROMPT), generator=generator).tolist()
    prompts = [Prompt(tuple(row), (ANSWER,) * PROMPT) for row in ids]
    return decoder, prompts, torch.randn(batch, PATCHES, 768, generator=generator)


@torch.no_grad()
def decode_plainly(
    decoder: RationaleDecoder, prompts: list[Prompt], pictures: Tensor
) -> list[tuple[int, ...]]:
    """One at a time, without a cache."""
    found = []
    for prompt, picture in zip(prompts, pictures, strict=True):
        ids, segments = list(prompt.ids), list(prompt.segments or ())
        for _ in range(NEW):
            batch = TextBatch(torch.tensor([ids]), torch.tensor([segments]))
            word = int(decoder(batch, picture[None])[0, -1].argmax())
            explains = word == BECAUSE or segments[-1] == EXPLANATION
            ids.append(word)
            segments.append(EXPLANATION if explains else ANSWER)
        found.append(tuple(ids[PROMPT:]))
    return found


def measure(run: Callable[[], Any]) -> float:
    """Seconds."""
    since = time.perf_counter()
    run()
    return time.perf_counter() - since


def compare(batch: int, target: float, repetitions: int) -> dict[str, Any]:
    """One row of the table; both in turn."""
    decoder, prompts, pictures = make_case(batch)

    def ours() -> list[tuple[int, ...]]:
        return [g.ids for g in generate(decoder, prompts, pictures, [RULES] * batch)]

    def peer() -> list[tuple[int, ...]]:
        return decode_plainly(decoder, prompts, pictures)

    written = ours()
    if written != peer():
        raise SystemExit(f"Batch {batch}: the two do not write the same tokens.")
    times = [(measure(ours), measure(peer)) for _ in range(repetitions)]
    ours_s, peer_s = (min(column) for column in zip(*times, strict=True))
    tokens = batch * NEW
    return {
        "name": f"greedy decoding, batch {batch}",
        "ours_s": round(ours_s, 4),
        "peer": "one at a time, no cache",
        "peer_s": round(peer_s, 4),
        "ratio": round(peer_s / ours_s, 2),
        "target": target,
        "note": f"{tokens / ours_s:.1f} against {tokens / peer_s:.1f} tokens/s, same ids, "
        f"{len({word for text in written for word in text})} different words",
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = [compare(*row) for row in ROWS]
    for row in rows:
        print(
            f"{row['name']:28} {row['ours_s']:8.3f} s   {row['peer']} {row['peer_s']:8.3f} s   "
            f"{row['ratio']:5.1f} x (target {row['target']:g})   {row['note']}"
        )
    if arguments.json:
        machine = {"cpu": platform.processor() or platform.machine(), "torch": torch.__version__}
        text = json.dumps({"machine": machine, "rows": rows}, indent=2)
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
