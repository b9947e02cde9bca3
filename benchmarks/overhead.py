"""What the toolkit itself costs an image: a whole run with components that hand back ready records.

    python benchmarks/overhead.py                        1,000 and 20,000 images
    python benchmarks/overhead.py --sizes 200,1000       quickly

The load: seven stages (a proposer, a refiner, three verbalizers, a teacher, a critic), 8 regions, 24
descriptors and 4 statements an image. The images are PNGs of 32 x 32 pixels that differ in bytes after
their end, so that making and decoding them costs next to nothing; the records are made beforehand. What
is left is the toolkit's: scanning, hashing, checking, keys, rows, commits, selection.

Each run is a child process; sizes take turns, so that a machine that grows busy does so for all. A round
runs a smaller size several times, half before and half after the largest, and takes the mean: the least of
many short runs finds quiet moments that no long run has, which looked like growth. Time is
`time.process_time` around the run (all threads, imports not counted), the median of the rounds. Memory is
the peak of the resident set. Growth is the median over rounds of the largest size to the smallest;
`late/early` is the time of the last three tenths of a run's images over that of the second to fourth
tenth: the same question asked within one process.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from lskd_toolkit import (
    Component,
    Descriptor,
    Found,
    Judgement,
    Refined,
    Region,
    Statement,
    Taught,
    hookimpl,
)

REGIONS = tuple(
    Region(i, (float(i), float(i), i + 20.0, i + 10.0), label="thing", score=0.9, proposer="ready")
    for i in range(8)
)
DESCRIPTORS = tuple(
    Descriptor("local", f"[{i}] is a thing of some kind, seen from the side", (i,), verbalizer="ready")
    for i in range(8)
)
STATEMENTS = tuple(
    Statement(
        i, f"What is [{i}] doing?", f"[{i}] is waiting for someone.", f"It stands beside [{i + 1}].",
        (i, i + 1), "intent", "ready",
    )
    for i in range(4)
)  # fmt: skip
JUDGEMENTS = tuple(Judgement(i, 0.3 + 0.2 * i, "ready", {"a": 0.5, "b": 0.7}) for i in range(4))


SHORT_RUNS = 8
"""Runs of a smaller size in a round."""


class Made:
    """Source of ``LSKD_BENCHMARK_IMAGES`` PNGs, all different in their bytes."""

    def __init__(self, options: Any, ctx: Any):
        from PIL import Image

        file = io.BytesIO()
        Image.new("RGB", (32, 32), (200, 120, 40)).save(file, "PNG")
        self.png = file.getvalue()
        self.count = int(os.environ["LSKD_BENCHMARK_IMAGES"])

    def scan(self) -> Iterator[Found]:
        for i in range(self.count):
            yield Found(f"image-{i:07}.png", f"made:{i}", stamp="1")

    def read(self, uri: str) -> bytes:
        return self.png + uri.encode()


class Proposer:
    def __init__(self, options: Any, ctx: Any): ...

    def propose(self, pictures: Any) -> Any:
        return [REGIONS for _ in pictures]


class Refiner:
    def __init__(self, options: Any, ctx: Any): ...

    def refine(self, pictures: Any, regions: Any) -> Any:
        return [Refined(tuple(each)) for each in regions]


class Verbalizer:
    def __init__(self, options: Any, ctx: Any): ...

    def verbalize(self, pictures: Any, scenes: Any) -> Any:
        return [DESCRIPTORS for _ in scenes]


class Teacher:
    def __init__(self, options: Any, ctx: Any): ...

    def teach(self, pictures: Any, scenes: Any) -> Any:
        return [Taught(STATEMENTS) for _ in scenes]


class Critic:
    def __init__(self, options: Any, ctx: Any): ...

    def judge(self, pictures: Any, scenes: Any, statements: Any) -> Any:
        return [JUDGEMENTS for _ in scenes]


def _ready(kind: str, implementation: type, name: str = "ready") -> Component:
    where = f"{implementation.__module__}:{implementation.__name__}"
    return Component(kind, name, "Hands back ready records.", where, reads=())


class Plugin:
    """The components above, announced as any plugin's are."""

    def __init__(self, images: int) -> None:
        self.images, self.done = images, 0
        self.tenths = [time.process_time()]

    @hookimpl
    def lskd_rows_stored(self, folder: str, stage: str, images: list[str]) -> None:
        """Notes the time whenever another tenth of the images is through the last stage."""
        if stage == "critic.ready":
            self.done += len(images)
            if self.done >= len(self.tenths) * self.images / 10:
                self.tenths.append(time.process_time())

    def late_over_early(self) -> float | None:
        took = [after - before for before, after in pairwise(self.tenths)]
        return sum(took[-3:]) / sum(took[1:4]) if len(took) == 10 else None

    @hookimpl
    def lskd_sources(self) -> Any:
        yield _ready("source", Made)

    @hookimpl
    def lskd_proposers(self) -> Any:
        yield _ready("proposer", Proposer)

    @hookimpl
    def lskd_refiners(self) -> Any:
        yield _ready("refiner", Refiner)

    @hookimpl
    def lskd_verbalizers(self) -> Any:
        yield from (_ready("verbalizer", Verbalizer, name) for name in ("first", "second", "third"))

    @hookimpl
    def lskd_teachers(self) -> Any:
        yield _ready("teacher", Teacher)

    @hookimpl
    def lskd_critics(self) -> Any:
        yield _ready("critic", Critic)


def peak_mb() -> float:
    """The most memory that this process has had resident, in MB (10^6 bytes)."""
    try:
        # Linux keeps the parent's peak in ru_maxrss across exec; VmHWM is this program's own.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def one_run(folder: Path) -> dict[str, Any]:
    """Run in this process; CPU milliseconds an image, wall milliseconds an image, peak memory."""
    from lskd_toolkit.pipeline.running import configure, run
    from lskd_toolkit.plugins import plugins

    images = int(os.environ["LSKD_BENCHMARK_IMAGES"])
    plugin = Plugin(images)
    plugins().register(plugin, "lskd-benchmark")
    config = configure(
        None, None,
        {
            "source": "ready", "proposer": "ready", "refiner": "ready", "teacher": "ready",
            "verbalizer": ["first", "second", "third"], "critic": "ready",
        },
    )  # fmt: skip
    cpu, wall = time.process_time(), time.perf_counter()
    counts = run(config, folder)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    assert counts["images_ok"] == images, counts
    assert counts["statements"] == images * len(STATEMENTS), counts
    return {
        "images": images,
        "cpu_ms_an_image": cpu / images * 1000,
        "wall_ms_an_image": wall / images * 1000,
        "late_over_early": plugin.late_over_early(),
        "peak_mb": peak_mb(),
        "disk_kb_an_image": (folder / "run.sqlite").stat().st_size / images / 1000,
    }


def measured(images: int, folder: str | None) -> dict[str, Any]:
    """One run in a child process."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="lskd-overhead-") as name:
        done = subprocess.run(
            [sys.executable, __file__, "--child", name],
            env={**os.environ, "LSKD_BENCHMARK_IMAGES": str(images), "LSKD_LOAD_PLUGINS": ""},
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
    return dict(json.loads(done.stdout))


def one_round(sizes: list[int], folder: str | None) -> list[dict[str, Any]]:
    """Every size once: the largest in the middle, the smaller ones spread around it."""
    *smaller, largest = sizes
    before = {size: [measured(size, folder) for _ in range(SHORT_RUNS // 2)] for size in smaller}
    long = measured(largest, folder)
    after = {size: [measured(size, folder) for _ in range(SHORT_RUNS // 2)] for size in smaller}
    return [*(middle(before[size] + after[size], statistics.fmean) for size in smaller), long]


def middle(
    runs: Sequence[dict[str, Any]], over: Callable[[list[float]], float] = statistics.median
) -> dict[str, Any]:
    """Several measurements of one size as one."""
    told: dict[str, Any] = {}
    for name in runs[0]:
        values = [run[name] for run in runs if run[name] is not None]
        told[name] = over(values) if values else None
    told["images"] = runs[0]["images"]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,20000", help="numbers of images, with commas")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; their median counts")
    parser.add_argument("--folder", help="where the run folders are made; a temporary one if not given")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(one_run(given.child)))
        return
    sizes = [int(word) for word in given.sizes.split(",")]
    if min(sizes) < 1000:
        print("below 1,000 images start-up is much of the time, and tenths are few chunks", file=sys.stderr)
    rounds = [one_round(sizes, given.folder) for _ in range(given.repeat)]
    rows = [middle(runs) for runs in zip(*rounds, strict=True)]
    first, last = rows[0], rows[-1]
    growth = {
        "time_percent": statistics.median(
            (each[-1]["cpu_ms_an_image"] / each[0]["cpu_ms_an_image"] - 1) * 100 for each in rounds
        ),
        "memory_mb": last["peak_mb"] - first["peak_mb"],
    }
    if given.json:
        print(json.dumps({"rows": rows, "growth": growth}, indent=2))
        return
    print(
        f"{'images':>8}{'CPU ms/image':>14}{'wall ms/image':>15}{'late/early':>12}{'peak MB':>9}"
        f"{'disk KB/image':>15}"
    )
    for row in rows:
        slope = "-" if row["late_over_early"] is None else f"{row['late_over_early']:.2f}"
        print(
            f"{row['images']:>8}{row['cpu_ms_an_image']:>14.3f}{row['wall_ms_an_image']:>15.3f}"
            f"{slope:>12}{row['peak_mb']:>9.1f}{row['disk_kb_an_image']:>15.2f}"
        )
    print(
        f"from {first['images']} to {last['images']} images: time an image {growth['time_percent']:+.1f} %, "
        f"memory {growth['memory_mb']:+.1f} MB"
    )
    print("limits: 1 ms an image, +10 %, +20 MB")


if __name__ == "__main__":
    main()
