"""What is read of a judge's reply: whole entries for statements that were asked about, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.critique.judging.replies import read

GRADES = st.integers(1, 5)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"reason": st.text(max_size=30), "answer": GRADES, "rationale": GRADES, "accept": st.booleans()}
    ),
    min_size=1, max_size=6,
)  # fmt: skip
WRITTEN = {
    "as asked for": lambda entries: json.dumps({"judgements": entries}),
    "in a fence, with words around": lambda e: f"Here:\n```json\n{json.dumps({'judgements': e})}\n```\nBye.",
    "a bare list": json.dumps,
    "line by line": lambda entries: "\n".join(map(json.dumps, entries)),
    "indented": lambda entries: json.dumps({"judgements": entries}, indent=2, ensure_ascii=False),
}


def entry(statement=1, /, **changes):
    return {"statement": statement, "reason": "", "answer": 5, "rationale": 3, "accept": True, **changes}


def written(*entries):
    return json.dumps({"judgements": entries})


@pytest.mark.parametrize("way", WRITTEN)
@given(made=ENTRIES)
def test_whole_judgements_are_read_however_they_are_wrapped(way, made):
    entries = [{"statement": at, **each} for at, each in enumerate(made, 1)]
    found = read(WRITTEN[way](entries), len(entries))
    assert list(found) == [each["statement"] for each in entries]
    for each in entries:
        graded = found[each["statement"]]
        assert graded.answer == (each["answer"] - 1) / 4
        assert graded.rationale == (each["rationale"] - 1) / 4
        assert graded.accept == each["accept"]
        assert "\n" not in graded.reason


@given(st.text() | st.text(alphabet='{}[]":,1 statement', max_size=200), st.integers(1, 5))
def test_of_any_text_come_only_grades_in_range_for_statements_that_were_asked_about(text, n):
    for number, graded in read(text, n).items():
        assert 1 <= number <= n
        assert all(0.0 <= grade <= 1.0 for grade in (graded.answer, graded.rationale, graded.accept))


@given(ENTRIES, st.data())
def test_a_reply_that_was_cut_keeps_what_is_whole_and_invents_nothing(made, data):
    entries = [{"statement": at, **each} for at, each in enumerate(made, 1)]
    whole = written(*entries)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    found, complete = read(cut, len(entries)), read(whole, len(entries))
    assert found == {number: complete[number] for number in range(1, len(found) + 1)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": 0}, {"answer": 6}, {"rationale": -1}, {"answer": 4.5}, {"answer": "5"}, {"answer": True},
        {"rationale": None}, {"accept": "yes"}, {"accept": 1}, {"statement": 0}, {"statement": 3},
        {"statement": "1"}, {"statement": True}, {"answer": float("nan")}, {"answer": 10**30},
    ],
    ids=str,
)  # fmt: skip
def test_an_entry_that_is_out_of_range_counts_as_none(wrong):
    assert list(read(written(entry(1, **wrong), entry(2)), 2)) == [2]


def test_an_entry_that_lacks_a_grade_counts_as_none():
    for name in ("statement", "answer", "rationale", "accept"):
        lacking = {key: value for key, value in entry().items() if key != name}
        assert read(written(lacking), 1) == {}


def test_the_same_said_twice_counts_once_and_two_that_differ_count_not_at_all():
    assert list(read(written(entry(1), entry(1, reason="again"), entry(2)), 2)) == [1, 2]
    assert list(read(written(entry(1), entry(2), entry(1, answer=1)), 2)) == [2]


def test_grades_that_a_reason_quotes_of_a_statement_are_not_the_judges():
    quoted = json.dumps(entry(2, answer=5))
    assert list(read(written(entry(1, reason=f"It says {quoted}")), 2)) == [1]


def test_a_long_reason_is_kept_as_one_short_line():
    (graded,) = read(written(entry(1, reason="so\n" * 1000)), 1).values()
    assert len(graded.reason) <= 200
    assert "\n" not in graded.reason


def test_deep_nesting_is_no_way_to_stop_a_run():
    assert read('{"a":' * 5000, 3) == {}
