"""The calibration of a run: what people said of its statements, what its critics scored, and the file that
the fitted map is kept in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError
from ..labelling import Labelled
from .calibration import Calibration, Wanted, fit
from .scored import Scored, scored
from .shares import FRACTIONS, Role, role
from .tally import tally

FILE = "calibration.json"


def read_calibration(path: Path) -> Calibration:
    """The map in that file.

    Raises:
        UsageError: it is not there, or none.
    """
    try:
        return Calibration.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}); calibrate again with: lskd critic calibrate RUN"
        ) from error


def shares(
    found: Scored, seen: frozenset[str], *, seed: int = 0, fractions: Sequence[float] = FRACTIONS
) -> tuple[dict[Role, Scored], Counter[str]]:
    """The labelled statements by what they are for, and how many are for nothing: the images that critics
    have ``seen`` in training, and statements that were picked, not drawn."""
    roles = np.array(
        [
            "picked"
            if not any(label.weight for label in each.labels)
            else role(each.scene.image.sha256, seed=seed, fractions=fractions, excluded=seen) or "trained on"
            for each in found.labelled
        ],
        str,
    )
    names: tuple[Role, ...] = ("calibrate", "threshold", "test")
    left = Counter(name for name in roles.tolist() if name not in names)
    return {name: found.rows(roles == name) for name in names}, left


def calibrated(
    corpus: Any,
    labelled: Sequence[Labelled],
    seen: frozenset[str],
    *,
    critics: Sequence[str] = (),
    method: Wanted = "auto",
    prior: float | None = None,
    fractions: Sequence[float] = FRACTIONS,
) -> tuple[Calibration, dict[Role, Scored], Counter[str]]:
    """The map from the run's stored scores to P(accept), the labels by what they are for, and how many are
    for nothing. ``critics`` are those that count, all that have judged if none are named.

    Raises:
        UsageError: too few labels are left, or they are all of one kind.
    """
    found = scored(corpus, labelled)
    if critics:
        found = found.by(critics)
    if not found.critics:
        raise UsageError(
            f"no critic has judged the labelled statements of {corpus.folder}; have one: "
            f"lskd critic score {corpus.folder} --critic NAME"
        )
    by_role, left = shares(found, seen, seed=corpus.seed, fractions=fractions)
    mine = by_role["calibrate"]
    if not mine.labelled and left["trained on"]:
        raise UsageError(
            f"all {left['trained on']} labels are of images that a critic was trained on; label more, or "
            "train it again on fewer: lskd critic train RUN --share 0.5"
        )
    said = tally(mine.labelled)
    fitted = fit(
        mine.scores, said.soft, said.weights, said.images,
        critics=mine.critics, method=method, seed=corpus.seed,
    )  # fmt: skip
    if prior is not None:
        fitted = fitted.shifted(prior)
    return replace(fitted, fractions=tuple(fractions)), by_role, left
