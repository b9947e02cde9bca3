"""Labelled statements and columns of scores, made up with known truth."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from lskd_toolkit.labelling.labels import Label, words_sha256
from lskd_toolkit.labelling.matching import Labelled
from lskd_toolkit.records import Image, Region, Scene, Statement


def labelled(
    image: str,
    number: int,
    accepts: Sequence[bool],
    *,
    weight: float = 1.0,
    inference: str = "intent",
    teacher: str = "",
    synthetic: str = "",
    proposer: str = "",
    regions: int = 1,
) -> Labelled:
    """One statement with a vote of each annotator."""
    bytes_ = hashlib.sha256(image.encode()).hexdigest()
    own = tuple(Region(k, (0, 0, 4, 4), proposer=proposer) for k in range(regions))
    statement = Statement(
        number, f"What is [0] doing in {image}?", f"it is {number}", "because", tuple(range(regions)),
        inference, teacher,
    )  # fmt: skip
    sha256 = words_sha256(statement)
    return Labelled(
        Scene(Image(image, image, bytes_, 8, 8), own),
        statement,
        tuple(
            Label(
                image, number, sha256, f"annotator {k}", said, said, said, weight=weight, synthetic=synthetic
            )
            for k, said in enumerate(accepts)
        ),
    )


def draws(
    random: np.random.Generator,
    count: int,
    *,
    slope: float = 1.0,
    lift: float = 0.0,
    images: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores ``(n,)``, what is accepted ``(n,)`` bool, and images ``(n,)``: the log-odds of acceptance are
    ``slope`` times those of the score, plus ``lift``."""
    odds = random.normal(0, 2, count)
    scores = 1 / (1 + np.exp(-odds))
    accept = random.random(count) < 1 / (1 + np.exp(-(slope * odds + lift)))
    of = np.arange(count) if images is None else random.integers(images, size=count)
    return scores, accept, of
