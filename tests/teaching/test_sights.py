"""What a sighted teacher is sent: pictures and words, by what its visual prompt gives."""

from __future__ import annotations

import numpy as np
import pytest

from lskd_toolkit import Image, Picture, Region
from lskd_toolkit.drawing import Pointed
from lskd_toolkit.teaching.sights import shown_by

REGIONS = (Region(3, (0, 0, 40, 40)), Region(0, (60, 20, 120, 90)))


def picture():
    return Picture(Image("a.png", "a.png", "cd" * 32, 200, 100), lambda: np.zeros((100, 200, 3), np.uint8))


class Drawer:
    """Paints the whole picture with 1, and each region's with its place in the list."""

    key = {"component": "mine:drawer"}  # noqa: RUF012

    def __init__(self, *gives):
        self.gives = gives

    def plainly(self, verb):
        assert verb == "point"
        return self.point

    def point(self, picture, regions):
        single = np.full_like(picture.pixels, 1)
        many = [np.full((8, 8, 3), place, np.uint8) for place, _ in enumerate(regions, 2)]
        words = " ".join(f"[{r.id}] at {r.box[0]:g}" for r in regions)
        images = (single, *many) if "images" in self.gives else (single,)
        return Pointed(images, {r.id: str(r.id) for r in regions}, words if "text" in self.gives else "")


def test_one_drawn_picture_has_no_words_of_its_own():
    shown = shown_by(Drawer("rgb"), picture(), REGIONS, 100)
    assert [sight.render().shape for sight in shown.sights] == [(50, 100, 3)]
    assert shown.words == ""


def test_several_pictures_are_the_whole_one_and_one_a_region_and_the_words_say_so():
    shown = shown_by(Drawer("images"), picture(), REGIONS, 100)
    assert [int(sight.render().flat[0]) for sight in shown.sights] == [1, 2, 3]
    assert shown.words == (
        "Several pictures are attached. Picture 1: the whole image; picture 2: region [3]; "
        "picture 3: region [0]."
    )
    assert len({sight.recipe for sight in shown.sights}) == 3  # else one would be kept for the others


def test_words_speak_of_the_picture_that_is_sent():
    shown = shown_by(Drawer("rgb", "text"), picture(), REGIONS, 100)
    assert shown.words == "[3] at 0 [0] at 30"


@pytest.mark.parametrize("regions", [REGIONS[:1], REGIONS[::-1]])
def test_other_regions_make_another_sight(regions):
    drawer = Drawer("rgb")
    one, other = (shown_by(drawer, picture(), some, 100).sights for some in (REGIONS, regions))
    assert one != other
