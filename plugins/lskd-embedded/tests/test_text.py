"""Reading: words on pictures that the test draws and on a photographed page, and whose words they are."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from difflib import SequenceMatcher
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lskd_embedded.options_text import TextOptions
from lskd_embedded.text import Text, holder, one_line
from lskd_embedded.text_lines import STRIDE, Line, grown, rectangle, working_size
from PIL import ImageDraw, ImageFont

from lskd_toolkit import Image, Picture, Region, Scene, Shape, open_picture
from lskd_toolkit.errors import WeightsMissing
from lskd_toolkit.mentions import find

FILES = ("ppocr-lines.onnx", "ppocr-letters.onnx")
FONTS = ("", "DejaVuSerif-Bold.ttf", "LiberationSans-Italic.ttf", "DejaVuSansMono.ttf")
"""Pillow's own, and others where the system has them: Pillow looks a name up in the system's folders."""


def font(name: str, size: int) -> Any:
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return ImageFont.load_default(size)


def drawn(*lines: tuple[str, int, int, int], side: tuple[int, int] = (480, 320), ink: Any = "black",
          paper: Any = "white", name: str = "") -> np.ndarray:  # fmt: skip
    """A picture with each ``(words, x, y, size)`` on it."""
    image = PIL.Image.new("RGB", side, paper)
    pen = ImageDraw.Draw(image)
    for words, x, y, size in lines:
        pen.text((x, y), words, ink, font(name, size))
    return np.array(image)


def shown(pixels: np.ndarray) -> Picture:
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Picture(Image("a", "a", digest, pixels.shape[1], pixels.shape[0]), pixels.copy)


@pytest.fixture(scope="module")
def reader(need) -> Callable[..., Text]:
    need(*FILES)
    models: dict[str, Any] = {}

    def model(key: str, load: Callable[[], Any]) -> Any:
        return models[key] if key in models else models.setdefault(key, load())

    return lambda **options: Text(TextOptions(**options), SimpleNamespace(device="cpu", seed=0, model=model))


def told(reader: Text, pixels: np.ndarray, *regions: Region) -> list[Any]:
    picture = shown(pixels)
    return reader.verbalize([picture], [Scene(picture.image, regions)])[0]


def right(asked: str, read: str) -> int:
    """Characters of what was asked that were read, in their order."""
    return sum(b.size for b in SequenceMatcher(None, asked, read, autojunk=False).get_matching_blocks())


@pytest.mark.parametrize("name", FONTS)
def test_drawn_words_are_read(reader, name):
    words = ["EXIT", "Platform 9", "Open 24 hours", "Fresh coffee & tea", "No parking", "Gate B42"]
    looks = [("black", "white"), ("white", (20, 60, 120)), ((160, 10, 10), (240, 220, 90))]
    pictures = [
        drawn(*((word, 20 + 8 * i, 20 + 70 * i, size) for i, word in enumerate(words)),
              side=(560, 440), ink=ink, paper=paper, name=name)
        for size, (ink, paper) in zip((14, 26, 44), looks, strict=True)
    ]  # fmt: skip
    for found in reader(min_score=0).read(pictures):
        read = " ".join(each.words for each in found)
        assert right(" ".join(words), read) >= 0.97 * len(" ".join(words)), read
        assert len(read) <= 1.03 * len(" ".join(words)), read


def test_a_photographed_page_is_read(reader):
    page = np.array(PIL.Image.fromarray(pytest.importorskip("skimage.data").page()).convert("RGB"))
    says = [d.text for d in told(reader(), page)]
    assert says[0] == 'in the picture it says "Region-based segmentation"'
    asked = (
        "Let us first determine markers of the coins and the "
        "background. These markers are pixels that we can label "
        "unambiguously as either object or background. Here, "
        "the markers are found at the two extreme parts of the "
        "histogram of grey values:"
    )
    read = " ".join(text.split('"')[1] for text in says[1:6])
    assert right(asked, read) >= 0.98 * len(asked), read


def test_a_sample_photo_says_what_is_written_on_it(reader, sample):
    picture = sample("motorcycle_left.png")
    tank = Region(4, (330, 160, 500, 245), label="tank")
    motorcycle = Region(1, (90, 80, 690, 420), label="motorcycle")
    found = reader().verbalize([picture], [Scene(picture.image, (motorcycle, tank))])[0]
    assert [(d.text, d.regions) for d in found] == [('on [4] it seems to say "YAMAHA"', (4,))]
    assert reader(min_score=0.95).verbalize([picture], [Scene(picture.image)]) == [[]]


def test_photos_without_writing_say_nothing(reader, sample):
    pictures = [sample(name) for name in ("chelsea.png", "coffee.png", "cups.jpg", "typing.jpg")]
    assert reader().verbalize(pictures, [Scene(p.image) for p in pictures]) == [[], [], [], []]


def test_a_line_is_told_of_the_smallest_region_that_holds_most_of_it(reader):
    pixels = drawn(("EXIT", 60, 60, 40), ("Platform 9", 250, 250, 24))
    wall, sign = Region(0, (0, 0, 240, 320)), Region(7, (50, 50, 180, 120))
    half = Region(3, (60, 50, 95, 120))  # smaller, but it holds half of the word at most
    found = told(reader(), pixels, wall, sign, half)
    assert [(d.scope, d.regions, d.text) for d in found] == [
        ("local", (7,), 'on [7] it says "EXIT"'),
        ("global", (), 'in the picture it says "Platform 9"'),
    ]
    assert all(d.verbalizer == "text" and 0.9 <= d.score <= 1 for d in found)


@pytest.mark.parametrize("degrees", [-30, -8, 8, 30, 90, 180, 270])
def test_turned_writing_is_read(reader, degrees):
    image = PIL.Image.fromarray(drawn(("Departures", 110, 200, 44), side=(480, 480)))
    (reading,) = reader().read([np.array(image.rotate(degrees, fillcolor="white"))])[0]
    assert reading.words == "Departures"


def test_a_photo_lying_on_its_side_is_read_upright(reader, tmp_path):
    image = PIL.Image.fromarray(drawn(("EXIT", 60, 60, 60), ("Platform 9", 60, 200, 40)))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was turned: what is stored is a quarter turn off
    image.rotate(90, expand=True).save(tmp_path / "a.png", exif=exif)
    picture = open_picture(tmp_path / "a.png")
    found = reader().verbalize([picture], [Scene(picture.image, (Region(0, (40, 40, 300, 140)),))])[0]
    assert [d.text for d in found] == ['on [0] it says "EXIT"', 'in the picture it says "Platform 9"']


def test_grey_pictures_are_read(reader, tmp_path):
    for mode in ("L", "1", "I;16"):
        grey = PIL.Image.fromarray(drawn(("EXIT", 60, 60, 60))).convert("L")
        if mode == "I;16":
            grey = PIL.Image.fromarray(np.array(grey, np.uint16) * 257)
        data = io.BytesIO()
        (grey if mode == "I;16" else grey.convert(mode)).save(data, "png")
        (tmp_path / "a.png").write_bytes(data.getvalue())
        assert [d.text for d in told(reader(), open_picture(tmp_path / "a.png").pixels)] == [
            'in the picture it says "EXIT"'
        ], mode


@pytest.mark.parametrize("side", [(1, 1), (3, 2), (7, 40), (1, 900), (4000, 1)])
def test_tiny_and_thin_pictures_say_nothing(reader, side):
    assert told(reader(), drawn(side=side, paper="grey"), Region(0, (0, 0, *side))) == []


def test_options_leave_lines_out(reader):
    lines = [("Platform 9", 20, 20, 60), ("Open 24 hours", 20, 120, 24), ("OO", 300, 200, 40)]
    pixels = drawn(*lines, side=(520, 320))
    assert [r.words for r in reader().read([pixels])[0]] == ["Platform 9", "Open 24 hours"]
    assert "00" in [r.words.replace("O", "0") for r in reader(min_letters=1).read([pixels])[0]]
    assert [r.words for r in reader(max_lines=1).read([pixels])[0]] == ["Platform 9"]
    assert [r.words for r in reader(min_height=40).read([pixels])[0]] == ["Platform 9"]


def test_only_latin_letters_where_asked(reader):
    letters = reader()._letters()
    latin = {c for c, ok in zip(letters.characters, letters.latin, strict=True) if ok}
    assert {"é", "ß", "7", "€", "", " "} <= latin
    assert not {"新", "の", "カ", "α", "🛁"} & latin
    assert {"新", "の", "カ", "α"} <= set(letters.characters)
    try:
        ImageFont.truetype("DejaVuSans.ttf", 40)
    except OSError:
        pytest.skip("no font here has Greek letters")
    pixels = drawn(("Zürich Ωλγα", 20, 80, 40), side=(520, 320), name="DejaVuSans.ttf")
    (every,), (latins,) = (reader(script=s, min_score=0).read([pixels])[0] for s in ("any", "latin"))
    assert every.words == "Zürich Ωλγα"
    assert latins.words.startswith("Zürich")
    assert latins.score < every.score
    assert set(latins.words) <= latin


def test_a_batch_reads_as_one_by_one_and_again_the_same(reader):
    pictures = [drawn((words, 20, 80, 30)) for words in ("EXIT", "Platform 9", "Open 24 hours", "")]
    together = reader(batch=3).read(pictures)
    alone = [reader(batch=1).read([pixels])[0] for pixels in pictures]
    assert [[r.words for r in each] for each in together] == [[r.words for r in each] for each in alone]
    assert [r.score for each in together for r in each] == pytest.approx(
        [r.score for each in alone for r in each], abs=1e-3
    )
    again = reader(batch=3).read(pictures)
    assert [[(r.words, r.score) for r in e] for e in again] == [
        [(r.words, r.score) for r in e] for e in together
    ]


def test_missing_weights_are_named_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path))
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    text = Text(None, SimpleNamespace(device="cpu", seed=0, model=lambda key, load: load()))
    with pytest.raises(WeightsMissing, match=r"lskd weights fetch ppocr-lines\.onnx"):
        told(text, drawn())


@given(st.text(max_size=300))
def test_what_is_written_can_not_break_out_of_its_quotation_marks(words):
    line = one_line(words)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 200
    assert '"' not in line
    assert line.isprintable()
    assert not find(f'it says "{line}"')
    assert one_line(line) == line


def test_writing_cannot_name_a_region():
    assert one_line('see [2]\n"now"\u202e \u2028go\ud800') == "see (2) 'now' go"


def region(mask: np.ndarray) -> Region:
    from lskd_toolkit.geometry.masks import encode

    y, x = np.nonzero(mask)
    return Region(0, (x.min(), y.min(), x.max() + 1, y.max() + 1), Shape("mask", encode(mask)))


def box_line(x1: float, y1: float, x2: float, y2: float) -> Line:
    return Line(np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], float), 1.0)


@given(st.integers(-40, 40), st.integers(30, 80), st.integers(8, 20))
def test_the_smallest_rectangle_lies_along_a_turned_bar(degrees, length, height):
    y, x = np.mgrid[-60:60, -60:60]
    a = np.deg2rad(degrees)
    inside = (abs(x * np.cos(a) + y * np.sin(a)) <= length / 2) & (
        abs(y * np.cos(a) - x * np.sin(a)) <= height / 2
    )
    line = Line(rectangle(inside), 1.0)
    assert all((np.stack([x, y], -1)[inside] + 60 >= line.corners.min(0) - 1).all(1))
    assert line.width * line.height <= 1.25 * (length + 2) * (height + 2) / 0.9
    right, down = line.corners[1] - line.corners[0], line.corners[3] - line.corners[0]
    assert abs(right @ down) < 1e-6
    assert right[0] > 0, "it begins on the left"
    assert down[1] > 0, "it begins at the top"


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(320, 2000))
def test_pictures_are_looked_at_in_whole_strides_and_never_hugely(width, height, side):
    across, down = working_size(width, height, side)
    assert across % STRIDE == 0 == down % STRIDE
    assert min(across, down) >= STRIDE
    assert max(across, down) <= 3 * side + STRIDE


@given(st.floats(1, 300), st.floats(1, 300))
def test_growing_moves_every_side_out_alike(width, height):
    small = box_line(0, 0, width, height)
    large = grown(small.corners)
    by = -large[0, 0]
    assert by == pytest.approx(0.8 * width * height / (width + height))
    assert np.allclose(large, [(-by, -by), (width + by, -by), (width + by, height + by), (-by, height + by)])


def test_letters_cut_out_of_a_mask_still_lie_on_it():
    mask = np.zeros((100, 100), bool)
    mask[20:80, 10:90] = True
    mask[40:60, 20:80] = False  # where the writing is
    scene = Scene(Image("a", "a", "0", 100, 100), (region(mask),))
    assert holder(box_line(20, 40, 80, 60), scene) is not None
    mask[:, 15:85] = False  # now a frame, open above and below: what is between its posts is not on it
    scene = Scene(scene.image, (region(mask),))
    assert holder(box_line(20, 40, 80, 60), scene) is None
