"""Labels as a critic learns from them: targets, priors, and the views that it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lskd_toolkit import Labelled, LskdError, accepted, right

from ..data.views import View
from ..training.critic_losses import Targets

GREY = 128


@dataclass(frozen=True, slots=True)
class Priors:
    """The share of statements to accept: among what the critic is ``trained`` on, as often as it sees them,
    and the ``natural`` one among what the labels were drawn from."""

    trained: float
    natural: float


def targets_of(labelled: Sequence[Labelled], soft: bool) -> Targets:
    """What annotators say, float32 ``(N,)`` each. Without ``soft`` the verdict is what more than half say."""
    accept = [accepted(each.labels) for each in labelled]
    return Targets(
        torch.tensor([share if soft else float(share > 0.5) for share in accept]),
        torch.tensor([_known(right(each.labels, "answer")) for each in labelled]),
        torch.tensor([_known(right(each.labels, "rationale")) for each in labelled]),
    )


def _known(share: float | None) -> float:
    return float("nan") if share is None else share


def priors_of(labelled: Sequence[Labelled], accept: Sequence[float], balance: bool) -> Priors:
    """Of the statements trained on, whose targets are ``accept``.

    Synthetic negatives and statements that were picked are seen in training but say nothing about the run;
    where no others are, both priors are one and scores stay as they are.
    """
    shares = np.asarray(accept, float)
    if balance:
        sides = [shares[shares > 0.5], shares[shares <= 0.5]]
        trained = float(np.mean([side.mean() for side in sides if len(side)]))
    else:
        trained = float(shares.mean())
    weights = np.array([0.0 if x.labels[0].synthetic else x.labels[0].weight for x in labelled])
    if not weights.any():
        return Priors(trained, trained)
    # Never nothing or all: a sample of n cannot tell these from 1 in n + 2.
    count = int((weights > 0).sum())
    natural = float(np.average(shares, weights=weights))
    return Priors(trained, float(np.clip(natural, 1 / (count + 2), 1 - 1 / (count + 2))))


def check_lessons(labelled: Sequence[Labelled], accept: Sequence[float], what: str) -> None:
    """Whether there is something to learn.

    Raises:
        LskdError: nothing is labelled, all is of one kind, or all is on one image.
    """
    if not labelled:
        raise LskdError(f"there are no statements to learn from ({what}); label some with: lskd label RUN")
    majority = {share > 0.5 for share in accept}
    if len(majority) < 2:
        word = "accepted" if majority == {True} else "rejected"
        raise LskdError(
            f"all {len(labelled)} statements {what} are {word}: there is nothing to tell apart; label more "
            "with: lskd label RUN, or make free negatives: lskd labels negatives RUN"
        )
    if len({each.scene.image.sha256 for each in labelled}) < 2:
        raise LskdError(f"all statements {what} are of one image; label more with: lskd label RUN")


def blank(view: View) -> View:
    """The view with nothing to see, for a critic that shall go by the words alone."""
    side = view.pixels.shape[0]
    return View(_grey(side), view.text)


_GREYS: dict[int, np.ndarray] = {}


def _grey(side: int) -> np.ndarray:
    """One array a size, so that all that is blank counts as one drawing."""
    return _GREYS.setdefault(side, np.full((side, side, 3), GREY, np.uint8))
