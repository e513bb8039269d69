"""Write docs/minis.md from the bundled models' cards, so that its figures cannot be wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seewhy.encoders.mini import MINIS_FOLDER

INTRODUCTION = """# Bundled models

Small models that come with the package, so that everything works without a download. Each has a
card with recipe, seed, data and scores in its folder, `src/seewhy/minis/NAME/README.md`;
`seewhy models list` shows them. `make help-pages` makes this page from the cards.

The ones named `clip-...` know the [small world](world.md) and nothing else. They form a pool that
differs in architecture, size, loss and data, so that a study over models has something to find.
The ones named `photo-...` were trained from scratch on a few thousand photographs; they are very
small, and honest about it.
"""
TABLES = (
    (
        "Dual encoders of the small world",
        ("zero-shot", "zero-shot held-out", "text_to_image@1", "text_to_image@10"),
        "Zero-shot accuracy over all 29 classes on 1,000 unseen scenes, the same on combinations "
        "of class and color that no training scene has, and recall of one picture out of 1,000 "
        "by its caption.",
    ),
    (
        "For photographs",
        ("text_to_image@1", "text_to_image@10", "CIFAR-10 zero-shot", "ImageNet zero-shot top-5"),
        "Recall of one of 1,000 Flickr8k test photographs by each of its captions (chance at 10: "
        "1 %); CIFAR-10 (chance 10 %); one photograph of each of 1,000 ImageNet classes (chance "
        "0.5 %).",
    ),
    (
        "Without labels",
        ("nearest neighbors", "linear probe", "nearest neighbors, untrained"),
        "Image encoders that were never told what anything is. Share of unseen pictures whose "
        "class 20 nearest neighbors, or a linear classifier, find from their pooled features, and "
        "the same of the network before training: 29 classes on the world, 10 on CIFAR-10.",
    ),
    (
        "Answers with reasons",
        ("accuracy", "true reasons", "accuracy vqa-x", "accuracy e-snli-ve"),
        "Share of right answers to questions about unseen scenes, the mean over seven tasks; share "
        "of reasons all of whose claims are true of the scene; two of the tasks.",
    ),
    (
        "Captions that are edited",
        ("flaws repaired", "right words kept", "right captions left alone"),
        "Captions of unseen scenes, flawed in one way each, and right ones, of which a good editor "
        "changes nothing.",
    ),
    (
        "Captions",
        ("true captions", "CIDEr-D / 10"),
        "Share of captions of unseen scenes that are true, and a tenth of CIDEr-D.",
    ),
)


def write_page(cards: Sequence[dict[str, Any]]) -> str:
    """The page about models with these cards."""
    sections = [INTRODUCTION]
    for title, columns, meaning in TABLES:
        mine = [card for card in cards if set(columns) <= set(card["scores"])]
        if not mine:
            continue
        mine.sort(key=lambda card: -card["scores"][columns[0]])
        head = ["model", "what it is", "parameters", *columns]
        rows = [
            [
                f"`{card['name']}`",
                card["summary"],
                f"{card['parameters'] / 1e6:.1f} M",
                *(f"{card['scores'][column]:.1%}" for column in columns),
            ]
            for card in mine
        ]
        lines = [head, ["---"] * len(head), *rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        sections.append(f"## {title}\n\n{meaning}\n\n{table}\n")
    return "\n".join(sections)


def main() -> None:
    """Write the page."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/minis.md")
    cards = [json.loads(p.read_text("utf-8")) for p in sorted(MINIS_FOLDER.glob("*/card.json"))]
    path.write_text(write_page(cards), encoding="utf-8")


if __name__ == "__main__":
    main()
