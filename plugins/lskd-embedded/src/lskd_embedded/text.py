"""The verbalizer ``text``: the writing in a picture, line by line.

A line belongs to the smallest region that most of it lies on, and is told of that region; a line on no
region is told of the picture. What is written is somebody else's words: it is put between quotation
marks, on one line, and can neither close them nor name a region.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lskd_toolkit import Descriptor, LskdError, Picture, Region, Scene

from .options_text import TextOptions
from .text_lines import Line, find_lines
from .text_reading import Letters, strips

if TYPE_CHECKING:
    from lskd_toolkit import Context

    from .onnx_net import OnnxNet

NAME = "text"
MOST = 0.5
"""A line lies on a region that holds more than this share of it."""
LONGEST = 200
"""Characters told of one line at most."""
PLAIN = str.maketrans({"[": "(", "]": ")", '"': "'", "“": "'", "”": "'", "„": "'"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A line, what it says, and how certain that is."""

    line: Line
    words: str
    score: float


class Text:
    """Reads writing; see the module's words."""

    def __init__(self, options: TextOptions | None, ctx: Context):
        self.options, self.ctx = options or TextOptions(), ctx

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        found = self.read([picture.pixels for picture in pictures])
        return [
            [self._told(reading, scene) for reading in readings]
            for readings, scene in zip(found, scenes, strict=True)
        ]

    def read(self, images: Sequence[np.ndarray]) -> list[list[Reading]]:
        """The lines of each uint8 RGB image that can be read, from the top to the bottom."""
        finder = self.ctx.model(f"ocr-lines-{self.options.threads}", self._finder)
        reader = self.ctx.model(f"ocr-letters-{self.options.threads}", self._letters)
        places: list[tuple[int, Line]] = []
        cut: list[list[np.ndarray]] = []
        for index, pixels in enumerate(images):
            for line in find_lines(pixels, finder, self.options.side):
                if min(line.width, line.height) >= self.options.min_height:
                    places.append((index, line))
                    cut.append(strips(pixels, line))
        read = self._best(reader, cut)
        found: list[list[Reading]] = [[] for _ in images]
        for (index, line), (raw, score) in zip(places, read, strict=True):
            words = one_line(raw)
            letters = {c.casefold() for c in words if c.isalnum()}
            if score >= self.options.min_score and len(letters) >= self.options.min_letters:
                found[index].append(Reading(line, words, score))
        return [self._largest(readings) for readings in found]

    def _best(self, reader: Letters, cut: Sequence[Sequence[np.ndarray]]) -> list[tuple[str, float]]:
        """The surest reading of each line: turned round only where it is doubtful as it lies."""
        options = self.options
        read = reader.read([ways[0] for ways in cut], options.batch, options.script)
        doubtful = [i for i, (_, score) in enumerate(read) if score < options.sure]
        turned = reader.read([cut[i][1] for i in doubtful], options.batch, options.script)
        for i, other in zip(doubtful, turned, strict=True):
            # A few certain characters of many are no better than all of them less certain.
            if other[1] * len(other[0]) > read[i][1] * len(read[i][0]) and other[1] > read[i][1]:
                read[i] = other
        return read

    def _largest(self, readings: list[Reading]) -> list[Reading]:
        worth = sorted(readings, key=lambda r: -r.line.width * r.line.height * r.score)
        kept = {id(reading) for reading in worth[: self.options.max_lines]}
        return [reading for reading in readings if id(reading) in kept]

    def _told(self, reading: Reading, scene: Scene) -> Descriptor:
        says = "it says" if reading.score >= self.options.sure else "it seems to say"
        region = holder(reading.line, scene)
        if region is None:
            return Descriptor("global", f'in the picture {says} "{reading.words}"', (), reading.score, NAME)
        text = f'on [{region.id}] {says} "{reading.words}"'
        return Descriptor("local", text, (region.id,), reading.score, NAME)

    def _finder(self) -> OnnxNet:
        return self._net("ppocr-lines.onnx")

    def _letters(self) -> Letters:
        net = self._net("ppocr-letters.onnx")
        return Letters(net, net.said("character").split("\n"))

    def _net(self, name: str) -> OnnxNet:
        from lskd_toolkit import weight_path

        from .onnx_net import OnnxNet

        return OnnxNet(weight_path(name), self.options.threads)


def one_line(words: str) -> str:
    """Words read off a picture as one plain line: no control or direction characters, no quotation
    marks or square brackets of their own, at most `LONGEST` characters."""
    words = unicodedata.normalize("NFKC", words).translate(PLAIN)
    plain = "".join(c if c.isprintable() and unicodedata.category(c)[0] != "C" else " " for c in words)
    return " ".join(plain.split())[:LONGEST].rstrip()


def holder(line: Line, scene: Scene) -> Region | None:
    """The smallest region that most of a line lies on, None where no region holds so much of it."""
    points = grid(line)
    holding = []
    for region in scene.regions:
        x1, y1, x2, y2 = region.box
        inside = (points >= (x1, y1)).all(1) & (points < (x2, y2)).all(1)
        if inside.mean() <= MOST:
            continue
        mask = _filled(region, scene.image.width, scene.image.height)
        size = (x2 - x1) * (y2 - y1)
        if mask is not None:
            x, y = points.astype(int).T
            inside &= mask[y.clip(0, len(mask) - 1), x.clip(0, mask.shape[1] - 1)]
            size = float(mask.sum())
        if inside.mean() > MOST:
            holding.append((size, region.id, region))
    return min(holding, key=lambda each: each[:2])[2] if holding else None


def grid(line: Line) -> np.ndarray:
    """Points spread evenly over a line, ``(N, 2)`` x and y."""
    right, down = line.corners[1] - line.corners[0], line.corners[3] - line.corners[0]
    u, v = np.meshgrid((np.arange(24) + 0.5) / 24, (np.arange(6) + 0.5) / 6)
    points: np.ndarray = line.corners[0] + u.reshape(-1, 1) * right + v.reshape(-1, 1) * down
    return points


def _filled(region: Region, width: int, height: int) -> np.ndarray | None:
    """The region's mask with its holes filled: letters are often left out of what they are written on.
    None where its box is all that is known of it."""
    if region.shape is None or region.shape.type in ("box", "points"):
        return None
    import skimage.measure

    from lskd_toolkit.geometry.shapes import region_mask

    label: Any = skimage.measure.label

    try:
        mask = region_mask(region, width, height)
    except LskdError:  # a type of shape whose plugin is not installed
        return None
    around = label(np.pad(~mask, 1, constant_values=True), connectivity=1)
    filled: np.ndarray = (around != around[0, 0])[1:-1, 1:-1]
    return filled if mask.any() else None
