"""One door for whatever a notebook holds."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lskd_toolkit.errors import ImageRefused
from lskd_toolkit.images import Picture, as_picture, open_picture, thumbnail


def gradient(width: int = 90, height: int = 60) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 2, y * 4, (x + y)], axis=2).astype(np.uint8)


def test_a_path(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(gradient()).save(path)
    for source in (path, str(path)):
        picture = open_picture(source)
        image = picture.image
        assert (image.id, image.uri, image.width, image.height) == ("photo.png", str(path), 90, 60)
        assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        np.testing.assert_array_equal(picture.pixels, gradient())


def test_pixels_are_decoded_on_the_first_look_and_again_after_release(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)).save(out, "JPEG")
    picture = open_picture(out.getvalue()[:-900])
    assert picture.image.width == 64
    with pytest.raises(ImageRefused, match="truncated"):
        _ = picture.pixels


def test_an_array_an_image_and_their_identity() -> None:
    array = gradient()
    from_array, from_image = open_picture(array, "x"), open_picture(Image.fromarray(array))
    assert from_array.image.id == "x"
    assert from_array.image.sha256 == from_image.image.sha256
    assert from_array.image.sha256 != open_picture(array.reshape(90, 60, 3)).image.sha256
    assert not from_array.pixels.flags.writeable
    array[:] = 0  # the caller's own array stays the caller's
    np.testing.assert_array_equal(from_array.pixels, gradient())


def test_an_open_image_is_turned_as_its_tag_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    out = io.BytesIO()
    Image.fromarray(gradient()).save(out, "PNG", exif=exif)
    assert open_picture(Image.open(out)).pixels.shape == (90, 60, 3)


def test_grey_and_rgba_arrays() -> None:
    assert open_picture(np.full((2, 3), 9, np.uint8)).pixels[1, 2].tolist() == [9, 9, 9]
    assert open_picture(np.full((2, 3, 1), 9, np.uint8)).pixels.shape == (2, 3, 3)
    assert open_picture(np.zeros((2, 3, 4), np.uint8)).pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8), np.uint8(3)]
)
def test_an_array_that_is_no_picture_says_what_is_wanted(array: np.ndarray) -> None:
    with pytest.raises(ImageRefused, match=r"give uint8 \(H, W, 3\) RGB"):
        open_picture(array)


def test_a_refused_path_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("words")
    with pytest.raises(ImageRefused, match=r"x\.png: not an image"):
        open_picture(tmp_path / "x.png")
    with pytest.raises(ImageRefused, match=r"y\.png: the file is gone"):
        open_picture(tmp_path / "y.png")


def test_a_picture_is_passed_through() -> None:
    picture = open_picture(gradient())
    assert as_picture(picture) is picture
    assert isinstance(as_picture(gradient()), Picture)


def test_a_thumbnail_is_a_small_jpeg_of_the_same_bytes_every_time() -> None:
    picture = open_picture(gradient())
    small = Image.open(io.BytesIO(thumbnail(picture, 30)))
    assert (small.format, small.size) == ("JPEG", (30, 20))
    assert Image.open(io.BytesIO(thumbnail(picture, 500))).size == (90, 60)
    assert thumbnail(picture, 30) == thumbnail(picture, 30)
    assert Image.open(io.BytesIO(thumbnail(open_picture(np.zeros((1, 900, 3), np.uint8)), 30))).height == 1
