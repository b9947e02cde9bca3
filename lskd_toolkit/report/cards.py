"""One image with all that is known of it, laid out for the template. No HTML is made here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..corpus.statistics import outcome
from ..drawing import palette
from ..mentions import find
from .outlines import outline

if TYPE_CHECKING:
    from ..corpus.corpus import Entry
    from ..records import Judgement, Region, Statement
    from .thumbnails import Thumbnail

_BRACKETS = re.compile(r"\[[\d\s,]+\]")
SCOPES = ("global", "local", "relation", "dynamic")


def card(
    entry: Entry, thumbnail: Thumbnail, threshold: float, asked: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the template ``image.html`` shows. ``asked`` is what `asked.asked` made of its conversation."""
    image = entry.scene.image
    kept = {region.id: region for region in entry.scene.regions}
    dropped = {each.region.id: each for each in entry.dropped}
    names = {**{k: each.region.label for k, each in dropped.items()}, **{k: r.label for k, r in kept.items()}}
    side = max(image.width, image.height, 1)
    badge, fine = side * 0.036, side * 0.002
    spots = badge_spots(kept.values(), badge, image.width, image.height)
    return {
        "key": f"img-{(image.sha256 or 'none')[:16]}",
        "image": image,
        "outcome": outcome(entry),
        "thumbnail": thumbnail,
        "badge": _n(badge),
        # Large regions first, so that a small one inside is on top and can be clicked.
        "drawn": [
            _drawn(region, spots[region.id], badge, fine)
            for region in sorted(kept.values(), key=lambda r: (-_area(r), r.id))
        ],
        "ghosts": [_ghost(each.region, fine) for each in entry.dropped],
        "regions": [_named(region) for region in entry.scene.regions],
        "dropped": [{**_named(each.region), "reason": each.reason} for each in entry.dropped],
        "scopes": [
            {
                "name": scope,
                "items": [
                    {
                        "parts": pieces(each.text, kept, names),
                        "question": pieces(each.question, kept, names),
                        "regions": each.regions,
                        "loose": [k for k in each.regions if k not in find(f"{each.text} {each.question}")],
                        "score": each.score,
                        "verbalizer": each.verbalizer,
                    }
                    for each in entry.scene.descriptors
                    if each.scope == scope
                ],
            }
            for scope in SCOPES
            if any(each.scope == scope for each in entry.scene.descriptors)
        ],
        "descriptors": len(entry.scene.descriptors),
        "statements": [
            {
                **_statement(each, entry, kept, names, threshold),
                "request": (asked or {"numbers": {}})["numbers"].get(each.reply),
            }
            for each in entry.statements
        ],
        "asked": asked,
        "rejected": entry.rejected,
        "failures": entry.failures,
        "duplicates": entry.duplicates,
        "used": sorted({*kept, *dropped}),
    }


def pieces(text: str, kept: Iterable[int], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Text cut at its mentions: ``{text}`` and ``{id, known, label}`` in turn."""
    found: list[dict[str, Any]] = []
    done = 0
    for match in _BRACKETS.finditer(text):
        # What stands around the brackets decides whether they are a mention, so it is asked with them.
        ids = find(text[max(0, match.start() - 1) : match.end() + 1])
        if ids:
            found.append({"text": text[done : match.start()]})
            done = match.end()
        for k in ids:
            state = "kept" if k in kept else "dropped" if k in names else "unknown"
            found.append({"id": k, "state": state, "label": names.get(k, "")})
    found.append({"text": text[done:]})
    return [piece for piece in found if piece.get("text") != ""]


def _statement(
    statement: Statement, entry: Entry, kept: Mapping[int, Region], names: Mapping[int, str], threshold: float
) -> dict[str, Any]:
    verdict = entry.verdicts.get(statement.id)
    return {
        "statement": statement,
        "question": pieces(statement.question, kept, names),
        "answer": pieces(statement.answer, kept, names),
        "rationale": pieces(statement.rationale, kept, names),
        "verdict": verdict,
        "accepted": verdict is not None and verdict.accepted,
        "threshold": threshold,
        "judgements": [_judgement(each) for each in entry.judgements if each.statement == statement.id],
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    parts = [{"name": name, "score": score} for name, score in sorted(judgement.parts.items())]
    return {"critic": judgement.critic, "score": judgement.score, "parts": parts, "note": judgement.note}


def _named(region: Region) -> dict[str, Any]:
    return {"id": region.id, "label": region.label, "score": region.score, "proposer": region.proposer}


def _drawn(region: Region, spot: tuple[float, float], badge: float, fine: float) -> dict[str, Any]:
    wide = badge * (0.62 + 0.58 * len(str(region.id)))
    black = palette.ink(palette.colour(region.id)) == (0, 0, 0)
    return {
        **_ghost(region, fine),
        "ink": "#000" if black else "#fff",
        "colour": palette.css(region.id),
        "badge": {"x": _n(spot[0]), "y": _n(spot[1]), "w": _n(wide), "h": _n(badge * 1.25),
                  "cx": _n(spot[0] + wide / 2), "cy": _n(spot[1] + badge * 0.98)},
    }  # fmt: skip


def _ghost(region: Region, fine: float) -> dict[str, Any]:
    x1, y1, x2, y2 = region.box
    ring = outline(region, fine)
    box = [[(x1, y1), (x2, y1), (x2, y2), (x1, y2)]]
    return {**_named(region), "path": path(ring or box), "frame": path(box) if ring else ""}


def path(rings: Sequence[Sequence[tuple[float, float]]]) -> str:
    """Closed rings of points in pixels as the data of an SVG path."""
    return "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in ring) + "Z" for ring in rings if ring)


def badge_spots(
    regions: Iterable[Region], size: float, width: int, height: int
) -> dict[int, tuple[float, float]]:
    """The upper left corner of every number: a corner of its box where no other number stands yet."""
    taken: list[tuple[float, float, float]] = []
    spots = {}
    for region in regions:
        wide, high = size * (0.62 + 0.58 * len(str(region.id))), size * 1.25
        candidates = list(_corners(region.box, wide, high))
        candidates = [
            (min(max(x, 0.0), max(width - wide, 0.0)), min(max(y, 0.0), max(height - high, 0.0)))
            for x, y in candidates
        ]
        free = (
            (x, y)
            for x, y in candidates
            if all(x + wide <= a or a + w <= x or y + high <= b or b + high <= y for a, b, w in taken)
        )
        x, y = next(free, candidates[0])
        taken.append((x, y, wide))
        spots[region.id] = (x, y)
    return spots


def _corners(
    box: tuple[float, float, float, float], wide: float, high: float
) -> Iterator[tuple[float, float]]:
    x1, y1, x2, y2 = box
    yield from ((x1, y1), (x2 - wide, y1), (x1, y2 - high), (x2 - wide, y2 - high))
    yield (x1 + x2 - wide) / 2, (y1 + y2 - high) / 2
    yield from ((x1, y1 + high * step) for step in (1, 2, 3))
    yield from ((x1 + wide * step, y1) for step in (1, 2, 3))


def _area(region: Region) -> float:
    x1, y1, x2, y2 = region.box
    return (x2 - x1) * (y2 - y1)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
