"""ultralytics keeps to itself: nothing is sent, asked, installed, written or printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = """
import json, os, socket, sys
import torch, torchvision  # they look for a GPU's libraries by a process as they are imported
asked = []
def refuse(name):
    def f(*a, **k):
        asked.append([name, repr(a)])
        raise OSError("no network here")
    return f
socket.getaddrinfo, socket.create_connection = refuse("getaddrinfo"), refuse("create_connection")
socket.socket.connect = refuse("connect")
import subprocess
subprocess.Popen.__init__ = refuse("Popen")
before = dict(os.environ)
import numpy as np
from lskd_toolkit import create
yolo = create("proposer", "yolo", device="cpu", model=sys.argv[1], imgsz=160)
import hashlib
from lskd_toolkit import Image, Picture
pixels = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
yolo.propose([Picture(Image("a", "a", "0" * 64, 160, 120), pixels.copy)] * 3)
assert not any(yolo.detector._predictor.callbacks.values())
from ultralytics.utils import USER_CONFIG_DIR, events
changed = {k: v for k, v in os.environ.items() if before.get(k) != v}
print(json.dumps({"asked": asked, "changed": changed, "enabled": events.events.enabled,
                  "folder": str(USER_CONFIG_DIR), "there": USER_CONFIG_DIR.exists()}))
"""


@pytest.fixture(scope="module")
def run(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A process of its own with an empty home, in an empty folder: what it says, and both folders."""
    home, here = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("here")
    kept = (
        "PYTEST",
        "YOLO",
        "ULTRALYTICS",
        "XDG",
        "MPL",
    )  # ultralytics behaves in tests, so it must not know
    env = {k: v for k, v in os.environ.items() if not k.startswith(kept)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(made("yolov8n-seg"))],
        cwd=here, capture_output=True, text=True, check=False, env={**env, "HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done, home, here


def test_the_network_is_not_asked_for_and_no_process_is_started(run: Any) -> None:
    assert run[0]["asked"] == []


def test_usage_data_is_off(run: Any) -> None:
    assert run[0]["enabled"] is False


def test_nothing_is_printed(run: Any) -> None:
    assert len(run[1].stdout.splitlines()) == 1
    assert run[1].stderr == ""


def test_nothing_is_written_into_the_home_or_the_current_folder(run: Any) -> None:
    assert [str(path) for folder in run[2:] for path in folder.rglob("*")] == []


def test_the_environment_is_left_as_it_was(run: Any) -> None:
    """For other libraries and child processes; ultralytics would set one thread for all of them."""
    assert set(run[0]["changed"]) <= {"CUBLAS_WORKSPACE_CONFIG"}


def test_its_settings_end_with_the_process(run: Any) -> None:
    assert run[0]["there"] is True
    assert not Path(run[0]["folder"]).exists()


def test_ultralytics_imported_carelessly_before_is_refused(made: Any, tmp_path: Path) -> None:
    script = (
        "import ultralytics\nfrom lskd_toolkit import create\ncreate('proposer', 'yolo', device='cpu', model="
        + repr(str(made("yolo11n")))
        + ")"
    )
    env = {**os.environ, "YOLO_CONFIG_DIR": str(tmp_path), "YOLO_OFFLINE": "1"}
    env.pop("ULTRALYTICS_SAFE_LOAD", None)
    refused = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=env
    )
    assert "set ULTRALYTICS_SAFE_LOAD=1 before it is imported" in refused.stderr
    env["ULTRALYTICS_SAFE_LOAD"] = "1"
    taken = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=env
    )
    assert taken.returncode == 0, taken.stderr
