"""How alike statements are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.comparing.likeness import asked, best_matches, likeness, template, words
from lskd_toolkit.records import Statement

texts = st.frozensets(st.sampled_from("abcdefgh"), max_size=6)


@given(texts, texts)
def test_likeness_is_symmetric_and_1_only_for_the_same_words(one, other):
    assert likeness(one, other) == likeness(other, one)
    assert 0.0 <= likeness(one, other) <= 1.0
    assert (likeness(one, other) == 1.0) == (one == other)


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_the_best_match_is_among_the_others(some, others):
    for one, best in zip(some, best_matches(some, others), strict=True):
        assert best == max([likeness(one, other) for other in others] or [0.0])


def test_a_mention_is_one_word_and_case_and_marks_are_none():
    assert words("What does [0, 2] want? He's tired.") == ["what", "does", "[0, 2]", "want", "he's", "tired"]
    assert asked("What is [1] doing?") == asked("what is [1] doing")


def test_a_template_is_the_same_whatever_it_points_at():
    one, other = (
        Statement(0, f"What colour is [{k}]?", f"[{k}] is red.", f"[{k}] is like [9].") for k in (0, 3)
    )
    assert template(one) == template(other)
    assert template(one) != template(Statement(0, "What colour is [0]?", "[0] is blue.", ""))
