"""What is said of the points of a body: the rules on stick figures, and their mirror images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_embedded import people_postures
from lskd_embedded.people_postures import (
    RULES,
    arms,
    facing,
    hands_at_face,
    leaning,
    mirrored,
    posture,
    torso,
)
from lskd_embedded.poses import POINTS

WIDTH = 400.0
STANDING = {
    "nose": (200, 50), "left eye": (207, 43), "right eye": (193, 43), "left ear": (215, 47),
    "right ear": (185, 47), "left shoulder": (230, 90), "right shoulder": (170, 90), "left elbow": (240, 135),
    "right elbow": (160, 135), "left wrist": (242, 180), "right wrist": (158, 180), "left hip": (218, 190),
    "right hip": (182, 190), "left knee": (218, 270), "right knee": (182, 270), "left ankle": (218, 350),
    "right ankle": (182, 350),
}  # fmt: skip
"""Somebody who stands and looks at the camera: their left is on the right of the picture."""


def figure(score: float = 0.7, unseen: tuple[str, ...] = (), **moved: tuple[float, float]) -> np.ndarray:
    """The standing figure with some points elsewhere (``left_wrist=(x, y)``) and some not found."""
    places = {**STANDING, **{name.replace("_", " "): place for name, place in moved.items()}}
    return np.array([[*places[name], 0.05 if name in unseen else score] for name in POINTS])


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """The points turned clockwise about the middle of the picture."""
    angle = np.radians(degrees)
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    out = points.copy()
    out[:, :2] = (out[:, :2] - 200) @ spin.T + 200
    return out


SITTING = figure(left_knee=(222, 215), right_knee=(178, 215), left_ankle=(222, 300), right_ankle=(178, 300))
CROUCHING = figure(left_knee=(235, 185), right_knee=(165, 185), left_ankle=(222, 225), right_ankle=(178, 225))
LYING = turned(figure(), 90)
UP_LEFT = {"left_elbow": (245, 65), "left_wrist": (248, 20)}
UP_RIGHT = {"right_elbow": (155, 65), "right_wrist": (152, 20)}
PROFILE = figure(
    nose=(225, 50), left_eye=(216, 44), right_eye=(214, 44), left_ear=(190, 47), right_ear=(186, 47)
)
BEHIND = mirrored(figure(), WIDTH)[[0, *(k + 1 if k % 2 else k - 1 for k in range(1, 17))]]
BEHIND[:3, 2] = 0.1


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (figure(), "is standing or walking"),
        (figure(left_knee=(240, 265), left_ankle=(285, 335)), "is standing or walking"),  # a stride
        (SITTING, "is sitting"),
        (CROUCHING, "is crouching"),
        (LYING, "is lying"),
        (turned(figure(), -90), "is lying"),
    ],
)
def test_how_somebody_is_held_up(points, words):
    assert posture(points).words == words


@pytest.mark.parametrize(
    "points",
    [
        figure(unseen=("left ankle", "right ankle")),  # cut off at the knees: may sit
        figure(unseen=("left knee", "right knee")),
        figure(unseen=("left hip", "right hip")),
        turned(figure(), 45),
        turned(figure(), 180),  # on their hands
        figure(left_knee=(218, 245), right_knee=(182, 245), left_ankle=(218, 320), right_ankle=(182, 320)),
        figure(left_knee=(222, 225), right_knee=(178, 225), left_ankle=(222, 235), right_ankle=(178, 235)),
        np.zeros((17, 3)),
    ],
)
def test_what_is_not_clear_is_not_said(points):
    assert posture(points) is None


def test_bent_over_is_not_lying():
    bent = figure(left_shoulder=(100, 180), right_shoulder=(100, 190), nose=(60, 190))
    assert posture(bent) is None


@pytest.mark.parametrize(
    ("points", "where"),
    [
        (figure(), "towards"),
        (BEHIND, "away"),
        (PROFILE, "right"),
        (mirrored(PROFILE, WIDTH), "left"),
        (figure(nose=(208, 50)), ""),  # half turned
        (figure(unseen=("nose",)), ""),
        (turned(PROFILE, 90), ""),  # lying, the face up or down
        (turned(PROFILE, -80), ""),
        (turned(figure(), 180), ""),
        (figure(unseen=("left ear", "right ear")), ""),
        (figure(unseen=("nose", "left eye", "right eye")), ""),  # no face, but the left is on the right
    ],
)
def test_where_somebody_faces(points, where):
    assert facing(points).where == where
    assert (facing(points).score > 0) == bool(where)


@pytest.mark.parametrize("pair", [("left ear", "right ear"), ("left shoulder", "right shoulder")])
def test_from_behind_ears_and_shoulders_agree(pair):
    left, right = (POINTS.index(name) for name in pair)
    points = BEHIND.copy()
    points[[left, right]] = points[[right, left]]
    assert facing(points).where == ""


def test_a_raised_arm_is_named_for_the_person_and_for_the_picture():
    assert arms(figure()) is None
    assert arms(figure(**UP_LEFT)).words == (
        "has an arm raised: their own left arm, on the right in the picture"
    )
    assert arms(figure(**UP_RIGHT)).words == (
        "has an arm raised: their own right arm, on the left in the picture"
    )
    assert arms(figure(**UP_LEFT, **UP_RIGHT)).words == "has both arms raised"


def test_from_behind_the_left_arm_is_on_the_left():
    raised = BEHIND.copy()
    for name, x, y in (("left elbow", 155, 65), ("left wrist", 152, 20)):
        raised[POINTS.index(name), :2] = (x, y)
    assert facing(raised).where == "away"
    assert arms(raised).words == "has an arm raised: their own left arm, on the left in the picture"


def test_whose_arm_it_is_is_not_said_where_left_and_right_may_be_confused():
    assert arms(figure(**UP_LEFT, unseen=("nose",))).words == "has an arm raised"


def test_an_arm_is_not_raised_by_a_hand_at_the_chin_or_one_that_is_not_found():
    assert arms(figure(left_elbow=(240, 135), left_wrist=(212, 70))) is None
    assert arms(figure(**UP_LEFT, unseen=("left wrist",))) is None
    assert arms(figure(**UP_LEFT, unseen=("left elbow",))) is None


def test_hands_near_the_face():
    chin = {"left_elbow": (240, 110), "left_wrist": (212, 70)}
    both = {**chin, "right_elbow": (160, 110), "right_wrist": (188, 70)}
    assert hands_at_face(figure(**chin), 40).words == "has a hand near the face"
    assert hands_at_face(figure(**both), 40).words == "has both hands near the face"
    assert hands_at_face(figure(**chin), 15) is None  # a small head: farther away than it is wide
    assert hands_at_face(figure(**chin), 0) is None  # nobody knows how large the head is
    assert hands_at_face(figure(**chin, unseen=("nose",)), 40) is None
    assert hands_at_face(figure(0.4, **chin), 40) is None  # a wrist has to be clear
    assert hands_at_face(figure(), 40) is None


@pytest.mark.parametrize(("degrees", "side"), [(35, "right"), (-35, "left")])
def test_leaning_is_said_for_the_picture(degrees, side):
    assert leaning(turned(figure(), degrees)).words == f"leans to the {side} of the picture"


@pytest.mark.parametrize("degrees", [0, 10, -10, 90, 180])
def test_upright_and_lying_is_not_leaning(degrees):
    assert leaning(turned(figure(), degrees)) is None


figures = st.builds(
    lambda places, scores: np.array([[x, y, s] for (x, y), s in zip(places, scores, strict=True)]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=17, max_size=17),
    st.lists(st.floats(0, 1, width=32), min_size=17, max_size=17),
)
jittered = st.builds(
    lambda base, moves: base + np.array([[x, y, 0.0] for x, y in moves]),
    st.sampled_from([figure(), SITTING, CROUCHING, LYING, PROFILE, BEHIND, figure(**UP_LEFT)]),
    st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=17, max_size=17),
)
SWAPPED = {"left": "right", "right": "left", "towards": "towards", "away": "away", "": ""}


def swapped(words: str) -> str:
    return " ".join(SWAPPED.get(word, word) for word in words.split(" "))


@given(figures | jittered)
def test_a_mirrored_body_is_told_with_left_and_right_changed(points):
    mirror = mirrored(points, WIDTH)
    assert facing(mirror).where == SWAPPED[facing(points).where]
    for rule in (*RULES, lambda body: hands_at_face(body, 40)):
        fact, seen = rule(points), rule(mirror)
        assert (fact is None) == (seen is None)
        if fact and seen:
            assert seen.words == swapped(fact.words)
            assert seen.score == pytest.approx(fact.score, abs=1e-4)


@given(figures, st.integers(-500, 500), st.integers(-500, 500), st.sampled_from([0.5, 2.0, 4.0]))
def test_where_in_the_picture_and_how_large_does_not_matter(points, right, down, times):
    moved = points * (times, times, 1) + (right, down, 0)
    assert torso(moved) == pytest.approx(times * torso(points))
    assert facing(moved) == facing(points)
    for rule in RULES:
        fact, same = rule(points), rule(moved)
        assert (fact is None) == (same is None)
        assert fact is None or fact.words == same.words


@given(figures)
def test_every_score_is_between_none_and_all(points):
    facts = [fact for rule in RULES if (fact := rule(points))]
    assert all(0 <= fact.score <= 1 for fact in (*facts, facing(points)))


@pytest.mark.parametrize("part", ["shoulder", "elbow", "wrist", "hip", "knee", "ankle"])
def test_the_points_are_numbered_as_the_network_gives_them(part):
    pair = getattr(people_postures, f"{part.upper()}S")
    assert [POINTS[k] for k in pair] == [f"left {part}", f"right {part}"]


@given(figures)
def test_mirrored_twice_is_as_before(points):
    assert np.allclose(mirrored(mirrored(points, WIDTH), WIDTH), points)
