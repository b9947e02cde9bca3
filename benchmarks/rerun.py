"""What it costs to run a finished run again: nothing is asked, nothing is made, everything is looked up.

    python benchmarks/rerun.py                  2,000 scenes, taught by the backend `chatgpt`
    python benchmarks/rerun.py --scenes 300

Scenes are those of `teacher_client.py`: 8 regions and 24 descriptors; the vendor is
`lskd_toolkit.testing.vendors` in a process of its own, and its bill shows that it was not asked again. Each
rerun is a process; the clock is around the run in it, imports not counted. Exit 1 if the limit is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from teacher_client import Plugin, configured

from lskd_toolkit.pipeline.running import run
from lskd_toolkit.plugins import plugins
from lskd_toolkit.testing.vendors import spawn_vendors

LIMIT_MS = 1.0
"""A scene, of wall and of CPU."""


def once(folder: Path, url: str, scenes: int) -> dict[str, Any]:
    """Run in this process: CPU and wall milliseconds a scene."""
    os.environ["LSKD_BENCHMARK_IMAGES"] = str(scenes)
    plugins().register(Plugin(scenes), "lskd-benchmark")
    config = configured(
        "openai", url, 64, source="ready", proposer="ready", refiner=[], verbalizer="made", critic="ready"
    )
    cpu, wall = time.process_time(), time.perf_counter()
    counts = run(config, folder)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    assert counts["images_ok"] == scenes, counts
    return {"cpu_ms": cpu / scenes * 1000, "wall_ms": wall / scenes * 1000, "counts": counts}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=5, help="reruns; their median counts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(once(Path(given.child[0]), given.child[1], given.scenes)))
        return 0
    with (
        tempfile.TemporaryDirectory(prefix="lskd-rerun-") as name,
        spawn_vendors(Path(name) / "bill.jsonl") as vendors,
    ):
        command = [sys.executable, __file__, "--scenes", str(given.scenes)]
        command += ["--child", str(Path(name) / "run"), vendors.openai_url]

        def ran() -> dict[str, Any]:
            return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))

        first = ran()
        billed = len(vendors.calls)
        again = [ran() for _ in range(given.repeat)]
        assert len(vendors.calls) == billed >= given.scenes, "a rerun asked the vendor"
        assert all(each["counts"] == first["counts"] for each in again), "a rerun counted otherwise"
    told = {name: statistics.median(each[name] for each in again) for name in ("cpu_ms", "wall_ms")}
    kept = max(told.values()) <= LIMIT_MS
    if given.json:
        print(json.dumps({"scenes": given.scenes, "limit_ms": LIMIT_MS, **told, "kept": kept}))
    else:
        ms = f"{told['cpu_ms']:.3f} ms of CPU and {told['wall_ms']:.3f} ms of wall"
        print(f"{given.scenes} scenes again: {ms} a scene")
        print(f"limit {LIMIT_MS:g} ms; first run {first['cpu_ms']:.2f} ms of CPU a scene")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
