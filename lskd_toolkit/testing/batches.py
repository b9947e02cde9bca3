"""Contracts of every kind that works on batches of images: order, size, oddness, validity, repeatability."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..components import KINDS
from ..errors import LskdError
from ..images.picture import Picture
from ..records import Refined
from ..store import to_json
from ..validation import (
    valid_descriptors,
    valid_judgements,
    valid_refined,
    valid_regions,
    valid_taught,
)
from . import samples
from .subject import Subject, call

Arguments = tuple[list[Any], ...]

_ARGUMENTS: dict[str, Callable[[Sequence[Picture]], Arguments]] = {
    "proposer": lambda given: (list(given),),
    "refiner": lambda given: (list(given), [samples.regions(p) for p in given]),
    "verbalizer": lambda given: (list(given), [samples.scene(p) for p in given]),
    "vqa": lambda given: (list(given), [samples.scene(p) for p in given], samples.questions(len(given))),
    "teacher": lambda given: (list(given), [samples.scene(p) for p in given]),
    "critic": lambda given: (
        list(given), [samples.scene(p) for p in given], [samples.statements() for _ in given],
    ),
}  # fmt: skip
KINDS_OF_BATCHES = tuple(_ARGUMENTS)

TOLERANCE = 1e-3


def arguments(kind: str, given: Sequence[Picture]) -> Arguments:
    """What the kind's verb is called with for these pictures."""
    return _ARGUMENTS[kind](given)


def results(subject: Subject, given: Arguments, instance: Any = None) -> list[Any]:
    verb = KINDS[subject.kind].verbs[0]
    made = list(call(instance or subject.build(), verb, *given))
    assert len(made) == len(given[0]), (
        f"{subject.title}: {verb} gave {len(made)} results for {len(given[0])} images; "
        "give one an image, in order"
    )
    return made


def same(a: Any, b: Any, exact: bool) -> bool:
    """Whether two results are equal: bit for bit, or within the tolerance in every number."""
    if exact:
        return bool(a == b)
    if isinstance(a, float | int) and isinstance(b, float | int) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], exact) for k in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y, exact) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _equal(subject: Subject, a: Any, b: Any) -> bool:
    return same(to_json(a), to_json(b), subject.record.batching == "exact")


def batch_of_one_equals_batch_of_many(subject: Subject) -> None:
    """As exact or close as the record says."""
    given, instance = arguments(subject.kind, samples.pictures()), subject.build()
    many = results(subject, given, instance)
    for at, expected in enumerate(many):
        alone = results(subject, tuple([column[at]] for column in given), instance)[0]
        assert _equal(subject, alone, expected), (
            f"{subject.title}: image {at} alone gives another result than in a batch of {len(many)}; "
            f"mend it, or say batching='close' if it differs by rounding\nalone: {alone}\nbatch: {expected}"
        )


def order_is_kept(subject: Subject) -> None:
    """Turning the batch round turns the results round."""
    given, instance = arguments(subject.kind, samples.pictures()), subject.build()
    there = results(subject, given, instance)
    back = results(subject, tuple(column[::-1] for column in given), instance)
    assert _equal(subject, there, back[::-1]), (
        f"{subject.title}: results do not follow the order of the images; "
        "use nothing of the position in the batch"
    )


def empty_batch_gives_nothing(subject: Subject) -> None:
    results(subject, tuple([] for _ in arguments(subject.kind, samples.pictures(1))))


def same_seed_same_result(subject: Subject) -> None:
    """Two fresh instances agree."""
    given = arguments(subject.kind, samples.pictures(2))
    assert _equal(subject, results(subject, given), results(subject, given)), (
        f"{subject.title}: two instances of the same seed differ; "
        "draw from ctx.seed and the image's sha256 only"
    )


def results_are_valid(subject: Subject) -> None:
    """Every record keeps its kind's promises."""
    given = arguments(subject.kind, samples.pictures())
    for at, made in enumerate(results(subject, given)):
        _valid(subject, [column[at] for column in given], made)


def odd_pictures_do_no_harm(subject: Subject) -> None:
    """Odd pictures give valid results, or an error that names the cause."""
    instance = subject.build()
    for what, picture in samples.odd_pictures().items():
        given = arguments(subject.kind, [picture])
        try:
            made = results(subject, given, instance)[0]
        except (LskdError, ValueError):
            continue
        _valid(subject, [column[0] for column in given], made, what)


def _valid(subject: Subject, given: list[Any], made: Any, what: str = "") -> None:
    picture = given[0]
    if subject.kind == "proposer":
        reason = valid_regions(picture.image, list(made))
    elif subject.kind == "refiner":
        reason = valid_refined(picture.image, made, given[1]) if isinstance(made, Refined) else "no Refined"
    elif subject.kind == "verbalizer":
        reason = valid_descriptors(made, given[1].regions)
    elif subject.kind == "teacher":
        reason = valid_taught(made, given[1].regions)
    elif subject.kind == "critic":
        reason = valid_judgements(list(made), given[2])
    else:
        reason = "" if isinstance(made.text, str) and 0.0 <= made.score <= 1.0 else f"no answer: {made}"
    assert not reason, f"{subject.title}: {f'for a picture {what}: ' if what else ''}{reason}"


CHECKS = (
    batch_of_one_equals_batch_of_many,
    order_is_kept,
    empty_batch_gives_nothing,
    same_seed_same_result,
    results_are_valid,
    odd_pictures_do_no_harm,
)
