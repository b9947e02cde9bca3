"""The requests of `teacher_throughput.py` by distilabel, for its table.

    python3.11 -m venv distilabel && distilabel/bin/pip install -r benchmarks/peers/distilabel.txt
    python benchmarks/teacher_throughput.py --vendors openai --in-flight 100 --distilabel distilabel

A pipeline of two steps, from rows to `ChatGeneration` with `OpenAILLM`; its batches are as large as the
requests in flight, so that it sends a batch at once and then waits for all of it. The conversations are the
teacher's own, from ``openai.jsonl`` in the folder; replies are taken as text. No cache.

Prints JSON. CPU is of this process and its children (each step is a process); the clock is around
``Pipeline.run``, which starts them. Memory is this process's alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.update(OPENAI_API_KEY="any", HF_HUB_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    given = parser.parse_args()
    from distilabel.models.llms import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import ChatGeneration

    lines = (given.folder / "openai.jsonl").read_bytes().splitlines()[: given.requests]
    bodies = [json.loads(line) for line in lines]
    for body in bodies:
        body["messages"][0]["role"] = "system"  # it knows no developer
    rows = [{"number": n, "messages": body["messages"]} for n, body in enumerate(bodies)]
    with Pipeline(name="teacher", cache_dir=str(given.folder / "cache")) as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=given.in_flight)
        llm = OpenAILLM(
            model="a-model", base_url=given.url, timeout=300, max_retries=0,
            generation_kwargs={"temperature": 0.8, "max_new_tokens": 1200},
        )  # fmt: skip
        load >> ChatGeneration(llm=llm, input_batch_size=given.in_flight)
    cpu, wall = sum(os.times()[:4]), time.perf_counter()
    said = pipeline.run(use_cache=False)
    cpu, wall = sum(os.times()[:4]) - cpu, time.perf_counter() - wall
    told = said["default"]["train"]["generation"]
    assert len(told) == given.requests, len(told)
    assert all(told), "a reply is missing"
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
    print("\n" + json.dumps({"cpu": cpu, "wall": wall, "peak_mb": peak}))


if __name__ == "__main__":
    sys.exit(main())
