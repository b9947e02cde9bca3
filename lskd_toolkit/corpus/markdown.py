"""Sections and tables of a card, whose cells no text can leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it; nothing when nothing does."""
    body = "\n\n".join(part for part in parts if part)
    return f"## {title}\n\n{body}" if body else ""


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str = "Nothing.") -> str:
    lines = [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    if not lines:
        return nothing
    return "\n".join((f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines))


def cell(value: Any) -> str:
    """A value as text that cannot leave its place: reasons may hold what a model or a file says."""
    if value is None:
        return "not known"
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    text = text.replace("\\", "\\\\").replace("&", "&amp;")
    for mark in "|`*_[]<>~":
        text = text.replace(mark, "&lt;" if mark == "<" else "&gt;" if mark == ">" else f"\\{mark}")
    # A bare address would become a link.
    return text.replace("://", ":&#8203;//")


def money(usd: float | None) -> str:
    return "not known" if usd is None else f"{usd:.4f}"


def percent(share: float | None) -> str:
    return "not known" if share is None else f"{share:.1%}"
