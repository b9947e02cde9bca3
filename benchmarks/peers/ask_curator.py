"""The requests of `teacher_throughput.py` by curator, for its table.

    python3.11 -m venv curator && curator/bin/pip install -r benchmarks/peers/curator.txt
    python benchmarks/teacher_throughput.py --vendors openai --in-flight 100 --curator curator

The conversations are the teacher's own, from ``openai.jsonl`` in the folder; replies are taken as text, and
curator's limits are set so high that only the requests in flight bound it. It counts tokens with tiktoken,
whose tables are loaded from the network; litellm, which it installs, brings the one of models that it does
not know, so the model's name here is none of a vendor's and nothing is loaded.

Prints JSON. CPU is of this process and the children it waited for; the clock is around the one call, after
the imports. Its cache is in the folder, and empty.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.update(
    OPENAI_API_KEY="any", TELEMETRY_ENABLED="false", CURATOR_DISABLE_RICH_DISPLAY="1", HF_HUB_OFFLINE="1"
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    given = parser.parse_args()
    os.environ["CURATOR_CACHE_DIR"] = str(given.folder / "cache")
    litellm = importlib.util.find_spec("litellm")
    assert litellm is not None
    assert litellm.origin is not None
    tables = Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers"
    os.environ["TIKTOKEN_CACHE_DIR"] = str(tables)
    from bespokelabs import curator

    class Teacher(curator.LLM):
        def prompt(self, row: dict[str, Any]) -> Any:
            return json.loads(row["messages"])

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"number": row["number"], "said": response}

    lines = (given.folder / "openai.jsonl").read_bytes().splitlines()[: given.requests]
    bodies = [json.loads(line) for line in lines]
    for body in bodies:
        body["messages"][0]["role"] = "system"  # it knows no developer
    rows = [{"number": n, "messages": json.dumps(body["messages"])} for n, body in enumerate(bodies)]
    teacher = Teacher(
        model_name="a-model", backend="openai",
        generation_params={"temperature": 0.8, "max_tokens": 1200},
        backend_params={
            "base_url": given.url, "max_requests_per_minute": 10**7, "max_tokens_per_minute": 10**10,
            "max_concurrent_requests": given.in_flight,
        },
    )  # fmt: skip
    cpu, wall = sum(os.times()[:4]), time.perf_counter()
    said = teacher(rows)
    cpu, wall = sum(os.times()[:4]) - cpu, time.perf_counter() - wall
    table = said.dataset if hasattr(said, "dataset") else said
    assert len(table) == given.requests, len(table)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
    print("\n" + json.dumps({"cpu": cpu, "wall": wall, "peak_mb": peak}))


if __name__ == "__main__":
    sys.exit(main())
