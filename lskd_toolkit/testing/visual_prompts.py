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
    """Images are uint8 RGB, the picture first, and every region has a name to be called by in text."""
    for picture, regions in _cases(subject):
        pointed = call(subject.instance, "point", picture, regions)
        subject.require(isinstance(pointed, Pointed), f"point gave {type(pointed).__name__}; give Pointed")
        subject.require(pointed.images, "gives no image; give at least the picture itself")
        for image in pointed.images:
            subject.require(
                isinstance(image, np.ndarray) and image.dtype == np.uint8
                and image.ndim == 3 and image.shape[2] == 3 and 0 not in image.shape,
                "images must be uint8 RGB (H, W, 3)",
            )  # fmt: skip
        subject.require(
            set(pointed.names) == {r.id for r in regions} and all(pointed.names.values()),
            f"names {dict(pointed.names)}; name every region that it was given, and no other",
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


CHECKS = (points_at_every_region, shows_where, leaves_the_picture_alone)
