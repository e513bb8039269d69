"""Explaining similarities: seewhy against the published way, captum and Quantus, side by side.

python -m benchmarks.similarity [--json FILE] [--threads N] [--stride N] [--steps N]
    [--clock cpu] [--only WORD ...]

Networks have random weights and see 224 pixels: ResNet-50, or ViT-B/16 where a row says so. Both
sides of a row run in turn, and must give the same before their times are compared. captum and
Quantus are compared where they are installed (``pip install captum quantus``), and named as
missing where they are not. ``--stride 8 --steps 224`` is what was published, and takes long.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seewhy.encoders.modules import wrap_module
from seewhy.encoders.preprocessing import Preprocessing
from seewhy.encoders.residual_network import ResidualNetwork, ResidualNetworkConfig
from seewhy.encoders.vision_transformer import VisionTransformer, VisionTransformerConfig
from seewhy.similarity.averaged_transforms import average_gradients, find_shares, mix_pictures
from seewhy.similarity.model import PairModel
from seewhy.similarity.occlusion import OcclusionSettings, occlude, occlude_context_agnostic
from seewhy.similarity.pair import Pair
from seewhy.similarity.pairwise_occlusion import PairwiseSettings, occlude_pairwise
from seewhy.similarity.passes import Effort
from seewhy.similarity.ranks import correlate_ranks
from seewhy.similarity.sweeps import SweepSettings, sweep_pair

SIDE, WINDOW, PUBLISHED_BATCH = 224, 64, 32
Row = dict[str, Any]


class PooledNetwork(nn.Module):
    """A ResNet-50 and the mean of its last map."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = ResidualNetwork(ResidualNetworkConfig())

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width) → (batch, 2048)."""
        return self.trunk(pixels).mean((2, 3))


def make_model(kind: str) -> PairModel:
    """ResNet-50 (``convnet``) or ViT-B/16 (``vit``) with random weights."""
    torch.manual_seed(0)
    if kind == "convnet":
        network: nn.Module = PooledNetwork()
    else:
        config = VisionTransformerConfig(
            size=SIDE, patch=16, width=768, depth=12, heads=12, stem="patch"
        )
        network = VisionTransformer(config, dim=512)
    wanted = Preprocessing(size=(SIDE, SIDE), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    return PairModel(wrap_module(network.eval().requires_grad_(False), preprocessing=wanted))


def draw_views(count: int = 2) -> Tensor:
    """Smooth random pictures (count, 3, height, width), normalized; all a little alike."""
    numbers = torch.Generator().manual_seed(1)
    coarse = torch.randn(count, 3, 14, 14, generator=numbers)
    fine = torch.randn(count, 3, SIDE, SIDE, generator=numbers)
    return F.interpolate(coarse, (SIDE, SIDE), mode="bicubic") + 0.3 * fine


def make_pair(model: PairModel, **effort: Any) -> Pair:
    """Two pictures before an encoder, with nothing known of them yet."""
    first, second = draw_views().split(1)
    return Pair(model, first, second, effort=Effort(**effort))


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


class Clock:
    """Seconds of calls: of the wall, or of the processor where others use the machine too."""

    kind = "wall"

    @classmethod
    def time(cls, function: Callable[[], Any]) -> tuple[float, Any]:
        """Seconds a call takes, and what it gives."""
        now = CLOCKS[cls.kind]
        begin = now()
        result = function()
        return now() - begin, result


def require(name: str, worst: float, allowed: float) -> None:
    """Stop where both sides differ."""
    if not worst <= allowed:
        raise SystemExit(f"{name}: ours differs from the peer by {worst:g}, allowed {allowed:g}.")


# The published way


def build_masks(stride: int) -> Tensor:
    """One mask (1, height, width) for each window, 0 inside."""
    starts = range(0, SIDE - WINDOW + 1, stride)
    masks = torch.ones(len(starts) ** 2, 1, SIDE, SIDE)
    for mask, (top, left) in zip(masks, [(t, s) for t in starts for s in starts], strict=True):
        mask[:, top : top + WINDOW, left : left + WINDOW] = 0
    return masks


@torch.no_grad()
def occlude_as_published(model: PairModel, stride: int, *, alone: bool = False) -> np.ndarray:
    """Both raw maps: all masked pictures are built, then encoded in batches of 32."""
    network, views, masks = model.encoder.module, draw_views(), build_masks(stride)

    def encode(pictures: Tensor) -> Tensor:
        return torch.cat([network(batch) for batch in pictures.split(PUBLISHED_BATCH)])

    clean, maps = network(views), []
    pictures = views[:, None] * masks  # (2, windows, 3, height, width)
    for view in (0, 1):
        hidden, other = encode(pictures[view]), clean[1 - view][None]
        if alone:
            apart = encode(views[view] * (1 - masks)) - hidden
            maps.append(F.cosine_similarity(apart, other))
        else:
            before = F.cosine_similarity(clean[view][None], other)
            maps.append(before - F.cosine_similarity(hidden, other))
    return torch.stack(maps).numpy()


@torch.no_grad()
def occlude_with_captum(model: PairModel, stride: int, batch: int) -> np.ndarray:
    """Both maps in pixels by captum, whose score is the cosine to the other picture."""
    from captum.attr import Occlusion

    network, views, maps = model.encoder.module, draw_views(), []
    clean = network(views)
    for view in (0, 1):
        other = clean[1 - view][None]
        occlusion = Occlusion(
            lambda pixels, other=other: F.cosine_similarity(network(pixels), other)
        )
        found = occlusion.attribute(
            views[view][None],
            sliding_window_shapes=(3, WINDOW, WINDOW),
            strides=(3, stride, stride),
            baselines=0.0,
            perturbations_per_eval=batch,
        )
        maps.append(found[0, 0])
    return torch.stack(maps).numpy()


@torch.no_grad()
def sweep_as_published(model: PairModel, maps: np.ndarray, step: int) -> dict[str, np.ndarray]:
    """The six curves of a pair, each by itself; every step encodes both pictures."""
    from seewhy.similarity.sweeps import blur

    network, views = model.encoder.module, draw_views()
    places = torch.from_numpy(np.stack([(-m).ravel().argsort().argsort() for m in maps]))
    places = places.view(2, 1, SIDE, SIDE)
    reached = torch.arange(0, SIDE * SIDE + step, step)

    def change(view: int, kind: str) -> Tensor:
        picture = views[view][None]
        begin, end = (blur(picture), picture) if kind == "insertion" else (picture, 0 * picture)
        return torch.where(places[view] < reached.view(-1, 1, 1, 1), end, begin)

    def encode(pictures: Tensor) -> Tensor:
        return torch.cat([network(batch) for batch in pictures.split(8)])

    curves = {}
    for kind in ("insertion", "deletion"):
        for name, changed in (("simultaneous", (0, 1)), ("first", (0,)), ("second", (1,))):
            sides = [
                change(view, kind)
                if view in changed
                else views[view].expand(len(reached), -1, -1, -1)
                for view in (0, 1)
            ]
            curves[f"{kind} {name}"] = F.cosine_similarity(
                encode(sides[0]), encode(sides[1])
            ).numpy()
    return curves


def average_as_published(model: PairModel, mixed: Tensor) -> tuple[Tensor, Tensor]:
    """Mean gradients of the first picture and of the others, pair by pair."""
    slopes = [torch.zeros_like(mixed[:1]), torch.zeros_like(mixed[:1])]
    for other in mixed[1:].split(1):
        inputs = [each.clone().requires_grad_() for each in (mixed[:1], other)]
        score = F.cosine_similarity(*map(model.encoder.module, inputs))
        for total, slope in zip(slopes, torch.autograd.grad(score.sum(), inputs), strict=True):
            total += slope / (len(mixed) - 1)
    return slopes[0], slopes[1]


def flip_with_quantus(model: PairModel, views: Tensor, maps: np.ndarray, step: int) -> np.ndarray:
    """Deletion curves of pictures, compared with the picture beside each, by Quantus.

    Quantus deletes single channels, so many at a time that they divide the number of pixels: every
    third of its steps is one of ours.
    """
    import quantus

    network = model.encoder.module
    with torch.no_grad():
        clean = F.normalize(network(views))
    partners = [number ^ 1 for number in range(len(views))]

    class Similarities(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: Tensor) -> Tensor:
            return F.normalize(self.network(pixels)) @ clean.T

    metric = quantus.PixelFlipping(
        features_in_step=step,
        perturb_baseline=0.0,
        normalise=False,
        disable_warnings=True,
    )
    curves = metric(
        model=Similarities().eval(),
        x_batch=views.numpy(),
        y_batch=np.array(partners),
        a_batch=maps[:, None],
        channel_first=True,
        softmax=False,
        device="cpu",
        batch_size=len(views),
    )
    return np.array(curves)[:, 2::3]


# The rows


def compare_occlusion(options: argparse.Namespace) -> Iterator[Row]:
    """Conditional occlusion, exact and in half precision, against both peers."""
    model, stride = make_model("convnet"), options.stride
    settings = OcclusionSettings(window=WINDOW, stride=stride, fill=0.0, num_checks=0)

    def run(precision: Any) -> Any:
        return occlude(make_pair(model, precision=precision), settings).maps

    run("float32")  # the trial of the network is behind us
    ours, found = Clock.time(lambda: run("float32"))
    theirs, wanted = Clock.time(lambda: occlude_as_published(model, stride))
    half, rounded = Clock.time(lambda: run("bf16"))
    values, fast = (np.stack([m.values.ravel() for m in each]) for each in (found, rounded))
    worst = float(np.abs(values - wanted).max())
    require("Conditional occlusion", worst, 1e-4)
    windows = f"{values.size} windows"
    memory = [measure_memory(side, options) for side in ("ours", "published")]
    note = f"{windows}; largest difference {worst:.1e}; extra memory {memory[0]:.0f} MB against "
    note += f"{memory[1]:.0f} MB, target a tenth"
    yield make_row("conditional occlusion, exact", ours, "published way", theirs, 1.25, note)
    ranks = [correlate_ranks(a, b) for a, b in zip(fast, wanted, strict=True)]
    note = f"rank correlation with the exact maps {ranks[0]:.3f} and {ranks[1]:.3f}"
    yield make_row("conditional occlusion, bf16", half, "published way", theirs, 2.5, note)
    if find_spec("captum") is None:
        yield skip_row("conditional occlusion against captum", "captum")
        return
    batches = {size: Clock.time(lambda size=size: occlude_with_captum(model, WINDOW, size))[0]
               for size in (4, 8, 16, 32)}  # fmt: skip
    best = min(batches, key=lambda size: batches[size])
    theirs, pixels = Clock.time(lambda: occlude_with_captum(model, stride, best))
    worst = float(max(np.abs(m.to_pixels() - p).max() for m, p in zip(found, pixels, strict=True)))
    require("captum's occlusion", worst, 1e-4)
    note = f"{best} pictures a pass, the best of {', '.join(map(str, batches))}"
    yield make_row("conditional occlusion, exact", ours, "captum", theirs, 1.25, note)


def compare_sharing(options: argparse.Namespace) -> Iterator[Row]:
    """What several methods share."""
    model = make_model("convnet")
    settings = OcclusionSettings(window=WINDOW, stride=options.stride, fill=0.0)
    make_pair(model).encode_boxes(1, [(0, 0, 8, 8)], fill=0.0)

    def both() -> Any:
        pair = make_pair(model)
        return occlude(pair, settings), occlude_context_agnostic(pair, settings)

    ours, (_, found) = Clock.time(both)
    dearer, _ = Clock.time(lambda: occlude_context_agnostic(make_pair(model), settings))
    theirs, wanted = Clock.time(lambda: occlude_as_published(model, options.stride, alone=True))
    worst = max(
        float(np.abs(m.values.ravel() - w).max()) for m, w in zip(found.maps, wanted, strict=True)
    )
    require("Context-agnostic occlusion", worst, 1e-4)
    note = f"against the published way of the second alone: {theirs / ours:.2f}"
    yield make_row("conditional and context-agnostic occlusion", ours, "the second alone",
                   dearer, 1.0, note)  # fmt: skip
    every, matched = (
        PairwiseSettings(pairs=pairs, num_masks=options.masks) for pairs in ("all", "matched")
    )
    ours, joint = Clock.time(lambda: occlude_pairwise(make_pair(model), every))
    theirs, _ = Clock.time(lambda: occlude_pairwise(make_pair(model), matched))
    note = f"{joint.interaction.size} joint drops instead of {options.masks}"
    yield make_row("all pairs of random masks", ours, "matched pairs", theirs, 1.0, note)


def compare_transformer(options: argparse.Namespace) -> Iterator[Row]:
    """Tokens left out against windows painted over."""
    model = make_model("vit")

    boxes = OcclusionSettings(window=WINDOW, stride=8).place((SIDE, SIDE)).boxes()
    boxes = boxes if options.stride == 8 else boxes[: 4 * 21]  # the first rows; fewer are alike

    def run(mode: Any) -> np.ndarray:
        pair = make_pair(model, batch_size=8)
        hidden = pair.encode_boxes(1, boxes, fill=0.0, mode=mode)
        return F.cosine_similarity(hidden, pair.embeddings[1]).numpy()

    ours, found = Clock.time(lambda: run("fast"))
    theirs, wanted = Clock.time(lambda: run("exact"))
    note = f"{len(boxes)} windows, stride 8; rank correlation {correlate_ranks(found, wanted):.3f}"
    yield make_row("ViT-B/16, tokens left out", ours, "windows painted over", theirs, 2.0, note)


def draw_maps(count: int = 2) -> np.ndarray:
    """Smooth random heat maps (count, height, width), no two values equal."""
    numbers = torch.Generator().manual_seed(3)
    coarse = torch.rand(count, 1, 7, 7, generator=numbers, dtype=torch.float64)
    smooth = F.interpolate(coarse, (SIDE, SIDE), mode="bilinear")[:, 0]
    return (smooth + 1e-9 * torch.rand(smooth.shape, generator=numbers)).numpy()


def compare_sweeps(options: argparse.Namespace) -> Iterator[Row]:
    """The six numbers of a pair, and deletion against Quantus."""
    model, step = make_model("convnet"), -(-SIDE * SIDE // options.steps)
    settings = SweepSettings(step=step, fill=0.0)
    make_pair(model).encode(draw_views())

    def sweep_both() -> dict[str, np.ndarray]:
        pair, maps = make_pair(model), draw_maps()
        sweeps = [sweep_pair(pair, (maps[0], maps[1]), kind, settings)
                  for kind in ("insertion", "deletion")]  # fmt: skip
        names = ("simultaneous", "first", "second")
        return {f"{each.kind} {name}": getattr(each, name) for each in sweeps for name in names}

    ours, found = Clock.time(sweep_both)
    theirs, wanted = Clock.time(lambda: sweep_as_published(model, draw_maps(), step))
    worst = max(float(np.abs(found[name] - wanted[name]).max()) for name in wanted)
    require("Insertion and deletion", worst, 1e-4)
    note = f"{options.steps} steps; largest difference {worst:.1e}"
    yield make_row("six insertion and deletion areas", ours, "one by one", theirs, 2.0, note)
    if find_spec("quantus") is None:
        yield skip_row("deletion of 8 pictures", "quantus")
        return
    views, maps = draw_views(8), draw_maps(8)

    def delete(precision: Any) -> np.ndarray:
        curves = []
        for number in range(0, 8, 2):
            pair = Pair(model, *views[number : number + 2].split(1),
                        effort=Effort(precision=precision))  # fmt: skip
            swept = sweep_pair(pair, (maps[number], maps[number + 1]), "deletion", settings)
            curves += [swept.first[1:], swept.second[1:]]
        return np.stack(curves)

    ours, found = Clock.time(lambda: delete("float32"))
    theirs, wanted = Clock.time(lambda: flip_with_quantus(model, views, maps, step))
    half, rounded = Clock.time(lambda: delete("bf16"))
    worst = float(np.abs(found - wanted).max())
    require("Quantus", worst, 1e-4)
    note = f"largest difference {worst:.1e}; its steps are of single channels"
    yield make_row("deletion of 8 pictures", ours, "Quantus pixel flipping", theirs, 2.5, note)
    note = f"largest difference {np.abs(rounded - wanted).max():.1e}"
    yield make_row("deletion of 8 pictures, bf16", half, "Quantus pixel flipping", theirs, 2.5,
                   note)  # fmt: skip


def compare_averaged(_options: argparse.Namespace) -> Iterator[Row]:
    """Averaged transforms, ten pictures on the way."""
    model, views = make_model("convnet"), draw_views()
    mixed = mix_pictures(views[:1], views[1:], find_shares(0.1, reaches_end=False))
    ours, found = Clock.time(lambda: average_gradients(model, mixed))
    theirs, wanted = Clock.time(lambda: average_as_published(model, mixed))
    again, _ = Clock.time(lambda: average_gradients(model, mixed))
    worst = max(
        float((a - b).abs().max() / b.abs().max()) for a, b in zip(found, wanted, strict=True)
    )
    require("Averaged transforms", worst, 1e-3)
    note = f"10 passes instead of 18; largest relative difference {worst:.1e}"
    yield make_row("averaged transforms", min(ours, again), "pair by pair", theirs, 2.2, note)


def measure_memory(side: str, options: argparse.Namespace) -> float:
    """Extra memory of one side at stride 8 in a process of its own, in MB."""
    command = [sys.executable, "-m", "benchmarks.similarity", "--memory", side]
    command += ["--threads", str(options.threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_for_memory(side: str) -> None:
    """Print by how much memory grows at most, in MB; passes after the first two add nothing."""
    model = make_model("convnet")
    network, views = model.encoder.module, draw_views()
    with torch.no_grad():
        network(views[:1])
        make_pair(model).encode_boxes(1, [(0, 0, 8, 8)], fill=0.0)  # the trial of the network
        with watching_memory() as sizes:
            if side == "ours":
                boxes = OcclusionSettings(window=WINDOW, stride=8).place((SIDE, SIDE)).boxes()
                make_pair(model).encode_boxes(1, boxes[200:248], fill=0.0)
            else:
                pictures = (views[:, None] * build_masks(8)).flatten(0, 1)
                for batch in pictures.split(PUBLISHED_BATCH)[:2]:
                    network(batch)
    print((max(sizes) - sizes[0]) / 2**20)


@contextmanager
def watching_memory() -> Iterator[list[int]]:
    """Bytes in memory every few milliseconds while the block runs, those before it first."""
    statistics, page = Path("/proc/self/statm"), resource.getpagesize()
    sizes, is_over = [int(statistics.read_text().split()[1]) * page], Event()

    def watch() -> None:
        while not is_over.wait(0.005):
            sizes.append(int(statistics.read_text().split()[1]) * page)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield sizes
    finally:
        is_over.set()
        watcher.join()


def make_row(
    name: str, ours: float, peer: str, theirs: float, target: float | None, note: str
) -> Row:
    """One line of the table."""
    return {
        "name": name,
        "ours_s": round(ours, 3),
        "peer": peer,
        "peer_s": round(theirs, 3),
        "ratio": round(theirs / ours, 2),
        "target": target,
        "note": note,
    }


def skip_row(name: str, package: str) -> Row:
    """A line that says what is missing."""
    return {"name": name, "peer": package, "note": f"skipped: {package} is not installed"}


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "occlusion": compare_occlusion,
    "sharing": compare_sharing,
    "transformer": compare_transformer,
    "sweeps": compare_sweeps,
    "averaged": compare_averaged,
}


def main() -> None:
    """Compare, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--stride", type=int, default=32, help="of windows; 8 as published")
    parser.add_argument("--steps", type=int, default=14, help="of a sweep, a divisor of 224")
    parser.add_argument("--masks", type=int, default=24, help="random masks; 100 as published")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--memory", choices=("ours", "published"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.memory:
        run_for_memory(options.memory)
        return
    Clock.kind = options.clock
    rows = []
    for part in options.only:
        for row in PARTS[part](options):
            rows.append(row)
            print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {options.threads} threads, "
    machine += f"{options.clock} seconds, load {os.getloadavg()[0]:.1f}"
    print(machine)
    if options.json:
        report = {"machine": machine, "rows": rows}
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
