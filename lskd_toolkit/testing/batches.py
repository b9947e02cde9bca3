"""Contracts of every kind that works on batches of images: order, size, validity, repeatability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unittest import SkipTest

from ..components import KINDS
from ..corpus.assembly import kept_of
from ..images.picture import Picture
from ..records import Refined, Taught
from ..store.rows import BODIES, Row, decode, encode
from . import samples
from .sameness import difference, plain
from .subject import Subject, call
from .validity import validate_result

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


def arguments(subject: Subject, pictures: Sequence[Picture] | None = None) -> Arguments:
    """What the kind's verb is called with: parallel lists, for the subject's pictures or for these."""
    given = subject.pictures or samples.pictures() if pictures is None else pictures
    return _ARGUMENTS[subject.kind](given)


def results(subject: Subject, given: Arguments, instance: Any = None) -> list[Any]:
    """The verb's results, as many as there are images."""
    verb = KINDS[subject.kind].verbs[0]
    made = call(subject.instance if instance is None else instance, verb, *given)
    subject.require(
        isinstance(made, Sequence) and not isinstance(made, str),
        f"{verb} gave {type(made).__name__}; give a list, one result an image",
    )
    subject.require(
        len(made) == len(given[0]),
        f"{verb} gave {len(made)} results for {len(given[0])} images; give one an image, in order",
    )
    return list(made)


def reference(subject: Subject) -> list[Any]:
    """The results for the whole batch, worked out once."""
    return subject.once("reference", lambda: results(subject, arguments(subject)))


def one_of(given: Arguments, at: int) -> Arguments:
    return tuple([column[at]] for column in given)


def results_are_valid(subject: Subject) -> None:
    """Every record keeps its kind's promises."""
    given = arguments(subject)
    for at, made in enumerate(reference(subject)):
        validate_result(subject, [column[at] for column in given], made)


def finds_something(subject: Subject) -> None:
    """On one sample picture at least there is a result, or the other checks would prove nothing."""
    made = reference(subject)
    if subject.kind == "teacher":
        made = [(*each.statements, *each.rejected) for each in made]
    if subject.kind == "proposer":
        made = [kept_of(each) for each in made]
    subject.require(
        subject.kind in ("refiner", "vqa") or any(map(len, made)),
        "gives nothing for any picture, so that its other contracts prove nothing; "
        "test it on pictures that it has something to say of: pictures=[…]",
    )


def results_can_be_stored(subject: Subject) -> None:
    """What is read back from a run folder is what was handed to it."""
    for made in reference(subject):
        plain(subject, made)
        if subject.kind not in BODIES:
            continue
        body = made if isinstance(made, Refined | Taught) else tuple(made)
        try:
            back = decode(subject.kind, "ok", "", encode(Row("ok", body=body))).body
        except (TypeError, ValueError) as error:
            subject.fail(
                f"a result cannot be stored ({error}); keys must be text, and numbers finite, in all that "
                "a record holds"
            )
        changed = difference(subject, body, back)
        subject.require(not changed, f"a result does not come back from the store as it was: {changed}")


def batch_of_one_equals_batch_of_many(subject: Subject) -> None:
    """As exact or close as the record says."""
    given = arguments(subject)
    for at, expected in enumerate(reference(subject)):
        changed = difference(subject, results(subject, one_of(given, at))[0], expected)
        subject.require(
            not changed,
            f"image {at} alone gives another result than in a batch of {len(given[0])}: {changed}; "
            "mend it, or say batching='close' if it differs by rounding",
        )


def order_is_kept(subject: Subject) -> None:
    """Turning the batch round turns the results round."""
    back = results(subject, tuple(column[::-1] for column in arguments(subject)))
    changed = difference(subject, back[::-1], reference(subject))
    subject.require(
        not changed,
        f"results do not follow the order of the images: {changed}; use nothing of the position in the batch",
    )


def empty_batch_gives_nothing(subject: Subject) -> None:
    """No images, no results: nothing may be left to do of a chunk when a run is taken up again."""
    results(subject, tuple([] for _ in arguments(subject)))


def same_seed_same_result(subject: Subject) -> None:
    """A fresh instance agrees with one that has worked before."""
    changed = difference(subject, results(subject, arguments(subject), subject.build()), reference(subject))
    subject.require(
        not changed,
        f"two instances of the same seed differ: {changed}; draw from ctx.seed and the image's sha256 only",
    )


def names_do_not_matter(subject: Subject) -> None:
    """The same content under another id has the same result: equal bytes share their rows."""
    given = arguments(subject)[0]
    renamed = [Picture(replace(p.image, id=f"other/{p.image.id}"), _decoder(p), p.given) for p in given]
    made = results(subject, arguments(subject, renamed))
    changed = difference(subject, made, reference(subject))
    subject.require(
        not changed, f"an image's id changes its result: {changed}; use image.sha256 where you need a name"
    )


def inputs_are_left_alone(subject: Subject) -> None:
    """The lists that are handed in are not altered; others are given the same ones."""
    given = arguments(subject)
    before = [[list(each) if isinstance(each, list) else each for each in column] for column in given]
    results(subject, given)
    subject.require(
        all(a == b for a, b in zip(given, before, strict=True)), "alters the lists it is given; copy them"
    )


def a_bad_image_costs_only_itself(subject: Subject) -> None:
    """After a picture that cannot be decoded, the others of its batch can still be worked on."""
    good = arguments(subject)[0][:2]
    given = arguments(subject, [good[0], samples.broken_picture(), *good[1:]])
    try:
        results(subject, given)
    except (AssertionError, SkipTest):
        raise
    except Exception:  # noqa: S110 - raising is right: the pipeline then calls image by image
        pass
    for at in [i for i in range(len(given[0])) if i != 1]:
        expected = results(subject, one_of(given, at), subject.once("second", subject.build))[0]
        changed = difference(subject, results(subject, one_of(given, at))[0], expected)
        subject.require(not changed, f"gives another result once an image before it has failed: {changed}")


def odd_pictures_do_no_harm(subject: Subject) -> None:
    """Rare pictures give valid results; an empty one is an answer too."""
    for what, picture in samples.odd_pictures().items():
        given = arguments(subject, [picture])
        try:
            made = results(subject, given)[0]
        except (AssertionError, SkipTest):
            raise
        except Exception as error:
            subject.fail(
                f"raises {error!r} for a picture {what}; give an empty result where there is nothing to say"
            )
        validate_result(subject, [column[0] for column in given], made, f"a picture {what}")


def nothing_to_speak_of(subject: Subject) -> None:
    """No region, no words, no statement: a valid result all the same."""
    if subject.kind == "proposer":
        return
    picture = arguments(subject)[0][0]
    bare = samples.bare_scene(picture)
    given: Arguments = {
        "refiner": ([picture], [[]]),
        "critic": ([picture], [bare], [[]]),
        "vqa": ([picture], [bare], samples.questions(1)),
    }.get(subject.kind, ([picture], [bare]))
    made = results(subject, given)[0]
    validate_result(subject, [column[0] for column in given], made, "a scene without regions")


def _decoder(picture: Picture) -> Callable[[], Any]:
    return lambda: picture.pixels


CHECKS = (
    results_are_valid,
    finds_something,
    results_can_be_stored,
    batch_of_one_equals_batch_of_many,
    order_is_kept,
    empty_batch_gives_nothing,
    same_seed_same_result,
    names_do_not_matter,
    inputs_are_left_alone,
    a_bad_image_costs_only_itself,
    odd_pictures_do_no_harm,
    nothing_to_speak_of,
)
