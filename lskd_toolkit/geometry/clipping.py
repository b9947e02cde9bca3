"""A polygon's part within a window: exact, with parts that the border cuts asunder kept asunder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..records import Box

Point = tuple[float, float]
Loop = list[Point]


def clip_loops(loops: Sequence[Loop], window: Box) -> list[Loop]:
    """What lies within the window of closed loops that are filled together by the even-odd rule.

    A loop that is cut becomes as many as there are pieces; no edge runs along the window's border
    where nothing is filled, so the hull of the points is the hull of what is seen. Empty: nothing is.
    """
    for axis, bound, sign in ((0, window[0], 1), (1, window[1], 1), (0, window[2], -1), (1, window[3], -1)):
        loops = _half(loops, axis, bound, sign)
    return list(loops)


def _half(loops: Sequence[Loop], axis: int, bound: float, sign: int) -> list[Loop]:
    """The part where ``sign * coordinate >= sign * bound``."""
    whole: list[Loop] = []
    chains: list[Loop] = []
    for loop in loops:
        depths = [sign * (point[axis] - bound) for point in loop]
        if max(depths) <= 0:
            continue
        if min(depths) >= 0:
            whole.append(loop)
        else:
            chains += _chains(loop, depths, axis, bound)
    return whole + _joined(chains, 1 - axis)


def _chains(loop: Loop, depths: list[float], axis: int, bound: float) -> list[Loop]:
    """The stretches of a loop on the seen side, each from border to border."""
    start = next(i for i, depth in enumerate(depths) if depth < 0)
    turned = [*range(start, len(loop)), *range(start + 1)]
    chains: list[Loop] = []
    for i, j in pairwise(turned):
        if (depths[i] < 0) != (depths[j] < 0):
            share = depths[i] / (depths[i] - depths[j])
            along = loop[i][1 - axis] + share * (loop[j][1 - axis] - loop[i][1 - axis])
            cut = (bound, along) if axis == 0 else (along, bound)
            if depths[i] < 0:
                chains.append([cut, loop[j]])
            else:
                chains[-1].append(cut)
        elif depths[j] >= 0:
            chains[-1].append(loop[j])
    return chains


def _joined(chains: list[Loop], along: int) -> list[Loop]:
    """Chains closed to loops: between the first and second crossing of the border, the third and
    fourth, and so on, it runs through what is filled."""
    ends = sorted((chain[end][along], c, end) for c, chain in enumerate(chains) for end in (0, -1))
    partner: dict[tuple[int, int], tuple[int, int]] = {}
    for (_, *one), (_, *other) in zip(ends[::2], ends[1::2], strict=True):
        partner[one[0], one[1]], partner[other[0], other[1]] = (other[0], other[1]), (one[0], one[1])
    free = [True] * len(chains)
    loops: list[Loop] = []
    for first in range(len(chains)):
        loop: Loop = []
        chain, end = first, 0
        while free[chain]:
            free[chain] = False
            loop += chains[chain] if end == 0 else chains[chain][::-1]
            chain, end = partner[chain, -1 if end == 0 else 0]
        if any(point[1 - along] != loop[0][1 - along] for point in loop):
            loops.append(loop)
    return loops
