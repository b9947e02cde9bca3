"""Scripts in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_script(path: str) -> list[dict[str, Any]]:
    """The rules of a script file: a JSON list of them, or an object with that list as ``rules``."""
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    rules: list[dict[str, Any]] = found["rules"] if isinstance(found, dict) else found
    return rules
