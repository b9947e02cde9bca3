"""Badges: small labels with a number, and where they are put.

A badge should touch its region, cover no other badge, and hide little of any region. So every place
worth trying is given a price, and the cheapest is taken: small regions choose first, for they have the
fewest places.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..geometry.masks import interior
from ..records import Region
from .palette import Rgb, ink
from .strokes import Pixels, raster, shaped, share, visible

Point = tuple[float, float]

# Prices of a place, where leaving the region by one badge's width costs 1.
_COVERED = 100.0  # the whole of another badge
_HIDDEN = 2.0  # the whole of a region
_INSIDE = 0.4  # gained at the inmost point of a shape
_ORDER = 0.25  # between the first place worth trying and the last

_SMALLEST_TEXT = 6  # pixels; below it a number cannot be read and is left out


def text_size(width: int, height: int) -> int:
    """The font size for an image of that size, in pixels: 17 at 480 x 480, never below 11 while that is
    no more than half of the image."""
    wanted = max(11, round(0.035 * math.sqrt(width * height)))
    return min(wanted, int(0.5 * min(width, height)))


@functools.lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # since a size is given
    return font


@functools.lru_cache(maxsize=256)
def badge_size(text: str, size: int) -> tuple[int, int]:
    """Width and height in pixels of a badge with that text."""
    left, _, right, _ = _font(size).getbbox(text)
    _, top, _, bottom = _font(size).getbbox("0")
    tall = math.ceil(bottom - top) + 2 * max(2, round(size * 0.28))
    return max(tall, math.ceil(right - left) + 2 * max(2, round(size * 0.32))), tall


def middle(region: Region, inside: np.ndarray) -> Point | None:
    """The inmost point of a shape within its box and the image, pixels xy; None where nothing of it is there.

    Arguments:
        inside: the region's pixels, bool ``(H, W)``.
    """
    height, width = inside.shape
    seen = visible(region, width, height)
    if seen is None:
        return None
    left, top, right, bottom = seen
    part = inside[top:bottom, left:right]
    if not part.any():
        return None
    x, y = interior(part)
    return left + x, top + y


def place_badges(
    regions: Sequence[Region],
    size: int,
    width: int,
    height: int,
    middles: Mapping[int, Point | None] | None = None,
) -> dict[int, Pixels]:
    """A place inside the image for the badge of each visible region, by its index in ``regions``.

    No two overlap while there is room. A badge that is larger than the image has no place. ``middles`` is the
    `middle` of every region with a shape, by its index, where that is at hand.
    """
    boxes = {index: seen for index, region in enumerate(regions) if (seen := visible(region, width, height))}
    if size < _SMALLEST_TEXT:
        return {}
    placed: dict[int, Pixels] = {}
    others = np.array(list(boxes.values()), float).reshape(-1, 4)
    for index in sorted(boxes, key=lambda index: (_area(boxes[index]), index)):
        wide, tall = badge_size(str(regions[index].id), size)
        if wide > width or tall > height:
            continue
        region, shape, at = regions[index], shaped(regions[index]), None
        if shape:
            at = middle(region, raster(region, width, height)) if middles is None else middles[index]
        places = _places(boxes[index], at, wide, tall, width, height)
        taken = np.array(list(placed.values()), float).reshape(-1, 4)
        best, covers = _cheapest(places, boxes[index], taken, others, _INSIDE if shape else 0)
        if covers:
            free = _free_places(boxes[index], wide, tall, width, height)
            best, _ = _cheapest(np.vstack([best, free]), boxes[index], taken, others)
        placed[index] = tuple(int(edge) for edge in best)  # type: ignore[assignment]
    return placed


def _places(box: Pixels, at: Point | None, wide: int, tall: int, width: int, height: int) -> np.ndarray:
    """Places worth trying, the most wanted first, ``(N, 4)``: on a shape at its inmost point, ``at``; in the
    corners of a box; outside along its edges."""
    left, top, right, bottom = box
    corners = [
        (left, top), (right - wide, top), (left, bottom - tall), (right - wide, bottom - tall),
        ((left + right - wide) // 2, top), ((left + right - wide) // 2, bottom - tall),
        (left, top - tall), (right - wide, top - tall), (left, bottom), (right - wide, bottom),
        (right, top), (left - wide, top), (right, bottom - tall), (left - wide, bottom - tall),
    ]  # fmt: skip
    if at is not None:  # a corner of its hull may be no part of a shape
        corners.insert(0, (int(at[0] - wide / 2), int(at[1] - tall / 2)))
    return _at(np.array(corners).clip(0, (width - wide, height - tall)), wide, tall)


def _free_places(box: Pixels, wide: int, tall: int, width: int, height: int) -> np.ndarray:
    """A grid over the whole image, the places nearest to the box first, ``(N, 4)``."""
    step_x, step_y = max(1, wide // 2), max(1, tall // 2)
    x, y = np.meshgrid(np.arange(0, width - wide + 1, step_x), np.arange(0, height - tall + 1, step_y))
    at = np.stack([x.ravel(), y.ravel()], axis=1)
    middle = (box[0] + box[2] - wide) / 2, (box[1] + box[3] - tall) / 2
    away = np.abs(at - middle).sum(1)
    return _at(at[np.argsort(away, kind="stable")][:4000], wide, tall)


def _at(corners: np.ndarray, wide: int, tall: int) -> np.ndarray:
    """Places of one size with these left upper corners, ``(N, 4)``."""
    places = np.empty((len(corners), 4), corners.dtype)
    places[:, :2], places[:, 2:] = corners, np.add(corners, (wide, tall))
    return places


def _cheapest(
    places: np.ndarray, own: Pixels, taken: np.ndarray, boxes: np.ndarray, first: float = 0
) -> tuple[np.ndarray, bool]:
    """The place of the lowest price, of equals the first; ``first`` is taken off the first one's. And whether
    it covers another badge."""
    area = float(_area(places[0].tolist()))
    shared = _overlap(places, np.concatenate([taken, boxes]))
    covers = shared[:, : len(taken)].sum(1) / area
    sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    hides = (shared[:, len(taken) :] / sizes).sum(1)
    gap = np.maximum(np.maximum(places[:, :2] - own[2:], own[:2] - places[:, 2:]), 0)
    price = (
        _COVERED * covers + _HIDDEN * hides + _order(len(places)) + (gap[:, 0] + gap[:, 1]) / math.sqrt(area)
    )
    price[0] -= first
    best = price.round(6).argmin()
    return places[best], bool(covers[best] > 0)


@functools.lru_cache(maxsize=8)
def _order(count: int) -> np.ndarray:
    """Prices that break ties, no more."""
    return np.linspace(0, _ORDER, count)


def _overlap(places: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Shared area of each place ``(P, 4)`` with each box ``(N, 4)``: ``(P, N)``."""
    x1, y1, x2, y2 = places.T[..., None]
    left, top, right, bottom = boxes.T
    wide = np.minimum(x2, right) - np.maximum(x1, left)
    tall = np.minimum(y2, bottom) - np.maximum(y1, top)
    shared: np.ndarray = np.maximum(wide, 0) * np.maximum(tall, 0)
    return shared


def _area(box: Pixels) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def paint_badge(canvas: np.ndarray, place: Pixels, text: str, colour: Rgb, size: int) -> None:
    """Paint a badge with its text in black or white onto a canvas, uint8 RGB ``(H, W, 3)``, in place."""
    left, top, right, bottom = place
    crop = canvas[top:bottom, left:right]
    mixed = crop.reshape(bottom - top, -1).astype(np.uint16)
    for kept, added in _layers(text, right - left, bottom - top, colour, size):
        mixed *= kept
        mixed += added
        mixed //= np.uint16(255)
    crop[:] = mixed.reshape(crop.shape)


@functools.lru_cache(maxsize=32)
def _layers(text: str, wide: int, tall: int, colour: Rgb, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The `share` of a badge's rim, its ground and its text. Kept, for in the next picture ids, colours and
    mostly sizes are the same."""
    edge, written = max(1, round(size / 14)), ink(colour)
    drawn = (
        (written, _rounded(wide, tall, 0)),
        (colour, _rounded(wide, tall, edge)),
        (written, _letters(text, wide, tall, size)),
    )
    return [share(each, cover, wide) for each, cover in drawn]


def _letters(text: str, wide: int, tall: int, size: int) -> np.ndarray:
    """How much of each of a badge's pixels its text covers, uint8 ``(tall, wide)``."""
    letters = Image.new("L", (wide, tall))
    x1, _, x2, _ = _font(size).getbbox(text)
    _, y1, _, y2 = _font(size).getbbox("0")
    at = (wide - (x2 - x1)) / 2 - x1, (tall - (y2 - y1)) / 2 - y1
    bold = size * 0.02  # Pillow's own font is thin
    at_pixel = round(at[0]), round(at[1])
    ImageDraw.Draw(letters).text(at_pixel, text, fill=255, font=_font(size), stroke_width=bold)
    return np.asarray(letters)


@functools.lru_cache(maxsize=32)
def _rounded(wide: int, tall: int, inset: int) -> np.ndarray:
    """How much of each pixel a rounded rectangle covers, uint8 ``(tall, wide)``."""
    fine = 4
    cover = Image.new("L", (wide * fine, tall * fine))
    box = (inset * fine, inset * fine, (wide - inset) * fine - 1, (tall - inset) * fine - 1)
    ImageDraw.Draw(cover).rounded_rectangle(box, radius=max(0, round(tall * 0.3) - inset) * fine, fill=255)
    return np.asarray(cover.reduce(fine))
