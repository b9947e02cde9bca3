"""Words that a crop makes false: where in the picture something is, and how many there are."""

from __future__ import annotations

import re

_FRAME = r"(?:picture|image|photo|photograph|frame|shot|scene|view)"
_SPOT = (
    r"(?:left|right|top|bottom|cent(?:er|re)|middle|corners?|edges?|border|margin|side|half|third|background|"
    r"foreground)"
)
_PLACED = re.compile(
    # at the top right, in the left corner; not: on the left of [1], on the edge of the table
    rf"\b(?:on|at|in|to|towards?|from|near|along|by)\s+the\s+(?:(?:far|very|upper|lower|extreme|{_SPOT})[\s-]+)*"
    rf"{_SPOT}\b(?:-hand(?:\s+side)?)?(?!\s+of\s+(?!(?:the|this)\s+{_FRAME}\b)|-)"
    rf"|\b{_SPOT}(?:-hand)?(?:\s+{_SPOT})?\s+of\s+(?:the|this)\s+{_FRAME}\b"
    rf"|\b(?:fills?|filling|dominates?|centred|centered|cropped|cut\s+off|out\s+of)\b[^.]*\b{_FRAME}\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|dozens|several|many|few|couple|pair|group|crowd|crowded|"
    r"everyone|everybody|everything|all|nobody|nothing|none|no\s+one|alone|only|sole|single|another|others?|"
    r"else|empty|lonely|rest|most|\d+\s+(?:people|persons|men|women|children))\b",
    re.IGNORECASE,
)


def placed(text: str) -> str:
    """Why the text may be false of a part of the picture: it says where in it something is. '' if not."""
    match = _PLACED.search(text)
    return f"it says where in the picture something is: “{match[0]}”" if match else ""


def counted(text: str) -> str:
    """Why the text may be false where something is missing: it counts. '' if not."""
    match = _COUNTED.search(text)
    return f"it counts, and the crop loses a region: “{match[0]}”" if match else ""
