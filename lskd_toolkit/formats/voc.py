"""Pascal VOC's XML, a file for each image.

Source: the development kit of VOC 2012, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/ . Its pixels count
from 1, and a box's far edges are pixels within it: ``xmin=1, xmax=10`` is ten pixels, ours from 0 to 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from ..records import Dropped, Refined, Region
from .boxes import from_xyxy
from .malformed import Malformed, brief

NO_REGION = (0.0, 0.0, 0.0, 0.0)


def regions_from_voc(xml: str | bytes, *, proposer: str = "") -> Refined:
    """A file's objects as regions in pixels, numbered in their order; those that are none dropped, with the
    reason.

    Raises:
        Malformed: it is no XML, or declares a document type: such a file may grow without end as it is read.
    """
    kept: list[Region] = []
    dropped: list[Dropped] = []
    for number, entry in enumerate(_root(xml).iter("object")):
        try:
            kept.append(_region(entry, number, proposer))
        except Malformed as error:
            dropped.append(Dropped(Region(number, NO_REGION), str(error)))
    return Refined(tuple(kept), tuple(dropped))


def size_from_voc(xml: str | bytes) -> tuple[int, int] | None:
    """The image's (width, height) as the file says; None where it says none.

    Raises:
        Malformed: as `regions_from_voc`.
    """
    size = _root(xml).find("size")
    try:
        width, height = (int(size.findtext(name, "")) for name in ("width", "height")) if size else (0, 0)
    except ValueError:
        return None
    return (width, height) if width > 0 and height > 0 else None


def regions_to_voc(regions: Iterable[Region], size: tuple[int, int], filename: str = "") -> str:
    """Regions' boxes as a file's XML, to the nearest whole pixel. Shapes and scores have no place in it.

    Arguments:
        size: the image's (width, height) in pixels.
    """
    root = ElementTree.Element("annotation")
    _text(root, "filename", filename)
    about = ElementTree.SubElement(root, "size")
    for name, value in zip(("width", "height", "depth"), (*size, 3), strict=True):
        _text(about, name, value)
    for region in regions:
        entry = ElementTree.SubElement(root, "object")
        _text(entry, "name", region.label)
        box = ElementTree.SubElement(entry, "bndbox")
        x1, y1, x2, y2 = (round(edge) for edge in region.box)
        edges = {"xmin": x1 + 1, "ymin": y1 + 1, "xmax": max(x2, x1 + 1), "ymax": max(y2, y1 + 1)}
        for name, value in edges.items():
            _text(box, name, value)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _root(xml: str | bytes) -> ElementTree.Element:
    if (b"<!DOCTYPE" if isinstance(xml, bytes) else "<!DOCTYPE") in xml:  # type: ignore[operator]
        raise Malformed("the XML declares a document type, which VOC's does not")
    try:
        return ElementTree.fromstring(xml)  # noqa: S314  (no document type, so no entities)
    except (ElementTree.ParseError, ValueError) as error:
        raise Malformed(f"no XML: {error}") from error


def _region(entry: ElementTree.Element, id: int, proposer: str) -> Region:
    box = entry.find("bndbox")
    if box is None:
        raise Malformed("object has no bndbox")
    edges = []
    for name in ("xmin", "ymin", "xmax", "ymax"):
        text = box.findtext(name, "")
        try:
            edges.append(float(text))
        except ValueError as error:
            raise Malformed(f"{name} is {brief(text)}, which is no number") from error
    label = " ".join(entry.findtext("name", "").split())
    return Region(id, from_xyxy([edges[0] - 1, edges[1] - 1, *edges[2:]]), None, label, 1.0, proposer)


def _text(parent: ElementTree.Element, name: str, value: Any) -> None:
    ElementTree.SubElement(parent, name).text = str(value)
