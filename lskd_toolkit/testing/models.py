"""Contracts of the kinds that hold a model for others: vision-language models, depth, text encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..drawing.pointed import Pointed
from ..images.picture import Picture
from ..records import Ask, Said
from . import samples
from .subject import Subject, call

CLOSE = 1e-3
"""How far two numbers of the same model may lie apart, batched otherwise."""


# --- vision-language models -----------------------------------------------------------------------


def _asked(subject: Subject) -> tuple[list[Pointed], list[Ask]]:
    """Every task of some pictures, the whole ones and with a region pointed at."""
    shown: list[Pointed] = []
    asks: list[Ask] = []
    for picture in subject.pictures or samples.pictures(2):
        region = samples.regions(picture)[0]
        plain = Pointed.of(picture.pixels, ())
        shown += [plain, plain, Pointed.of(picture.pixels, [region]), plain]
        asks += [
            Ask("caption", max_tokens=8),
            Ask("narrative", samples=2, temperature=1.0, seed=5, max_tokens=8),
            Ask("region", box=region.box, max_tokens=8),
            Ask("question", "What is in the picture?", max_tokens=8),
        ]
    return shown, asks


def _said(subject: Subject, shown: Sequence[Pointed], asks: Sequence[Ask]) -> list[list[Said]]:
    made = call(subject.instance, "say", list(shown), list(asks))
    subject.require(
        isinstance(made, Sequence) and len(made) == len(asks), f"say gave {made!r:.80}; one list for each ask"
    )
    return [list(each) for each in made]


def says_as_many_as_asked(subject: Subject) -> None:
    """A list of `Said` for each ask, as many as its samples, scored in [0, 1]."""
    shown, asks = _asked(subject)
    for ask, texts in zip(asks, _said(subject, shown, asks), strict=True):
        subject.require(
            len(texts) == ask.samples and all(isinstance(each, Said) for each in texts),
            f"{len(texts)} texts of the task {ask.task}; give {ask.samples} Said",
        )
        for each in texts:
            subject.require(
                isinstance(each.text, str) and 0.0 <= each.score <= 1.0,
                f"{each!r}; give text and a score in [0, 1]",
            )


def says_the_same_of_one_as_of_many(subject: Subject) -> None:
    """What is said depends on what is shown and asked alone, not on what else is asked at once."""
    shown, asks = _asked(subject)
    many = _said(subject, shown, asks)
    for at in range(len(asks)):
        (alone,) = _said(subject, shown[at : at + 1], asks[at : at + 1])
        same = [s.text for s in alone] == [s.text for s in many[at]] and all(
            abs(a.score - b.score) <= CLOSE for a, b in zip(alone, many[at], strict=True)
        )
        subject.require(
            same, f"says {many[at]!r:.120} among others and {alone!r:.120} alone, asked {asks[at].task}"
        )


def looks_without_touching(subject: Subject) -> None:
    """The pictures that it is shown are left as they are."""
    shown, asks = _asked(subject)
    before = [each.images[0].copy() for each in shown]
    _said(subject, shown, asks)
    subject.require(
        all((a == b.images[0]).all() for a, b in zip(before, shown, strict=True)),
        "writes on the picture that it is shown; copy it",
    )


# --- depth ----------------------------------------------------------------------------------------


def _measured(subject: Subject, pictures: Sequence[Picture]) -> list[Any]:
    made = list(call(subject.instance, "measure", list(pictures)))
    subject.require(len(made) == len(pictures), f"measure gave {len(made)} for {len(pictures)} pictures")
    return made


def measures_every_picture(subject: Subject) -> None:
    """A finite float32 ``(h, w)`` for each picture, odd ones too."""
    pictures = [*(subject.pictures or samples.pictures(2)), *samples.odd_pictures().values()]
    for picture, made in zip(pictures, _measured(subject, pictures), strict=True):
        subject.require(
            isinstance(made, np.ndarray) and made.dtype == np.float32 and made.ndim == 2 and made.size > 0,
            f"for {picture.image.id}: give float32 (h, w)",
        )
        subject.require(np.isfinite(made).all(), f"for {picture.image.id}: holds nan or infinity")


def measures_one_as_many(subject: Subject) -> None:
    """A picture's depth does not depend on the others in its batch, up to rounding."""
    pictures = list(subject.pictures or samples.pictures(3))
    for picture, many in zip(pictures, _measured(subject, pictures), strict=True):
        (alone,) = _measured(subject, [picture])
        spread = float(np.ptp(alone)) or 1.0
        subject.require(
            alone.shape == many.shape and float(np.abs(alone - many).max()) <= CLOSE * spread,
            f"for {picture.image.id}: other depths alone than among others",
        )


# --- encoders -------------------------------------------------------------------------------------

TEXTS = (
    "a red cup on a table",
    "a dog that runs",
    "",
    "[0] is a person",
    "a red cup on a table",
    "ä 漢字 🐕",
)


def _encoded(subject: Subject, texts: Sequence[str]) -> Any:
    made = call(subject.instance, "encode", list(texts))
    subject.require(
        isinstance(made, np.ndarray) and made.dtype == np.float32 and made.ndim == 2
        and len(made) == len(texts),
        "encode: give a float32 array, a row for each text",
    )  # fmt: skip
    return made


def encodes_to_unit_length(subject: Subject) -> None:
    """Rows of length one, equal ones for equal texts, none for no text."""
    made = _encoded(subject, TEXTS)
    subject.require(np.allclose(np.linalg.norm(made, axis=1), 1.0, atol=CLOSE), "rows are not of length one")
    subject.require(np.allclose(made[0], made[4], atol=CLOSE), "equal texts have two vectors")
    subject.require(float(made[0] @ made[1]) < 1 - CLOSE, "texts of other meanings have one vector")
    _encoded(subject, ())


def encodes_one_as_many(subject: Subject) -> None:
    """A text's vector does not depend on the others in its batch, up to rounding."""
    made = _encoded(subject, TEXTS)
    for at, text in enumerate(TEXTS):
        subject.require(
            np.allclose(_encoded(subject, [text])[0], made[at], atol=CLOSE),
            f"{text!r} has another vector alone than among others",
        )


CHECKS = {
    "vlm": (says_as_many_as_asked, says_the_same_of_one_as_of_many, looks_without_touching),
    "depth": (measures_every_picture, measures_one_as_many),
    "encoder": (encodes_to_unit_length, encodes_one_as_many),
}
