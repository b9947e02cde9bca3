"""From the scores of critics to the probability that people accept.

A map with few parameters is fitted to human labels: of one critic by temperature or Platt scaling or, where
labels abound, by isotonic regression (Guo et al. 2017; Platt 1999; Zadrozny and Elkan 2002), of several by
one logistic combination of their log-odds. Labels count by their weights, so the probabilities hold for the
run as it is and not for the mix that was labelled; for a run of another mix they are shifted on the
log-odds scale (Saerens et al. 2002). Fitting wants scikit-learn, applying only numpy.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import msgspec
import numpy as np

from ..errors import UsageError
from .libraries import library
from .shares import FRACTIONS

Method = Literal["temperature", "platt", "isotonic", "logistic"]
Wanted = Literal["auto", "temperature", "platt", "isotonic", "logistic"]
FORMAT = 1
PLATT_FROM, ISOTONIC_FROM = 100, 1000
"""Labels from which `auto` takes a map with more freedom."""
EDGE = 1e-6
"""Scores nearer than this to 0 or 1 count as that near: log-odds of nothing and everything are infinite."""
INVERSE_PENALTY = 10.0
"""Of the logistic maps, on standardised log-odds and weights of mean 1: too weak to be seen in 100 labels
(it takes less than a hundredth from the slope), strong enough to keep it finite when they are separable."""
COLDEST, HOTTEST = 0.02, 50.0
"""Between which a temperature is sought."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted map. ``critics`` are the names of the critic stages, in the order of the columns of scores.

    P(accept) has the log-odds ``intercept + shift`` plus for each critic ``slopes`` times the log-odds of its
    score, or ``missing`` where it gave none. For ``isotonic`` ``knots`` are scores and probabilities between
    which is interpolated, and only ``shift`` is added. ``prior`` is the share of accepted statements at which
    the probabilities hold, ``labels_prior`` that of the labels as they are, unweighted. ``labels`` and
    ``images`` count what it was fitted to, ``seed`` and ``fractions`` say which images those were
    (`lskd_toolkit.critique.shares.role`), ``notes`` what a reader should know of the fit. ``keys`` say what
    each critic was: of one that has changed since, the map means nothing.
    """

    critics: tuple[str, ...]
    method: Method
    slopes: tuple[float, ...]
    intercept: float
    missing: tuple[float, ...]
    knots: tuple[tuple[float, float], ...]
    shift: float
    prior: float
    labels_prior: float
    labels: int
    images: int
    seed: int = 0
    fractions: tuple[float, ...] = FRACTIONS
    notes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """P(accept) of every statement, float64 ``(N,)``.

        ``scores`` are float ``(N, C)`` in [0, 1], a column a critic in the order of ``critics``, NaN where
        one gave none. Where none of them gave one, the result is NaN.

        Raises:
            UsageError: there are other columns than critics.
        """
        scores = np.asarray(scores, float)
        if scores.ndim != 2 or scores.shape[1] != len(self.critics):
            raise UsageError(
                f"the calibration is of {', '.join(self.critics)}: scores of shape {scores.shape} do not "
                "fit; calibrate again with: lskd critic calibrate"
            )
        if self.method == "isotonic":
            x, y = np.array(self.knots).T
            given = np.interp(np.where(np.isnan(scores[:, 0]), 0.0, scores[:, 0]), x, y)
            # Without a shift the knots' own values are given back to the last bit.
            found = _logistic(log_odds(given) + self.shift) if self.shift else given
        else:
            total = np.full(len(scores), self.intercept + self.shift)
            for column, slope, absent in zip(scores.T, self.slopes, self.missing, strict=True):
                total += np.where(np.isnan(column), absent, slope * log_odds(column))
            found = _logistic(total)
        return np.where(np.isnan(scores).all(axis=1), np.nan, found)

    def shifted(self, prior: float) -> Calibration:
        """The same map for statements of which another share is accepted, the kinds of accepted and of
        rejected ones being the same: the log-odds of the new prior replace those of the old.

        Raises:
            UsageError: ``prior`` does not lie between 0 and 1.
        """
        if not 0.0 < prior < 1.0:
            raise UsageError(f"a prior lies between 0 and 1; got {prior:g}")
        move = float(np.log(prior / (1 - prior)) - np.log(self.prior / (1 - self.prior)))
        return replace(self, shift=self.shift + move, prior=prior)

    def to_json(self) -> str:
        """The record as text, one that `from_json` reads back to the last bit."""
        return (
            json.dumps({"format": FORMAT, **asdict(self)}, indent=2, sort_keys=True, allow_nan=False) + "\n"
        )

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read a record back.

        Raises:
            UsageError: it is none, or of a newer version.
        """
        again = "make it again with: lskd critic calibrate"
        try:
            found: dict[str, Any] = json.loads(text)
            if int(found.pop("format")) > FORMAT:
                raise UsageError(
                    "the calibration was written by a newer lskd-toolkit; update it, or " + again
                )
            made = msgspec.convert(found, cls)
        except (ValueError, TypeError, KeyError, AttributeError, msgspec.ValidationError) as error:
            raise UsageError(f"this is no calibration ({error}); {again}") from error
        numbers = (*made.slopes, *made.missing, *sum(made.knots, ()), made.intercept, made.shift)
        sizes = {len(made.critics), len(made.slopes), len(made.missing)}
        shaped = (
            len(made.knots) >= 2 and len(made.critics) == 1 if made.method == "isotonic" else len(sizes) == 1
        )
        if not (made.critics and shaped and np.isfinite(numbers).all() and 0 < made.prior < 1):
            raise UsageError(f"the calibration's numbers do not belong together; {again}")
        return made


def fit(
    scores: np.ndarray,
    accept: np.ndarray,
    weights: np.ndarray,
    images: np.ndarray,
    *,
    critics: tuple[str, ...],
    method: Wanted = "auto",
    trained_prior: float | None = None,
    seed: int = 0,
) -> Calibration:
    """The map from scores to P(accept) that fits these labels.

    Arguments:
        scores: float ``(N, C)`` in [0, 1], NaN where a critic gave none. With one critic such rows are left
            out; with several an indicator of its own stands in for the score.
        accept: float ``(N,)`` in [0, 1], the fraction of annotators that accepts: a row counts for both
            words, each by its share.
        weights: float ``(N,)``, one over the probability of having been drawn; rows of weight 0 are left out.
        images: ``(N,)``, what the statements are about; counted.
        critics: C names.
        method: `auto` takes of one critic ``temperature`` below 100 labels, ``platt`` below 1,000, then
            ``isotonic``; of several always ``logistic``.
        trained_prior: the share of accepted ones among what the critic learned from, which temperature
            scaling corrects for. The other maps find it out themselves.

    Raises:
        UsageError: no labels, all accepted or all rejected, scores that are all the same, or a method that
            does not fit the number of critics.
    """
    scores, accept, weights = (np.asarray(each, float) for each in (scores, accept, weights))
    if scores.ndim != 2 or scores.shape != (len(accept), len(critics)):
        raise UsageError(
            f"scores of shape {scores.shape} are not {len(accept)} rows of {len(critics)} critics"
        )
    if method == "logistic" and len(critics) == 1:
        method = "platt"  # of one critic they are the same
    if len(critics) > 1 and method not in ("auto", "logistic"):
        raise UsageError(f"{method} maps the scores of one critic; several are combined by: logistic")
    notes: list[str] = []
    used = _usable(scores, accept, weights, notes)
    scores, accept, weights = scores[used], accept[used], weights[used]
    odds = log_odds(scores)
    _refuse(odds, accept, critics)
    weights = weights / weights.mean()
    prior = float(np.average(accept, weights=weights))
    chosen: Method = _by_count(len(accept)) if method == "auto" else method
    intercept = 0.0
    slopes: tuple[float, ...] = (0.0,)
    missing: tuple[float, ...] = (0.0,)
    knots: tuple[tuple[float, float], ...] = ()
    if len(critics) > 1:
        chosen = "logistic"
        slopes, intercept, missing = _logistic_map(odds, accept, weights)
        notes += [
            f"{name} counts against what it scores high: beside the others it falls where people accept"
            for name, slope in zip(critics, slopes, strict=True)
            if slope < 0
        ]
    elif chosen == "temperature":
        learned = 0.5 if trained_prior is None else trained_prior
        intercept = float(log_odds(prior) - log_odds(learned)) if trained_prior is not None else 0.0
        slopes = (_cooled(odds[:, 0], accept, weights, intercept),)
    elif chosen == "platt":
        slopes, intercept, _ = _logistic_map(odds, accept, weights)
        if slopes[0] < 0:  # a rising map cannot follow a score that falls; flat is the nearest
            slopes, intercept = (0.0,), float(log_odds(prior))
    else:
        knots = _isotonic(scores[:, 0], accept, weights)
    flat = knots[0][1] == knots[-1][1] if knots else slopes[0] <= 1.01 / HOTTEST
    if len(critics) == 1 and flat:
        notes.append(
            f"{critics[0]} does not score higher what people accept: all statements get the same probability"
        )
    return Calibration(
        critics=tuple(critics), method=chosen, slopes=slopes, intercept=intercept, missing=missing,
        knots=knots, shift=0.0, prior=prior, labels_prior=float(accept.mean()), labels=len(accept),
        images=len(set(np.asarray(images)[used].tolist())), seed=seed, notes=tuple(notes),
    )  # fmt: skip


def log_odds(probability: np.ndarray | float) -> np.ndarray:
    """The logarithm of p over 1 - p; p is kept `EDGE` away from 0 and 1. NaN stays."""
    p = np.clip(np.asarray(probability, float), EDGE, 1 - EDGE)
    return np.asarray(np.log(p) - np.log1p(-p))


def _logistic(odds: np.ndarray) -> np.ndarray:
    """Never quite 0 or 1: float64 cannot tell 1 from what has log-odds above 36."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30))))


def _by_count(labels: int) -> Method:
    return "temperature" if labels < PLATT_FROM else "platt" if labels < ISOTONIC_FROM else "isotonic"


def _usable(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray, notes: list[str]) -> np.ndarray:
    """Which rows can be fitted to; why the others cannot goes to ``notes``."""
    unscored = np.isnan(scores).all(axis=1)
    unlabelled = np.isnan(accept)
    weightless = ~(weights > 0)
    for rows, why in (
        (unscored, "no score"),
        (unlabelled & ~unscored, "no label"),
        (weightless & ~unscored & ~unlabelled, "no weight: picked, not drawn"),
    ):
        if rows.any():
            notes.append(f"{int(rows.sum())} left out ({why})")
    return np.asarray(~(unscored | unlabelled | weightless))


def _refuse(odds: np.ndarray, accept: np.ndarray, critics: tuple[str, ...]) -> None:
    if not len(accept):
        raise UsageError("no labels to calibrate with; label more statements with: lskd label RUN")
    if np.ptp(accept) == 0 and accept[0] in (0.0, 1.0):
        said = "accepted" if accept[0] else "rejected"
        raise UsageError(
            f"all {len(accept)} labels to calibrate with are {said}, and a probability wants both kinds; "
            "label more statements with: lskd label RUN"
        )
    flat = [
        name
        for name, own in zip(critics, odds.T, strict=True)
        if np.nanmax(own, initial=-np.inf) <= np.nanmin(own, initial=np.inf)
    ]
    if len(flat) == len(critics):
        raise UsageError(
            f"{', '.join(flat)} gives every labelled statement the same score: nothing tells them apart; "
            "calibrate another critic"
        )


def _both(accept: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, words and weights: a row that some accept counts once for yes and once for no."""
    rows = np.concatenate([np.arange(len(accept))] * 2)
    words = np.repeat([1, 0], len(accept))
    shares = np.concatenate([accept, 1 - accept]) * np.concatenate([weights] * 2)
    kept = shares > 0
    return rows[kept], words[kept], shares[kept]


def _logistic_map(
    odds: np.ndarray, accept: np.ndarray, weights: np.ndarray
) -> tuple[tuple[float, ...], float, tuple[float, ...]]:
    """Slopes, intercept and what stands in for a missing score, of an L2-regularised logistic regression."""
    absent = np.isnan(odds)
    known = np.where(absent, 0.0, weights[:, None])
    total = np.maximum(known.sum(axis=0), EDGE)
    filled = np.where(absent, 0.0, odds)
    middle = (filled * known).sum(axis=0) / total
    spread = np.sqrt((known * (filled - middle) ** 2).sum(axis=0) / total)
    spread = np.where(spread > 0, spread, 1.0)
    standard = np.where(absent, 0.0, (filled - middle) / spread)
    rows, words, shares = _both(accept, weights)
    model = library("sklearn.linear_model").LogisticRegression(C=INVERSE_PENALTY, max_iter=1000, tol=1e-8)
    model.fit(np.hstack([standard, absent.astype(float)])[rows], words, sample_weight=shares)
    size = odds.shape[1]
    slope, own = model.coef_[0][:size] / spread, model.coef_[0][size:]
    # A missing score counts as the mean of the known ones, plus what its being missing says.
    missing = slope * middle + own
    return (
        tuple(map(float, slope)),
        float(model.intercept_[0] - (slope * middle).sum()),
        tuple(map(float, missing)),
    )


def _cooled(odds: np.ndarray, accept: np.ndarray, weights: np.ndarray, offset: float) -> float:
    """One over the temperature that makes the labels likeliest."""

    def loss(log_temperature: float) -> float:
        z = odds / np.exp(log_temperature) + offset
        return float((weights * (np.logaddexp(0, z) - accept * z)).sum())

    found = library("scipy.optimize").minimize_scalar(
        loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-8}
    )
    return float(np.exp(-found.x))


def _isotonic(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Scores and probabilities between which to interpolate; none nearer to 0 or 1 than the number of
    labels can tell (Laplace's rule of succession)."""
    edge = 1.0 / (len(accept) + 2)
    model = library("sklearn.isotonic").IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit(scores, accept, sample_weight=weights)
    return tuple(zip(model.X_thresholds_.tolist(), model.y_thresholds_.tolist(), strict=True))
