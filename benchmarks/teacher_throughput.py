"""What asking a teacher costs, next to the vendor's own SDK and to others' toolkits.

    python benchmarks/teacher_throughput.py                        2,000 requests, 100 and 500 in flight
    python benchmarks/teacher_throughput.py --requests 500 --in-flight 100 --repeat 1 --vendors openai
    python benchmarks/teacher_throughput.py --curator VENV --distilabel VENV     see peers/

The vendor is `lskd_toolkit.testing.vendors` in a process of its own on the same machine, which answers after
200 ms. Scenes are made beforehand: 8 regions and 24 descriptors. The cases:

    sdk-httpx     the vendor's SDK on its default transport, `create` and a record back
    sdk-aiohttp   the same on its aiohttp transport
    post-aiohttp  the SDK's client without its records: bytes there, plain JSON back. The floor for us
    ours          the teacher `llm` with `oneshot`: prompts rendered, keys, a ledger on disk, a budget,
                  the pace, replies parsed and checked
    run           a whole run in a folder, small images, with a proposer and a verbalizer that are ready

`sdk` and `post` send, byte for byte as JSON, what `ours` sends; the vendor's bill proves it. Each case is a
child process, and cases take turns. CPU is process time of the child, all threads, around the requests;
the limit is on what ours has over the SDK on the same transport. The numbers are medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lskd_toolkit.testing.vendors import spawn_vendors

CLIENT = Path(__file__).with_name("teacher_client.py")
PEERS = Path(__file__).with_name("peers")
CASES = ("sdk-httpx", "sdk-aiohttp", "post-aiohttp", "ours", "run")
SDK, SAME = ("sdk-httpx", "sdk-aiohttp"), "sdk-aiohttp"
"""The bare SDKs, and the one on the transport that ours is on."""
CPU_MS, WALL = 0.5, 1.1
"""Limits: CPU a request over the bare SDK on the same transport, wall over that on its best transport."""
TRUE_TO = ("sdk-httpx", "sdk-aiohttp", "post-aiohttp")

Row = dict[str, Any]


def measured(case: str, vendor: str, in_flight: int, given: argparse.Namespace, folder: Path) -> Row:
    """One case in a child process, against a vendor of its own."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as name,
        spawn_vendors(Path(name) / "bill.jsonl", latency=given.latency) as vendors,
    ):
        work = Path(name)
        for made in folder.glob("*.jsonl"):
            (work / made.name).hardlink_to(made)
        url = vendors.openai_url if vendor == "openai" else vendors.anthropic_url
        words = ["--requests", str(given.requests), "--in-flight", str(in_flight)]
        peer = {"curator": given.curator, "distilabel": given.distilabel}.get(case)
        if peer is None:
            command = [sys.executable, str(CLIENT), case, "--vendor", vendor]
        else:
            command = [str(peer / "bin" / "python"), str(PEERS / f"ask_{case}.py")]
        # A peer's environment is its own, whatever path this one runs with.
        env = {k: v for k, v in os.environ.items() if not (peer and k.startswith("PYTHON"))}
        done = subprocess.run(
            [*command, "--url", url, "--folder", str(work), *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if peer else None, check=True, text=True,
            env=env,
        )  # fmt: skip
        told: Row = json.loads(done.stdout.splitlines()[-1])
        billed = [call.sha256 for call in vendors.calls]
        if peer is None and case != "run":
            told["sent"] = sorted(billed)
    assert len(billed) >= given.requests, f"{case}: {len(billed)} requests were billed"
    cpu = told["cpu"] / given.requests * 1000
    return {"case": case, "cpu_ms": cpu, **{k: told.get(k) for k in ("wall", "peak_mb", "sent")}}


def rounds(given: argparse.Namespace, folder: Path) -> Iterator[tuple[tuple[str, int, str], Row]]:
    """All cases of all vendors in turns, ``--repeat`` times; every other round backwards."""
    peers = [name for name in ("curator", "distilabel") if getattr(given, name)]
    plan = [
        (vendor, in_flight, case)
        for vendor in given.vendors.split(",")
        for in_flight in map(int, given.in_flight.split(","))
        for case in (*given.cases.split(","), *(peers if vendor == "openai" else ()))
    ]
    for number in range(given.repeat):
        for vendor, in_flight, case in plan if number % 2 == 0 else reversed(plan):
            yield (vendor, in_flight, case), measured(case, vendor, in_flight, given, folder)


def table(given: argparse.Namespace) -> list[Row]:
    """A row for each vendor, in flight and case."""
    runs: dict[tuple[str, int, str], list[Row]] = {}
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="lskd-throughput-") as name:
        for vendor in given.vendors.split(","):
            words = ["prepare", "--vendor", vendor, "--folder", name, "--requests", str(given.requests)]
            subprocess.run([sys.executable, str(CLIENT), *words], check=True)
        for at, row in rounds(given, Path(name)):
            runs.setdefault(at, []).append(row)
            if not given.json:
                print(f"{at}: {row['wall']:.2f} s, {row['cpu_ms']:.2f} ms", file=sys.stderr)
    rows = []
    for (vendor, in_flight, case), some in runs.items():
        same = runs.get((vendor, in_flight, "ours"))
        if case in TRUE_TO and same:
            odd = len(set(some[0]["sent"]) ^ set(same[0]["sent"]))
            assert not odd, f"{case} and ours sent {odd} requests that the other did not"
        middle = {k: statistics.median(row[k] for row in some) for k in ("wall", "cpu_ms", "peak_mb")}
        spread = [min(row["wall"] for row in some), max(row["wall"] for row in some)]
        rows.append({"vendor": vendor, "in_flight": in_flight, "case": case, **middle, "walls": spread})
    for row in rows:
        bare = {
            each["case"]: each
            for each in rows
            if (each["vendor"], each["in_flight"]) == (row["vendor"], row["in_flight"])
        }
        row["cpu_over"] = row["cpu_ms"] - bare[SAME]["cpu_ms"] if SAME in bare else None
        best = min((bare[name]["wall"] for name in SDK if name in bare), default=None)
        row["wall_over"] = row["wall"] / best if best else None
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--in-flight", default="100,500", help="numbers with commas")
    parser.add_argument("--vendors", default="openai,anthropic")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that the vendor takes")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; their median counts")
    parser.add_argument("--curator", type=Path, help="an environment with curator, see peers/")
    parser.add_argument("--distilabel", type=Path, help="an environment with distilabel, see peers/")
    parser.add_argument("--folder", help="where ledgers are written; a temporary folder if not given")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    rows = table(given)
    kept = [
        row for row in rows
        if row["case"] != "ours" or None in (row["cpu_over"], row["wall_over"])
        or (row["cpu_over"] <= CPU_MS and row["wall_over"] <= WALL)
    ]  # fmt: skip
    if given.json:
        print(json.dumps({"limits": {"cpu_ms": CPU_MS, "wall": WALL}, "rows": rows}, indent=2))
        return 0 if len(kept) == len(rows) else 1
    heads = ("vendor", "in flight", "case", "wall s", "least–most", "CPU ms a request")
    heads += ("over the SDK on aiohttp", "wall over the best SDK", "peak MB")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        over = "" if row["cpu_over"] is None else f"{row['cpu_over']:+.2f}"
        longer = "" if row["wall_over"] is None else f"{row['wall_over']:.2f} ×"
        print(
            f"| {row['vendor']} | {row['in_flight']} | {row['case']} | {row['wall']:.2f} | "
            f"{row['walls'][0]:.2f}–{row['walls'][1]:.2f} | {row['cpu_ms']:.2f} | {over} | {longer} | "
            f"{row['peak_mb']:.0f} |"
        )
    print(f"\nlimits for ours: +{CPU_MS} ms of CPU a request, {WALL} × the wall", end="; ")
    print("kept" if len(kept) == len(rows) else "NOT KEPT")
    return 0 if len(kept) == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
