"""Agreement against published examples, and what annotators say together."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.errors import UsageError
from lskd_toolkit.labelling.agreement import (
    _alphas,
    agreement,
    alpha,
    alpha_interval,
    ceiling,
    kappa,
    majority,
    told,
    votes,
)
from lskd_toolkit.labelling.labels import Label, words_sha256
from lskd_toolkit.labelling.matching import Labelled, accepted

from ..corpus.fake import entry

Units = list[list[tuple[str, bool]]]


def units(*coders: str) -> Units:
    """A column a unit; ``1`` and ``0`` are votes, ``.`` is none."""
    return [
        [(f"coder {k}", each[column] == "1") for k, each in enumerate(coders) if each[column] != "."]
        for column in range(len(coders[0]))
    ]


def labelled(number: int, *said: tuple[str, bool], weight: float = 1.0, synthetic: str = "") -> Labelled:
    found = entry(f"{number}.jpg")
    statement = found.statements[0]
    return Labelled(
        found.scene,
        statement,
        tuple(
            Label(f"{number}.jpg", 0, words_sha256(statement), name, yes, None, yes, weight=weight,
                  synthetic=synthetic)
            for name, yes in said
        ),
    )  # fmt: skip


def test_alpha_is_that_of_krippendorffs_own_example_of_two_observers_and_binary_data() -> None:
    """K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section A: alpha 0.095."""
    assert alpha(units("0100000010", "1110010000")) == pytest.approx(0.095, abs=5e-4)


@given(
    st.lists(st.lists(st.sampled_from("01."), min_size=4, max_size=4).map("".join), min_size=2, max_size=5)
)
def test_alphas_parts_add_up_to_the_librarys_alpha(coders: list[str]) -> None:
    """The interval is computed from sums over units, the point by NLTK: they must be one measure."""
    found = units(*coders)
    sums = np.zeros(3)
    for unit in found:
        if (n := len(unit)) > 1:
            yes = sum(said for _, said in unit)
            sums += (2 * yes * (n - yes) / (n - 1), n, yes)
    value = alpha(found)
    ours = _alphas(sums[None])[0]
    assert (value is None and not np.isfinite(ours)) or value == pytest.approx(ours)


def test_kappa_is_that_of_its_formula_by_hand() -> None:
    """Three raters, four subjects: P = (1 + 1/3 + 1/3 + 1) / 4 = 2/3, p = 1/2, so 1/3."""
    value, raters, statements = kappa(units("1100", "1100", "1010"))
    assert (value, raters, statements) == (pytest.approx(1 / 3), 3, 4)


def test_kappa_takes_the_statements_with_equally_many_votes() -> None:
    found = units("11001.", "110010", "1010.1")
    assert kappa(found) == (pytest.approx(1 / 3), 3, 4)
    assert alpha(found) is not None


def test_where_agreement_is_not_told_from_chance_there_is_none() -> None:
    assert alpha(units("111", "111")) is None
    assert alpha(units("1.0", ".1.")) is None
    assert kappa(units("111", "111")) == (None, 2, 3)
    assert kappa(units("101")) == (None, 0, 0)


def test_perfect_and_reversed_agreement() -> None:
    assert alpha(units("1100", "1100")) == 1
    assert alpha(units("1100", "0011")) < -0.5


def test_the_interval_holds_the_truth_and_widens_when_images_repeat() -> None:
    random = np.random.default_rng(0)
    truth = random.random(300) < 0.6
    found = [[(name, bool(yes != (random.random() < 0.15))) for name in ("ann", "bo", "cy")] for yes in truth]
    low, high = alpha_interval(found, [str(k) for k in range(300)])
    assert low < alpha(found) < high
    thrice = alpha_interval(
        [each for each in found for _ in range(3)], [str(k) for k in range(300) for _ in range(3)]
    )
    assert thrice == pytest.approx((low, high), abs=0.02), (
        "repeating a statement of an image adds no knowledge"
    )
    assert alpha_interval(found, ["one"] * 300) is None


def test_majority_and_soft_labels_keep_every_vote() -> None:
    found = labelled(0, ("ann", True), ("bo", True), ("cy", False))
    assert accepted(found.labels) == pytest.approx(2 / 3)
    assert majority(found.labels) is True
    assert majority(labelled(0, ("ann", True), ("bo", False)).labels) is None


def test_the_ceiling_is_one_annotator_against_the_others() -> None:
    found = [
        labelled(0, ("ann", True), ("bo", True), ("cy", True)),
        labelled(1, ("ann", True), ("bo", False), ("cy", False), weight=3.0),
    ]
    # Statement 0: three votes, all as the others. Statement 1: ann against two; bo and cy see a tie.
    top = ceiling(found)
    assert top["votes"] == 4
    assert top["agreement"] == pytest.approx(3 / 6)
    assert top["precision"] == pytest.approx(3 / 6)


def test_the_whole_is_told_with_the_shares_of_the_run() -> None:
    found = [
        labelled(0, ("ann", True), ("bo", True), weight=1.0),
        labelled(1, ("ann", False), ("bo", False), weight=9.0),
        labelled(2, ("ann", True), ("bo", False), weight=1.0),
        labelled(3, ("spoiler", False), synthetic="swapped ids"),
    ]
    measures = agreement(found)
    assert measures["statements"] == 3
    assert measures["accepted_in_the_run"] == pytest.approx(1.5 / 11)
    assert measures["majority"] == {"accepted": 1, "rejected": 1, "tie": 1}
    assert measures["axes"]["rationale"]["alpha"] is None
    assert measures["annotators"]["ann"] == {
        "labels": 3,
        "accepts": pytest.approx(2 / 3),
        "as_the_others": pytest.approx(2 / 3),
    }
    lines = told(measures)
    assert lines[0] == "6 labels of 3 statements"
    assert any(line.startswith("accept: alpha 0.") for line in lines)
    assert any(line.startswith("rationale: nothing was said twice") for line in lines)


def test_who_said_nothing_on_an_axis_casts_no_vote_there() -> None:
    found = labelled(0, ("ann", True))
    unsure = replace(found, labels=(replace(found.labels[0], answer=None),))
    assert votes([found, unsure], "answer") == [[("ann", True)], []]


def test_a_library_that_is_absent_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nltk.metrics.agreement", None)
    with pytest.raises(UsageError, match=r"lskd-toolkit\[critic\]"):
        alpha(units("10", "11"))


def test_no_labels_are_no_crash() -> None:
    assert agreement([])["accepted_in_the_run"] is None
    assert told(agreement([]))
