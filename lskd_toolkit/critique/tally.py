"""What people said of statements, as columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..labelling.matching import accepted, right

if TYPE_CHECKING:
    from ..labelling.matching import Labelled


@dataclass(frozen=True, slots=True)
class Tally:
    """One row a labelled statement, n of them.

    ``accept`` bool ``(n,)`` is what more than half of the annotators say, and a tie (there are ``ties``) is
    not accepted; ``soft`` float64 is the fraction that accepts. ``answer`` and ``rationale`` float64 are the
    fractions that call them right, NaN where nobody said. ``weights`` float64 are one over the probability
    of having been drawn, 0 for what was picked otherwise and so speaks for no other. ``images`` str are
    the images' sha256, ``synthetic`` bool whether the label is a free negative.
    """

    accept: np.ndarray
    soft: np.ndarray
    answer: np.ndarray
    rationale: np.ndarray
    weights: np.ndarray
    images: np.ndarray
    synthetic: np.ndarray
    ties: int


def tally(found: Sequence[Labelled]) -> Tally:
    """The columns of these statements, in their order."""
    soft = np.array([accepted(each.labels) for each in found], float)
    answer = [right(each.labels, "answer") for each in found]
    rationale = [right(each.labels, "rationale") for each in found]
    return Tally(
        accept=soft > 0.5,
        soft=soft,
        answer=np.array(answer, float),
        rationale=np.array(rationale, float),
        weights=np.array([max(label.weight for label in each.labels) for each in found], float),
        images=np.array([each.scene.image.sha256 for each in found], str),
        synthetic=np.array([bool(each.labels[0].synthetic) for each in found], bool),
        ties=int((soft == 0.5).sum()),
    )
