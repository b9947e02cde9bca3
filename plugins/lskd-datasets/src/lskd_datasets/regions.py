"""A row's objects as regions: a list of objects, or an object of lists, as datasets write them."""

from __future__ import annotations

from typing import Any

from lskd_toolkit.formats import Malformed
from lskd_toolkit.formats.boxes import from_cxcywh, from_xywh, from_xyxy
from lskd_toolkit.formats.malformed import brief
from lskd_toolkit.records import Dropped, Refined, Region
from lskd_toolkit.sources.annotated import numbered

from .options import HuggingFaceOptions

FORMATS = {"xywh": from_xywh, "xyxy": from_xyxy, "cxcywh": from_cxcywh}
LABELS = ("category", "label", "labels", "name", "category_id")


def regions_of(value: Any, options: HuggingFaceOptions, names: dict[str, Any]) -> Refined:
    """Arguments: names: the texts of numbered labels by their field, as `label_names` finds them."""
    try:
        objects = _objects(value, options.boxes)
    except Malformed as error:
        return Refined((), (Dropped(Region(0, (0.0, 0.0, 0.0, 0.0)), str(error)),))
    return numbered(objects, lambda each: _region(each, options, names))


def label_names(feature: Any) -> dict[str, Any]:
    """The names of class labels among an objects column's fields."""
    inner = getattr(feature, "feature", feature)
    if not isinstance(inner, dict):
        return {}
    found = {}
    for field, each in inner.items():
        each = getattr(each, "feature", each)  # noqa: PLW2901
        if texts := getattr(each, "names", None):
            found[field] = list(texts)
    return found


def _objects(value: Any, boxes: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or not isinstance(value.get(boxes), list):
        raise Malformed(f"its objects have no list {boxes!r}: {brief(value)}; name it: source.boxes=…")
    count = len(value[boxes])
    lists = {k: v for k, v in value.items() if isinstance(v, list)}
    uneven = [f"{k} ({len(v)})" for k, v in lists.items() if len(v) != count]
    if uneven:
        raise Malformed(f"its objects are {count} boxes, but {', '.join(uneven)}: no saying which is whose")
    return [{k: v[n] for k, v in lists.items()} for n in range(count)]


def _region(each: Any, options: HuggingFaceOptions, names: dict[str, Any]) -> Region:
    if not isinstance(each, dict) or options.boxes not in each:
        raise Malformed(f"an object has no {options.boxes!r}: {brief(each)}")
    box = FORMATS[options.box_format](each[options.boxes])
    return Region(0, box, None, _label(each, options, names))


def _label(each: dict[str, Any], options: HuggingFaceOptions, names: dict[str, Any]) -> str:
    field = options.labels or next((name for name in LABELS if name in each), "")
    if not field:
        return ""
    label = each.get(field)
    if isinstance(label, str):
        return " ".join(label.split())
    if field in names and type(label) is int:
        if not 0 <= label < len(names[field]):
            raise Malformed(f"{field} is {label}, of {len(names[field])} names")
        return str(names[field][label])
    if type(label) is int and not options.labels:
        return ""  # a number that nothing names says nothing to a reader
    raise Malformed(f"{field} is {brief(label)}, not a name")
