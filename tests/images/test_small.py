"""Pictures for those who make them smaller."""

import io

import numpy as np
import pytest
from PIL import Image

from lskd_toolkit.images.opening import open_picture, thumbnail


def jpeg(width, height, orientation=1):
    tones = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
    out, exif = io.BytesIO(), Image.Exif()
    exif[274] = orientation
    Image.fromarray(tones).resize((width, height)).save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("least", "size"), [(900, (1600, 1200)), (600, (800, 600)), (200, (400, 300)), (10, (200, 150))]
)
def test_a_jpeg_is_decoded_at_a_fraction_but_no_less_than_was_asked_for(least, size):
    assert open_picture(jpeg(1600, 1200)).small(least).size == size


def test_it_is_upright_all_the_same():
    assert open_picture(jpeg(1600, 1200, orientation=6)).small(300).size == (300, 400)


def test_it_looks_as_the_whole_made_small():
    picture = open_picture(jpeg(1600, 1200))
    whole = picture.pil.resize((400, 300), Image.Resampling.BOX)
    off = np.abs(np.asarray(picture.small(300), int) - np.asarray(whole, int))
    assert off.mean() < 2


def test_a_thumbnail_is_the_same_whether_or_not_the_pixels_were_looked_at():
    fresh, seen = open_picture(jpeg(1600, 1200)), open_picture(jpeg(1600, 1200))
    assert seen.pixels.shape == (1200, 1600, 3)
    assert thumbnail(fresh, 200) == thumbnail(seen, 200)


def test_what_has_no_fractions_is_decoded_whole():
    out = io.BytesIO()
    Image.new("RGB", (900, 700)).save(out, "PNG")
    assert open_picture(out.getvalue()).small(10).size == (900, 700)
