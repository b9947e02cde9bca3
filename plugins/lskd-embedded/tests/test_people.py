"""The verbalizer `people`: what it says of real photos, and of whom it is silent."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from lskd_embedded.expressions import NAMES
from lskd_embedded.faces import Face, turned
from lskd_embedded.options_people import PeopleOptions
from lskd_embedded.people import LOOKS, People, Seen
from lskd_embedded.people_matching import inside, matched
from lskd_embedded.people_postures import Fact

from lskd_toolkit import Region, Scene, create
from lskd_toolkit.testing import check_verbalizer

FILES = tuple(
    f"{name}.{end}" for name in ("blazeface", "movenet-lightning", "emotion") for end in ("json", "bin")
)
BOXES = {
    "astronaut.png": [(15, 14, 364, 507)],
    "camera.png": [(3, 68, 320, 512)],
    "barista.jpg": [(607, 135, 1034, 954)],
    "suits.jpg": [(55, 46, 262, 465), (270, 53, 497, 467), (213, 97, 305, 468)],
    "briefcase.jpg": [(254, 0, 487, 332)],
}
"""Where people are in the sample photos, xyxy pixels."""


@pytest.fixture(scope="module")
def people(need):
    need(*FILES)
    return create("verbalizer", "people")


@pytest.fixture(scope="module")
def told(people, sample):
    """What is said of a sample photo, as (scope, text)."""

    def tell(name: str, verbalizer=people, label: str = "person"):
        picture = sample(name)
        regions = tuple(Region(i, box, label=label, score=0.9) for i, box in enumerate(BOXES[name]))
        return verbalizer.verbalize([picture], [Scene(picture.image, regions)])[0]

    return tell


def test_contracts(need, sample):
    """The kit has a person in the upper left part of its pictures, so an astronaut is put there."""
    need(*FILES)
    photo = sample("astronaut.png").pixels[:500, 20:370]
    shown = [np.pad(each, ((0, 333), (0, 350), (0, 0))) for each in (photo, photo[:, ::-1])]
    check_verbalizer("people", pictures=shown)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "astronaut.png",
            ["a person; 1 face is seen, turned to the camera", "[0] faces the camera", "[0] is smiling"],
        ),
        (
            "camera.png",
            [
                "a person; 1 face is seen, not turned to the camera",
                "[0] faces the right of the picture",
                "[0] leans to the right of the picture",
            ],
        ),
        (
            "barista.jpg",
            [
                "a person; 1 face is seen, not turned to the camera",
                "[0] faces the left of the picture, probably",
                "[0] is smiling",
            ],
        ),
        ("briefcase.jpg", []),  # no head is in the picture
    ],
)
def test_what_is_said_of_a_photo_is_what_is_seen_in_it(told, name, texts):
    assert [d.text for d in told(name)] == texts


def test_neighbours_who_overlap_keep_their_own_faces(told, people, sample):
    pixels = sample("suits.jpg").pixels
    seen = people.look(pixels, [Region(i, box, label="person") for i, box in enumerate(BOXES["suits.jpg"])])
    noses = [each.face.points[2] for each in seen]
    assert np.allclose(noses, [(164, 112), (413, 117), (271, 141)], atol=12)
    texts = [d.text for d in told("suits.jpg")]
    assert texts[0] == "3 people; 3 faces are seen, 1 of them turned to the camera"
    assert "[0] faces the camera" in texts
    assert "[1] faces the right of the picture" in texts


def test_a_mirrored_photo_is_told_with_the_sides_changed(people, sample, picture):
    pixels = sample("camera.png").pixels[:, ::-1].copy()
    x1, y1, x2, y2 = BOXES["camera.png"][0]
    shown, region = picture(pixels), Region(0, (512 - x2, y1, 512 - x1, y2), label="person")
    texts = [d.text for d in people.verbalize([shown], [Scene(shown.image, (region,))])[0]]
    assert "[0] faces the left of the picture" in texts
    assert "[0] leans to the left of the picture" in texts


def test_only_regions_of_people_are_looked_at(told):
    assert told("astronaut.png", label="dog") == []
    assert told("astronaut.png", create("verbalizer", "people", labels=("dog",)), label="dog")
    assert told("astronaut.png", label="Person")


def test_a_picture_without_people_is_not_decoded(people, picture):
    shown = picture(np.zeros((90, 120, 3), np.uint8))
    shown._decode = lambda: pytest.fail("the pixels were looked at")
    regions = (Region(0, (0, 0, 100, 90), label="cat"), Region(1, (0, 0, 20, 30), label="person"))
    assert people.verbalize([shown], [Scene(shown.image, regions)]) == [[]]


def test_what_is_not_wanted_is_not_said(told):
    quiet = create("verbalizer", "people", expressions=False, poses=False, count=False)
    assert [d.text for d in told("camera.png", quiet)] == ["[0] faces the right of the picture"]
    assert [d.text for d in told("astronaut.png", quiet)] == ["[0] faces the camera"]


def test_a_small_face_is_not_read(told):
    near = create("verbalizer", "people", min_face=300, min_expression=300)
    assert not [d for d in told("astronaut.png", near) if "face" in d.text or "smil" in d.text]


def test_at_most_so_many_people_are_looked_at(told):
    one = create("verbalizer", "people", most=1)
    assert {d.regions for d in told("suits.jpg", one) if d.scope == "local"} == {(0,)}


def test_nothing_is_said_of_noise(people, picture):
    noise = np.random.default_rng(0).integers(0, 255, (300, 200, 3), dtype=np.uint8)
    shown, region = picture(noise), Region(0, (0, 0, 200, 300), label="person", score=0.9)
    assert people.verbalize([shown], [Scene(shown.image, (region,))]) == [[]]


def test_no_words_state_what_somebody_feels():
    assert all(words.split()[0] in ("looks", "is", "has") for words in LOOKS.values())
    assert not {"is angry", "is happy", "is sad", "is afraid"} & set(LOOKS.values())


# --- which face and which points are whose ------------------------------------------------------------

BOX = (100.0, 100.0, 200.0, 400.0)


def face(x: float, y: float, score: float = 0.9, turn: float = 0.0, wide: float = 40.0) -> Face:
    """A face of 40 pixels with its nose at a place, upright, turned to a side (-1 to 1)."""
    ear = 0.5 * wide
    eyes = ((x - 8, y - 10), (x + 8, y - 10))
    ears = ((x - ear * (1 + turn), y - 5), (x + ear * (1 - turn), y - 5))
    box = (x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2)
    return Face(box, (*eyes, (x, y), (x, y + 10), *ears), score)


def body(x: float, y: float, score: float = 0.6) -> np.ndarray:
    """Points all at one place, the nose among them."""
    return np.tile([x, y, score], (17, 1))


def test_a_face_is_theirs_whose_nose_is_there():
    here, there = face(150, 130), face(170, 180)
    assert matched([[there, here]], [body(152, 131)], [BOX]) == [here]


def test_a_face_is_not_theirs_whose_nose_is_elsewhere():
    assert matched([[face(150, 130)]], [body(190, 130)], [BOX]) == [None]  # a face's width away


def test_no_face_is_given_twice():
    only = face(150, 130)
    assert matched([[only], [only]], [body(150, 130), body(151, 130)], [BOX, BOX]) == [only, None]


def test_a_weak_face_counts_only_where_a_nose_vouches_for_it():
    weak = face(150, 130, 0.6)
    assert matched([[weak]], [body(150, 130)], [BOX]) == [weak]
    assert matched([[weak]], [body(150, 130, 0.0)], [BOX]) == [None]
    assert matched([[face(150, 130, 0.9)]], [body(0, 0, 0.0)], [BOX]) != [None]
    assert matched([[face(150, 390, 0.9)]], [body(0, 0, 0.0)], [BOX]) == [None]  # at the feet


def test_points_outside_a_box_are_somebody_elses():
    points = body(150, 200)
    points[3, 0] = 300
    assert inside(points, BOX)[3, 2] == 0
    assert inside(points, BOX)[4, 2] == 0.6
    points[3:9, 0] = 300
    assert not inside(points, BOX)[:, 2].any()


# --- what is made of what was found -------------------------------------------------------------------


@pytest.fixture
def verbalizer():
    return People(PeopleOptions(), SimpleNamespace(device="cpu", seed=0))


def seen(face: Face | None, id: int = 0, score: float = 0.9) -> Seen:
    return Seen(Region(id, BOX, label="person", score=score), np.zeros((17, 3)), face)


def test_a_face_alone_says_a_side_with_doubt_and_never_the_camera(verbalizer):
    where, score = verbalizer.direction(seen(face(150, 130, turn=0.9)))
    assert where == "right"
    assert score < verbalizer.options.sure
    assert verbalizer.direction(seen(face(150, 130, turn=-0.9)))[0] == "left"
    assert verbalizer.direction(seen(face(150, 130, turn=0.0))) == ("", 0.0)
    assert verbalizer.direction(seen(face(150, 130, turn=0.5))) == ("", 0.0)


def tilted(upright: Face, degrees: float) -> Face:
    """A face turned about its nose, clockwise in the picture."""
    points = turned(np.array(upright.points), upright.points[2], degrees)
    return Face(upright.box, tuple((float(x), float(y)) for x, y in points), upright.score)


@pytest.mark.parametrize(("degrees", "where"), [(0, "right"), (-30, "right"), (90, ""), (-60, ""), (180, "")])
def test_the_side_of_a_head_that_lies_is_no_side_of_the_picture(verbalizer, degrees, where):
    assert verbalizer.direction(seen(tilted(face(150, 130, turn=0.9), degrees)))[0] == where


@pytest.mark.parametrize(
    ("looks", "share", "turn", "roll", "words"),
    [
        ("happy", 0.95, 0.9, 0, ["is smiling"]),  # a smile is told from the side too
        ("happy", 0.8, 0.0, 0, []),
        ("happy", 0.95, 0.0, 45, []),
        ("surprised", 0.85, 0.0, -20, ["looks surprised"]),
        ("surprised", 0.95, 0.6, 0, []),
        ("neutral", 0.9, 0.1, 0, ["has a neutral expression"]),
        ("angry", 0.9, 0.0, 0, []),
        ("angry", 0.95, 0.0, 0, ["looks angry"]),
        ("angry", 0.99, 0.3, 0, []),
        ("afraid", 0.99, 0.0, 30, ["looks afraid"]),
    ],
)
def test_an_expression_is_told_of_clear_faces_only(verbalizer, monkeypatch, looks, share, turn, roll, words):
    row = np.full((1, 7), (1 - share) / 6, np.float32)
    row[0, NAMES.index(looks)] = share
    monkeypatch.setattr("lskd_embedded.people.expressions", lambda *_: row)
    monkeypatch.setattr(verbalizer, "_graph", lambda name: None)
    found = tilted(face(150, 130, turn=turn, wide=60), roll)
    told = {0: []}
    verbalizer._add_expressions(np.zeros((9, 9, 3), np.uint8), [seen(found)], told)
    assert [fact.words for fact in told[0]] == words


def test_doubt_is_said_and_what_is_too_doubtful_is_not(verbalizer, monkeypatch, picture):
    facts = [Fact("is sitting", 0.7), Fact("is lying", 0.5), Fact("is crouching", 0.3)]
    monkeypatch.setattr(verbalizer, "look", lambda pixels, regions: [seen(None)])
    monkeypatch.setattr(verbalizer, "_facts", lambda each: facts)
    shown = picture(np.zeros((400, 300, 3), np.uint8))
    found = verbalizer.verbalize([shown], [Scene(shown.image, (Region(0, BOX, label="person"),))])[0]
    assert [(d.text, d.score) for d in found] == [("[0] is sitting", 0.7), ("[0] is lying, probably", 0.5)]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([seen(None)], None),
        ([seen(face(1, 1, turn=1))], "a person; 1 face is seen, not turned to the camera"),
        ([seen(face(1, 1, turn=0.5))], "a person; 1 face is seen"),
        (
            [seen(face(1, 1, turn=1)), seen(face(9, 1, turn=-1), 1), seen(None, 2, 0.4)],
            "2 people and possibly another; 2 faces are seen, none of them turned to the camera",
        ),
        ([seen(face(1, 1, turn=1)), seen(face(9, 1), 1)], "2 people; 2 faces are seen"),
    ],
)
def test_faces_are_counted(verbalizer, found, text):
    assert [d.text for d in verbalizer._count(found)] == ([text] if text else [])
