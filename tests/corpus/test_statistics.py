"""What goes in comes out, or is counted with a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.corpus.corpus import ImageRow, Spending, Verdict
from lskd_toolkit.corpus.counting import Distinct
from lskd_toolkit.corpus.statistics import statistics
from lskd_toolkit.corpus.sums import adds_up

from .fake import corpus, entry, failing

REFUSED = ImageRow("broken.png", "/photos/broken.png", "refused", "not an image: 12 bytes of text")
TWIN = ImageRow("twin.jpg", "/photos/twin.jpg", "duplicate", "duplicate of park.jpg")


def test_everything_is_counted_once():
    twinned = replace(entry(scores=(0.9, 0.2, 0.7)), duplicates=("twin.jpg",))
    stats = statistics(corpus(twinned, failing("wall.jpg"), others=(REFUSED, TWIN)))
    assert adds_up(stats) == []
    assert (stats["images"]["found"], stats["images"]["ok"]) == (4, 2)
    assert stats["images"]["outcomes"] == {"accepted": 1, "left out": 0, "no statement": 0, "failed": 1}
    assert (stats["regions"]["proposed"], stats["regions"]["kept"]) == (4, 3)
    assert (stats["statements"]["read"], stats["statements"]["accepted"]) == (3, 2)
    assert stats["statements"]["by_type"] == {
        "intent": {"read": 2, "accepted": 2}, "spatial": {"read": 1, "accepted": 0},
    }  # fmt: skip
    assert stats["failures"] == {"teacher": {"failed": 1}}
    assert (
        stats["scores"]["accepted"][18]
        == stats["scores"]["accepted"][14]
        == stats["scores"]["left_out"][4]
        == 1
    )


def test_reasons_that_differ_in_numbers_only_are_one_reason():
    entries = [
        replace(e, verdicts={0: Verdict(False, 0.1, f"score {0.1 + i} below 0.5")})
        for i, e in enumerate((entry("a", (0.1,)), entry("b", (0.1,))))
    ]
    assert statistics(corpus(*entries))["statements"]["left_out_by_reason"] == {"score N below N": 2}


def test_money_is_shared_among_the_accepted_and_unknown_stays_unknown():
    paid = corpus(entry(scores=(0.9, 0.9)), spending=Spending({"ok": 3}, 100, 20, 0.5))
    assert statistics(paid)["spending"]["usd_per_accepted"] == 0.25
    unknown = corpus(entry(), spending=Spending({"ok": 3}, 100, 20, None))
    assert statistics(unknown)["spending"]["usd_per_accepted"] is None


def test_a_template_that_repeats_has_no_entropy_and_variety_has_some():
    same = corpus(entry("a", (0.9,)), entry("b", (0.9,)))
    assert statistics(same)["statements"]["question_opening_entropy_bits"] == 0.0
    one = entry("a", (0.9,))
    other = replace(one.statements[0], question="Who throws the ball?")
    varied = corpus(one, replace(entry("b", (0.9,)), statements=(other,)))
    assert statistics(varied)["statements"]["question_opening_entropy_bits"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "text", ["According to the caption, it rains.", "The image shows a dog.", "It is mentioned."]
)
def test_words_about_the_description_are_noticed(text):
    one = entry(scores=(0.9,))
    said = replace(one, statements=(replace(one.statements[0], rationale=text),))
    assert statistics(corpus(said))["statements"]["caption_speak_share"] == 1.0
    assert statistics(corpus(one))["statements"]["caption_speak_share"] == 0.0


def test_a_rationale_that_brings_in_a_region_is_noticed():
    one = entry(scores=(0.9,))
    said = replace(one, statements=(replace(one.statements[0], question="Why does [0] run?"),))
    assert statistics(corpus(said))["statements"]["rationale_introduces_region_share"] == 1.0
    assert statistics(corpus(one))["statements"]["rationale_introduces_region_share"] == 0.0


# --- a sum that does not hold is named ------------------------------------------------------------


def _wrong(found) -> str:
    return " ".join(adds_up(statistics(found)))


def test_a_region_that_is_kept_and_dropped_is_named():
    one = entry()
    twice = replace(one, dropped=(replace(one.dropped[0], region=one.scene.regions[0]),))
    assert "kept and dropped" in _wrong(corpus(twice))


def test_a_duplicate_that_no_entry_names_is_named():
    assert "duplicate images" in _wrong(corpus(entry(), others=(TWIN,)))


def test_a_verdict_on_nothing_is_named():
    assert "verdict on no statement: park.jpg" in _wrong(corpus(replace(entry(), statements=())))


def test_a_stage_that_counts_other_failures_is_named():
    found = corpus(failing("wall.jpg"))
    found.stages = tuple(replace(stage, rows={"ok": 1}) for stage in found.stages)
    assert "stage teacher: 0 rows failed, 1 images" in _wrong(found)


def test_an_entry_of_no_usable_image_is_named():
    found = corpus(entry())
    found.images = lambda: iter(())
    assert "usable images" in _wrong(found)


# --- counting -------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 50)))
def test_distinct_is_exact_while_it_fits(things):
    counted = Distinct(capacity=100)
    for thing in things:
        counted.add(thing)
    assert counted.total() == len(set(things))
    assert counted.total(float) == counted.seen == len(things)


def test_distinct_is_close_and_small_when_it_does_not_fit():
    counted = Distinct(capacity=2_000)
    for number in range(50_000):
        counted.add(number)
        counted.add(number % 25_000)
    assert len(counted._counts) <= 2_000
    assert counted.total() == pytest.approx(50_000, rel=0.1)
    assert counted.total(float) == pytest.approx(100_000, rel=0.1)
