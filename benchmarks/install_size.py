"""How much disk the core takes: a fresh environment with lskd-toolkit and its dependencies only.

    python benchmarks/install_size.py
    python benchmarks/install_size.py --index-url URL

Needs a package index. What venv itself puts there (pip, setuptools) is not counted; compiled modules
(``__pycache__``) are, for pip writes them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

LIMIT_MB = 140.0
ROOT = Path(__file__).parents[1]


def size_mb(path: Path) -> float:
    """Bytes of all files under a path, in MB (10^6), links not followed."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir()) / 1e6


def by_entry(site: Path) -> dict[str, float]:
    return {entry.name: size_mb(entry) for entry in site.iterdir()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index-url", help="the package index; pip's own if not given")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lskd-size-") as name:
        environment = Path(name, "env")
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        (site,) = environment.glob("lib/python*/site-packages")
        before = by_entry(site)
        index = ["--index-url", given.index_url] if given.index_url else []
        pinned = ["-c", str(ROOT / "constraints.txt")]
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *index, *pinned, str(ROOT)],
            check=True, stdout=sys.stderr,
        )  # fmt: skip
        added = {n: mb - before.get(n, 0.0) for n, mb in by_entry(site).items()}
    total = sum(added.values())
    largest = sorted(added.items(), key=lambda item: -item[1])[:8]
    if given.json:
        print(json.dumps({"total_mb": round(total, 1), "limit_mb": LIMIT_MB, "largest": dict(largest)}))
    else:
        for entry, mb in largest:
            print(f"{mb:8.1f} MB  {entry}")
        print(f"{total:8.1f} MB  in all (limit {LIMIT_MB:g})")
    return 0 if total <= LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
