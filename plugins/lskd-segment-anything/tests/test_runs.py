"""Run lengths, boxes, and small parts, checked on unfolded masks."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lskd_segment_anything.runs import find, of_edges
from lskd_segment_anything.small_parts import cleaned
from lskd_segment_anything.suppression import suppress

from lskd_toolkit.geometry import masks

drawn = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda shape: arrays(bool, shape)
)


@settings(deadline=None)
@given(drawn, *[st.integers(0, 3)] * 4, st.sampled_from([np.ascontiguousarray, torch.tensor]))
def test_masks_in_a_window_become_the_runs_and_boxes_of_the_image(some, left, top, right, bottom, kind):
    whole = np.pad(some, ((0, 0), (top, bottom), (left, right)))
    size = whole.shape[1:]
    everything = find(kind(some.transpose(0, 2, 1)), left, top, size)
    for found, mask in zip(everything, whole, strict=True):
        if not mask.any():
            assert found is None
            continue
        assert found.values() == masks.encode(mask)
        assert found.hull == masks.hull(mask)
        assert found.area == mask.sum()
        again = of_edges(found.edges, size)
        assert again.hull == found.hull


def parts(mask: np.ndarray) -> list[np.ndarray]:
    """Connected parts, over corners too, by flooding."""
    left, found = mask.copy(), []
    while left.any():
        part = np.zeros_like(left)
        part[tuple(np.argwhere(left)[0])] = True
        while True:
            grown = np.pad(part, 1)
            grown = np.any(
                [grown[y : y + part.shape[0], x : x + part.shape[1]] for y in range(3) for x in range(3)], 0
            )
            grown &= left
            if (grown == part).all():
                break
            part = grown
        found.append(part)
        left &= ~part
    return found


@settings(deadline=None, max_examples=100)
@given(drawn.filter(lambda some: some[0].any()), st.integers(1, 12))
def test_small_holes_are_filled_and_small_islands_go(some, least):
    mask = some[0]
    runs = find(mask.T[None], 0, 0, mask.shape)[0]
    neat, changed = cleaned(runs, least)
    ours = masks.decode(neat.values())
    filled = mask.copy()
    for hole in parts(~mask):
        if hole.sum() < least:
            filled |= hole
    islands = parts(filled)
    large = [part for part in islands if part.sum() >= least]
    if large:
        assert np.array_equal(ours, np.any(large, 0))
    else:  # the largest stays; of several as large any
        assert any(
            np.array_equal(ours, part) for part in islands if part.sum() == max(p.sum() for p in islands)
        )
    assert changed == ((filled != mask).any() or len(large) < len(islands))
    assert neat.hull == masks.hull(ours)


boxes = st.lists(
    st.tuples(*[st.integers(0, 20)] * 4).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])), max_size=12
)


@settings(deadline=None)
@given(boxes, st.data())
def test_suppression_goes_from_the_best_down(given_boxes, data):
    scores = [data.draw(st.sampled_from([0.2, 0.5, 0.9])) for _ in given_boxes]

    def overlap(a, b):
        w, h = (max(0, min(a[k + 2], b[k + 2]) - max(a[k], b[k])) for k in (0, 1))
        union = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)) - w * h
        return w * h / union if union else 0.0

    kept: list[int] = []
    for i in sorted(range(len(given_boxes)), key=lambda i: (-scores[i], i)):
        if all(overlap(given_boxes[i], given_boxes[k]) <= 0.5 for k in kept):
            kept.append(i)
    assert suppress(np.array(given_boxes), np.array(scores), 0.5).tolist() == kept


def test_an_overlap_of_just_the_threshold_is_allowed():
    given_boxes = np.array([[0, 0, 2, 1], [0, 0, 1, 1]])
    assert suppress(given_boxes, np.array([0.9, 0.8]), 0.5).tolist() == [0, 1]
    assert suppress(given_boxes, np.array([0.8, 0.9]), 0.49).tolist() == [1]
