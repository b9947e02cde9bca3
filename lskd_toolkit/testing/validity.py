"""One result against the promises of its kind, by the same rules as in a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..records import Answer, Refined, Taught
from ..validation import (
    valid_descriptors,
    valid_judgements,
    valid_proposal,
    valid_refined,
    valid_regions,
    valid_taught,
)
from .subject import Subject


def validate_result(subject: Subject, given: Sequence[Any], made: Any, what: str = "") -> None:
    """Check what was made of one image.

    Arguments:
        given: what the verb was given for that image: picture, then regions or scene, then the rest.
        made: the result.
        what: which picture it was, for the message.

    Raises:
        AssertionError: says what is wrong with it.
    """
    reason = _reason(subject.kind, given, made) or _other_scope(subject, made)
    subject.require(not reason, f"{f'for {what}: ' if what else ''}{reason}")


def _other_scope(subject: Subject, made: Any) -> str:
    """A verbalizer keeps to the scopes that its record announces, if it announces any."""
    gives = subject.record.gives
    if subject.kind != "verbalizer" or not gives:
        return ""
    other = next((d.scope for d in made if d.scope not in gives), "")
    return f"a descriptor of scope {other!r}, and its record's gives says {', '.join(gives)}" if other else ""


def _reason(kind: str, given: Sequence[Any], made: Any) -> str:
    single = {"refiner": Refined, "teacher": Taught, "vqa": Answer}.get(kind)
    if single is not None and not isinstance(made, single):
        return f"expected {single.__name__}, got {type(made).__name__}"
    if kind == "proposer" and isinstance(made, Refined):
        return valid_proposal(given[0].image, made)
    if single is None and (not isinstance(made, Sequence) or isinstance(made, str)):
        return f"expected a list for each image, got {type(made).__name__}"
    picture = given[0]
    if kind == "proposer":
        return valid_regions(picture.image, made)
    if kind == "refiner":
        return valid_refined(picture.image, made, given[1])
    if kind == "verbalizer":
        return valid_descriptors(made, given[1].regions)
    if kind == "teacher":
        return valid_taught(made, given[1].regions)
    if kind == "critic":
        return valid_judgements(made, given[2])
    if not isinstance(made.text, str) or not made.text.strip():
        return "an answer without words; say 'unknown' with score 0"
    return "" if 0.0 <= made.score <= 1.0 else f"answer score {made.score!r} is not in [0, 1]"
