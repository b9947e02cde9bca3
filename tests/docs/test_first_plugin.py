"""The tutorial's ten-line plugin: its blocks are written to files, built, installed and run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from lskd_toolkit import open_run

from .blocks import blocks
from .installing import install, lskd

PAGE = "tutorial/first-plugin.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(PAGE, tmp_path_factory.mktemp("plugin"))


def test_the_plugin_is_ten_lines_long():
    (module,) = (block for block in blocks(PAGE) if block.language == "python")
    assert len([line for line in module.text.splitlines() if line.strip()]) == 10


def test_it_shows_up_among_the_plugins(installed: Path):
    done = lskd(installed, "plugins", "--json")
    assert done.returncode == 0, done.stderr
    mine = [plugin for plugin in json.loads(done.stdout) if plugin["distribution"] == "lskd-brightest"]
    assert [plugin["components"] for plugin in mine] == [["proposer:brightest"]]
    assert mine[0]["broken"] == ""


def test_it_runs_and_its_box_is_on_the_brightest_pixels(installed: Path, tmp_path: Path):
    photos = tmp_path / "photos"
    photos.mkdir()
    dark = Image.new("RGB", (40, 30), (20, 20, 20))
    dark.paste((250, 250, 240), (10, 5, 22, 17))
    dark.save(photos / "a.png")
    Image.new("RGB", (8, 6)).save(photos / "all-black.png")

    command = next(
        line.split()
        for block in blocks(PAGE)
        for line in block.text.splitlines()
        if line.startswith("lskd run") and "--teacher none" in line
    )
    done = lskd(installed, *command[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs/bright/report/index.html").exists()

    with open_run(tmp_path / "runs/bright") as corpus:
        regions = {entry.scene.image.id: entry.scene.regions for entry in corpus.entries()}
    assert {name: [r.box for r in found] for name, found in regions.items()} == {
        "a.png": [(10.0, 5.0, 22.0, 17.0)],
        "all-black.png": [(0.0, 0.0, 8.0, 6.0)],
    }
    assert {r.proposer for found in regions.values() for r in found} == {"brightest"}
