"""What the points of a body say of its posture: geometry in words, no pixels.

A rule speaks of points that were found with a score of at least `SEEN` and only of the clear cases; in
between, nothing is said. Lengths are measured in the body's own torso (shoulders to hips), so that they
do not depend on how large the person is in the picture. Left and right are the person's own where points
are named, and the picture's where words say so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SEEN = 0.3
"""Score from which a point counts as found: MoveNet's own advice."""
CLEARLY = 0.5
"""Score that a small point needs that decides alone: a wrist at the face, a nose that points to a side."""
AHEAD, ASIDE = 0.25, 0.75
"""`turn` up to which a head looks ahead, and from which it looks to a side."""

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = range(5)
SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES, ANKLES = ((k, k + 1) for k in range(5, 17, 2))
"""Indices in `lskd_embedded.poses.POINTS`: a left point and the right one after it."""


class Fact(NamedTuple):
    """Words that follow ``[id]``, and how sure they are, in [0, 1]."""

    words: str
    score: float


class Facing(NamedTuple):
    """Where a person's head points: ``towards`` the camera, ``away`` from it, to the ``left`` or ``right`` of
    the picture; ``""`` where that is not clear. ``score`` in [0, 1]."""

    where: str
    score: float


UNCLEAR = Facing("", 0.0)


def facing(points: np.ndarray) -> Facing:
    """Where a person faces.

    A nose between the ears faces the camera, a nose beyond both of them a side. From behind no eye is
    found, and the left shoulder and ear are on the left of the picture. Of somebody who lies nothing is
    said: a nose beyond the ears then points up or down.

    Arguments:
        points: ``(17, 3)``: x, y and score of `lskd_embedded.poses.POINTS`.
    """
    score = points[:, 2]
    eyes, ears = score[[LEFT_EYE, RIGHT_EYE]], score[[LEFT_EAR, RIGHT_EAR]]
    if eyes.max() < SEEN and ears.min() >= SEEN and _backwards(points):
        return Facing("away", _sure(points, *SHOULDERS, LEFT_EAR, RIGHT_EAR))
    if min(score[NOSE], eyes.max(), ears.max()) < SEEN or _is_tilted(points):
        return UNCLEAR
    turn = head_turn(points)
    if abs(turn) <= AHEAD and min(eyes.min(), ears.min()) >= SEEN:
        return Facing("towards", _sure(points, NOSE, LEFT_EYE, RIGHT_EYE))
    if abs(turn) < ASIDE:
        return UNCLEAR
    return Facing("right" if turn > 0 else "left", round(float(min(score[NOSE], eyes.max(), ears.max())), 4))


def head_turn(points: np.ndarray) -> float:
    """Where the nose is between the ears: -1 at or beyond the one that is left in the picture, 0 in the
    middle, 1 at or beyond the right one."""
    low, high = sorted((points[LEFT_EAR, 0], points[RIGHT_EAR, 0]))
    if high - low < 1e-6:
        return 0.0
    return float(np.clip((2 * points[NOSE, 0] - low - high) / (high - low), -1, 1))


def torso(points: np.ndarray) -> float:
    """Pixels from the middle of the shoulders to that of the hips; 0 where one of them is not found."""
    shoulders, hips = _middle(points, SHOULDERS), _middle(points, HIPS)
    return 0.0 if shoulders is None or hips is None else float(np.hypot(*(hips - shoulders)))


def posture(points: np.ndarray) -> Fact | None:
    """Standing, sitting, crouching, lying, or None.

    Arguments:
        points: ``(17, 3)``: x, y and score.
    """
    reach = torso(points)
    shoulders, hips = _middle(points, SHOULDERS), _middle(points, HIPS)
    knees, ankles = _middle(points, KNEES), _middle(points, ANKLES)
    if not reach or shoulders is None or hips is None or knees is None:
        return None
    upright = (hips - shoulders)[1] / reach  # the cosine of how far the torso is from upright
    thigh = (knees - hips) / reach
    trunk = (*SHOULDERS, *HIPS, *KNEES)
    if abs(upright) < 0.4 and abs(thigh[1]) < 0.6:
        level = ankles is None or abs((ankles - hips)[1]) / reach < 0.8
        return Fact("is lying", _sure(points, *trunk)) if level else None
    if upright < 0.8 or ankles is None:
        return None
    shin = (ankles - knees) / reach
    sure = _sure(points, *trunk, *ANKLES)
    if thigh[1] > 0.65 and shin[1] > 0.5:
        return Fact("is standing or walking", sure)
    if thigh[1] < 0.2 and (ankles - hips)[1] / reach < 0.5:
        return Fact("is crouching", sure)
    if thigh[1] < 0.5 and shin[1] > 0.55:
        return Fact("is sitting", sure)
    return None


def leaning(points: np.ndarray) -> Fact | None:
    """Leaning to a side of the picture: the torso 20 to 60 degrees from upright, or None."""
    shoulders, hips = _middle(points, SHOULDERS), _middle(points, HIPS)
    if shoulders is None or hips is None or min(points[[*SHOULDERS, *HIPS], 2]) < SEEN:
        return None
    across, up = shoulders[0] - hips[0], hips[1] - shoulders[1]
    degrees = float(np.degrees(np.arctan2(abs(across), up)))
    if not 20 <= degrees <= 60:
        return None
    side = "right" if across > 0 else "left"
    return Fact(f"leans to the {side} of the picture", _sure(points, *SHOULDERS, *HIPS))


def arms(points: np.ndarray) -> Fact | None:
    """One arm raised or both, the wrist well above its shoulder and the elbow not far below it; or None."""
    reach = torso(points) or _shoulder_reach(points)
    if not reach:
        return None
    raised = [side for side in (0, 1) if _is_raised(points, side, reach)]
    if not raised:
        return None
    sure = min(_sure(points, SHOULDERS[side], ELBOWS[side], WRISTS[side]) for side in raised)
    if len(raised) == 2:
        return Fact("has both arms raised", sure)
    return Fact(f"has an arm raised{_which(points, raised[0])}", sure)


def hands_at_face(points: np.ndarray, head: float) -> Fact | None:
    """A hand or both near the face, or None.

    Arguments:
        head: the width of the head in pixels; 0 when it is not known.
    """
    if not head or points[NOSE, 2] < SEEN:
        return None
    near = [
        wrist
        for wrist, elbow in zip(WRISTS, ELBOWS, strict=True)
        if points[wrist, 2] >= CLEARLY
        and points[elbow, 2] >= SEEN
        and np.hypot(*(points[wrist, :2] - points[NOSE, :2])) <= head
    ]
    if not near:
        return None
    words = "has both hands near the face" if len(near) == 2 else "has a hand near the face"
    return Fact(words, min(_sure(points, NOSE), *(float(points[k, 2]) for k in near)))


def mirrored(points: np.ndarray, width: float) -> np.ndarray:
    """The points of a picture of ``width`` pixels that is mirrored left to right."""
    order = [0, *(k + 1 if k % 2 else k - 1 for k in range(1, 17))]
    swapped = points[order].copy()
    swapped[:, 0] = width - swapped[:, 0]
    return swapped


def _is_tilted(points: np.ndarray) -> bool:
    """Whether the torso is found and more than 60 degrees from upright."""
    shoulders, hips = _middle(points, SHOULDERS), _middle(points, HIPS)
    if shoulders is None or hips is None:
        return False
    return bool((hips - shoulders)[1] < 0.5 * torso(points))


def _backwards(points: np.ndarray) -> bool:
    """Whether shoulders and ears are seen from behind, the left ones on the left of the picture."""
    reach, (left, right) = torso(points), SHOULDERS
    if not reach or min(points[[left, right], 2]) < SEEN:
        return False
    across = (points[right, 0] - points[left, 0]) / reach
    return bool(across > 0.35 and points[RIGHT_EAR, 0] > points[LEFT_EAR, 0])


def _is_raised(points: np.ndarray, side: int, reach: float) -> bool:
    shoulder, elbow, wrist = (points[pair[side]] for pair in (SHOULDERS, ELBOWS, WRISTS))
    if min(shoulder[2], elbow[2], wrist[2]) < SEEN:
        return False
    return bool(wrist[1] < shoulder[1] - 0.25 * reach and elbow[1] < shoulder[1] + 0.35 * reach)


def _which(points: np.ndarray, side: int) -> str:
    """Whose arm it is, said for the person and for the picture; nothing where the points may be swapped."""
    towards, (left, right) = facing(points).where, SHOULDERS
    span = points[left, 0] - points[right, 0]  # towards the camera, the left shoulder is on the right
    if (towards, bool(span > 0)) not in (("towards", True), ("away", False)) or not span:
        return ""
    own = ("left", "right")[side]
    shown = own if towards == "away" else ("right", "left")[side]
    return f": their own {own} arm, on the {shown} in the picture"


def _shoulder_reach(points: np.ndarray) -> float:
    """A guess at the torso from shoulders that are seen from the front; 0 where they are not."""
    if min(points[list(SHOULDERS), 2]) < SEEN:
        return 0.0
    return 1.3 * abs(float(points[SHOULDERS[0], 0] - points[SHOULDERS[1], 0]))


def _middle(points: np.ndarray, pair: tuple[int, int]) -> np.ndarray | None:
    """The middle of the points of a pair that are found, None where neither is."""
    found = [points[k, :2] for k in pair if points[k, 2] >= SEEN]
    return np.mean(found, axis=0) if found else None


def _sure(points: np.ndarray, *which: int) -> float:
    """The mean score of points."""
    return round(float(points[list(which), 2].mean()), 4)


Rule = Callable[[np.ndarray], Fact | None]
RULES: tuple[Rule, ...] = (posture, leaning, arms)
