"""A network in ONNX, run on the processor: arrays in, arrays out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np


class OnnxNet:
    """One input, one output. Nothing is written, and the threads sleep when there is nothing to do."""

    def __init__(self, path: Path, threads: int = 0):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or cores()
        options.inter_op_num_threads = 1
        # Spinning threads would take the processor from the parts that run beside this one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self.session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.entry: str = self.session.get_inputs()[0].name

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The first output for a float32 array."""
        found: np.ndarray = self.session.run(None, {self.entry: values})[0]
        return found

    def said(self, name: str) -> str:
        """What the file says of itself under that name; empty where it says nothing."""
        return str(self.session.get_modelmeta().custom_metadata_map.get(name, ""))


def cores() -> int:
    """Threads that may be used: what ``OMP_NUM_THREADS`` says, else the cores of this process."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
