"""The label file: appended, never changed, and read whatever became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.errors import UsageError
from lskd_toolkit.labelling import Label, append_labels, read_labels, words_sha256
from lskd_toolkit.labelling.labels import line, parse_labels
from lskd_toolkit.records import Statement

SHA = "0" * 64
LABEL = Label("a.jpg", 0, SHA, "ann", True, False, False, time="2026-01-01T10:00:00.000Z")

labels = st.builds(
    Label,
    image=st.text(st.characters(), max_size=8),  # halves of characters too: file names may hold them
    statement=st.integers(0, 3),
    sha256=st.sampled_from([SHA, "f" * 64]),
    annotator=st.sampled_from(["ann", "bo", "Zoë"]),
    answer=st.sampled_from([True, False, None]),
    rationale=st.sampled_from([True, False, None]),
    accept=st.booleans(),
    comment=st.text(max_size=20),
    time=st.sampled_from(["", "2026-01-01T10:00:00.000Z", "2026-01-01T10:00:01Z", "2026-01-01T10:00:01"]),
    weight=st.floats(1e-6, 1e9),
    synthetic=st.sampled_from(["", "swapped-ids"]),
    words=st.none() | st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5)),
    withdrawn=st.booleans(),
)


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "labels.jsonl"
    second = replace(LABEL, statement=1, comment="two\nlines, <b>ü</b> \ud800")
    assert append_labels(path, [LABEL]) == 1
    assert append_labels(path, [second]) == 1
    found = read_labels(path)
    assert found.labels == (LABEL, second)
    assert found.lines == (1, 2)
    assert not found.problems


@given(st.lists(labels, max_size=12))
def test_every_line_counts_or_has_a_reason(given_labels: list[Label]) -> None:
    found = parse_labels(b"".join(map(line, given_labels)))
    told = {problem.line for problem in found.problems if problem.kind != "contradictory"}
    withdrawn = {number for number, each in enumerate(given_labels, 1) if each.withdrawn}
    assert set(found.lines) | told | withdrawn == set(range(1, len(given_labels) + 1))
    assert not set(found.lines) & told
    assert not set(found.lines) & withdrawn
    assert list(found.labels) == [given_labels[number - 1] for number in found.lines]
    keys = [(each.image, each.statement, each.sha256, each.annotator) for each in found.labels]
    assert len(keys) == len(set(keys))


@given(st.lists(labels, min_size=1, max_size=4), st.integers(1, 10_000))
def test_a_file_cut_anywhere_loses_only_what_was_cut(given_labels: list[Label], cut: int) -> None:
    data = b"".join(map(line, given_labels))
    whole = data[: cut % len(data)]
    complete = whole.count(b"\n") + (whole[-1:] == b"}")
    assert parse_labels(whole).labels == parse_labels(b"".join(map(line, given_labels[:complete]))).labels
    torn = [problem for problem in parse_labels(whole).problems if problem.kind == "torn"]
    assert len(torn) == (1 if whole and whole[-1:] not in b"\n}" else 0)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_crash(data: bytes) -> None:
    parse_labels(data)


def test_a_torn_line_stays_alone_when_labelling_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(line(LABEL) + line(replace(LABEL, statement=1))[:40])
    assert [problem.kind for problem in read_labels(path).problems] == ["torn"]
    append_labels(path, [replace(LABEL, statement=2)])
    found = read_labels(path)
    assert [label.statement for label in found.labels] == [0, 2]
    assert [(problem.line, problem.kind) for problem in found.problems] == [(2, "broken")]


def test_the_latest_word_of_an_annotator_counts_and_the_earlier_is_told() -> None:
    later = replace(LABEL, accept=True, answer=True, rationale=True, time="2026-01-01T11:00:00.000Z")
    found = parse_labels(line(later) + line(LABEL))  # by time, not by line: an import may append old ones
    assert found.labels == (later,)
    assert [(p.line, p.kind) for p in found.problems] == [(2, "changed")]
    again = parse_labels(line(LABEL) + line(replace(LABEL, comment="still")))
    assert again.labels[0].comment == "still"
    assert [(p.line, p.kind) for p in again.problems] == [(1, "repeated")]


def test_a_word_taken_back_counts_no_more() -> None:
    found = parse_labels(line(LABEL) + line(replace(LABEL, withdrawn=True)))
    assert found.labels == ()
    assert [p.reason for p in found.problems] == ["taken back in line 2"]


@pytest.mark.parametrize(
    ("answer", "rationale", "accept", "comment", "odd"),
    [
        (False, True, True, "", True),
        (None, False, True, "fine by me", True),
        (True, True, False, "", True),
        (True, True, False, "needs no region", False),
        (False, False, False, "", False),
        (None, None, True, "", False),
    ],
)
def test_a_label_that_contradicts_itself_is_told_and_counts(
    answer: bool | None, rationale: bool | None, accept: bool, comment: str, odd: bool
) -> None:
    label = replace(LABEL, answer=answer, rationale=rationale, accept=accept, comment=comment)
    found = parse_labels(line(label))
    assert found.labels == (label,)
    assert [p.kind for p in found.problems] == ["contradictory"] * odd


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weight": -1}, "no weight"),
        ({"weight": "heavy"}, "float"),
        ({"accept": "yes"}, "bool"),
        ({"annotator": " "}, "annotator"),
        ({"sha256": "abc"}, "64"),
        ({"time": "yesterday"}, "ISO 8601"),
        ({"statement": 1.5}, "int"),
    ],
)
def test_a_broken_line_has_its_reason_and_costs_only_itself(change: dict[str, object], reason: str) -> None:
    broken = json.dumps({**json.loads(line(LABEL)), **change}).encode() + b"\n"
    found = parse_labels(broken + line(LABEL))
    assert found.labels == (LABEL,)
    assert found.problems[0].kind == "broken"
    assert reason in found.problems[0].reason


def test_an_absent_file_is_a_sentence_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lskd label"):
        read_labels(tmp_path / "none.jsonl")


def test_the_digest_is_of_the_words_and_their_places() -> None:
    one = Statement(0, "a", "b", "c")
    assert words_sha256(one) == words_sha256(replace(one, id=5, teacher="x"))
    assert words_sha256(one) != words_sha256(Statement(0, "ab", "", "c"))
