"""What is in the wheels: all of the package and its licence, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .projects import Project, projects

PROJECTS = projects()
each_project = pytest.mark.parametrize("project", PROJECTS, ids=[project.name for project in PROJECTS])


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of every distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
            "--no-build-isolation", "--wheel-dir", str(folder), *(str(p.folder) for p in PROJECTS),
        ],
        check=True,
    )  # fmt: skip
    return folder


def names(wheels: Path, project: Project) -> set[str]:
    (path,) = wheels.glob(f"{project.name.replace('-', '_')}-*.whl")
    with zipfile.ZipFile(path) as wheel:
        return set(wheel.namelist())


@each_project
def test_it_holds_every_file_of_the_package_and_no_other(wheels: Path, project: Project):
    package = project.package
    wanted = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in names(wheels, project) if ".dist-info/" not in name}
    assert held == wanted
    assert not {name for name in held if "tests" in Path(name).parts}


@each_project
def test_it_holds_its_licence(wheels: Path, project: Project):
    assert [name for name in names(wheels, project) if name.endswith(".dist-info/licenses/LICENSE")]


def test_the_cores_prompts_and_templates_are_there(wheels: Path):
    endings = {Path(name).suffix for name in names(wheels, PROJECTS[0])}
    assert {".py", ".yaml", ".html", ".css", ".js", ".typed"} <= endings
