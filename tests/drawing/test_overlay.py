"""Visual prompt ``paper-overlay``: the paper's look, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lskd_toolkit.drawing import draw_overlay
from lskd_toolkit.drawing.options import PaperOverlayOptions
from lskd_toolkit.drawing.palette import paper_colours
from lskd_toolkit.drawing.paper_overlay import PaperOverlay
from lskd_toolkit.images import open_picture
from lskd_toolkit.records import Region


def photo() -> np.ndarray:
    """Smooth light with some grain: 400 x 300."""
    y, x = np.mgrid[0:300, 0:400]
    grain = np.random.default_rng(5).integers(0, 25, (300, 400, 3))
    return (np.stack([x // 4 + 40, y // 4 + 60, (x + y) // 8 + 30], axis=2) + grain).astype(np.uint8)


REGIONS = [Region(0, (20, 30, 120, 200)), Region(1, (90, 50, 300, 260)), Region(4, (100, 60, 130, 90))]


def test_boxes_are_those_of_the_papers_recipe() -> None:
    """Each region is one RGBA overlay, laid over the image in turn, as its code does with Pillow."""
    expected = Image.fromarray(photo())
    for region in REGIONS:
        fill, outline = paper_colours(region.id)
        layer = Image.new("RGBA", expected.size, (0, 0, 0, 0))
        left, top, right, bottom = region.box
        corners = [(left, top), (right - 1, bottom - 1)]  # Pillow's rectangle holds its last row and column
        ImageDraw.Draw(layer).rectangle(corners, fill=fill, outline=outline, width=2)
        expected = Image.alpha_composite(expected.convert("RGBA"), layer).convert("RGB")
    got = draw_overlay(photo(), REGIONS).astype(int)
    assert np.abs(got - np.asarray(expected)).max() <= 2  # of rounding


def test_what_is_outside_all_regions_is_untouched() -> None:
    before, after = photo(), draw_overlay(photo(), REGIONS)
    outside = np.ones(before.shape[:2], bool)
    for region in REGIONS:
        left, top, right, bottom = (int(edge) for edge in region.box)
        outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(after[outside], before[outside])
    assert (after[~outside] != before[~outside]).any(axis=1).mean() > 0.9


def test_ids_past_five_differ() -> None:
    box = (50.0, 50.0, 150.0, 150.0)
    drawn = {draw_overlay(photo(), [Region(id, box)]).tobytes() for id in range(24)}
    assert len(drawn) == 24


def test_ids_that_share_a_fill_differ_by_their_outline() -> None:
    box = (50.0, 50.0, 150.0, 150.0)
    for one, other in ((1, 3), (2, 4)):
        drawn = [draw_overlay(photo(), [Region(id, box)]) for id in (one, other)]
        np.testing.assert_array_equal(drawn[0][60:140, 60:140], drawn[1][60:140, 60:140])
        assert (drawn[0][50, 50:150] != drawn[1][50, 50:150]).any()


def line_width(drawn: np.ndarray, row: int) -> int:
    return int((drawn[row, :400] == (5, 255, 55)).all(axis=1).sum())


def test_lines_scale_with_large_images_if_asked_and_never_shrink() -> None:
    large = np.full((1440, 1920, 3), 99, np.uint8)
    region = Region(0, (50, 50, 1500, 1200))
    assert line_width(draw_overlay(large, [region]), 600) == 2
    assert line_width(draw_overlay(large, [region], scale_lines=True), 600) == 6
    small = draw_overlay(large[:240, :320], [Region(0, (50, 50, 150, 150))], scale_lines=True)
    assert line_width(small, 100) == 4  # two pixels on each side


@pytest.mark.parametrize("shape", [(1, 1), (20, 20), (1, 300)])
@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 1, 1),
        (-50, -50, 500, 500),
        (3, 3, 3, 3),
        (900, 900, 950, 950),
        (9, 9, 2, 2),
        (0.2, 0.2, 0.3, 0.3),
    ],
)
def test_odd_images_and_boxes(shape: tuple[int, int], box: tuple[float, ...]) -> None:
    pixels = np.zeros((*shape, 3), np.uint8)
    assert draw_overlay(pixels, [Region(7, box)]).shape == (*shape, 3)


def test_a_box_that_is_no_number_is_left_out() -> None:
    pixels = np.zeros((9, 9, 3), np.uint8)
    assert not draw_overlay(pixels, [Region(0, (float("nan"), 0, 5, 5))]).any()


def test_the_component_names_every_region_and_leaves_the_picture_alone() -> None:
    picture = open_picture(photo())
    before = picture.pixels.copy()
    pointed = PaperOverlay(PaperOverlayOptions(line_width=3), None).point(picture, REGIONS)
    assert dict(pointed.names) == {0: "[0]", 1: "[1]", 4: "[4]"}
    np.testing.assert_array_equal(pointed.images[0], draw_overlay(photo(), REGIONS, line_width=3))
    np.testing.assert_array_equal(picture.pixels, before)
    np.testing.assert_array_equal(PaperOverlay().point(picture, []).images[0], before)
