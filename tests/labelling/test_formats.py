"""To Label Studio and CSV and back: nothing is lost, and what does not fit has a reason."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.labelling import Label, append_labels, matched, read_labels, words_sha256
from lskd_toolkit.labelling.bringing import bring
from lskd_toolkit.labelling.label_studio import CONFIG, labels_of, task
from lskd_toolkit.labelling.labels import LabelFile, Problem, line, parse_labels
from lskd_toolkit.labelling.spreadsheet import read_csv, write_csv

from ..corpus.fake import FakeCorpus, corpus, entry

ENTRY = entry()
STATEMENT = ENTRY.statements[0]
LABEL = Label(
    "park.jpg",
    0,
    words_sha256(STATEMENT),
    "ann",
    True,
    False,
    False,
    "=SUM(1)\nno",
    "2026-01-01T10:00:00.000Z",
    2.5,
)

said = st.sampled_from([True, False, None])
labels = st.builds(
    replace, st.just(LABEL), annotator=st.sampled_from(["ann", "bo@example.org", "'q", "-x"]), answer=said,
    rationale=said, accept=st.booleans(), weight=st.floats(1, 1e6),
    comment=st.text(st.characters(codec="utf-8", exclude_characters="\r\0")),
)  # fmt: skip


@given(st.lists(labels, max_size=3))
def test_label_studio_gives_back_what_it_was_given(given_labels: list[Label]) -> None:
    made = task(1, ENTRY.scene, STATEMENT, given_labels, "/data/local-files/?d=images/a.jpg")
    back = list(labels_of(json.loads(json.dumps([made]))))
    weight = given_labels[0].weight if given_labels else 1.0
    assert back == [replace(each, weight=weight) for each in given_labels]


def test_a_task_is_in_the_documented_form() -> None:
    """https://labelstud.io/guide/task_format: data, annotations and predictions; percent."""
    made = task(7, ENTRY.scene, STATEMENT, [LABEL], "images/a.jpg")
    assert made["data"]["image"] == "images/a.jpg"
    rectangle = made["predictions"][0]["result"][0]
    assert rectangle["type"] == "rectanglelabels"
    assert rectangle["value"]["rectanglelabels"] == ["0"]
    assert rectangle["value"]["x"] == pytest.approx(100 * 2 / 64)
    assert rectangle["value"]["height"] == pytest.approx(100 * 41 / 48)
    controls = {each.get("name"): each.tag.casefold() for each in ElementTree.fromstring(CONFIG).iter()}
    for result in [*made["annotations"][0]["result"], *made["predictions"][0]["result"]]:
        assert controls[result["from_name"]] == result["type"], (
            "every result belongs to a control of the config"
        )
        assert result["to_name"] == "image"
        assert result["type"] in result["value"] or result["type"] == "textarea"
    fields = {
        value[1:]
        for each in ElementTree.fromstring(CONFIG).iter()
        if (value := each.get("value", ""))[:1] == "$"
    }
    assert fields <= made["data"].keys()


def test_an_export_by_label_studio_itself_is_read() -> None:
    """As its documentation shows one: the author a number, ids and times of its own."""
    exported = [{
        "id": 1, "project": 83, "created_at": "2021-03-09T21:52:49.513742Z",
        "data": task(1, ENTRY.scene, STATEMENT, [], "x.jpg", weight=4.0)["data"],
        "annotations": [
            {"id": "1001", "completed_by": 10, "was_cancelled": False, "lead_time": 4.288,
             "created_at": "2021-03-09T22:16:08.728353Z", "updated_at": "2021-03-09T22:16:08.728378Z",
             "result": [
                {"id": "Dx_aB91ISN", "from_name": "accept", "to_name": "image", "type": "choices",
                 "origin": "manual", "value": {"choices": ["accept"]}},
                {"id": "x", "from_name": "region", "to_name": "image", "type": "rectanglelabels",
                 "value": {"x": 1, "y": 1, "width": 2, "height": 2, "rotation": 0, "rectanglelabels": ["0"]}},
             ]},
            {"id": "1002", "completed_by": {"id": 3, "email": "bo@example.org"}, "was_cancelled": True,
             "result": []},
            {"id": "1003", "completed_by": 11, "result": [], "created_at": "2021-03-09T22:16:08Z"},
            {"id": "1004"},
            "nonsense",
        ],
    }, {"data": {"image": "other.jpg"}}, "nonsense"]  # fmt: skip
    first, *rest = labels_of(exported)
    assert first == Label("park.jpg", 0, LABEL.sha256, "label-studio-10", None, None, True, "",
                          "2021-03-09T22:16:08.728378Z", 4.0)  # fmt: skip
    assert all(isinstance(each, Problem) for each in rest)
    assert [each.line for each in rest if isinstance(each, Problem)] == [1, 1, 1, 1, 2, 3]
    assert "skipped" in str(rest[0])
    assert "neither accept" in str(rest[1])
    [problem] = labels_of({"tasks": []})
    assert isinstance(problem, Problem)


@given(st.lists(labels, max_size=3, unique_by=lambda label: label.annotator))
def test_csv_gives_back_what_it_was_given(given_labels: list[Label]) -> None:
    file = io.StringIO()
    run = corpus(ENTRY)
    write_csv(file, matched(_file(given_labels), run)[0])
    cells = [cell for row in csv.reader(io.StringIO(file.getvalue(), newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells), "a spreadsheet would reckon"
    back = list(read_csv(io.StringIO(file.getvalue(), newline="")))
    assert sorted(back, key=str) == sorted(given_labels, key=str)


def _file(given_labels: list[Label]) -> LabelFile:
    return parse_labels(b"".join(map(line, given_labels)))


def test_a_table_that_is_none_has_its_reasons() -> None:
    assert "no column" in str(next(read_csv(io.StringIO("image,statement\na,0\n"))))
    head = "image,statement,annotator,accept,sha256,weight,time\n"
    rows = "a,0,ann,maybe,s,1,\na,x,ann,yes,s,1,\na,0,,yes,s,1,\na,0,b,yes,s,-1,\na,0,b,yes,s,1,no\n"
    found = list(read_csv(io.StringIO(head + rows)))
    assert [each.line for each in found if isinstance(each, Problem)] == [2, 3, 4, 5, 6]


def test_labels_are_brought_once_and_only_where_their_statement_is(tmp_path: Path) -> None:
    run: FakeCorpus = corpus(ENTRY)
    path = tmp_path / "labels.jsonl"
    stranger = replace(LABEL, image="park.jpg", statement=9)
    other_words = replace(LABEL, sha256="f" * 64)
    broken = replace(LABEL, weight=-1.0)
    assert bring([LABEL, stranger, other_words, broken], run, path)[:2] == (1, 0)
    added, there, problems = bring([LABEL, replace(LABEL, weight=9.0), stranger], run, path)
    assert (added, there) == (0, 2)
    assert ["no statement 9" in each.reason for each in problems] == [True]
    assert read_labels(path).labels == (LABEL,)
    later = replace(LABEL, accept=True, time="2026-02-01T10:00:00Z")
    append_labels(path, [later])
    assert bring([LABEL], run, path)[:2] == (0, 1), "an old word does not come in again"
    assert read_labels(path).labels == (later,)
