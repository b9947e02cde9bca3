"""YOLO's text labels, a file for each image, a line for each object, all numbers shares of the image's sides.

A line is ``class cx cy width height``, with a confidence after it where a detector wrote it, or ``class x1 y1
x2 y2 x3 y3 …``, a polygon's corners. Source: https://docs.ultralytics.com/datasets/detect/ and …/segment/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..geometry.boxes import hull
from ..geometry.shapes import region_outline
from ..records import Dropped, Refined, Region, Shape
from .boxes import from_cxcywh, to_cxcywh
from .malformed import Malformed, brief, finite, score

Names = Sequence[str] | Mapping[int, str]
Size = tuple[int, int]
NO_REGION = (0.0, 0.0, 0.0, 0.0)


def regions_from_yolo(text: str, size: Size, names: Names | None = None, *, proposer: str = "") -> Refined:
    """A file's lines as regions in pixels, numbered in their order; those that are none dropped, with the
    line and the reason.

    Arguments:
        size: the image's (width, height) in pixels.
        names: the classes' names; None: regions have no labels.
    """
    kept: list[Region] = []
    dropped: list[Dropped] = []
    lines = [(at, line.split()) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    for id, (at, words) in enumerate(lines):
        try:
            kept.append(_region(words, id, size, names, proposer))
        except Malformed as error:
            dropped.append(Dropped(Region(id, NO_REGION), f"line {at}: {error}"))
    return Refined(tuple(kept), tuple(dropped))


def regions_to_yolo(regions: Iterable[Region], size: Size, names: Names, *, shapes: bool = False) -> str:
    """Regions as a file's lines.

    Arguments:
        size: the image's (width, height) in pixels.
        names: the classes' names; a region's label has to be one of them.
        shapes: write the outline's largest part as a polygon instead of the box: a line holds one alone.

    Raises:
        Malformed: a label is not among the names.
    """
    ids = {name: id for id, name in _items(names)}
    lines = []
    for region in regions:
        if region.label not in ids:
            raise Malformed(f"label {region.label!r} is not among the names")
        if shapes:
            parts = region_outline(region)
            points = max(parts, key=_area)
            numbers = [v / side for point in points for v, side in zip(point, size, strict=True)]
        else:
            numbers = list(to_cxcywh(region.box, size))
        lines.append(" ".join([str(ids[region.label]), *(f"{number:.6f}" for number in numbers)]))
    return "".join(f"{line}\n" for line in lines)


def _region(words: list[str], id: int, size: Size, names: Names | None, proposer: str) -> Region:
    numbers = []
    for word in words:
        try:
            numbers.append(float(word))
        except ValueError as error:
            raise Malformed(f"{brief(word)} is no number") from error
    kind, *rest = finite(numbers, "line")
    label = ""
    if names is not None:
        found = dict(_items(names))
        if kind not in found:
            raise Malformed(f"class {words[0]} is not among the names")
        label = found[int(kind)]
    if len(rest) in (4, 5):
        sure = score(rest[4]) if len(rest) == 5 else 1.0
        return Region(id, from_cxcywh(rest[:4], size), None, label, sure, proposer)
    if len(rest) < 6 or len(rest) % 2:
        raise Malformed(f"line has {len(rest)} numbers after the class: neither a box nor a polygon")
    points = [[x * size[0], y * size[1]] for x, y in zip(rest[::2], rest[1::2], strict=True)]
    box = hull((x, y, x, y) for x, y in points)
    if not (box[0] < box[2] and box[1] < box[3]):
        raise Malformed("polygon has no area")
    return Region(id, box, Shape("polygon", {"polygons": [points]}), label, 1.0, proposer)


def _items(names: Names) -> list[tuple[int, str]]:
    return list(names.items() if isinstance(names, Mapping) else enumerate(names))


def _area(points: Sequence[tuple[float, float]]) -> float:
    turned = [*points[1:], *points[:1]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, turned, strict=True)))
