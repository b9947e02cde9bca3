"""Contracts of visual prompts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..drawing.pointed import Pointed
from ..images.picture import Picture
from ..records import Region
from . import samples
from .subject import Subject, call


def _cases(subject: Subject) -> Iterator[tuple[Picture, list[Region]]]:
    for picture in (*(subject.pictures or samples.pictures(2)), *samples.odd_pictures().values()):
        yield from ((picture, []), (picture, samples.regions(picture)))


def points_at_every_region(subject: Subject) -> None:
    """Every region has a name to be called by in text, however many there are."""
    for picture, regions in _cases(subject):
        pointed = call(subject.instance, "point", picture, regions)
        subject.require(isinstance(pointed, Pointed), f"point gave {type(pointed).__name__}; give Pointed")
        subject.require(
            set(pointed.names) == {r.id for r in regions} and all(pointed.names.values()),
            f"names {dict(pointed.names)}; name every region that it was given, and no other",
        )


def gives_what_it_says(subject: Subject) -> None:
    """What the record's ``gives`` announces: ``rgb`` one picture, ``images`` one more of each region,
    ``rgba`` four channels in all, ``text`` words; and nothing that it does not announce."""
    gives = subject.record.gives or ("rgb",)
    channels = 4 if "rgba" in gives else 3
    for picture, regions in _cases(subject):
        pointed = call(subject.instance, "point", picture, regions)
        wanted = 1 + len(regions) if "images" in gives else 1
        subject.require(
            len(pointed.images) == wanted,
            f"gives {len(pointed.images)} images of {len(regions)} regions where its record's gives, "
            f"{', '.join(gives)}, means {wanted}",
        )
        for image in pointed.images:
            subject.require(
                isinstance(image, np.ndarray) and image.dtype == np.uint8
                and image.ndim == 3 and image.shape[2] == channels and 0 not in image.shape,
                f"images must be uint8 (H, W, {channels})",
            )  # fmt: skip
        subject.require(
            bool(pointed.text) == ("text" in gives and bool(regions)),
            "gives words" if pointed.text else "gives no words, and announces text",
        )


def shows_where(subject: Subject) -> None:
    """Pointing at a region changes what a model is given: the pixels, the crops or the words."""
    picture = (subject.pictures or samples.pictures(1))[0]
    first, second = samples.regions(picture)[:2]
    one, other = (
        call(subject.instance, "point", picture, [Region(0, region.box)]) for region in (first, second)
    )
    subject.require(
        not _same(one, other), "gives the same for two different boxes; a model could not tell them apart"
    )


def leaves_the_picture_alone(subject: Subject) -> None:
    """Drawing is on a copy, and drawing twice gives the same."""
    for picture, regions in _cases(subject):
        before = picture.pixels.copy()
        one, again = (call(subject.instance, "point", picture, regions) for _ in range(2))
        subject.require((picture.pixels == before).all(), "draws on the picture itself; copy it")
        subject.require(_same(one, again), "drawing twice gives two pictures")


def _same(one: Pointed, other: Pointed) -> bool:
    return (
        len(one.images) == len(other.images)
        and all(np.array_equal(a, b) for a, b in zip(one.images, other.images, strict=True))
        and (dict(one.names), one.text) == (dict(other.names), other.text)
    )


CHECKS = (points_at_every_region, gives_what_it_says, shows_where, leaves_the_picture_alone)
