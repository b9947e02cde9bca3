"""What a component's results must be, checked before they are stored: '' when all is well, else why not.

The pipeline turns a reason into a failed row that names the plugin; the contract tests turn it into a
failed test. Unusable results are refused, never mended silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .mentions import find
from .records import Descriptor, Image, Judgement, Refined, Region, Statement, Taught

SCOPES = ("global", "local", "relation", "dynamic")
EDGE = 0.51
"""How far a box may reach over the image's edge, in pixels: half a pixel of rounding."""


def _score(score: object) -> bool:
    return isinstance(score, float | int) and 0.0 <= score <= 1.0  # NaN compares as false


def valid_regions(image: Image, regions: Sequence[Region]) -> str:
    """Regions lie in the image, have an area, unique ids and scores in [0, 1]."""
    seen: set[int] = set()
    right, bottom = image.width + EDGE, image.height + EDGE
    for region in regions:
        if not isinstance(region, Region):
            return f"expected Region, got {type(region).__name__}"
        if not isinstance(region.id, int) or region.id < 0 or region.id in seen:
            return f"region id {region.id!r} is not a new number from 0 up"
        seen.add(region.id)
        if len(region.box) != 4:
            return f"region {region.id}: box {region.box} is not four numbers"
        x1, y1, x2, y2 = region.box
        if not (-EDGE <= x1 < x2 <= right and -EDGE <= y1 < y2 <= bottom):
            if x1 < x2 and y1 < y2:
                return (
                    f"region {region.id}: box {region.box} leaves the image of {image.width}x{image.height}"
                )
            return f"region {region.id}: box {region.box} has no area"
        if not _score(region.score):
            return f"region {region.id}: score {region.score!r} is not in [0, 1]"
    return ""


def valid_proposal(image: Image, proposal: Sequence[Region] | Refined) -> str:
    """Regions are valid, and what was left out has a reason."""
    if isinstance(proposal, Refined):
        if not all(d.reason for d in proposal.dropped):
            return "a region was dropped without a reason"
        proposal = proposal.kept
    return valid_regions(image, proposal)


def valid_refined(image: Image, refined: Refined, before: Sequence[Region]) -> str:
    """Refined regions are valid, and every region that went in is kept or dropped with a reason."""
    if not isinstance(refined, Refined):
        return f"expected Refined, got {type(refined).__name__}"
    reason = valid_regions(image, refined.kept)
    if reason:
        return reason
    ids = {r.id for r in refined.kept} | {d.region.id for d in refined.dropped}
    lost = [r.id for r in before if r.id not in ids]
    if lost:
        return f"regions {lost} were neither kept nor dropped"
    if not all(d.reason for d in refined.dropped):
        return "a region was dropped without a reason"
    return ""


def valid_descriptors(descriptors: Iterable[Descriptor], regions: Sequence[Region]) -> str:
    """Descriptors have words, a known scope, a score in [0, 1], and speak of regions that exist."""
    ids = {region.id for region in regions}
    for descriptor in descriptors:
        if not isinstance(descriptor, Descriptor):
            return f"expected Descriptor, got {type(descriptor).__name__}"
        if descriptor.scope not in SCOPES:
            return f"scope {descriptor.scope!r} is none of {', '.join(SCOPES)}"
        if not descriptor.text.strip():
            return "a descriptor without words"
        if not _score(descriptor.score):
            return f"descriptor score {descriptor.score!r} is not in [0, 1]"
        unknown = [i for i in descriptor.regions if i not in ids]
        if unknown:
            return f"a descriptor speaks of region {unknown[0]}, which does not exist"
        if descriptor.scope == "local" and not descriptor.regions:
            return "a local descriptor that names no region"
    return ""


def valid_taught(taught: Taught, regions: Sequence[Region]) -> str:
    """Statements are numbered from 0, complete, and mention regions that exist."""
    if not isinstance(taught, Taught):
        return f"expected Taught, got {type(taught).__name__}"
    ids = {region.id for region in regions}
    for number, statement in enumerate(taught.statements):
        if statement.id != number:
            return f"statement {number} has the id {statement.id}"
        if not (statement.question.strip() and statement.answer.strip()):
            return f"statement {number} lacks a question or an answer"
        unknown = [i for i in statement.regions if i not in ids]
        if unknown:
            return f"statement {number} mentions region {unknown[0]}, which does not exist"
        mentioned = find(f"{statement.question} {statement.answer} {statement.rationale}")
        if mentioned != list(statement.regions):
            return f"statement {number} mentions {mentioned} and lists {list(statement.regions)}"
    return valid_descriptors(taught.descriptors, regions)


def valid_judgements(judgements: Sequence[Judgement], statements: Sequence[Statement]) -> str:
    """One judgement for every statement, scores and parts in [0, 1]."""
    if [j.statement for j in judgements] != [s.id for s in statements]:
        return "judgements do not answer to the statements one by one"
    for judgement in judgements:
        if not _score(judgement.score) or not all(_score(v) for v in judgement.parts.values()):
            return f"judgement of statement {judgement.statement}: a score is not in [0, 1]"
    return ""
