"""ultralytics, imported so that it keeps to itself.

When it is imported it asks two servers whether there is a network, writes its settings into the user's
configuration, and reads from the environment whether it may send usage data, install packages and unpickle
anything. All of this is settled by variables that are set during the import alone: nothing of it is left for
other libraries or child processes, and the settings go to a folder that ends with the process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lskd_toolkit import UsageError

SAID = {
    "YOLO_OFFLINE": "true",  # no look at the network; no usage data, no crash reports, no look for updates
    "YOLO_AUTOINSTALL": "false",  # packages are the user's
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",  # checkpoints are read with weights_only, YAML is not evaluated
}


def library() -> Any:
    """The package ultralytics.

    Raises:
        UsageError: it is not installed, does not work here, is too old, or has been imported before in a
            way that would let checkpoints run code.
    """
    import torch

    threads = torch.get_num_threads()
    try:
        with _surroundings():
            # The suppression of overlaps takes torchvision's if somebody has imported it: so it always is.
            import torchvision  # noqa: F401
            import ultralytics
            from ultralytics.nn import tasks
    except ImportError as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise UsageError(
            f"yolo cannot import ultralytics ({line}); "
            "pip install --force-reinstall torch torchvision ultralytics-opencv-headless"
        ) from error
    finally:
        torch.set_num_threads(threads)
    if not hasattr(tasks, "SAFE_LOAD"):
        raise UsageError(
            f"ultralytics {ultralytics.__version__} cannot read checkpoints without running code in them; "
            "pip install --upgrade ultralytics-opencv-headless"
        )
    if not tasks.SAFE_LOAD:
        raise UsageError(
            "ultralytics was imported before lskd-yolo, so that checkpoints could run code; "
            "set ULTRALYTICS_SAFE_LOAD=1 before it is imported"
        )
    return ultralytics


@contextmanager
def _surroundings() -> Iterator[None]:
    """The environment for the import, and as it was afterwards; nothing where it is imported already."""
    if "ultralytics.utils" in sys.modules:
        yield
        return
    folder = tempfile.mkdtemp(prefix="lskd-yolo-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    before = dict(os.environ)
    os.environ.update(SAID, YOLO_CONFIG_DIR=folder)
    try:
        yield
    finally:
        # Also what ultralytics sets for itself, such as one thread for everybody (OMP_NUM_THREADS).
        os.environ.clear()
        os.environ.update(before)
