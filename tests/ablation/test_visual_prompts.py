"""Which way of pointing a student can read, on the small world."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from lskd_toolkit.ablation import Arm, Setting, measure, plot, way
from lskd_toolkit.ablation.features import numbers_of, within
from lskd_toolkit.ablation.scenes import scene
from lskd_toolkit.ablation.student import overlap
from lskd_toolkit.drawing.strokes import raster

SMALL = Setting(0, 120, 60)


@pytest.fixture(scope="module")
def unmarked() -> Arm:
    return measure(way("no marks"), SMALL)


def test_without_marks_a_student_can_only_guess_which_of_the_four(unmarked):
    assert unmarked.accuracy == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize("name", ["paper-overlay", "crop", "alpha", "coordinates", "contour"])
def test_what_it_is_shown_it_reads(name, unmarked):
    assert measure(way(name), SMALL).interval[0] > unmarked.interval[1] + 0.2


def test_it_follows_the_marks_and_not_the_truth(unmarked):
    """On the marks of others it answers for those, which here are of another colour for sure."""
    assert measure(way("marks of others"), SMALL).interval[1] < unmarked.interval[0]


def test_told_the_box_it_makes_no_mistake_and_still_is_not_beyond_doubt():
    told = measure(way("told the box"), SMALL)
    assert told.accuracy == 1.0
    assert 0.9 < told.interval[0] < told.interval[1] == 1.0


def test_regions_are_the_things_pixels_and_not_their_boxes():
    each = scene(0, 0)
    for region in each.regions:
        inside = raster(region, *each.pixels.shape[1::-1])
        assert len(np.unique(each.pixels[inside], axis=0)) == 1  # a thing has one colour
        x1, y1, x2, y2 = region.box
        assert 0 < inside.sum() <= (x2 - x1) * (y2 - y1)
    full = [(r.box[2] - r.box[0]) * (r.box[3] - r.box[1]) for r in each.regions]
    assert any(raster(r, 192, 192).sum() < 0.9 * box for r, box in zip(each.regions, full, strict=True))


def test_where_a_region_is_is_said_for_a_picture_of_any_size():
    each = scene(0, 0)
    x1, y1, x2, y2 = each.regions[0].box
    for rows, columns in ((24, 24), (9, 13)):
        shares = overlap(each, 0, rows, columns)
        assert shares.sum() / (rows * columns) == pytest.approx((x2 - x1) * (y2 - y1) / 192**2)
        assert shares.max() <= 1


def test_the_same_seed_gives_the_same_numbers_and_another_other_scenes():
    first, again = (measure(way("contour"), Setting(1, 40, 20)) for _ in range(2))
    assert first.right == again.right
    assert scene(1, 0).answers != scene(2, 0).answers or (scene(1, 0).pixels != scene(2, 0).pixels).any()


def test_students_of_several_trainings_are_taught_on_other_scenes_and_asked_the_same():
    setting = Setting(0, 40, 20)
    taught = [{each.pixels.tobytes() for each in setting.training(number)} for number in range(2)]
    asked = {each.pixels.tobytes() for each in setting.held_out()}
    assert not taught[0] & taught[1]
    assert not asked & (taught[0] | taught[1])
    both = measure(way("contour"), setting, 2)
    assert both.right[0] == measure(way("contour"), setting).right[0]
    assert both.right[0] != both.right[1]
    assert both.accuracy == pytest.approx(np.mean(both.by_training))
    assert both.spread == pytest.approx(np.std(both.by_training, ddof=1))


def test_an_id_says_nothing_of_a_place():
    first = [scene(0, index).regions[0].box[:2] for index in range(60)]
    assert len({(round(x // 96), round(y // 96)) for x, y in first}) == 4


def test_numbers_are_read_after_the_id_that_is_asked_for():
    text = (
        "Where (0 to 1000): [0] (10, 20, 30, 40); [1] outside the picture; [2] <loc_1><loc_2><loc_3><loc_4>."
    )
    assert numbers_of(text, 0) == [10, 20, 30, 40]
    assert numbers_of(text, 1) == []
    assert numbers_of(text, 2) == [1, 2, 3, 4]
    inside = within([0.0, 0.5, 0.5, 1.0], 1.0, 2, 2).reshape(2, 2)
    assert inside.tolist() == [[0, 0], [1, 0]]


def test_the_plot_is_an_image_with_every_arm():
    arms = [
        Arm("numbered", "", ((4, 3, 4), (4, 4, 4))),
        Arm("<b>", "", ((1, 0, 1),)),
        Arm("odd", reason="why"),
    ]
    drawn = ElementTree.fromstring(plot(arms))
    said = [element.text for element in drawn.iter() if element.text]
    assert {"numbered", "<b>", "95.8%", "chance", "odd", "failed"} <= set(said)
    assert len(drawn.findall("{*}circle")) == 2  # of the one with two trainings
