"""How much memory a device has, without loading torch."""

from __future__ import annotations

import os
import subprocess


def device_memory_mb(device: str) -> int:
    """Megabytes of the device's memory: the GPU's by its driver's tool, else the machine's.

    Where it cannot be found, the schedule is chosen as if it were plenty.
    """
    if device.startswith("cuda"):
        try:
            answer = subprocess.run(
                ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
                capture_output=True, text=True, timeout=10, check=True,
            )  # fmt: skip
            sizes = [int(line) for line in answer.stdout.split()]
            index = int(device.partition(":")[2] or 0)
            return sizes[index]
        except (OSError, subprocess.SubprocessError, ValueError, IndexError):
            return 1 << 30
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    except (ValueError, OSError):
        return 1 << 30
