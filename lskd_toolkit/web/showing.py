"""A statement with its picture, laid out as plain data for the labelling page. No HTML is made here."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..drawing import palette
from ..report.cards import badge_spots, path, pieces
from ..report.clean import clean
from ..report.outlines import outline

if TYPE_CHECKING:
    from ..corpus.corpus import Entry
    from ..images.picture import Picture
    from ..records import Region, Statement

LONGEST_SIDE = 1600
"""Pixels of the picture as the page shows it."""


def shown(entry: Entry, statement: Statement, *, scores: bool = False) -> dict[str, Any]:
    """All that the annotator sees of it. Neither the proposer's labels nor the teacher nor, unless
    ``scores``, what critics and selection said: they would be believed."""
    image = entry.scene.image
    regions = {region.id: region for region in entry.scene.regions}
    side = max(image.width, image.height, 1)
    badge = side * 0.028
    mentioned = [regions[k] for k in statement.regions if k in regions]
    others = [region for region in entry.scene.regions if region.id not in statement.regions]
    spots = badge_spots([*mentioned, *others], badge, image.width, image.height)
    data: dict[str, Any] = {
        "width": image.width,
        "height": image.height,
        "badge": badge,
        "regions": [
            _region(each, spots[each.id], badge, side * 0.002, each.id in statement.regions)
            # Large ones first, so that a small one inside is on top and can be pointed at; mentioned last.
            for each in sorted(regions.values(), key=lambda r: (r.id in statement.regions, -_area(r), r.id))
        ],
        "words": {
            name: _words(getattr(statement, name), regions) for name in ("question", "answer", "rationale")
        },
    }
    if scores:
        verdict = entry.verdicts.get(statement.id)
        data["judged"] = [
            {"critic": clean(each.critic), "score": each.score, "note": clean(each.note)}
            for each in entry.judgements
            if each.statement == statement.id
        ]
        data["verdict"] = None if verdict is None else verdict.accepted
    return data


def photo(picture: Picture) -> bytes:
    """The picture as a JPEG of at most `LONGEST_SIDE` pixels: encoded anew, so that nothing of the file but
    its pixels reaches the browser."""
    import PIL.Image

    image = picture.image
    factor = min(1.0, LONGEST_SIDE / max(image.width, image.height, 1))
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    small = picture.small(min(size))
    if small.size != size:
        small = small.resize(size, PIL.Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=88)
    picture.release()
    return buffer.getvalue()


def _words(text: str, regions: Mapping[int, Region]) -> list[dict[str, Any]]:
    """Plain pieces and mentions; a mention of a region that the picture has not is marked."""
    found = []
    for piece in pieces(text, regions, {}):
        if "id" in piece:
            known = piece["state"] == "kept"
            colour = palette.colour(piece["id"])
            found.append(
                {
                    "id": piece["id"],
                    "known": known,
                    "colour": palette.css(piece["id"]),
                    "ink": _hex(palette.ink(colour)),
                }
            )
        else:
            found.append({"text": clean(piece["text"])})
    return found


def _region(
    region: Region, spot: tuple[float, float], badge: float, fine: float, mentioned: bool
) -> dict[str, Any]:
    x1, y1, x2, y2 = region.box
    rings = outline(region, fine) or [[(x1, y1), (x2, y1), (x2, y2), (x1, y2)]]
    return {
        "id": region.id,
        "mentioned": mentioned,
        "path": path(rings),
        "colour": palette.css(region.id),
        "ink": _hex(palette.ink(palette.colour(region.id))),
        "x": spot[0],
        "y": spot[1],
        "wide": badge * (0.62 + 0.58 * len(str(region.id))),
        "high": badge * 1.25,
    }


def _hex(colour: palette.Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _area(region: Region) -> float:
    x1, y1, x2, y2 = region.box
    return (x2 - x1) * (y2 - y1)
