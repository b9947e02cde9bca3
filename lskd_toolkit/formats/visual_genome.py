"""Visual Genome's objects and region descriptions.

Source: https://homes.cs.washington.edu/~ranjay/visualgenome/api_readme.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ..records import Region
from .boxes import from_xywh
from .malformed import Malformed, brief


def region_from_visual_genome(entry: Mapping[str, Any], *, proposer: str = "") -> Region:
    """One object (``x``, ``y``, ``w``, ``h``, ``names``) or one described region (``x``, ``y``, ``width``,
    ``height``, ``phrase``) as a region in pixels. Its id is 0.

    The label is the object's first name, or the phrase; empty where there is none.

    Raises:
        Malformed: what is wrong, in one line.
    """
    if not isinstance(entry, Mapping):
        raise Malformed(f"entry is {brief(entry)}, not an object")
    width, height = ("w", "h") if "w" in entry or "h" in entry else ("width", "height")
    lacking = [key for key in ("x", "y", width, height) if key not in entry]
    if lacking:
        raise Malformed(f"entry has no {', '.join(lacking)}")
    box = from_xywh([entry["x"], entry["y"], entry[width], entry[height]])
    return Region(0, box, None, _label(entry), 1.0, proposer)


def file_names_from_visual_genome(image_id: Any, url: Any = None) -> list[str]:
    """What an image's file may be called, the likeliest first: the end of its ``url`` with its folder
    (``VG_100K_2/1.jpg``), else its id in either folder, and without a folder."""
    names = []
    if isinstance(url, str):
        try:
            names = [part for part in unquote(urlsplit(url).path).split("/") if part][-2:]
        except ValueError:  # no address at all
            names = []
    if len(names) == 2:
        return ["/".join(names), names[1]]
    return [f"VG_100K/{image_id}.jpg", f"VG_100K_2/{image_id}.jpg", f"{image_id}.jpg"]


def _label(entry: Mapping[str, Any]) -> str:
    names = entry.get("names", entry.get("phrase", ""))
    if isinstance(names, list):
        names = names[0] if names else ""
    if not isinstance(names, str):
        raise Malformed(f"its name is {brief(names)}, not text")
    return " ".join(names.split())
