"""The variations of the released corpus that its own loader takes, brought to one form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..mentions import tokenize
from ..records import Box, Region, Shape

_PARTS = re.compile(r"\b(answer|rationale)\s*:\s*", re.IGNORECASE)
Tokens = list[Any]


class Malformed(Exception):
    """A line that cannot be read; the message is the reason."""


def number(value: Any, what: str) -> float:
    """A finite number, also where it was written as a string."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed(f"{what} is not a number: {str(value)[:40]!r}") from error
    if not math.isfinite(found):
        raise Malformed(f"{what} is not finite")
    return found


def region_id(value: Any) -> int:
    """A region's id, also where it was written as ``"4"`` or ``4.0``."""
    found = number(value, "a region's id")
    if isinstance(value, bool) or found != int(found) or found < 0:
        raise Malformed(f"a region's id is no whole number from 0: {str(value)[:40]!r}")
    return int(found)


def texts_of(line: Mapping[str, Any]) -> dict[str, Tokens]:
    """The token lists of question, answer and rationale, whichever keys they stand under."""
    if line.get("question") is not None:
        return {
            part: _tokens(line[part], part)
            for part in ("question", "answer", "rationale")
            if line.get(part) is not None
        }
    if line.get("full_text_input") is not None:
        return _split(_plain(line["full_text_input"], "full_text_input"))
    if line.get("text_input") is not None:
        question = _plain(line["text_input"], "text_input")
        output = _plain(line.get("text_output") or "", "text_output")
        return _split(f"{question} Answer: {_PARTS.sub('', output, count=1) if _leads(output) else output}")
    raise Malformed("no question, full_text_input or text_input")


def _leads(text: str) -> bool:
    found = _PARTS.match(text.strip())
    return found is not None and found[1].lower() == "answer"


def _split(text: str) -> dict[str, Tokens]:
    """``question Answer: answer Rationale: rationale``, as the loader joins them."""
    pieces = _PARTS.split(re.sub(r"^\s*question\s*:\s*", "", text, flags=re.IGNORECASE))
    texts = {"question": pieces[0], "answer": "", "rationale": ""}
    for name, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        texts[name.lower()] = f"{texts[name.lower()]} {piece}"
    return {name: tokenize(piece.strip()) for name, piece in texts.items()}


def _plain(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{what} is not a string")
    return value


def _tokens(value: Any, part: str) -> Tokens:
    if isinstance(value, str):
        return list(tokenize(value))
    if not isinstance(value, list):
        raise Malformed(f"{part} is neither tokens nor a string")
    tokens: Tokens = []
    for token in value:
        if isinstance(token, str):
            tokens.append(token)
        elif isinstance(token, list):
            tokens.append([region_id(each) for each in token])
        elif isinstance(token, int | float) and not isinstance(token, bool):
            tokens.append(f"{token:g}")
        else:
            raise Malformed(f"{part} holds a token that is neither a word nor a list of ids")
    return tokens


def boxes_of(reference: Any) -> Region:
    """A reference as a region: the hull of its boxes; several boxes or ``segms`` become its shape."""
    if not isinstance(reference, Mapping):
        raise Malformed("a reference is not an object")
    boxes = reference.get("boxes")
    if not isinstance(boxes, list) or not boxes:
        raise Malformed(f"reference {str(reference.get('name'))[:40]!r} has no boxes")
    if all(isinstance(edge, int | float) for edge in boxes):
        boxes = [boxes]
    corners = [_box(box) for box in boxes]
    hull = (
        min(box[0] for box in corners), min(box[1] for box in corners),
        max(box[2] for box in corners), max(box[3] for box in corners),
    )  # fmt: skip
    shape = None
    if len(corners) > 1:
        rings = [[[x1, y1], [x2, y1], [x2, y2], [x1, y2]] for x1, y1, x2, y2 in corners]
        shape = Shape("polygon", {"polygons": rings})
    if segms := reference.get("segms"):
        shape = _segments(segms, hull)
    score = number(boxes[0][4], "a box's score") if len(boxes[0]) > 4 else 1.0
    label = reference.get("obj_guess")
    return Region(
        region_id(reference.get("name")), hull, shape, label if isinstance(label, str) else "", score
    )


def _segments(segms: Any, box: Box) -> Shape:
    """Polygons where that is what they are and they fill the box; anything else is kept as it stands
    under a type that nobody knows, and drawn as its box."""
    try:
        rings = [[[float(x), float(y)] for x, y in ring] for ring in segms]
        xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
        hull = (min(xs), min(ys), max(xs), max(ys))
        if all(abs(a - b) <= 1 for a, b in zip(hull, box, strict=True)):
            return Shape("polygon", {"polygons": rings})
    except (TypeError, ValueError, OverflowError):
        pass
    return Shape("segms", {"segms": segms})


def _box(box: Any) -> Box:
    if not isinstance(box, list) or len(box) not in (4, 5):
        raise Malformed("a box is not [x1, y1, x2, y2]")
    x1, y1, x2, y2 = (number(edge, "a box's edge") for edge in box[:4])
    if x2 < x1 or y2 < y1:
        raise Malformed(f"a box ends before it begins: {box[:4]}")
    return x1, y1, x2, y2
