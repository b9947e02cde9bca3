"""`lskd run` killed while it asks a teacher: what the vendor bills twice, and if the corpus is whole.

    python benchmarks/teacher_kills.py                              600 scenes, 20 kills, oneshot and agent
    python benchmarks/teacher_kills.py --trials 3 --scenes 40 --strategy oneshot
    python benchmarks/teacher_kills.py --batch --trials 2           by vendor batches, both vendors

A real process is ended by SIGKILL, once, and the same command run again to its end. The vendor is
`lskd_toolkit.testing.vendors` in a process that survives, on one port throughout, and what it bills is
counted: *paid twice* is the requests billed that had been billed before. Replies are worked out from the
request alone, so the export must be, byte for byte, that of a run that nobody disturbed.

One by one, the instants are spread over the undisturbed run's time, one at random in each of its parts.
With `--batch` they are sought by what the run folder and the vendor's list of batches show:

    spooled     requests are gathered, and nothing has gone to the vendor
    intended    the batch is noted, and on its way
    made        the vendor has made the batch, and its answer has not come
    submitted   the batch is known by its id, and waited for
    reading     its results are being read; they come in drips

Exit 1 if a promise is broken: more paid twice than may be in flight, a request in two batches, another
export.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from lskd_toolkit.corpus import open_run
from lskd_toolkit.corpus.jsonl import JsonlExporter
from lskd_toolkit.corpus.options import JsonlOptions
from lskd_toolkit.testing.vendors import Call, SpawnedVendors, spawn_vendors

LSKD = [sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()"]
MOMENTS = ("spooled", "intended", "made", "submitted", "reading")
TRIES = 5
"""How often a run is begun that ends before it is killed."""


def slow(seconds: float) -> list[dict[str, Any]]:
    """A script that makes the short moments long enough to be met."""
    drips = {"kind": "trickle", "seconds": seconds}
    return [
        {"match": {"route": "batches.create"}, "fault": {"kind": "slow", "seconds": seconds}, "times": 1},
        {"match": {"route": "batches.results"}, "fault": drips, "times": 1},
        {"match": {"route": "files.content"}, "fault": drips, "times": 1},
    ]


@dataclass(frozen=True)
class Load:
    """What is run: so many scenes by a teacher with a strategy, ``in_flight`` requests at once. ``settles``
    is seconds after which a batch is done, and surely in the vendor's list, where it comes after half of
    them."""

    teacher: str
    strategy: str
    scenes: int
    in_flight: int
    latency: float
    batch: bool
    settles: float

    def config(self, vendors: SpawnedVendors) -> dict[str, Any]:
        url = vendors.openai_url if self.teacher == "chatgpt" else vendors.anthropic_url
        backend = {"use": self.teacher, "base_url": url, "in_flight": self.in_flight}
        if self.batch:
            backend["batch_settles"] = self.settles
        return {
            "source": {"use": "smallworld", "count": self.scenes}, "proposer": "smallworld",
            "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
            "vqa": "smallworld", "critic": "smallworld", "batch": self.batch,
            "teacher": {"use": "llm", "strategy": self.strategy, "parts": {"backend": backend}},
        }  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What became of one run. ``at`` is when it was killed: seconds, or what was seen then."""

    load: Load
    at: float | str
    billed: int
    distinct: int
    batches: int
    in_two_batches: int
    same: bool
    seconds: float

    @property
    def paid_twice(self) -> int:
        return self.billed - self.distinct

    @property
    def kept(self) -> bool:
        return self.same and self.paid_twice <= self.load.in_flight and self.in_two_batches == 0


class Run:
    """One run folder, and the vendor that it asks."""

    def __init__(self, load: Load, folder: Path, vendors: SpawnedVendors):
        self.load, self.folder, self.vendors = load, folder / "run", vendors
        config = folder / "run.yaml"
        config.write_text(json.dumps(load.config(vendors)), encoding="utf-8")  # JSON is YAML
        self.command = [
            *LSKD,
            "run",
            "--config",
            str(config),
            "--out",
            str(self.folder),
            "--no-report",
            "--json",
        ]

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self) -> float:
        """Run to the end; how long it took.

        Raises:
            RuntimeError: it failed.
        """
        started = time.monotonic()
        done = subprocess.run(self.command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the run ended with {done.returncode}: {done.stderr[-2000:]}")
        return time.monotonic() - started

    def exported(self) -> bytes:
        with open_run(self.folder) as corpus:
            paths = JsonlExporter(JsonlOptions(), None).export(corpus, self.folder / "export")
        return b"".join(path.read_bytes() for path in sorted(paths))

    def judged(self, at: float | str, expected: bytes, took: float) -> Trial:
        """What became of the run, next to the export of an undisturbed one."""
        calls: list[Call] = self.vendors.calls
        # In a batch a request is told by its id, which is our key; else by what it says.
        distinct = {call.custom_id or call.sha256 for call in calls}
        homes = Counter(call.custom_id for call in calls if call.custom_id)
        exported = self.exported()
        return Trial(
            self.load, at if isinstance(at, str) else round(at, 2), len(calls), len(distinct),
            len(self.batches()), sum(1 for count in homes.values() if count > 1), exported == expected,
            round(took, 1),
        )  # fmt: skip

    # --- what can be seen of it from outside --------------------------------------------------------------

    def ledger(self, query: str) -> int:
        """A number from the ledger; 0 while there is none."""
        path = self.folder / "ledger.sqlite"
        if not path.exists():
            return 0
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)) as database:
                return int(database.execute(query).fetchone()[0])
        except sqlite3.Error:
            return 0  # its tables are being made

    def batches(self) -> list[dict[str, Any]]:
        """The vendor's list of batches."""
        claude = self.load.teacher == "claude"
        url = f"{self.vendors.openai_url}/batches"
        headers = {"authorization": "Bearer any"}
        if claude:
            url = f"{self.vendors.anthropic_url}/v1/messages/batches"
            headers = {"x-api-key": "any", "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return list(json.loads(answer.read())["data"])

    def reached(self, moment: str) -> bool:
        """Whether the run has come so far."""
        if moment == "spooled":
            return self.ledger("SELECT COUNT(*) FROM batched") > self.load.scenes // 2
        if moment == "intended":
            return self.ledger("SELECT COUNT(*) FROM batches") > 0
        if moment == "made":
            return len(self.batches()) > 0
        if moment == "submitted":
            return self.ledger("SELECT COUNT(*) FROM batches WHERE vendor_id<>''") > 0
        shown = {batch.get("processing_status", batch.get("status")) for batch in self.batches()}
        return not shown.isdisjoint(("ended", "completed"))


def killed(run: Run, at: float | str, spread: float) -> float | None:
    """Start the run and kill it; after how many seconds. None: it ended before."""
    started, met = time.monotonic(), 0.0
    process = run.start()
    try:
        while process.poll() is None:
            now = time.monotonic()
            if isinstance(at, str):
                met = met or (now if run.reached(at) else 0.0)
            if now >= (met + spread if met else started + at if isinstance(at, float) else now + 1):
                break
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    return time.monotonic() - started if process.returncode == -signal.SIGKILL else None


def trial(load: Load, at: float | str, port: int, expected: bytes, spread: float, folder: Path) -> Trial:
    """One run killed once ``at`` seconds, or ``spread`` seconds after a moment, and finished. One that has
    ended before is begun anew, and killed earlier."""
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            script = Path(name) / "script.json"
            script.write_text(json.dumps(slow(load.settles) if isinstance(at, str) else []))
            with vendor(load, Path(name), port, script) as vendors:
                run = Run(load, Path(name), vendors)
                died = killed(run, at, spread)
                if died is not None:
                    return run.judged(at, expected, died + run.finish())
        at = at if isinstance(at, str) else at * 0.8
    raise RuntimeError(f"the run had always ended before it could be killed ({at})")


def vendor(load: Load, folder: Path, port: int, script: Path | None = None) -> Any:
    # What a prompt cache spares depends on the order of arrival, and stands as money in the corpus's card.
    flags: dict[str, Any] = {"latency": load.latency, "port": port, "cache_seconds": 0}
    if load.batch:
        flags |= {"batch_seconds": load.settles, "list_delay": load.settles / 2}
    return spawn_vendors(folder / "bill.jsonl", script, **flags)


def trials(load: Load, count: int, seed: int, folder: Path, moments: Sequence[str]) -> Iterator[Trial]:
    """The undisturbed run first, then those that were killed."""
    with tempfile.TemporaryDirectory(dir=folder) as name, vendor(load, Path(name), 0) as vendors:
        port = vendors.port
        run = Run(load, Path(name), vendors)
        took = run.finish()
        expected = run.exported()
        assert expected, "nothing was exported"
        yield run.judged("undisturbed", expected, took)
    draw = Random(f"{seed}/{load.teacher}/{load.strategy}")
    for number in range(count):
        if load.batch:
            for moment in moments:
                yield trial(load, moment, port, expected, draw.uniform(0.0, 0.2), folder)
        else:
            # The end is left out: a run that has asked for everything has nothing to lose.
            at = took * 0.95 * (number + draw.random()) / count
            yield trial(load, at, port, expected, 0.0, folder)


def told(each: Trial) -> str:
    load = each.load
    at = each.at if isinstance(each.at, str) else f"{each.at:.2f} s"
    export = "same bytes" if each.same else "ANOTHER"
    way = f"{load.teacher}, {load.strategy}{', batch' if load.batch else ''}"
    return (
        f"| {way} | {at} | {each.billed} | {each.paid_twice} | {each.batches} | {each.in_two_batches} | "
        f"{export} | {each.seconds:.1f} |{'' if each.kept else ' BROKEN'}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--trials", type=int, default=20, help="kills of each case; with --batch at each moment"
    )
    parser.add_argument("--scenes", type=int, default=600)
    parser.add_argument("--in-flight", type=int, default=16, help="requests at once, and the most paid twice")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that the vendor takes")
    parser.add_argument("--strategy", default="oneshot,agent", help="with commas")
    parser.add_argument("--teacher", help="with commas; chatgpt, with --batch chatgpt,claude")
    parser.add_argument("--batch", action="store_true", help="by vendor batches")
    parser.add_argument("--moments", default=",".join(MOMENTS), help="of --batch, with commas")
    parser.add_argument("--settles", type=float, default=2.0, help="seconds that a batch takes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where runs are written; a temporary folder if not given")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    teachers = given.teacher or ("chatgpt,claude" if given.batch else "chatgpt")
    done: list[Trial] = []
    if not given.json:
        heads = "way", "killed at", "billed", "paid twice", "batches", "in two batches", "export", "s"
        print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="lskd-kills-") as name:
        for teacher in teachers.split(","):
            for strategy in given.strategy.split(","):
                load = Load(
                    teacher, strategy, given.scenes, given.in_flight, given.latency, given.batch,
                    given.settles,
                )  # fmt: skip
                for each in trials(load, given.trials, given.seed, Path(name), given.moments.split(",")):
                    done.append(each)
                    if not given.json:
                        print(told(each), flush=True)
    broken = [each for each in done if not each.kept]
    if given.json:
        also = ({"paid_twice": each.paid_twice, "kept": each.kept} for each in done)
        print(json.dumps([{**asdict(each), **more} for each, more in zip(done, also, strict=True)]))
    else:
        most = max(each.paid_twice for each in done)
        print(f"\npaid twice at most {most} (limit {given.in_flight}); {len(broken)} promises broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
