"""Which points and which face belong to which person.

People overlap in pictures, so a look at one of them often finds the neighbour. Points that are far outside
a person's box are not theirs; a face is theirs where the points have their nose.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lskd_toolkit import Box

from .faces import NOSE as FACE_NOSE
from .faces import Face, apart
from .people_postures import NOSE, SEEN

ROOM = 0.06
"""How far beyond a box a point may lie, as a share of the box's longer side."""
STRAYED = 0.25
"""Share of the found points outside the box from which all of them are somebody else's."""
SURE = 0.85
"""BlazeFace's score that a face needs when no nose vouches for it. A cat's face has been seen to score 0.80,
a cup of coffee 0.67."""


def inside(points: np.ndarray, box: Box) -> np.ndarray:
    """The points of the person in a box: those outside it get the score 0, and all of them where many stray.

    Arguments:
        points: ``(17, 3)``: x, y and score.
    """
    x1, y1, x2, y2 = box
    room = ROOM * max(x2 - x1, y2 - y1)
    x, y, score = points.T
    out = (x < x1 - room) | (x > x2 + room) | (y < y1 - room) | (y > y2 + room)
    found = score >= SEEN
    kept = points.copy()
    kept[out, 2] = 0.0
    if not found.any() or (out & found).sum() >= STRAYED * found.sum():
        kept[:, 2] = 0.0
    return kept


def matched(
    faces: Sequence[Sequence[Face]], bodies: Sequence[np.ndarray], boxes: Sequence[Box]
) -> list[Face | None]:
    """Each person's face, no face twice.

    Arguments:
        faces: what was found in each person's window; one may be found in several.
        bodies: each person's points ``(17, 3)``, as `inside` leaves them.
        boxes: each person's box, xyxy.
    """
    every = [face for found in faces for face in found]
    kept = apart(np.array([face.box for face in every]).reshape(-1, 4), np.array([f.score for f in every]))
    pairs = sorted(
        (cost, person, which)
        for which in kept
        for person, (points, box) in enumerate(zip(bodies, boxes, strict=True))
        if (cost := _apart(every[which], points, box)) is not None
    )
    own: list[Face | None] = [None] * len(boxes)
    taken: set[int] = set()
    for _, person, which in pairs:
        if own[person] is None and which not in taken:
            own[person] = every[which]
            taken.add(which)
    return own


def _apart(face: Face, points: np.ndarray, box: Box) -> float | None:
    """How badly a face fits a person, None where it is not theirs."""
    x, y = face.points[FACE_NOSE]
    if points[NOSE, 2] >= SEEN:
        off = float(np.hypot(points[NOSE, 0] - x, points[NOSE, 1] - y)) / max(face.width, 1e-6)
        return off if off <= 0.4 else None
    x1, y1, x2, y2 = box
    if face.score < SURE or not (x1 <= x <= x2 and y1 <= y <= y1 + 0.5 * (y2 - y1)):
        return None
    return 1 + float(abs(x - (x1 + x2) / 2)) / max(x2 - x1, 1e-6)  # after all that a nose vouches for
