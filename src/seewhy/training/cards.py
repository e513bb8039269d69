"""Model cards of what seewhy bundles: the same facts as JSON and as a page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seewhy.results import library_versions

LICENSE = "Apache-2.0"


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a person has to know before using a bundled model."""

    name: str
    """As ``load_encoder`` knows it (``mini:clip-base``)."""
    summary: str
    """One sentence: what it is."""
    recipe: Mapping[str, Any]
    """Settings it was trained with; ``make minis`` trains it from these again."""
    seed: int
    data: Mapping[str, Any]
    """What it has seen, with the digest of the world it was drawn from."""
    scores: Mapping[str, float]
    """On pictures it has never seen, from 0 to 1."""
    parameters: int
    training_seconds: float
    limits: tuple[str, ...]
    """What it cannot do, in plain words."""
    command: str | None = None
    """What trains it again; ``None``: the pool's command with its name."""
    usage: str | None = None
    """Line of code that loads it; ``None``: as an encoder."""
    unit: str = "pairs"
    """What a batch of its training consists of."""

    def save(self, folder: str | Path) -> None:
        """Write ``card.json`` and ``README.md`` into the model's folder."""
        folder = Path(folder)
        plain = {**asdict(self), "license": LICENSE, "versions": library_versions()}
        text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        (folder / "card.json").write_text(text, encoding="utf-8")
        (folder / "README.md").write_text(write_page(self), encoding="utf-8")


def bundle_model(card: ModelCard, folder: Path, target: Path, files: Iterable[str]) -> None:
    """Put a trained model in its place, with its card.

    Args:
        card: of the model.
        folder: of the run that trained it.
        target: where the bundled model lies; made if it is not there.
        files: of the model, in ``folder``.
    """
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(folder / file, target / file)
    card.save(target)


def write_page(card: ModelCard) -> str:
    """The card as a Markdown page."""
    scores = "\n".join(f"| {name} | {100 * value:.1f} % |" for name, value in card.scores.items())
    data = "\n".join(f"- {name}: {value}" for name, value in card.data.items())
    limits = "\n".join(f"- {limit}" for limit in card.limits)
    loop = card.recipe["training"]
    pool = f"python -m seewhy.training.pool {card.name.removeprefix('mini:')}"
    return f"""# {card.name}

{card.summary}

```python
import seewhy

{card.usage or f'encoder = seewhy.load_encoder("{card.name}")'}
```

## Scores
On pictures it has never seen.

| score | value |
|---|---|
{scores}

## Data
{data}

## Training
{loop["steps"]} steps of {loop["batch_size"]} {card.unit} with the loss {card.recipe["loss"]}, \
seed {card.seed}, on one CPU thread in {card.training_seconds / 60:.0f} minutes. \
{card.parameters:,} parameters, stored in 16 bits. The whole recipe stands in `card.json`; \
`{card.command or pool}` trains it again.

## Limits
{limits}

License: {LICENSE}. Trained by the seewhy team; contains nothing but what we trained.
"""
