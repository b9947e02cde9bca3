"""What is drawn is where the numbers are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.comparing import plots
from lskd_toolkit.comparing.wording import money, percent, signed, with_interval


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_and_within_the_span(low, width):
    found = plots.ticks(low, low + width)
    assert 2 <= len(found) <= 6
    assert all(low - width * 1e-3 - abs(low) * 1e-6 <= tick <= low + width * 1.001 + abs(low) * 1e-6
               for tick in found)  # fmt: skip


def test_a_stack_fills_the_bar_and_a_kind_keeps_its_colour():
    drawn = plots.stacks([("a", {"spatial": 3, "intent": 1}), ("b", {"spatial": 2}), ("c", {})])
    intent, spatial = drawn["rows"][0]["cuts"]
    assert float(spatial["x"]) + float(spatial["w"]) == pytest.approx(plots.LEFT + plots.WIDTH - 1)
    assert float(intent["w"]) + 1 == pytest.approx(plots.WIDTH / 4)
    assert drawn["rows"][1]["cuts"][0]["kind"] == spatial["kind"]
    assert drawn["rows"][2]["cuts"] == []


def test_nothing_known_has_no_bar():
    rows = plots.bars([("a", 0.5, "$0.50"), ("b", None, "unknown")])["rows"]
    assert float(rows[0]["w"]) > 0
    assert rows[1]["w"] is None


@given(st.dictionaries(st.integers(0, 300), st.integers(1, 50), min_size=1))
def test_binned_lengths_lose_nothing(counts):
    binned, most = plots.words_binned({"a": counts, "b": {}})
    assert sum(binned["a"]) == sum(counts.values())
    assert sum(binned["b"]) == 0
    assert len(binned["a"]) == len(binned["b"]) <= 42
    assert most >= len(binned["a"])


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (None, "unknown"),
        (12.5, "$12.50"),
        (0.0016, "$0.0016"),
        (0.00000123, "$0.0000012"),
        (1234, "$1,234.00"),
    ],
)
def test_money_shows_the_digits_that_matter(usd, words):
    assert money(usd) == words


def test_an_estimate_is_told_with_its_interval():
    found = {"value": 0.5, "low": 0.4, "high": 0.6}
    assert with_interval(found, percent) == "50 % (40 % to 60 %)"
    assert signed({"value": 0.5, "low": -0.1, "high": 0.6}) == "+0.50 (−0.10 to +0.60)"
    assert with_interval(None) == "-"
