"""COCO's instance annotations, and LVIS's, which differ in how an image's file is named.

Source: https://cocodataset.org/#format-data, https://www.lvisdataset.org/dataset (version 1).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ..geometry.boxes import hull, to_xywh
from ..geometry.shapes import region_outline
from ..records import Box, Region, Shape
from .boxes import from_xywh
from .malformed import Malformed, brief, finite, listed, score
from .rle import rle_from_mask, shape_from_rle

Categories = Mapping[Any, str]


def region_from_coco(
    annotation: Mapping[str, Any],
    categories: Categories | None = None,
    *,
    size: tuple[int, int] | None = None,
    proposer: str = "",
) -> Region:
    """One annotation as a region in pixels. Its id is 0: COCO numbers annotations over all images.

    Arguments:
        annotation: with ``bbox`` (x, y, width, height), ``segmentation`` (polygons, or runs as a list or
            string), or both; ``category_id``; ``score`` where a detector wrote it. Keypoints are not read.
        categories: the names by id (`categories_from_coco`); None: the region has no label.
        size: the image's (width, height), which a mask has to have; None: not known.

    The region's box is the hull of its segmentation; ``bbox`` counts only where there is none.

    Raises:
        Malformed: what is wrong, in one line.
    """
    if not isinstance(annotation, Mapping):
        raise Malformed(f"annotation is {brief(annotation)}, not an object")
    if "segments_info" in annotation:
        raise Malformed("a panoptic annotation (segments_info); give COCO's instances JSON")
    label = _label(annotation, categories)
    sure = score(annotation["score"]) if annotation.get("score") is not None else 1.0
    segmentation = annotation.get("segmentation")
    if segmentation is not None and not _empty(segmentation):
        shape, box = shape_from_segmentation(segmentation, size)
        return Region(0, box, shape, label, sure, proposer)
    if annotation.get("bbox") is None:
        raise Malformed("annotation has neither a bbox nor a segmentation")
    return Region(0, from_xywh(annotation["bbox"]), None, label, sure, proposer)


def region_to_coco(
    region: Region,
    category_ids: Mapping[str, int] | None = None,
    *,
    id: int | None = None,
    image_id: int | str | None = None,
) -> dict[str, Any]:
    """A region as an annotation, ready for JSON.

    A mask is written as compressed runs, a polygon as it is, any other shape but a box as its outline.
    ``area`` is that of the shape, in square pixels. A score of 1 is left out, as in annotations by people.

    Arguments:
        category_ids: ids by name; None: no ``category_id`` is written.
        id: the annotation's; None: the region's own.
        image_id: left out if None.

    Raises:
        Malformed: the region's label is not among ``category_ids``.
    """
    written: dict[str, Any] = {"id": region.id if id is None else id}
    if image_id is not None:
        written["image_id"] = image_id
    if category_ids is not None:
        if region.label not in category_ids:
            raise Malformed(f"label {region.label!r} is not among the categories")
        written["category_id"] = category_ids[region.label]
    written |= {"bbox": list(to_xywh(region.box)), "area": _area(region), "iscrowd": 0}
    if region.shape is not None and region.shape.type != "box":
        written["segmentation"] = segmentation_from_region(region)
    if region.score != 1.0:
        written["score"] = region.score
    return written


def shape_from_segmentation(segmentation: Any, size: tuple[int, int] | None = None) -> tuple[Shape, Box]:
    """A segmentation as a shape and its hull: polygons ``[[x1, y1, x2, y2, …], …]``, parts kept apart, or
    runs ``{"size": …, "counts": …}``.

    Raises:
        Malformed: a part has fewer than three points or a coordinate too few; see `shape_from_rle`.
    """
    if isinstance(segmentation, Mapping):
        return shape_from_rle(segmentation, size)
    polygons = []
    for number, part in enumerate(listed(segmentation, "segmentation")):
        what = f"polygon {number}"
        flat = finite(listed(part, what), what)
        if len(flat) < 6 or len(flat) % 2:
            raise Malformed(f"{what} has {len(flat)} coordinates, not two for each of three points or more")
        polygons.append([[x, y] for x, y in zip(flat[::2], flat[1::2], strict=True)])
    box = hull((x, y, x, y) for polygon in polygons for x, y in polygon)
    if not (box[0] < box[2] and box[1] < box[3]):
        raise Malformed(f"segmentation has no area: it is {box[2] - box[0]:g} wide, {box[3] - box[1]:g} high")
    return Shape("polygon", {"polygons": polygons}), box


def segmentation_from_region(region: Region) -> Any:
    """The region's shape as a segmentation; a box as the polygon of its corners.

    Raises:
        UsageError: no installed plugin knows the shape's type.
    """
    if region.shape is not None and region.shape.type == "mask":
        return rle_from_mask(region.shape.values)
    return [[float(v) for point in polygon for v in point] for polygon in region_outline(region)]


def categories_from_coco(categories: Iterable[Any]) -> dict[Any, str]:
    """Names by id of a file's ``categories``; LVIS's synsets and synonyms are not read.

    Raises:
        Malformed: one has no id or no name, or an id is there twice.
    """
    names: dict[Any, str] = {}
    for number, category in enumerate(categories):
        if not isinstance(category, Mapping) or not _is_id(category.get("id")):
            raise Malformed(f"category {number} has no id")
        if not isinstance(category.get("name"), str):
            raise Malformed(f"category {category['id']} has no name")
        if names.setdefault(category["id"], category["name"]) != category["name"]:
            raise Malformed(f"the category id {category['id']} is there twice")
    return names


def file_names_from_coco(image: Mapping[str, Any]) -> list[str]:
    """What an image's file may be called, the likeliest first: its ``file_name``; and the end of its
    ``coco_url``, all that LVIS has: ``train2017/000000391895.jpg``."""
    names = []
    if isinstance(image.get("file_name"), str) and image["file_name"]:
        names.append(image["file_name"])
    if isinstance(image.get("coco_url"), str):
        path = unquote(urlsplit(image["coco_url"]).path) if _is_url(image["coco_url"]) else ""
        ends = [part for part in path.split("/") if part][-2:]
        names += [posixpath.join(*ends[at:]) for at in range(len(ends))]
    return list(dict.fromkeys(names))


def _is_url(text: str) -> bool:
    try:
        return bool(urlsplit(text).netloc)
    except ValueError:
        return False


def _is_id(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _empty(segmentation: Any) -> bool:
    return isinstance(segmentation, list | tuple | Mapping) and not segmentation


def _label(annotation: Mapping[str, Any], categories: Categories | None) -> str:
    if categories is None:
        return ""
    category = annotation.get("category_id")
    if category is None:
        raise Malformed("annotation has no category_id")
    if not _is_id(category) or category not in categories:
        raise Malformed(f"category {brief(category)} is not among the file's categories")
    return categories[category]


def _area(region: Region) -> float:
    if region.shape is not None and region.shape.type == "mask":
        counts = shape_from_rle(region.shape.values)[0].values["counts"]
        return float(sum(counts[1::2]))
    return sum(_shoelace(polygon) for polygon in region_outline(region))


def _shoelace(polygon: list[tuple[float, float]]) -> float:
    turned = [*polygon[1:], *polygon[:1]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, turned, strict=True))) / 2
