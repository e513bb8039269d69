"""How many pictures of the small world are drawn in a second, by one process and by two.

python -m benchmarks.world [--json FILE] [--pictures N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

from seewhy.world.stream import stream_scenes

SIZES = (64, 96, 224, 512)
TARGET = 150  # pictures of 96 px a second, on two cores


def main() -> None:
    """Check that both ways draw the same, time them in turn, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--pictures", type=int, default=1500, help="pictures of 96 px to draw")
    arguments = parser.parse_args()
    check_same_pictures()
    rows = [row for size in SIZES for row in time_size(size, arguments.pictures)]
    print(describe_machine())
    print_rows(rows)
    if arguments.json:
        report = {"machine": describe_machine(), "rows": rows}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def check_same_pictures() -> None:
    """Stop unless one process and two draw the very same pictures."""
    alone = stream_scenes("train", size=64, count=64)
    together = stream_scenes("train", size=64, count=64, workers=2)
    for (scene, drawing), (other_scene, other) in zip(alone, together, strict=True):
        if scene != other_scene or not np.array_equal(drawing.image, other.image):
            raise SystemExit(f"Scene {scene.seed} differs between one process and two.")


def time_size(size: int, pictures: int) -> list[dict[str, Any]]:
    """Rows of one size: without masks, with masks; two processes against one."""
    count = max(round(pictures * (96 / size) ** 1.5), 256)
    rows = []
    for masks in (False, True):
        one = time_stream(size, count, masks, workers=0)
        two = time_stream(size, count, masks, workers=2)
        rows.append(
            {
                "name": f"{size} px{', with masks' if masks else ''}",
                "ours_s": round(two / count, 6),
                "peer": "seewhy in one process",
                "peer_s": round(one / count, 6),
                "ratio": round(one / two, 2),
                "target": f"{TARGET} pictures/s" if size == 96 and not masks else None,
                "note": f"seconds a picture; {count / two:.0f} pictures/s by two processes, "
                f"{count / one:.0f} by one",
            }
        )
    return rows


def time_stream(size: int, count: int, masks: bool, *, workers: int) -> float:
    """Seconds to draw scenes, from when the first ones have come (processes are up by then)."""
    head = 128 if workers else 4
    stream = stream_scenes("train", size=size, count=head + count, masks=masks, workers=workers)
    for _ in range(head):
        next(stream)
    start = time.perf_counter()
    drawn = sum(1 for _ in stream)
    seconds = time.perf_counter() - start
    if drawn != count:
        raise SystemExit(f"The stream gave {drawn} scenes instead of {count}.")
    return seconds


def describe_machine() -> str:
    """Cores, processor, Python and load, for whoever reads the numbers."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    cores = f"{os.cpu_count()} cores, {platform.machine()}"
    return f"{cores}, Python {platform.python_version()}, {load}"


def print_rows(rows: list[dict[str, Any]]) -> None:
    """The rows as a table."""
    print(f"{'':24}{'one process':>14}{'two processes':>16}{'gain':>8}   target")
    for row in rows:
        one, two = 1 / row["peer_s"], 1 / row["ours_s"]
        print(
            f"{row['name']:24}{one:>12.0f}/s{two:>14.0f}/s{row['ratio']:>7.2f}x"
            f"   {row['target'] or ''}"
        )


if __name__ == "__main__":
    main()
