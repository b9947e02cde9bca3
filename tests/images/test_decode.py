"""What a file may hold, and what becomes of it: upright RGB, or one plain reason."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lskd_toolkit.errors import ImageRefused
from lskd_toolkit.images import Limits, check, decode, inspect

RED, GREEN, BLUE, GREY = [220, 20, 20], [20, 200, 20], [20, 20, 220], [90, 90, 90]


def scene(width: int = 60, height: int = 40) -> np.ndarray:
    """An RGB picture in four colours, so that every turn and mirror of it differs."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, BLUE
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = GREEN, GREY
    return pixels


def encoded(image: Image.Image | np.ndarray, kind: str, **options: Any) -> bytes:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(
    width: int, height: int, body: bytes = b"\0" * 99, depth: int = 8, colour: int = 0, extra: bytes = b""
) -> bytes:
    """A PNG of whatever the header says, with whatever pixels behind it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def noise(width: int = 200, height: int = 160) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


KINDS = {
    "JPEG": {"quality": 95},
    "PNG": {},
    "TIFF": {},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100},
    "BMP": {},
    "GIF": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_rgb(kind: str) -> None:
    pixels = decode(encoded(scene(), kind, **KINDS[kind]))
    assert pixels.shape == (40, 60, 3)
    assert pixels.dtype == np.uint8
    for y, x in ((5, 5), (5, 50), (30, 5), (30, 50)):  # away from the quarters' borders, which may blur
        assert np.abs(pixels[y, x].astype(int) - scene()[y, x]).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_every_exif_rotation_is_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(scene(), kind, exif=exif, **KINDS[kind])
    pixels = decode(data)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    np.testing.assert_array_equal(pixels, expected)
    assert inspect(data) == check(data) == pixels.shape[1::-1]
    # Where the camera's top left went, by the standard's own table, and not only Pillow's word.
    corner = {1: RED, 2: BLUE, 3: GREY, 4: GREEN, 5: RED, 6: GREEN, 7: GREY, 8: BLUE}[orientation]
    assert np.abs(pixels[5, 5].astype(int) - corner).max() < 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_exif_tag_does_not_lose_the_photo() -> None:
    data = encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage")
    assert decode(data).shape == (40, 60, 3)


def test_an_exif_orientation_behind_the_pixels_of_a_png_counts() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(scene(), "PNG")
    body = exif.tobytes()[6:]
    late = struct.pack(">I", len(body)) + b"eXIf" + body + struct.pack(">I", zlib.crc32(b"eXIf" + body))
    data = data[:-12] + late + data[-12:]
    assert inspect(data) == (40, 60)
    assert decode(data).shape == (60, 40, 3)


def test_cmyk_jpeg() -> None:
    data = encoded(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=95)
    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    assert np.abs(decode(data)[5, 5].astype(int) - RED).max() < 12


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(1, 256)
    pixels = decode(encoded(Image.fromarray(ramp), "PNG"))
    np.testing.assert_array_equal(pixels[0, :, 0], np.arange(256))
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


def test_sixteen_bit_grey_tiff_of_both_byte_orders() -> None:
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(1, 256)
    for image in (Image.fromarray(ramp), Image.frombytes("I;16B", (256, 1), ramp.astype(">u2").tobytes())):
        np.testing.assert_array_equal(decode(encoded(image, "TIFF"))[0, :, 0], np.arange(256))


def test_sixteen_bit_grey_with_a_transparent_value_is_laid_on_white() -> None:
    row = b"\0" + struct.pack(">HH", 4096, 32768)
    body = struct.pack(">H", 4096)
    clear = struct.pack(">I", 2) + b"tRNS" + body + struct.pack(">I", zlib.crc32(b"tRNS" + body))
    assert decode(png(2, 1, row, depth=16, extra=clear)).tolist() == [[[255] * 3, [128] * 3]]


def test_sixteen_bit_colour_is_scaled_the_same_way() -> None:
    row = b"\0" + struct.pack(">HHH", 65535, 32768, 257)
    assert decode(png(1, 1, row, depth=16, colour=2)).tolist() == [[[255, 128, 1]]]


def test_thirty_two_bit_values_are_refused() -> None:
    data = encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF")
    for look in (check, decode):
        with pytest.raises(ImageRefused, match="no defined white"):
            look(data)


def test_transparency_is_laid_on_white() -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, 1] = [0, 0, 0, 255]
    rgba[0, 2] = [255, 0, 0, 128]
    clear, black, half = decode(encoded(rgba, "PNG"))[0].tolist()
    assert clear == [255, 255, 255]
    assert black == [0, 0, 0]
    assert half == [255, 127, 127]


def test_a_palette_with_an_alpha_for_each_colour() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 10, 10, 0, 0, 0])
    image.putdata([0, 1])
    data = encoded(image, "PNG", transparency=b"\xff\x00")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(data).tolist() == [[[200, 10, 10], [255, 255, 255]]]


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey(mode: str) -> None:
    pixels = decode(encoded(Image.new(mode, (3, 2), 255 if mode == "1" else "white"), "PNG"))
    assert pixels.tolist() == np.full((2, 3, 3), 255).tolist()


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue", "lime")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert decode(data)[3, 3].tolist() == [255, 0, 0]


def test_one_pixel() -> None:
    for kind in KINDS:
        data = encoded(np.full((1, 1, 3), 255, np.uint8), kind)
        assert check(data) == (1, 1)
        assert decode(data).shape == (1, 1, 3)


# --- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [inspect, check, decode])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"this is a text file named photo.png\n", "not an image"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC is not read; convert"),
        (b"\xff\xd8\xff\xe0", "broken JPEG: its header"),
        (b"\x89PNG\r\n\x1a\n", "broken PNG: its header"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "broken WebP: its header"),
        (png(0, 7), "no pixels: the PNG says its width or height is 0"),
        (encoded(scene(), "GIF")[:6] + b"\0\0\0\0" + b"\0" * 9, "no pixels"),
    ],
)
def test_what_is_no_image_is_refused_with_its_reason(look: Any, data: bytes, reason: str) -> None:
    with pytest.raises(ImageRefused, match=reason):
        look(data)


def test_a_bomb_is_refused_from_its_header_with_no_warning() -> None:
    data = png(20_000, 20_000)
    for look in (inspect, check, decode):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ImageRefused, match="400 megapixels, the limit is 100"):
                look(data)


def test_the_limit_is_the_callers_and_not_pillows() -> None:
    assert inspect(png(20_000, 20_000), Limits(max_megapixels=500)) == (20_000, 20_000)
    with pytest.raises(ImageRefused, match=r"the limit is 0\.001"):
        decode(encoded(scene(), "JPEG"), Limits(max_megapixels=0.001))


@pytest.mark.parametrize("look", [check, decode])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_truncated_pixels_are_refused_not_grey(kind: str, share: float, look: Any) -> None:
    data = encoded(noise(), kind, **KINDS[kind])
    with pytest.raises(ImageRefused, match=r"truncated|broken"):
        look(data[: int(len(data) * share)])


@pytest.mark.parametrize("look", [check, decode])
def test_a_truncated_progressive_jpeg_is_refused(look: Any) -> None:
    data = encoded(noise(), "JPEG", progressive=True)
    with pytest.raises(ImageRefused, match="truncated or broken JPEG"):
        look(data[: len(data) // 2])


def test_a_header_alone_says_the_size_even_of_a_truncated_file() -> None:
    data = encoded(noise(), "JPEG")
    assert inspect(data[: len(data) // 2]) == (200, 160)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), at=st.floats(0, 1), junk=st.binary(min_size=1, max_size=12))
def test_nothing_but_pixels_or_a_reason_comes_out_of_damaged_bytes(kind: str, at: float, junk: bytes) -> None:
    whole = bytearray(encoded(scene(), kind))
    start = int(at * (len(whole) - 1))
    whole[start : start + len(junk)] = junk
    data = bytes(whole)
    try:
        size = check(data)
    except ImageRefused as refused:
        assert str(refused).isprintable()  # noqa: PT017
    else:
        assert decode(data).shape == (size[1], size[0], 3)
