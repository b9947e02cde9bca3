"""Faces, points of bodies and expressions by their real weights; how the numbers are read without them."""

from __future__ import annotations

import functools

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_embedded.expressions import NAMES, expressions, upright
from lskd_embedded.faces import SIDE, Face, anchors, decode, find_faces
from lskd_embedded.people_matching import SURE
from lskd_embedded.people_window import Window, around, head_of, look
from lskd_embedded.poses import POINTS, find_points
from lskd_embedded.tfjs import Graph, read_graph

from lskd_toolkit.weights import weight_path

ASTRONAUT = (15.0, 14.0, 364.0, 507.0)
EYES = {"right eye": (205, 99), "left eye": (246, 104)}
"""Where the astronaut's eyes are, by eye: her right one is on the left."""


@functools.cache
def graph(name: str) -> Graph:
    return read_graph(weight_path(f"{name}.json"), weight_path(f"{name}.bin"))


@pytest.fixture
def faces(need):
    need("blazeface.json", "blazeface.bin")
    return lambda pixels, windows, least=0.5: find_faces(graph("blazeface"), "cpu", pixels, windows, least)


@pytest.fixture
def bodies(need):
    need("movenet-lightning.json", "movenet-lightning.bin")
    return lambda pixels, boxes: find_points(graph("movenet-lightning"), "cpu", pixels, boxes)


@pytest.fixture
def looks(need):
    need("emotion.json", "emotion.bin")
    return lambda pixels, found: expressions(graph("emotion"), "cpu", pixels, found)


@pytest.fixture
def astronaut(sample) -> np.ndarray:
    return sample("astronaut.png").pixels


# --- looking at a part of an image --------------------------------------------------------------------


def test_a_window_is_what_is_there_and_black_beyond():
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) + 1
    assert np.array_equal(look(pixels, Window(1, 0, 4), 4), pixels[:, 1:5])
    beyond = look(pixels, Window(4, 2, 4), 4)
    assert np.array_equal(beyond[:2, :2], pixels[2:, 4:])
    assert not beyond[2:].any()
    assert not beyond[:, 2:].any()
    assert not look(pixels, Window(50, 50, 3), 8).any()


boxes = st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(1, 300), st.integers(1, 300)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)


@given(boxes, st.floats(0, 0.5))
def test_a_window_about_a_box_holds_it_in_its_middle(box, margin):
    left, top, side = around(box, margin)
    assert left <= box[0] + 1
    assert top <= box[1] + 1
    assert left + side >= box[2] - 1
    assert top + side >= box[3] - 1
    assert left + side / 2 == pytest.approx((box[0] + box[2]) / 2, abs=1)


@given(boxes)
def test_the_window_of_a_head_holds_the_upper_third_of_a_box(box):
    left, top, side = head_of(box)
    assert left <= box[0] + 1
    assert top <= box[1] + 1
    assert left + side >= box[2] - 1
    assert top + side >= box[1] + (box[3] - box[1]) / 3 - 1


# --- faces --------------------------------------------------------------------------------------------


def test_the_places_are_two_at_every_fine_cell_and_six_at_every_coarse_one():
    places = anchors()
    assert places.shape == (896, 2)
    assert places[:3].tolist() == [[8, 8], [8, 8], [24, 8]]
    assert places[511].tolist() == [248, 248]
    assert places[512:519].tolist() == [[16, 16]] * 6 + [[48, 16]]


def test_a_box_and_its_points_lie_about_their_place():
    scores, given = np.full(896, -9.0), np.zeros((896, 16))
    scores[33] = 2.0  # the second row's first cell, its second place
    given[33, :4] = (4, -2, 20, 30)
    given[33, 4:8] = (-5, 1, 5, 2)
    found, points, sure = decode(scores, given, 0.5)
    assert found.tolist() == [[2, 7, 22, 37]]
    assert points[0, :2].tolist() == [[3, 25], [13, 26]]
    assert sure.tolist() == pytest.approx([1 / (1 + np.exp(-2))])


def test_a_face_is_found_with_its_points_where_they_are(faces, astronaut):
    (found,) = faces(astronaut, [head_of(ASTRONAUT)])
    assert len(found) == 1
    assert np.abs(np.array(found[0].box) - (170, 70, 279, 180)).max() < 8
    for k, place in enumerate(EYES.values()):
        assert np.hypot(*np.subtract(found[0].points[k], place)) < 6
    assert abs(found[0].turn) < 0.15
    assert abs(found[0].roll) < 10


@pytest.mark.parametrize(("name", "side"), [("coffee.png", 600), ("chelsea.png", 451)])
def test_no_sure_face_is_found_in_a_cup_of_coffee_or_on_a_cat(faces, sample, name, side):
    assert faces(sample(name).pixels, [Window(0, -75, side)], SURE) == [[]]


@pytest.mark.parametrize(("right", "down"), [(3, 0), (0, 7), (-11, 5)])
def test_where_an_image_is_cut_out_of_does_not_matter(faces, bodies, astronaut, right, down):
    padded = np.pad(astronaut, ((20, 20), (20, 20), (0, 0)))
    moved = np.roll(padded, (down, right), (0, 1))
    window, box = Window(40, 20, 340), (35.0, 34.0, 384.0, 500.0)
    (before,), (after,) = faces(padded, [window]), faces(moved, [Window(40 + right, 20 + down, 340)])
    assert [f.score for f in after] == [f.score for f in before]
    assert np.allclose(np.subtract(after[0].points, before[0].points), (right, down), atol=0.011)
    (was,) = bodies(padded, [box])
    (now,) = bodies(moved, [(box[0] + right, box[1] + down, box[2] + right, box[3] + down)])
    seen = was[:, 2] > 0.5
    assert np.allclose(now[seen] - was[seen], (right, down, 0), atol=1e-6)


@pytest.mark.parametrize("degrees", [-30, 30])
def test_the_roll_of_a_face_is_that_of_its_picture(faces, astronaut, degrees):
    """Clockwise is positive, Pillow turns the other way."""
    turned = np.asarray(PIL.Image.fromarray(astronaut).rotate(-degrees, center=(224, 125)))
    (straight,), (rolled,) = (faces(each, [Window(120, 20, 210)]) for each in (astronaut, turned))
    assert rolled[0].roll - straight[0].roll == pytest.approx(degrees, abs=8)
    assert abs(rolled[0].turn) < 0.3  # a head that is tilted still looks ahead


def test_a_face_upside_down_is_not_sure(faces, astronaut):
    (found,) = faces(astronaut[::-1].copy(), [Window(120, 282, 210)], 0.8)
    assert found == [] or abs(found[0].roll) > 120


def test_a_mirrored_face_looks_to_the_other_side(faces, sample):
    pixels, window = sample("camera.png").pixels, Window(100, 60, 250)
    (right,), (left,) = (
        faces(pixels, [window], 0.6),
        faces(pixels[:, ::-1].copy(), [Window(512 - 350, 60, 250)], 0.6),
    )
    assert right[0].turn > 0.75
    assert left[0].turn < -0.75


@pytest.mark.parametrize(("nose", "turn"), [(0, 0.0), (10, 0.5), (-10, -0.5), (20, 1.0), (-30, -1.0)])
@pytest.mark.parametrize("degrees", [0.0, 25.0, -40.0])
def test_the_turn_of_a_face_is_where_its_nose_is_between_its_ears(nose, turn, degrees):
    from lskd_embedded.faces import turned

    upright = np.array(
        [(90, 90), (110, 90), (100 + nose, 100), (100 + nose, 110), (80, 95), (120, 95)], float
    )
    points = tuple((float(x), float(y)) for x, y in turned(upright, (100, 100), degrees))
    face = Face((80.0, 80.0, 120.0, 120.0), points, 0.9)
    assert face.roll == pytest.approx(degrees)
    assert face.turn == pytest.approx(turn)


# --- bodies -------------------------------------------------------------------------------------------


def test_the_points_of_a_body_are_where_they_are(bodies, astronaut):
    (points,) = bodies(astronaut, [ASTRONAUT])
    for name, place in {**EYES, "nose": (222, 122), "left shoulder": (326, 259)}.items():
        assert np.hypot(*(points[POINTS.index(name), :2] - place)) < 14, name
    assert points[:7, 2].min() > 0.45
    assert points[POINTS.index("left ankle"), 2] < 0.2  # it is not in the picture


def test_a_mirrored_body_has_left_and_right_changed(bodies, sample):
    from lskd_embedded.people_postures import mirrored

    pixels, (x1, y1, x2, y2) = sample("suits.jpg").pixels, (55.0, 46.0, 262.0, 465.0)
    width = pixels.shape[1]
    (points,) = bodies(pixels, [(x1, y1, x2, y2)])
    (mirror,) = bodies(pixels[:, ::-1].copy(), [(width - x2, y1, width - x1, y2)])
    clear = np.minimum(points[:, 2], mirrored(mirror, width)[:, 2]) > 0.5
    assert clear.sum() >= 6
    assert np.abs((mirrored(mirror, width) - points)[clear, :2]).max() < 15


# --- expressions --------------------------------------------------------------------------------------


def test_a_smile_is_told_and_every_row_adds_up(looks, faces, astronaut):
    (found,) = faces(astronaut, [head_of(ASTRONAUT)])
    shares = looks(astronaut, found)
    assert shares.shape == (1, 7)
    assert NAMES[shares[0].argmax()] == "happy"
    assert shares[0].max() > 0.95
    assert shares.sum(1) == pytest.approx([1.0], abs=1e-5)
    assert looks(astronaut, []).shape == (0, 7)


def test_grey_goes_from_less_one_to_one():
    shown = []

    def net(input_1):
        shown.append(input_1)
        return {"Identity": input_1[:, 0, 0].expand(-1, 7)}

    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:, 50:] = 255
    face = Face((20.0, 20.0, 80.0, 80.0), ((40.0, 40.0), (60.0, 40.0), *[(50.0, 50.0)] * 4), 0.9)
    expressions(net, "cpu", pixels, [face])
    assert shown[0].shape == (1, 64, 64, 1)
    assert (float(shown[0].min()), float(shown[0].max())) == (-1.0, 1.0)


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_tilted_smile_is_a_smile(looks, faces, astronaut, degrees):
    turned = np.asarray(PIL.Image.fromarray(astronaut).rotate(-degrees, center=(224, 125)))
    (found,) = faces(turned, [Window(120, 20, 210)])
    shares = looks(turned, found[:1])
    assert NAMES[shares[0].argmax()] == "happy"


def test_a_face_is_set_upright_and_grey(astronaut):
    """Its eyes come level: a white spot on each ends up at one height."""
    pixels = np.zeros((200, 200, 3), np.uint8)
    for x, y in ((80, 90), (120, 110)):  # the eyes of a head that is tilted by 27 degrees
        pixels[y - 3 : y + 4, x - 3 : x + 4] = 255
    eyes = ((80.0, 90.0), (120.0, 110.0))
    square = upright(pixels, Face((60.0, 60.0, 140.0, 140.0), (*eyes, *eyes[:1] * 4), 0.9))
    assert square.shape == (64, 64)
    left, right = (np.argwhere(half > 100).mean(0) for half in (square[:, :32], square[:, 32:]))
    assert left[0] == pytest.approx(right[0], abs=1.5)


# --- all three ----------------------------------------------------------------------------------------


def test_many_at_once_are_each_as_alone(faces, bodies, looks, sample):
    pixels = sample("suits.jpg").pixels
    boxes = [(55.0, 46.0, 262.0, 465.0), (270.0, 53.0, 497.0, 467.0)]
    windows = [head_of(box) for box in boxes]
    together = faces(pixels, windows)
    assert together == [faces(pixels, [window])[0] for window in windows]
    points = bodies(pixels, boxes)
    assert all(np.array_equal(p, bodies(pixels, [box])[0]) for p, box in zip(points, boxes, strict=True))
    found = [each[0] for each in together]
    alone = np.concatenate([looks(pixels, [face]) for face in found])
    assert np.allclose(looks(pixels, found), alone, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (2, 900), (900, 2)])
def test_odd_images_do_no_harm(faces, bodies, looks, shape):
    pixels = np.full((*shape, 3), 90, np.uint8)
    box = (0.0, 0.0, float(shape[1]), float(shape[0]))
    faces(pixels, [head_of(box)])
    assert bodies(pixels, [box])[0].shape == (17, 3)
    looks(pixels, [Face((0.0, 0.0, 0.5, 0.5), ((0.0, 0.0),) * 6, 0.9)])


def test_the_square_that_blazeface_takes_is_what_its_places_cover():
    assert anchors().max() < SIDE
