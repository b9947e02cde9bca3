"""The embedded set on real photos, from the command line, with no option at all."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from .test_run import lskd

pytest.importorskip("lskd_embedded", reason="needs the plugin lskd-embedded")


@pytest.fixture
def photos(tmp_path):
    """Two real photos that come inside scikit-image."""
    spec = find_spec("skimage")
    assert spec is not None
    data = Path(spec.origin).parent / "data"
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("astronaut.png", "chelsea.png"):
        shutil.copy(data / name, folder / name)
    return folder


def test_a_folder_of_photos_needs_no_option_at_all(photos, tmp_path):
    from lskd_toolkit.plugins import plugins
    from lskd_toolkit.weights import is_here

    needed = [
        name
        for kind in ("proposer", "backend", "critic")
        for found in plugins().components(kind)
        if found.distribution == "lskd-embedded"
        for name in found.record.weights
    ]
    if not all(is_here(name) for name in needed):
        pytest.skip("weights are not here; fetch them: lskd weights fetch --all")
    answer = lskd("run", photos, cwd=tmp_path, env={"LSKD_OFFLINE": "1"})
    assert answer.returncode == 0, answer.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    stats = json.loads(lskd("stats", folder, "--json", check=True).stdout)
    assert stats["images"]["ok"] == 2
    assert stats["regions"]["kept"] >= 2
    assert stats["statements"]["read"] > 0
    assert stats["does_not_add_up"] == []
    page = (folder / "report" / "index.html").read_text()
    assert "astronaut.png" in page
    assert "person" in page
    assert "cat" in page


def test_offline_without_weights_stops_at_once_with_the_command(photos, tmp_path):
    answer = lskd(
        "run", photos, "--offline", "--out", tmp_path / "r", env={"LSKD_CACHE": str(tmp_path / "empty")}
    )
    assert answer.returncode == 1
    assert "lskd weights fetch" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "r" / "run.sqlite").exists()
