"""The released corpus's JSON lines: written, read back, and read as others have written them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.corpus.jsonl import rows, write_rows
from lskd_toolkit.corpus.options import JsonlOptions
from lskd_toolkit.corpus.released import Row, read_released, to_line
from lskd_toolkit.geometry.shapes import region_hull
from lskd_toolkit.mentions import find
from lskd_toolkit.records import (
    Descriptor,
    Image,
    Judgement,
    Region,
    Rejected,
    Scene,
    Shape,
    Statement,
)

from .fake import corpus, entry

# Written after the table of the published format: a Visual Genome picture, three regions shown to the
# teacher, one mentioned.
PUBLISHED = {
    "image": "VG_100K/2348412.jpg",
    "source": "chatgpt_region_any_v4_people",
    "split": "train",
    "index": "chatgpt_region_any_v4_people-858297",
    "region": [4],
    "region_all": [0, 2, 4],
    "references": [
        {"name": "0", "boxes": [[12.5, 30.0, 200.25, 330.0]]},
        {"name": "2", "boxes": [[0.0, 0.0, 499.0, 120.0]]},
        {"name": "4", "boxes": [[379.6, 152.1, 441.9, 266.8]]},
    ],
    "question": ["What", "is", [4], "doing", "?"],
    "answer": [[4], "is", "waiting", "for", "the", "bus", "."],
    "rationale": ["There", "is", "a", "sign", "."],
    "prediction": 0.940065,
}


def _read(tmp_path: Path, *lines: object) -> list[Row | Rejected]:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    ))  # fmt: skip
    return list(read_released(path))


def _only(tmp_path: Path, **changes: object) -> Row | Rejected:
    line = {key: value for key, value in {**PUBLISHED, **changes}.items() if value is not ...}
    (found,) = _read(tmp_path, line)
    return found


def test_the_published_form_is_read(tmp_path):
    row = _only(tmp_path)
    assert isinstance(row, Row)
    assert [region.id for region in row.scene.regions] == [0, 2, 4]
    assert row.scene.regions[2].box == (379.6, 152.1, 441.9, 266.8)
    assert row.statement.regions == (4,)
    assert row.statement.id == 858297
    assert "[4]" in row.statement.question
    assert row.score == 0.940065
    assert (row.source, row.split) == ("chatgpt_region_any_v4_people", "train")


def test_what_is_written_has_the_published_keys_in_their_order():
    (row, *_) = rows(corpus(), JsonlOptions())
    plain = json.loads(to_line(row, extra=False))
    assert list(plain) == list(PUBLISHED)
    assert plain["region"] == [0, 2]
    assert plain["references"][1] == {"name": "2", "boxes": [[31.5, 4.0, 60.0, 45.0]]}
    assert [0] in plain["question"]
    assert [2] in plain["question"]
    assert plain["prediction"] == 0.9
    assert list(json.loads(to_line(row)))[-1] == "lskd"


def test_a_published_line_survives_reading_and_writing(tmp_path):
    line = to_line(_only(tmp_path), extra=False)
    assert json.loads(line) == PUBLISHED


# --- what other writers do ------------------------------------------------------------------------


def test_ids_as_strings_and_numbers_as_words_are_read(tmp_path):
    row = _only(tmp_path, region=["4"], region_all=["0", 2.0, "4"], question=["Is", ["4"], 2, "?"],
                prediction="0.5")  # fmt: skip
    assert row.statement.regions == (4,)
    assert row.score == 0.5
    assert "2" in row.statement.question


def test_a_missing_rationale_is_empty_and_a_missing_score_is_none(tmp_path):
    row = _only(tmp_path, rationale=..., prediction=...)
    assert row.statement.rationale == ""
    assert row.score is None


def test_texts_as_plain_strings_are_read(tmp_path):
    row = _only(tmp_path, question="What is [4] doing?", rationale="A sign.")
    assert row.statement.question.replace(" ", "") == "Whatis[4]doing?"


@pytest.mark.parametrize("given", [
    {"text_input": "What is [4] doing?", "text_output": "Waiting. Rationale: A sign."},
    {"text_input": "question: What is [4] doing?", "text_output": "Answer: Waiting. Rationale: A sign."},
    {"full_text_input": "What is [4] doing? Answer: Waiting. Rationale: A sign."},
])  # fmt: skip
def test_the_loaders_other_keys_are_read(tmp_path, given):
    row = _only(tmp_path, question=..., answer=..., rationale=..., **given)
    texts = (row.statement.question, row.statement.answer, row.statement.rationale)
    assert [text.replace(" ", "") for text in texts] == ["Whatis[4]doing?", "Waiting.", "Asign."]


def test_several_boxes_become_their_hull_and_are_kept(tmp_path):
    row = _only(tmp_path, references=[{"name": "4", "boxes": [[1, 2, 3, 4], [10, 0, 20, 3]]}])
    region = row.scene.regions[0]
    assert region.box == (1.0, 0.0, 20.0, 4.0)
    assert region.shape.type == "polygon"
    assert region.shape.values["polygons"][1] == [[10, 0], [20, 0], [20, 3], [10, 3]]
    assert region_hull(region) == region.box


def test_segments_and_the_guessed_object_are_kept(tmp_path):
    segments = [[[1, 1], [3, 1], [3, 4]]]
    reference = {"name": "4", "boxes": [[1, 1, 3, 4, 0.75]], "segms": segments, "tag": "region"}
    row = _only(tmp_path, references=[{**reference, "obj_guess": "propeller"}])
    region = row.scene.regions[0]
    assert (region.label, region.score) == ("propeller", 0.75)
    assert region.shape == Shape("polygon", {"polygons": segments})


@pytest.mark.parametrize("segms", [{"counts": "x"}, [[1, 2, 3]], [[[0, 0], [90, 90], [0, 90]]], 7])
def test_segments_of_another_form_are_kept_as_they_stand(tmp_path, segms):
    row = _only(tmp_path, region=[], question="Why?", answer="", rationale="",
                references=[{"name": "4", "boxes": [[1, 1, 3, 4]], "segms": segms}])  # fmt: skip
    assert row.scene.regions[0].shape.values == {"segms": segms}


def test_a_region_that_only_the_rationale_mentions_is_collected(tmp_path):
    row = _only(tmp_path, rationale=["Because", "of", [2], "."])
    assert row.statement.regions == (4, 2)


@pytest.mark.parametrize(("changes", "reason"), [
    ({"image": ...}, "no image"),
    ({"question": ...}, "no question"),
    ({"question": []}, "no question"),
    ({"question": 7}, "neither tokens nor a string"),
    ({"question": [{"a": 1}]}, "neither a word nor a list of ids"),
    ({"region": [7]}, "region 7 is mentioned but has no box"),
    ({"region": [-1]}, "no whole number"),
    ({"region": 4}, "region is not a list"),
    ({"references": [{"name": "person1", "boxes": [[0, 0, 1, 1]]}]}, "not a number: 'person1'"),
    ({"references": [{"name": "4", "boxes": [[0, 0, 1]]}]}, "not [x1, y1, x2, y2]"),
    ({"references": [{"name": "4", "boxes": [[5, 0, 1, 1]]}]}, "ends before it begins"),
    ({"references": ["4"]}, "not an object"),
    ({"prediction": "high"}, "prediction is not a number"),
    ({"lskd": {"version": 2}}, "update lskd-toolkit"),
    ({"lskd": {"version": 1, "image": 3}}, "'lskd' does not fit"),
])  # fmt: skip
def test_a_line_that_does_not_fit_is_rejected_with_its_number(tmp_path, changes, reason):
    found = _only(tmp_path, **changes)
    assert isinstance(found, Rejected)
    assert found.reason.startswith("line 1: ")
    assert reason in found.reason


@pytest.mark.parametrize("line", [
    b"{", b"[1]", b"null", b"\xff\xfe{}", b"[" * 5000, b'{"image": NaN}',
    b'{"prediction": ' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_bytes_that_are_no_line_cost_only_themselves(tmp_path, line):
    first, second = _read(tmp_path, line, PUBLISHED)
    assert isinstance(first, Rejected)
    assert first.reason.startswith("line 1: ")
    assert isinstance(second, Row)


@settings(max_examples=50, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        [*PUBLISHED, "lskd", "boxes", "name", "text_input", "segms", "version"]), inner, max_size=6),
    max_leaves=12,
), st.sampled_from(sorted(PUBLISHED)))  # fmt: skip
def test_no_line_ever_crashes_the_reader(tmp_path_factory, value, key):
    folder = tmp_path_factory.mktemp("any")
    found = _read(folder, {**PUBLISHED, key: value}, value)
    assert all(isinstance(each, Row | Rejected) for each in found)


# --- there and back -------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["don't", "[0] hat [1] .", "[0]'s", "\ud800", "a\u2028b\x85c\nd", "100 %", "[12, 3]"]
)
numbers = st.floats(0, 1) | st.integers(0, 1)
edges = st.floats(-10, 1e5, allow_nan=False) | st.integers(0, 500)


@st.composite
def _regions(draw, k):
    xs, ys = sorted([draw(edges), draw(edges)]), sorted([draw(edges), draw(edges)])
    shape = draw(
        st.none()
        | st.builds(
            Shape,
            st.sampled_from(["mask", "polygon"]),
            st.dictionaries(
                texts,
                st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False), max_size=3),
                max_size=2,
            ),
        )
    )
    return Region(k, (xs[0], ys[0], xs[1], ys[1]), shape, draw(texts), draw(numbers), draw(texts),
                  draw(st.none() | st.integers(0, 9)))  # fmt: skip


@st.composite
def _rows(draw):
    ids = draw(st.lists(st.integers(0, 30), unique=True, max_size=4))
    question, answer, rationale = draw(texts.filter(str.strip)), draw(texts), draw(texts)
    statement = Statement(
        draw(st.integers(0, 5)), question, answer, rationale,
        tuple(dict.fromkeys([*find(question), *find(answer), *find(rationale)])),
        draw(texts), draw(texts), draw(texts), draw(texts),
    )  # fmt: skip
    image = Image(
        draw(texts.filter(bool)), draw(texts), "ab" * 32, draw(st.integers(1, 9)), draw(st.integers(1, 9))
    )
    scopes, some = st.sampled_from(["global", "local"]), st.lists(st.integers(0, 9), max_size=2).map(tuple)
    descriptors = st.builds(Descriptor, scopes, texts, some, numbers, texts, texts)
    parts = st.dictionaries(texts, numbers, max_size=2)
    judgements = st.builds(Judgement, st.integers(0, 5), numbers, texts, parts, texts)
    return Row(
        Scene(image, tuple(draw(_regions(k)) for k in ids), tuple(draw(st.lists(descriptors, max_size=2)))),
        statement, draw(st.none() | numbers), tuple(draw(st.lists(judgements, max_size=2))),
        draw(st.booleans()), draw(texts), draw(texts), draw(st.sampled_from(["train", "val"])), draw(texts),
    )  # fmt: skip


@settings(max_examples=70, deadline=None)
@given(st.lists(_rows(), max_size=3), st.booleans())
def test_writing_reading_and_writing_again_gives_the_same_bytes(tmp_path_factory, found, extra):
    folder = tmp_path_factory.mktemp("there")
    write_rows(folder / "a.jsonl", found, extra=extra)
    again = list(read_released(folder / "a.jsonl"))
    refused = [row.reason for row in again if isinstance(row, Rejected)]
    # Only a line without the extra key may be refused: it mentions a region whose box it does not have.
    assert all("no box" in reason or "no question" in reason for reason in refused)
    assert not (extra and refused)
    if refused:
        return
    write_rows(folder / "b.jsonl", again, extra=extra)
    assert (folder / "b.jsonl").read_bytes() == (folder / "a.jsonl").read_bytes()
    if extra:
        assert [(row.statement, row.score, row.accepted) for row in again] == [
            (row.statement, row.score, row.accepted) for row in found
        ]
        assert [row.scene for row in again] == [row.scene for row in found]
        assert [row.judgements for row in again] == [row.judgements for row in found]


def test_tokens_that_were_edited_win_over_the_plain_text(tmp_path):
    (row, *_) = rows(corpus(), JsonlOptions())
    line = json.loads(to_line(row))
    line["answer"] = [[2], "sleeps", "."]
    (found,) = _read(tmp_path, line)
    assert "sleeps" in found.statement.answer
    assert found.statement.question == row.statement.question


def test_a_number_that_is_none_is_refused_when_written():
    (row, *_) = rows(corpus(), JsonlOptions())
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_line(replace(row, score=math.nan))


def test_a_line_is_ascii_and_one_line_whatever_the_text():
    one = entry()
    odd = replace(one.statements[0], question="[0] said \u2028\n\x85 \ud800 ☃?")
    (row, *_) = rows(corpus(replace(one, statements=(odd,))), JsonlOptions())
    assert to_line(row).isascii()
    assert len(to_line(row).splitlines()) == 1


def test_rows_that_are_equal_give_equal_lines_however_their_mappings_are_ordered():
    (row, *_) = rows(corpus(), JsonlOptions())
    (judgement,) = row.judgements
    turned = replace(judgement, parts=dict(reversed(judgement.parts.items())))
    assert to_line(replace(row, judgements=(turned,))) == to_line(row)
