"""Statements that cannot be judged."""

from __future__ import annotations

from lskd_toolkit import Judgement, Scene, Statement, mentions

from ..data.views import full_text


def unjudged(statement: Statement, scene: Scene, critic: str) -> Judgement | None:
    """A score of 0 for a statement that mentions a region which its scene lacks, else None."""
    lacking = mentions.unknown(full_text(statement), (region.id for region in scene.regions))
    if not lacking:
        return None
    named = ", ".join(f"[{k}]" for k in lacking)
    return Judgement(statement.id, 0.0, critic, {}, f"mentions {named}, which the scene does not have")
