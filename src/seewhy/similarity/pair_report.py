"""All that several methods found out about one pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seewhy.errors import InvalidArgumentError
from seewhy.results import Provenance, Result
from seewhy.similarity.explanation import PairExplanation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class PairReport(Result):
    """Why an encoder finds two pictures alike, by several methods."""

    explanations: tuple[PairExplanation, ...]

    @property
    def score(self) -> float:
        """Cosine of the two embeddings."""
        return self.explanations[0].score

    @property
    def names(self) -> tuple[str, str]:
        """What the pictures are called."""
        return self.explanations[0].names

    @property
    def provenance(self) -> Provenance:
        """Where all of it came from; settings are with each explanation."""
        return replace(self.explanations[0].provenance, settings={})

    def figure(self) -> Figure:
        """A column for each method, both pictures below another."""
        from seewhy.similarity.figures import draw_report

        return draw_report(self)

    def save(self, folder: str | Path) -> Path:
        """Write each explanation to a folder of its name, and ``figure.png`` of all.

        In it: ``result.json``, ``arrays.npz`` with the raw maps, ``figure.png``.
        """
        folder = Path(folder)
        for found in self.explanations:
            found.save(folder / found.method)
        (folder / "figure.png").write_bytes(self.to_png())
        return folder


def gather(explanations: Iterable[PairExplanation]) -> PairReport:
    """One report of what several methods found out about one pair.

    Raises:
        InvalidArgumentError: if there is none.
    """
    found = tuple(explanations)
    if not found:
        raise InvalidArgumentError("A report needs at least one explanation, got none.")
    return PairReport(found)


def summarize(found: PairExplanation) -> dict[str, Any]:
    """An explanation without its arrays, as JSON would hold it: what maps span, and where."""
    maps = []
    for each in found.maps:
        top, left = np.unravel_index(int(np.nanargmax(each.values)), each.values.shape)
        maps.append(
            {
                "view": each.view,
                "shape": list(each.values.shape),
                "lowest": float(np.nanmin(each.values)),
                "highest": float(np.nanmax(each.values)),
                "highest_cell": [int(top), int(left)],
            }
        )
    made = [{"title": each.title, "steps": len(each.loss)} for each in found.made]
    return {"method": found.method, "maps": maps, "made": made}
