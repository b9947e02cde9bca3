"""``relations``: what is said of two regions is true of their boxes, masks and depths, and of no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lskd_embedded.options_language import RelationsOptions
from lskd_embedded.relations import Relations
from lskd_embedded.relations_depth import depths, ranked
from lskd_embedded.relations_phrases import (
    EXTENTS,
    HEADS,
    INVERSE,
    RATIOS,
    SIZES,
    TAILS,
    Fact,
    read,
    turned,
    write,
)
from lskd_embedded.scene_graph_edges import canonical

from lskd_toolkit import Descriptor, Image, Picture, Region, Scene, Shape
from lskd_toolkit.augmentation.sides import swap_sides
from lskd_toolkit.geometry.moving import flip_region, scale_region
from lskd_toolkit.testing import SimpleContext, check_verbalizer

WIDTH, HEIGHT = 512, 256
THIRDS = 384
"""A width of which a third is a whole number."""


class Map:
    """A part of kind depth that knows the answer."""

    def __init__(self, depth: np.ndarray):
        self.depth = depth
        self.asked = 0

    def measure(self, pictures):
        self.asked += len(pictures)
        return [self.depth for _ in pictures]


def told(*regions: Region, depth=None, said=(), width=WIDTH, height=HEIGHT, **options) -> list[Descriptor]:
    image = Image("a", "a.png", "0" * 64, width, height)
    picture = Picture(image, lambda: np.zeros((height, width, 3), np.uint8))
    ctx = SimpleContext(parts={} if depth is None else {"depth": Map(np.asarray(depth, np.float32))})
    verbalizer = Relations(RelationsOptions(**options), ctx)
    return verbalizer.verbalize([picture], [Scene(image, tuple(regions), tuple(said))])[0]


def sentences(*regions: Region, **given) -> list[str]:
    return [d.text for d in told(*regions, **given) if d.scope == "relation"]


def person(id: int, *box: float, score: float = 0.9, label: str = "person") -> Region:
    return Region(id, tuple(float(v) for v in box), label=label, score=score)


def polygon(*points: tuple[int, int]) -> Shape:
    return Shape("polygon", {"polygons": [[list(p) for p in points]]})


def test_keeps_the_contract_of_verbalizers():
    check_verbalizer("relations")


# --- boxes ----------------------------------------------------------------------------------------


def test_of_a_box_within_a_box_no_more_is_said_than_that():
    """A face that looks over a shoulder is not inside the man before it, and a cup not inside its table."""
    assert sentences(person(0, 100, 20, 300, 240), person(1, 150, 40, 200, 90)) == [
        "[1] is within the box of [0]"
    ]


def test_two_of_which_one_hides_a_part_of_the_other_are_not_next_to_each_other():
    assert sentences(person(0, 100, 20, 200, 250), person(1, 170, 25, 260, 250)) == [
        "[1] overlaps [0], on its right"
    ]


def test_before_and_behind_are_guesses_without_depth():
    (text,) = sentences(person(0, 100, 10, 200, 100), person(1, 120, 60, 260, 250))
    assert text == "[0] is probably behind [1]"


def test_lower_edges_say_nothing_of_what_may_be_held_or_hung():
    """A cup in the hand of a man ends above his feet, and is not behind him."""
    assert sentences(person(0, 100, 10, 200, 250), person(1, 180, 100, 220, 140, label="cup")) == [
        "[1] overlaps [0], on its right"
    ]


def test_what_looks_far_smaller_is_not_next_to_a_thing():
    assert sentences(person(0, 100, 10, 300, 250), person(1, 320, 100, 360, 140, label="car")) == [
        "[1] is right of [0]"
    ]


@pytest.mark.parametrize(("tall", "words"), [
    (200, ""), (120, ", about half as tall in the picture"), (66, ", about a third as tall in the picture"),
    (30, ", a fraction as tall in the picture"),
])  # fmt: skip
def test_sizes_are_said_of_things_of_one_name_where_they_tell(tall, words):
    large, small = person(0, 20, 20, 80, 230), person(1, 120, 240 - tall, 180, 240)
    assert sentences(large, small) == [f"[1] is next to [0], on its right{words}"]
    assert sentences(large, replace(small, label="dog")) == ["[1] is next to [0], on its right"]


def test_a_thing_that_the_border_cuts_has_no_height_to_compare():
    assert sentences(person(0, 20, 20, 80, 256), person(1, 120, 150, 180, 240)) == [
        "[1] is next to [0], on its right"
    ]


def test_pairs_are_bounded_however_many_regions_there_are():
    crowd = [person(i, 10 * i, 20, 10 * i + 8, 60) for i in range(40)]
    assert len(sentences(*crowd)) == 6
    assert len(sentences(*crowd, pairs=3)) == 3


def test_regions_of_different_frames_do_not_lie_to_each_other():
    assert not sentences(
        replace(person(0, 20, 20, 80, 200), frame=0), replace(person(1, 120, 20, 180, 200), frame=1)
    )


# --- masks ----------------------------------------------------------------------------------------


def test_masks_say_what_boxes_cannot():
    frame = Region(
        0, (0, 0, 200, 200), polygon((0, 0), (200, 0), (200, 200), (190, 200), (190, 10), (0, 10)), "arch"
    )
    within = Region(1, (60, 60, 120, 120), polygon((60, 60), (120, 60), (120, 120), (60, 120)), "cat")
    assert sentences(frame, within) == ["[1] is within the box of [0]"]
    wall = replace(frame, shape=polygon((0, 0), (200, 0), (200, 200), (0, 200)))
    assert sentences(wall, within) == ["[1] is within [0]"]
    partly = replace(
        within, box=(150, 60, 220, 120), shape=polygon((150, 60), (220, 60), (220, 120), (150, 120))
    )
    assert sentences(wall, partly) == ["[1] is mostly within [0]"]


def test_boxes_that_overlap_say_nothing_where_masks_do_not():
    left = Region(0, (0, 0, 120, 200), polygon((0, 0), (120, 0), (0, 200)), "roof")
    right = Region(1, (60, 0, 190, 210), polygon((190, 0), (190, 210), (60, 210)), "tree")
    assert sentences(left, right) == ["[0] is next to [1], on its left"]
    assert sentences(replace(left, shape=None), right) == ["[0] overlaps [1], on its left"]


def test_a_patch_without_a_name_is_not_guessed_to_be_behind():
    back, front = person(0, 100, 10, 200, 100, label=""), person(1, 120, 60, 260, 250)
    assert sentences(back, front) == ["[0] overlaps [1]"]


# --- counts ---------------------------------------------------------------------------------------


def counted(*regions: Region) -> list[str]:
    return [d.text for d in told(*regions, pairs=0, places=False)]


def test_counts_say_where_things_of_one_name_are():
    three = [person(0, 10, 0, 50, 200), person(1, 60, 0, 100, 200), person(2, 400, 0, 440, 200)]
    assert counted(*three) == ["3 people: 2 on the left and 1 on the right"]
    assert counted(*three[:2]) == ["2 people, both on the left"]
    assert counted(three[0]) == []
    assert not told(*three, pairs=0, places=False, counts=False)


def test_counts_carry_doubt_into_words():
    sure, unsure, hardly = (person(i, 10 + i, 0, 60, 200, score=s) for i, s in enumerate((0.9, 0.5, 0.3)))
    assert counted(sure, unsure) == ["probably 2 people, both on the left"]
    assert counted(sure, replace(unsure, score=0.8), hardly) == ["at least 2 people, both on the left"]


# --- depth ----------------------------------------------------------------------------------------


def steps(*columns: float) -> np.ndarray:
    """A depth map of upright stripes."""
    return np.repeat(np.array(columns, np.float32), 64 // len(columns))[None].repeat(32, axis=0)


TWO = (person(0, 32, 20, 224, 240), person(1, 288, 20, 480, 240))


def test_what_is_clearly_apart_in_depth_is_said_to_be():
    assert sentences(*TWO, depth=steps(1, 5)) == ["[0] is left of [1], nearer"]
    assert sentences(*TWO, depth=steps(5, 1)) == ["[0] is left of [1], farther away"]
    assert sentences(*TWO, depth=steps(3, 3)) == ["[0] is next to [1], on its left"]


def test_measured_depth_takes_the_place_of_the_guess_from_lower_edges():
    back, front = person(0, 100, 10, 200, 100), person(1, 120, 60, 260, 250)
    depth = np.full((HEIGHT, WIDTH), 9.0)
    depth[10:100, 100:200] = 1
    depth[60:250, 200:260] = 5
    depth[100:250, 120:260] = 5
    assert sentences(back, front, depth=depth) == ["[0] is in front of [1]"]
    level = np.full((HEIGHT, WIDTH), 9.0)
    assert "behind" not in sentences(back, front, depth=level)[0]


def test_a_small_difference_amid_larger_ones_is_not_said():
    """Ranks of a whole picture: what differs by a little of a smooth ground is at one distance."""
    slope = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(32, axis=0)
    near, far = person(0, 200, 20, 256, 240), person(1, 236, 20, 290, 240)
    assert "nearer" not in sentences(near, far, depth=slope)[0]


def test_two_things_with_little_between_them_are_at_one_distance():
    depth = np.zeros((HEIGHT, WIDTH))
    depth[:, 256:] = 9
    depth[100:120, 100:120], depth[100:120, 300:320] = 5.0, 5.1
    small, other = person(0, 90, 90, 130, 130), person(1, 290, 90, 330, 130)
    assert not any(word in sentences(small, other, depth=depth)[0] for word in ("nearer", "farther"))


def test_pixels_of_equal_depth_speak_for_neither():
    scene = Scene(Image("a", "a", "", 40, 10), (person(0, 0, 0, 20, 10), person(1, 20, 0, 40, 10)))
    depth = np.full((10, 40), 5.0)
    depth[:, 0:9] = 1
    of = depths(scene, depth)
    assert of.nearer(0, 1) == of.nearer(1, 0) == 0.0
    depth[:, 0:11] = (
        1  # the middle of the first is half nearer, half as far: no more than three of four pairs
    )
    assert depths(scene, depth).nearer(0, 1) <= 0.8


def test_the_nearest_and_the_farthest_of_several_are_named():
    three = [person(i, 160 * i + 16, 20, 160 * i + 144, 240) for i in range(3)]
    depth = np.zeros((HEIGHT, WIDTH))
    for i in range(3):
        depth[:, 160 * i : 160 * i + 160] = (5, 1, 9)[i]
    places = [d.text for d in told(*three, depth=depth) if d.scope == "local"]
    assert places[1].endswith(", the nearest")
    assert places[2].endswith(", the farthest")
    assert places[0].endswith("large")


def test_what_is_before_a_thing_does_not_measure_it():
    bus, man = person(0, 64, 20, 448, 240, label="bus"), person(1, 200, 60, 312, 240)
    depth = np.full((HEIGHT, WIDTH), 5.0)
    depth[60:240, 200:312] = 1
    of = depths(Scene(Image("a", "a", "", WIDTH, HEIGHT), (bus, man)), depth).of
    assert of[0].min() == of[0].max() > of[1].max()


def test_a_region_is_measured_under_its_mask():
    ring = Region(
        0,
        (0, 0, 512, 256),
        polygon((0, 0), (512, 0), (512, 256), (0, 256), (0, 200), (400, 200), (400, 56), (0, 56)),
    )
    depth = np.zeros((64, 128))
    depth[20:44, :90] = 7
    of = depths(Scene(Image("a", "a", "", WIDTH, HEIGHT), (ring,)), depth).of
    assert of[0].max() == of[0].min()


def test_depth_is_asked_for_a_whole_chunk_at_once_and_not_where_nothing_can_be_compared():
    measured = Map(steps(1, 5))
    calls = []
    measured_measure = measured.measure
    measured.measure = lambda pictures: calls.append(len(pictures)) or measured_measure(pictures)
    image = Image("a", "a", "", WIDTH, HEIGHT)
    picture = Picture(image, lambda: np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    scenes = [Scene(image, TWO), Scene(image, TWO[:1]), Scene(image, TWO)]
    Relations(None, SimpleContext(parts={"depth": measured})).verbalize([picture] * 3, scenes)
    assert calls == [2]


# --- facing ---------------------------------------------------------------------------------------


def looks(id: int, side: str, score: float = 1.0) -> Descriptor:
    return Descriptor("local", f"[{id}] faces the {side} of the picture", (id,), score, "people")


def facing(*said: Descriptor, regions=TWO, **given) -> list[str]:
    return [text for text in sentences(*regions, said=said, **given) if "face" in text]


def test_who_looks_to_a_side_probably_faces_who_is_there():
    assert facing(looks(0, "right")) == ["[0] probably faces [1]"]
    assert facing(looks(0, "left")) == []
    assert facing(looks(0, "right"), looks(1, "left")) == ["[0] and [1] probably face each other"]
    assert facing(looks(0, "right", 0.6)) == ["[0] possibly faces [1]"]


@pytest.mark.parametrize(
    "text", ["[0] faces right", "[0] is a man, looking to the right", "[0] is turned right"]
)
def test_which_way_somebody_faces_is_read_in_several_words(text):
    assert facing(Descriptor("local", text, (0,), 1.0, "pose")) == ["[0] probably faces [1]"]


@pytest.mark.parametrize(
    "text", ["[0] faces the camera", 'on [0] it says "faces right"', "[0] has its right arm up"]
)
def test_other_words_say_nothing_of_facing(text):
    assert facing(Descriptor("local", text, (0,), 1.0, "pose")) == []


def test_nobody_faces_what_is_too_far_not_level_or_at_another_depth():
    assert not facing(looks(0, "right"), regions=(person(0, 0, 20, 20, 60), person(1, 480, 20, 500, 60)))
    assert not facing(looks(0, "right"), regions=(person(0, 0, 20, 100, 60), person(1, 120, 180, 200, 240)))
    assert not facing(looks(0, "right"), depth=steps(1, 5))


def test_facing_can_be_left_out():
    assert not facing(looks(0, "right"), facing=False)


# --- phrases --------------------------------------------------------------------------------------

ids = st.integers(0, 30)
others = ids.map(lambda i: i + 31)
tails_of = st.lists(st.sampled_from(sorted(TAILS)), unique=True)


@given(ids, others, st.sampled_from(sorted(HEADS)), tails_of, st.floats(0, 1))
def test_what_is_written_is_read_back(subject, other, head, tails, score):
    facts = [Fact(subject, name, other, score) for name in (head, *tails)]
    assert read(write(facts), score) == facts


@given(ids, others, st.sampled_from(sorted(INVERSE)))
def test_a_relation_told_the_other_way_round_is_the_same_one(subject, other, name):
    fact = Fact(subject, name, other)
    assert turned(turned(fact)) == fact
    assert canonical(turned(fact)) == canonical(fact)


def test_words_of_sizes_are_each_others_opposites():
    assert len(SIZES) == len(RATIOS) * len(EXTENTS)
    for name, (ratio, extent) in SIZES.items():
        there, dimension = SIZES[INVERSE[name]]
        assert (there * ratio, dimension) == (pytest.approx(1), extent)


@pytest.mark.parametrize("text", [
    "", "[0] is a dog", "[0] is left of the dog", "[0] is left of [0]", "the dog [0] is left of [1]",
    "[0] is left of [1], happily",
])  # fmt: skip
def test_what_is_no_relation_is_not_read(text):
    assert read(text) == []


# --- properties -----------------------------------------------------------------------------------


@st.composite
def crowds(draw) -> tuple[Region, ...]:
    regions = []
    for id in range(draw(st.integers(0, 5))):
        x, y = draw(st.integers(0, THIRDS - 8)), draw(st.integers(0, HEIGHT - 8))
        w, h = draw(st.integers(4, THIRDS - x)), draw(st.integers(4, HEIGHT - y))
        label, score = draw(st.sampled_from(("person", "dog", ""))), draw(st.sampled_from((0.3, 0.5, 0.9)))
        regions.append(Region(id, (x, y, x + w, y + h), label=label, score=score))
    return tuple(regions)


maps = st.lists(st.integers(0, 12), min_size=32, max_size=32).map(
    lambda v: np.array(v, np.float64).reshape(4, 8)
)


def texts(found) -> list[str]:
    return [d.text for d in found]


def parts(texts) -> list[list[str]]:
    """Sentences without the order of what they list: left comes first in counts, mirrored or not."""
    return [sorted(t.replace(" and ", ", ").replace(": ", ", ").split(", ")) for t in texts]


@settings(max_examples=60, deadline=None)
@given(crowds(), st.none() | maps)
@example((person(0, 246, 0, 266, 60), person(1, 300, 0, 320, 60)), None)
def test_a_mirrored_picture_has_left_and_right_exchanged(regions, depth):
    said = texts(told(*regions, depth=depth, pairs=20, width=THIRDS))
    flipped = None if depth is None else depth[:, ::-1]
    there = (flip_region(region, THIRDS) for region in regions)
    mirrored = texts(told(*there, depth=flipped, pairs=20, width=THIRDS))
    assert parts(mirrored) == parts(str(swap_sides(text)) for text in said)


@settings(max_examples=60, deadline=None)
@given(crowds(), st.none() | maps, st.sampled_from((0.5, 2, 4)))
def test_an_enlarged_picture_is_told_in_the_same_words(regions, depth, times):
    scaled = (scale_region(r, times, times) for r in regions)
    there = told(*scaled, depth=depth, width=int(WIDTH * times), height=int(HEIGHT * times), pairs=20)
    assert texts(there) == texts(told(*regions, depth=depth, pairs=20))


@settings(max_examples=60, deadline=None)
@given(crowds(), maps)
def test_only_the_order_of_depths_counts(regions, depth):
    plain = texts(told(*regions, depth=depth))
    for curve in (depth * 3 + 7, np.exp(depth / 4), np.sqrt(depth)):
        assert texts(told(*regions, depth=curve)) == plain
    assert np.array_equal(ranked(np.exp(depth / 4)), ranked(depth))


@settings(max_examples=60, deadline=None)
@given(crowds(), st.none() | maps, st.randoms(use_true_random=False))
def test_other_numbers_for_the_regions_change_only_the_numbers(regions, depth, random):
    new = list(range(len(regions)))
    random.shuffle(new)
    again = sorted((replace(r, id=new[r.id]) for r in regions), key=lambda r: r.id)

    def facts(found, names) -> set:
        of = {canonical(Fact(names[f.subject], f.name, names[f.other], f.score))
              for d in found if d.scope == "relation" for f in read(d.text, d.score)}  # fmt: skip
        return of | {d.text.partition("] ")[2] for d in found if d.scope == "local"}

    same = list(range(len(regions)))
    assert facts(told(*regions, depth=depth, pairs=20), new) == facts(
        told(*again, depth=depth, pairs=20), same
    )
