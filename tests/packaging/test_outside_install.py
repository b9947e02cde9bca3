"""One pip command from outside, against a bare clone: ``git+URL#subdirectory=plugins/NAME``."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from lskd_toolkit.teaching.prompt import load_prompt

from .projects import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git work tree; nothing to clone"),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the core and one plugin, installed from a bare clone. It sees the
    dependencies that are installed here, but none of our own distributions."""
    root = tmp_path_factory.mktemp("outside")
    bare = root / "lskd-toolkit.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)], check=True)

    fresh, dependencies = root / "env", root / "dependencies"
    venv.create(fresh, with_pip=True)
    dependencies.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("lskd", "_editable", "__editable", "_virtualenv")):
            (dependencies / entry.name).symlink_to(entry)
    (site,) = fresh.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(f"{dependencies}\n")

    subprocess.run(
        [
            str(fresh / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
            "--no-build-isolation",
            f"git+file://{bare}",
            f"git+file://{bare}#subdirectory=plugins/lskd-embedded",
        ],
        check=True, cwd=root,
    )  # fmt: skip
    return fresh


def said(environment: Path, *words: str) -> str:
    """What a command of that environment prints, called from a folder that is not ours."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LSKD"))}
    done = subprocess.run(words, env=clean, capture_output=True, text=True, cwd=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_plugins_are_listed_and_whole(environment: Path):
    listed = json.loads(said(environment, str(environment / "bin" / "lskd"), "plugins", "--json"))
    assert {plugin["distribution"]: plugin["broken"] for plugin in listed} == {
        "lskd-toolkit": "",
        "lskd-embedded": "",
    }
    brought = {part for plugin in listed for part in plugin["components"]}
    assert {"source:folder", "proposer:nanodet", "exporter:jsonl"} <= brought


def test_the_code_is_the_environments_own(environment: Path):
    python = str(environment / "bin" / "python")
    where = said(environment, python, "-c", "import lskd_toolkit; print(lskd_toolkit.__file__)")
    assert Path(where.strip()).is_relative_to(environment)


def test_prompts_and_templates_came_along(environment: Path):
    python = str(environment / "bin" / "python")
    program = (
        "from lskd_toolkit.teaching.prompt import load_prompt; import lskd_toolkit.report as r, pathlib; "
        "print(load_prompt('qar-id').version, "
        "(pathlib.Path(r.__file__).parent / 'templates' / 'report.html').exists())"
    )
    assert said(environment, python, "-c", program).split() == [str(load_prompt("qar-id").version), "True"]
