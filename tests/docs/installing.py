"""A page's plugin as its reader makes it: blocks with a title become files, pip builds and installs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .blocks import blocks


def install(page: str, root: Path, copied: Mapping[str, str] | None = None) -> Path:
    """Write the page's files under ``root``, install them; the folder to put on PYTHONPATH. ``copied`` are
    files that the page has its reader copy: to where, from where."""
    project, site = root / "project", root / "site"
    for block in blocks(page):
        if block.title:
            file = project / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    for to, source in (copied or {}).items():
        (project / to).parent.mkdir(parents=True, exist_ok=True)
        (project / to).write_bytes((project / source).read_bytes())
    for package in project.glob("*/"):
        (package / "__init__.py").touch()
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
            "--no-build-isolation", "--target", str(site), str(project),
        ],
        check=True,
    )  # fmt: skip
    return site


def lskd(site: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command line, with that folder on the path."""
    command = [str(Path(sys.executable).parent / "lskd"), *words]
    environment = {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=cwd)
