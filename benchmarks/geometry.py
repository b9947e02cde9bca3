"""Overlaps of a thousand masks of one image: intersection over union, suppression, merging.

    python benchmarks/geometry.py                 1,000 masks of 640 x 480
    python benchmarks/geometry.py --masks 200     quickly

The masks are like those of an automatic mask generator before its suppression: wavy blobs, a third of
them large, each thing found four times with small differences, some with holes. They are stored masks
(lists of run lengths), so reading the lists is part of every time. Times are the least process time of the
rounds, each from stored masks to the result: whatever else the machine does only adds to it.

`pycocotools` (if it is installed: `pip install pycocotools`) does the same from its own compressed form of
the same masks, made beforehand: its matrix of intersection over union, and for suppression and merging the
same greedy choice from that matrix. The two matrices are compared too.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lskd_toolkit import Region
from lskd_toolkit.geometry import masks, overlaps
from lskd_toolkit.geometry.merging import merge
from lskd_toolkit.geometry.options import MergeOptions
from lskd_toolkit.geometry.packing import pack
from lskd_toolkit.geometry.refiners import best_first

LIMIT_MS = 50.0
WIDTH, HEIGHT = 640, 480


def blob(
    random: np.random.Generator, x: float, y: float, rx: float, ry: float, waves: np.ndarray
) -> np.ndarray:
    """A wavy ellipse, one in ten with a hole."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    left, top = max(0, int(x - 2.5 * rx)), max(0, int(y - 2.5 * ry))
    right, bottom = min(WIDTH, int(x + 2.5 * rx) + 1), min(HEIGHT, int(y + 2.5 * ry) + 1)
    yy, xx = np.mgrid[top:bottom, left:right]
    dx, dy = (xx - x) / rx, (yy - y) / ry
    turn, far = np.arctan2(dy, dx), np.hypot(dx, dy)
    edge = 1 + sum(0.12 * a * np.sin((k + 2) * turn + b) for k, (a, b) in enumerate(waves))
    inner = 0.35 if random.random() < 0.1 else -1.0
    mask[top:bottom, left:right] = (far < edge) & (far > inner)
    return mask


def drawn(count: int, seed: int = 0) -> list[Region]:
    """Regions with masks: things of all sizes, each found four times with small differences."""
    random = np.random.default_rng(seed)
    regions: list[Region] = []
    while len(regions) < count:
        size = np.exp(random.uniform(np.log(10), np.log(160)))
        x, y = random.uniform(0, WIDTH), random.uniform(0, HEIGHT)
        rx, ry = size * random.uniform(0.6, 1.6), size * random.uniform(0.6, 1.6)
        waves = random.normal(size=(4, 2)) * (0.6, 3)
        for _ in range(min(4, count - len(regions))):
            jitter = 1 + 0.05 * random.normal(size=4)
            mask = blob(
                random, x * jitter[0] ** 0.2, y * jitter[1] ** 0.2, rx * jitter[2], ry * jitter[3], waves
            )
            if mask.sum() > 50:
                score = float(random.uniform(0.8, 1))
                regions.append(masks.region_from_mask(mask, id=len(regions), score=score))
    return regions


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return 1000 * min(times), result


def suppressed(values: Sequence[dict[str, Any]], least: float) -> list[int]:
    """Greedy suppression in the order given."""
    first, second, _ = overlaps.iou_above(pack(values), least)
    out = np.zeros(len(values), bool)
    for i in np.unique(first):
        if not out[i]:
            out[second[np.searchsorted(first, i) : np.searchsorted(first, i, "right")]] = True
    return np.flatnonzero(~out).tolist()


def theirs(values: Sequence[dict[str, Any]]) -> Callable[[], np.ndarray] | None:
    """pycocotools' matrix of the same masks."""
    try:
        from pycocotools import mask as coco
    except ImportError:
        return None
    encoded = [{"size": v["size"], "counts": masks.compress(v["counts"]).encode()} for v in values]
    return lambda: np.asarray(coco.iou(encoded, encoded, [0] * len(encoded)))


def greedy(matrix: np.ndarray, least: float) -> list[int]:
    """Suppression in the order given, from a whole matrix."""
    out = np.zeros(len(matrix), bool)
    for i in range(len(matrix)):
        if not out[i]:
            out[i + 1 :] |= matrix[i, i + 1 :] > least
    return np.flatnonzero(~out).tolist()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--masks", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    # Best first, as a merge takes them, so that both suppress in the same order.
    regions = sorted(drawn(asked.masks), key=best_first)
    values = [dict(region.shape.values) for region in regions if region.shape]
    runs = sum(len(v["counts"]) for v in values) / len(values)

    def merged(**options: Any) -> Callable[[], list[int]]:
        asked_for = MergeOptions(**options)
        return lambda: [region.id for region in merge(regions, WIDTH, HEIGHT, asked_for).kept]

    limited: dict[str, Callable[[], Any]] = {
        "IoU, pairs above 0.5": lambda: overlaps.iou_above(pack(values), 0.5),
        "suppression at 0.7": lambda: suppressed(values, 0.7),
        "merge, joining only": merged(union=1),
        "merge": merged(),
    }
    free: dict[str, Callable[[], Any]] = {
        "merge, containment 0.8": merged(containment=0.8),
        "merge, own 0.6": merged(own=0.6),
        "IoU, all pairs": lambda: overlaps.iou(pack(values)),
    }
    ours = {name: timed(work, asked.rounds) for name, work in {**limited, **free}.items()}
    matrix = theirs(values)
    reference: dict[str, float] = {}
    difference = None
    if matrix:
        some = min(asked.rounds, 3)
        reference["IoU, all pairs"], whole = timed(matrix, some)
        reference["IoU, pairs above 0.5"], _ = timed(lambda: np.nonzero(np.triu(matrix() > 0.5, 1)), some)
        reference["suppression at 0.7"], kept = timed(lambda: greedy(matrix(), 0.7), some)
        reference["merge, joining only"] = reference["suppression at 0.7"]
        difference = float(np.abs(whole - ours["IoU, all pairs"][1]).max())
        assert kept == ours["suppression at 0.7"][1], "the two suppress different masks"
        assert [regions[i].id for i in kept] == ours["merge, joining only"][1], "the merge keeps others"
    within = all(ours[name][0] <= LIMIT_MS for name in limited)
    if asked.json:
        times = {name: round(ms, 2) for name, (ms, _) in ours.items()}
        told = {"masks": len(regions), "runs": round(runs), "ms": times, "pycocotools_ms": reference}
        print(json.dumps({**told, "difference": difference, "within": within}))
        return 0 if within else 1
    print(
        f"{len(regions)} masks of {WIDTH}x{HEIGHT}, {runs:.0f} runs each; Python {platform.python_version()}"
    )
    print(f"  {'':24} {'ms':>8} {'limit':>6} {'pycocotools':>12} {'ratio':>6}")
    for name, (ms, _) in ours.items():
        limit = f"{LIMIT_MS:.0f}" if name in limited else ""
        other = f"{reference[name]:12.1f} {reference[name] / ms:5.1f}x" if name in reference else ""
        print(f"  {name:24} {ms:8.1f} {limit:>6} {other}")
    if difference is not None:
        print(f"  largest difference of the two matrices: {difference:g}")
    print(f"  kept by merge: {len(ours['merge'][1])}; limits {'kept' if within else 'PASSED'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
