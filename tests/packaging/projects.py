"""Every distribution of this repository: its folder and what its pyproject.toml says."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """One distribution. ``package`` is the folder of its code."""

    folder: Path
    about: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.about["project"]["name"])

    @property
    def package(self) -> Path:
        (package,) = self.about["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        return self.folder / package

    def requirements(self) -> set[str]:
        """The names of all it can require, extras too."""
        project = self.about["project"]
        extras = project.get("optional-dependencies", {}).values()
        lines = [*project.get("dependencies", ()), *(line for extra in extras for line in extra)]
        return {bare(line) for line in lines}


def bare(requirement: str) -> str:
    """The normalised name in ``Name[extra]>=1; marker``."""
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def projects() -> list[Project]:
    """The core first, then the plugins by name."""
    folders = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
    return [Project(folder, tomllib.loads((folder / "pyproject.toml").read_text())) for folder in folders]
