"""Verbalizers: what they say, how sure they sound, and that they cope with little or nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_embedded.caption_composed import CaptionComposed
from lskd_embedded.colours import PALETTE, Colours, main
from lskd_embedded.objects import Objects, listed, many
from lskd_embedded.options_language import ColoursOptions, RelationsOptions
from lskd_embedded.relations import Relations, place
from lskd_embedded.relations_truth import PAIRED, truth

from lskd_toolkit import Descriptor, Image, Picture, Region, Scene, Shape
from lskd_toolkit.testing import SimpleContext

CTX = SimpleContext()
ALL = (Objects, Colours, Relations, CaptionComposed)


def picture(pixels: np.ndarray) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(Image("a", "a.png", "0" * 64, width, height), lambda: pixels)


def plain(colour: tuple[int, int, int] = (128, 128, 128), width: int = 120, height: int = 90) -> np.ndarray:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def said(verbalizer, pixels: np.ndarray, *regions: Region, descriptors: tuple[Descriptor, ...] = ()):
    shown = picture(pixels)
    return verbalizer.verbalize([shown], [Scene(shown.image, regions, descriptors)])[0]


def texts(found, scope: str) -> list[str]:
    return [d.text for d in found if d.scope == scope]


@pytest.mark.parametrize("verbalizer", ALL)
def test_nothing_found_is_no_error(verbalizer):
    found = said(verbalizer(None, CTX), plain())
    assert not [d for d in found if d.scope in ("local", "relation")]


@pytest.mark.parametrize("verbalizer", ALL)
def test_a_region_without_a_label_is_spoken_of(verbalizer):
    found = said(verbalizer(None, CTX), plain(), Region(0, (5, 5, 60, 60)))
    assert found
    assert all("  " not in d.text and "is a ," not in d.text for d in found)


@pytest.mark.parametrize("verbalizer", ALL)
def test_every_descriptor_names_its_verbalizer_and_knows_its_regions(verbalizer):
    regions = [Region(i, (i * 20, 10, i * 20 + 30, 50), label="dog") for i in range(3)]
    for d in said(verbalizer(None, CTX), plain(), *regions):
        assert d.verbalizer in ("objects", "colours", "relations", "caption-composed")
        assert set(d.regions) <= {0, 1, 2}
        assert 0 <= d.score <= 1
        assert all(f"[{id}]" in d.text for id in d.regions if d.scope in ("local", "relation"))


@pytest.mark.parametrize("verbalizer", ALL)
def test_a_picture_of_one_pixel(verbalizer):
    said(verbalizer(None, CTX), plain(width=1, height=1), Region(0, (0, 0, 1, 1), label="kite"))


def test_objects_counts_and_carries_doubt_into_words():
    found = said(
        Objects(None, CTX),
        plain(),
        Region(0, (0, 0, 9, 9), label="person", score=0.9),
        Region(1, (0, 0, 9, 9), label="person", score=0.5),
        Region(2, (0, 0, 9, 9), label="umbrella", score=0.3),
    )
    assert texts(found, "global") == ["2 people and possibly an umbrella"]
    assert texts(found, "local") == [
        "[0] is a person",
        "[1] is a person, probably",
        "[2] is an umbrella, possibly",
    ]


@pytest.mark.parametrize(
    ("label", "count", "words"),
    [
        ("person", 1, "a person"), ("person", 3, "3 people"), ("bus", 2, "2 buses"), ("knife", 2, "2 knives"),
        ("sheep", 2, "2 sheep"), ("skis", 1, "a pair of skis"), ("bench", 2, "2 benches"),
        ("teddy bear", 2, "2 teddy bears"), ("person", 40, "many people"), ("apple", 1, "an apple"),
    ],
)  # fmt: skip
def test_labels_are_counted_as_english_does(label, count, words):
    assert many(label, count) == words


def test_lists_are_joined_as_english_does():
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize("name", PALETTE)
def test_each_colour_of_the_palette_is_called_by_its_name(name):
    for rgb in PALETTE[name]:
        assert main(np.array([rgb], dtype=np.uint8), 0.3) == [(name, 1.0)]


def test_colours_looks_at_the_middle_of_a_box():
    pixels = plain((250, 250, 250))
    pixels[20:60, 20:60] = (200, 25, 30)
    found = said(Colours(None, CTX), pixels, Region(0, (10, 10, 70, 70)))
    assert texts(found, "local") == ["[0] is mostly red"]
    whole = said(Colours(ColoursOptions(centre=1.0), CTX), pixels, Region(0, (10, 10, 70, 70)))
    assert texts(whole, "local") == ["[0] is mostly white and red"]


def test_colours_keeps_to_a_mask_where_there_is_one():
    pixels = plain((40, 140, 50))
    pixels[:, :60] = (40, 90, 200)
    corner = Shape("polygon", {"polygons": [[[0, 0], [50, 0], [50, 80], [0, 80]]]})
    found = said(Colours(None, CTX), pixels, Region(0, (0, 0, 120, 90), shape=corner))
    assert texts(found, "local") == ["[0] is mostly blue"]


def test_colours_tells_dark_from_bright():
    dark, bright = (
        texts(said(Colours(None, CTX), plain(c)), "global")[0] for c in ((20, 20, 20), (240,) * 3)
    )
    assert "dark" in dark
    assert "black" in dark
    assert "bright" in bright
    assert "white" in bright


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 0, 10, 10), "at the top left"), ((45, 45, 55, 55), "in the centre"),
        ((80, 40, 100, 60), "on the right"), ((40, 80, 60, 100), "at the bottom"),
    ],
)  # fmt: skip
def test_places(box, words):
    assert place(box, 100, 100) == words


def test_relations_says_the_telling_one_and_no_more_than_asked():
    table, cup = Region(0, (10, 40, 110, 85), label="dining table"), Region(1, (50, 25, 65, 50), label="cup")
    dog = Region(2, (2, 60, 8, 66), label="dog", score=0.4)
    assert texts(said(Relations(None, CTX), plain(), table, cup), "relation") == ["[1] is on top of [0]"]
    few = said(Relations(RelationsOptions(pairs=1), CTX), plain(), table, cup, dog)
    assert texts(few, "relation") == ["[1] is on top of [0]"]
    assert not texts(said(Relations(RelationsOptions(pairs=0), CTX), plain(), table, cup), "relation")


def test_relations_says_who_is_left():
    dog, far, near = Region(0, (80, 30, 100, 60), label="dog"), (5, 30, 20, 60), (55, 30, 75, 60)
    found = said(Relations(None, CTX), plain(), dog, Region(1, far))
    assert texts(found, "relation") == ["[1] is left of [0]"]
    assert texts(found, "local") == ["[0] is on the right, small", "[1] is on the left, small"]
    beside = said(Relations(None, CTX), plain(), dog, Region(1, near))
    assert texts(beside, "relation") == ["[0] is next to [1], on its right"]


edges = st.tuples(*[st.floats(0, 500, width=32) for _ in range(4)])
boxes = edges.map(lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]) + 1, max(e[1], e[3]) + 1))


@given(boxes, boxes)
def test_opposite_relations_add_up_to_one(a, b):
    for name, opposite in (("left of", "right of"), ("above", "below")):
        assert truth(name, a, b) + truth(opposite, a, b) == pytest.approx(1)
        assert truth(name, a, b) == pytest.approx(truth(opposite, b, a))


@given(boxes, boxes)
def test_every_relation_has_a_truth_between_none_and_all(a, b):
    assert all(0 <= truth(name, a, b) <= 1 for name in PAIRED)


def test_a_composed_caption_says_that_it_is_composed():
    regions = (Region(0, (10, 10, 60, 80), label="person", score=0.5),)
    seen = (
        Descriptor("local", "[0] is on the left, large", (0,), verbalizer="relations"),
        Descriptor("local", "[0] is mostly red", (0,), verbalizer="colours"),
        Descriptor("global", "the picture is bright", (), verbalizer="colours"),
    )
    (caption,) = said(CaptionComposed(None, CTX), plain(), *regions, descriptors=seen)
    assert caption.verbalizer == "caption-composed"
    assert caption.text == (
        "Composed from detections: probably a person (mostly red, on the left, large); the picture is bright."
    )
    (empty,) = said(CaptionComposed(None, CTX), plain())
    assert empty.text == "Composed from detections: nothing was found that has a name."


@pytest.mark.parametrize("verbalizer", ALL)
def test_one_at_a_time_says_the_same(verbalizer):
    rng = np.random.default_rng(0)
    shown = [picture(rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)) for _ in range(3)]
    scenes = [Scene(p.image, (Region(0, (5, 5, 30, 30), label="cat", score=0.4),)) for p in shown]
    many_at_once = verbalizer(None, CTX).verbalize(shown, scenes)
    assert many_at_once == [
        verbalizer(None, CTX).verbalize([p], [s])[0] for p, s in zip(shown, scenes, strict=True)
    ]
