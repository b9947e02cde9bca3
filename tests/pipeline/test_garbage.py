"""Python's garbage collector is left as it was found, and works within too."""

from __future__ import annotations

import gc
import weakref

import pytest

from lskd_toolkit.pipeline.garbage import THRESHOLDS, seldom_collected


class Knot:
    def __init__(self):
        self.itself = self


def test_the_collector_is_as_before_afterwards_whatever_happens():
    before = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError), seldom_collected():
        1 / (gc.get_threshold() != THRESHOLDS)
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_knots_tied_within_still_go():
    with seldom_collected():
        knot = weakref.ref(Knot())
        assert knot() is not None
        [[] for _ in range(2 * THRESHOLDS[0])]
        kept = [[] for _ in range(2 * THRESHOLDS[0])]
        assert knot() is None
        del kept
