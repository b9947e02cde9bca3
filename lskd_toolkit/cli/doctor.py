"""``lskd doctor``: what is installed and what is missing, to paste into an issue."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from ..plugins import plugins
from .output import emit_json

PACKAGES = (
    "lskd-toolkit", "numpy", "pillow", "pluggy", "click", "pydantic", "torch", "torchvision", "transformers",
    "tokenizers", "pyarrow", "xllamacpp", "scikit-image", "anthropic", "openai", "langchain", "ultralytics",
)  # fmt: skip
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "HF_TOKEN")


def examined() -> dict[str, Any]:
    """Versions, plugins, weights, which keys are set (never their values), devices, folders."""
    from ..pipeline.context import default_device
    from ..pipeline.memory import device_memory_mb
    from ..weights import catalog, is_here
    from ..weights.cache import cache_folder

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    device = default_device()
    return {
        "python": f"{platform.python_version()} on {platform.platform()}",
        "packages": {name: installed(name) for name in PACKAGES},
        "plugins": {
            p.distribution + ":" + p.name: "broken, see: lskd plugins --broken" if p.broken else p.version
            for p in plugins().loaded
        },
        "weights": {
            name: "here" if is_here(name) else f"missing, run: lskd weights fetch {name}"
            for name in catalog()
        },
        "keys": {name: "set" if os.environ.get(name) else "not set" for name in KEYS},
        "device": {"chosen": device, "memory_mb": device_memory_mb(device), "cpu_cores": os.cpu_count()},
        "npm": shutil.which("npm") is not None,
        "cache": str(_home(cache_folder())),
        "executable": str(_home(Path(sys.executable))),
    }


def _home(path: Path) -> Path:
    """The path with the home folder as ~, so that a pasted report names nobody."""
    try:
        return Path("~") / path.relative_to(Path.home())
    except ValueError:
        return path


@click.command(epilog="\b\nExample:\n  lskd doctor > doctor.txt")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say what is installed and what is missing. Names keys, never shows them."""
    from .stats import shown

    if as_json:
        emit_json(examined())
    else:
        shown(examined())
