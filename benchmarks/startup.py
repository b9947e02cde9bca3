"""How much process time the command line takes to start, and that it loads nothing heavy.

    python benchmarks/startup.py            a table
    python benchmarks/startup.py --json     for scripts

Process time is user and system time of the child process, so that a busy machine matters less. What
Python itself takes to start is in the first line.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys

LIMIT_MS = 120.0
HEAVY = (
    "torch", "transformers", "onnxruntime", "numpy", "pyarrow", "PIL", "skimage", "xllamacpp", "datasets",
    "langchain", "langchain_core", "anthropic", "openai",
)  # fmt: skip
"""Top-level modules that help and listing must not load. pydantic is too, where options are not shown."""

COMMANDS = {
    "lskd --help": ["--help"],
    "lskd plugins": ["plugins"],
    "lskd components list": ["components", "list"],
}
PROBE = """
import sys
sys.argv[0] = "lskd"
from lskd_toolkit.cli.main import main
try:
    main()
finally:
    print("\\n" + ",".join(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def cpu_ms(command: list[str]) -> float:
    """Process time of one run of a command, in milliseconds."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    return spent * 1000


def cpu_ms_exact(command: list[str]) -> float:
    """As `cpu_ms`, to the microsecond, where the system accounts for single children."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return (usage.ru_utime + usage.ru_stime) * 1000


def heavy_modules(words: list[str]) -> list[str]:
    """Which heavy modules a command of ours loads."""
    done = subprocess.run([sys.executable, "-c", PROBE, *words], check=True, capture_output=True, text=True)
    loaded = done.stderr.strip().splitlines()[-1].split(",")
    return sorted(set(loaded) & set(HEAVY))


def measure(times: int) -> list[dict[str, object]]:
    """Median, least and most process time of each command, over ``times`` runs."""
    cases = {"python -c pass": [sys.executable, "-c", "pass"]}
    for name, words in COMMANDS.items():
        cases[name] = [
            sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()", *words
        ]  # fmt: skip
    clock = cpu_ms_exact if hasattr(os, "wait4") else cpu_ms
    rows: list[dict[str, object]] = []
    for name, command in cases.items():
        clock(command)  # fills the caches of the disk and of compiled modules
        taken = [clock(command) for _ in range(times)]
        rows.append(
            {
                "command": name,
                "median_ms": round(statistics.median(taken), 1),
                "least_ms": round(min(taken), 1),
                "most_ms": round(max(taken), 1),
                "heavy": heavy_modules(COMMANDS[name]) if name in COMMANDS else [],
            }
        )
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=15, help="runs of each command")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    rows = measure(given.times)
    if given.json:
        print(json.dumps({"limit_ms": LIMIT_MS, "rows": rows}, indent=2))
    else:
        print(f"{'command':<24}{'median ms':>10}{'least':>8}{'most':>8}  heavy modules")
        for row in rows:
            heavy = ", ".join(row["heavy"]) or "none"  # type: ignore[arg-type]
            print(
                f"{row['command']:<24}{row['median_ms']:>10}{row['least_ms']:>8}{row['most_ms']:>8}  {heavy}"
            )
        print(f"limit for help and plugins: {LIMIT_MS:g} ms of process time, and no heavy module")
    return 1 if any(row["heavy"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
