"""Outlines keep their form with few points."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.records import Region, Shape
from lskd_toolkit.report.outlines import outline, simplified


def test_a_staircase_of_a_long_edge_becomes_a_line():
    stairs = np.array([(k, k + step) for k in range(200) for step in (0, 1)], float)
    assert len(simplified(stairs, 1.0)) <= 4
    assert len(simplified(stairs, 0.01)) == 400


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=40), st.floats(0, 9))
def test_no_point_is_farther_away_than_the_tolerance(points, tolerance):
    ring = np.array(points, float)
    short = np.array(simplified(ring, tolerance))
    a, b = short[:-1, None], short[1:, None]
    along = ((ring - a) * (b - a)).sum(-1) / np.maximum(((b - a) ** 2).sum(-1), 1e-9)
    nearest = a + np.clip(along, 0, 1)[..., None] * (b - a)
    assert (np.hypot(*np.moveaxis(nearest - ring, -1, 0)).min(0) <= tolerance + 1e-6).all()


def test_a_box_and_a_shape_of_an_absent_plugin_have_no_outline():
    assert outline(Region(0, (0.0, 0.0, 4.0, 4.0)), 0.1) == []
    assert outline(Region(0, (0.0, 0.0, 4.0, 4.0), Shape("of-a-plugin-that-is-not-here", {})), 0.1) == []
