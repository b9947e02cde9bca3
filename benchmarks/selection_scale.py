"""What deciding costs at scale: a run folder with a million judged statements, every step a command.

    python benchmarks/selection_scale.py                          1,000,000 statements, some minutes
    python benchmarks/selection_scale.py --statements 20000       quickly

The run is written through the store as a run would write it: four statements an image, three regions,
the scores of two critics. Sentences are of words drawn by Zipf's law, one in ten almost repeats another's.
Whether people accept a statement depends on both critics' scores, and 3,000 drawn statements are labelled
by that rule. Then every step is a process of its own: its wall time, and the peak of its resident set.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lskd_toolkit import Judgement, Label, Region, Statement, open_run
from lskd_toolkit.config import write_yaml
from lskd_toolkit.labelling import append_labels
from lskd_toolkit.labelling.sampling import draw_sample
from lskd_toolkit.pipeline.running import configure
from lskd_toolkit.pipeline.stages import plan_stages
from lskd_toolkit.records import Taught
from lskd_toolkit.store import ImageEntry, Row, Store

EACH = 4
"""Statements an image."""
BATCH = 2000
"""Images stored at once."""
LABELS = 3000
LSKD = str(Path(sys.executable).with_name("lskd"))
KINDS = ("cause", "intent", "spatial", "attribute", "effect")
REGIONS = tuple(Region(k, (10.0 * k, 5.0, 10.0 * k + 9, 50.0), label=f"thing{k}") for k in range(3))
WORDS = [f"{a}{b}{c}" for a in "bcdfglmnprst" for b in ("a", "e", "i", "o", "u", "ai", "ou")
         for c in ("n", "rd", "st", "ll", "k", "ving", "ter", "ble", "m", "sh")]  # fmt: skip


def statements(count: int, seed: int) -> Iterator[list[Statement]]:
    """Of one image after another."""
    numbers = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(WORDS) + 1)
    weights /= weights.sum()
    before: list[str] = []
    for start in range(0, count, BATCH * EACH):
        drawn = numbers.choice(len(WORDS), (min(BATCH * EACH, count - start), 24), p=weights)
        repeats = numbers.random(len(drawn)) < 0.1
        own = []
        for row, repeated in zip(drawn, repeats, strict=True):
            words = [WORDS[k] for k in row]
            if repeated and before:
                words = before[int(row[0]) % len(before)].split()
                words[int(row[1]) % 24] = "another"
            before = [*before[-999:], " ".join(words)]
            at = len(own) % EACH
            own.append(
                Statement(
                    at, f"Why is [{at % 3}] {' '.join(words[:6])}?", f"[{at % 3}] {' '.join(words[6:14])}.",
                    f"{' '.join(words[14:])}, beside [{(at + 1) % 3}].",
                    tuple(sorted({at % 3, (at + 1) % 3})), KINDS[int(row[2]) % len(KINDS)], "synthetic",
                )
            )  # fmt: skip
        yield from (own[at : at + EACH] for at in range(0, len(own), EACH))


def make(folder: Path, count: int) -> None:
    """A run folder with that many statements, judged by two critics."""
    flags = {
        "source": "smallworld", "proposer": ["smallworld"], "refiner": ["none"], "verbalizer": [],
        "teacher": "smallworld", "critic": ["smallworld", {"use": "grounding", "as": "second"}],
    }  # fmt: skip
    config = configure(None, flags=flags)
    stages = [stage.key for stage in plan_stages(config)]
    odds = np.random.default_rng(1)
    batch: list[list[Statement]] = []
    with Store(folder) as store:
        keys = store.put_stages(stages)
        done = 0
        for said in statements(count, 0):
            batch.append(said)
            if len(batch) == BATCH or (done + len(batch)) * EACH >= count:
                _store(store, keys, batch, done, odds)
                done += len(batch)
                batch = []
    (folder / "run.yaml").write_text(write_yaml(config.raw), encoding="utf-8")


def _store(store: Store, keys: Sequence[Any], batch: Sequence[list[Statement]], done: int, odds: Any) -> None:
    names = [f"{done + k:08}" for k in range(len(batch))]
    digests = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    store.put_images([
        ImageEntry(name, f"{name}.png", "", digest, digest, 64, 64, "ok", "")
        for name, digest in zip(names, digests, strict=True)
    ])  # fmt: skip
    contents = [done + k + 1 for k in range(len(batch))]
    hidden = odds.normal(0.4, 1.5, (len(batch), EACH))
    first, second = (1 / (1 + np.exp(-(hidden + odds.normal(0, 1, hidden.shape)))) for _ in range(2))

    def judged(scores: np.ndarray, name: str) -> dict[int, Row]:
        return {
            content: Row("ok", body=tuple(Judgement(s.id, float(own[s.id]), name) for s in said))
            for content, own, said in zip(contents, scores, batch, strict=True)
        }

    rows: dict[str, dict[int, Row]] = {
        "proposer.smallworld": {content: Row("ok", body=REGIONS) for content in contents},
        "teacher": {
            content: Row("ok", body=Taught(tuple(said)))
            for content, said in zip(contents, batch, strict=True)
        },
        "critic.smallworld": judged(first, "smallworld"),
        "critic.second": judged(second, "second"),
    }
    store.put_all([(key, rows[key.name], 0.0) for key in keys])


def label(folder: Path) -> None:
    """Labels of a drawn sample, by a rule that both critics know something of."""
    chance = random.Random(0)
    with open_run(folder) as corpus:
        found = []
        for drawn in draw_sample(corpus, LABELS).drawn:
            judged = corpus.entry(drawn.image).critics
            scores = [own[drawn.statement].score for own in judged.values()]
            accept = bool(chance.random() < 1 / (1 + np.exp(-12 * (sum(scores) / len(scores) - 0.55))))
            found.append(
                Label(drawn.image, drawn.statement, drawn.sha256, "rule", accept, accept, accept,
                      weight=drawn.weight)
            )  # fmt: skip
    append_labels(folder / "labels.jsonl", found)


def timed(words: Sequence[str]) -> tuple[float, float, str]:
    """Wall seconds, the peak of the resident set in MB, and the last line that it printed."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([LSKD, *words], stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = out.read().decode().strip().splitlines()
    if process.returncode:
        raise SystemExit(f"lskd {' '.join(words)} failed:\n" + "\n".join(lines[-5:]))
    return time.perf_counter() - begin, used.ru_maxrss / 1024, lines[-1] if lines else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--run", type=Path, help="Keep the run here, or use the one that is there.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = given.statements - given.statements % EACH
    with tempfile.TemporaryDirectory() as temporary:
        run = given.run or Path(temporary) / "run"
        begin = time.perf_counter()
        if not (run / "run.yaml").exists():
            make(run, count)
            timed(["select", str(run), "--no-report"])
            label(run)
        print(f"{count} statements are there after {time.perf_counter() - begin:.0f} s", file=sys.stderr)
        budget, out = str(count // 10), str(Path(temporary) / "out")
        steps = {
            "calibrate": ["critic", "calibrate", str(run)],
            "threshold": ["critic", "threshold", str(run), "--precision", "0.8"],
            "near-duplicates": ["select", str(run), "--near-duplicates", "0.9", "--no-report"],
            "quota": ["select", str(run), "--off", "--quota", str(count // 20), "--no-report"],
            "k-centre": ["select", str(run), "--off", "--budget", budget, "--choose", "k-centre",
                         "--no-report"],
            "facility": ["select", str(run), "--off", "--budget", budget, "--choose", "facility",
                         "--no-report"],
            "diversity report": ["select", str(run)],
            "export jsonl": ["export", str(run), "--to", "jsonl", "--out", f"{out}/jsonl"],
            "export parquet": ["export", str(run), "--to", "parquet", "--out", f"{out}/parquet"],
        }  # fmt: skip
        found = {}
        for name, words in steps.items():
            seconds, peak, said = timed(words)
            found[name] = {"seconds": round(seconds, 1), "peak_mb": round(peak)}
            if not given.json:
                print(f"{name:18s} {seconds:8.1f} s {peak:8.0f} MB   {said[:80]}", flush=True)
    most = max(each["peak_mb"] for each in found.values())
    if given.json:
        print(json.dumps({"statements": count, "steps": found, "most_mb": most}, indent=2))
    else:
        print(f"at most {most} MB; the limit is 4,000")
    return int(most > 4000)


if __name__ == "__main__":
    sys.exit(main())
