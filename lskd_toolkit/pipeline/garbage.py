"""Fewer searches for garbage while a run works.

Python looks through all objects there are for cycles now and then. With a vendor's library loaded these are
half a million that never go away, and one look holds up every request in flight for 0.1 s: about a quarter
of what a request cost (`benchmarks/teacher_throughput.py`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (10_000, 20, 50)
"""New objects until the youngest are looked through, and how often until the older ones are: rarely
enough that it costs nothing, often enough that a chunk's garbage goes with its chunk."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within, what is there already is not looked through, and what comes is less often."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
