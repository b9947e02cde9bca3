"""Going through the list: several people, any order of words, any moment of stopping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lskd_toolkit.errors import UsageError
from lskd_toolkit.labelling import read_labels
from lskd_toolkit.labelling import session as sessions
from lskd_toolkit.labelling.labels import line
from lskd_toolkit.labelling.queue import queue_path, read_queue, write_queue
from lskd_toolkit.labelling.sampling import draw_sample
from lskd_toolkit.labelling.session import Session

from ..corpus.fake import FakeCorpus, corpus, entry


@pytest.fixture
def run() -> FakeCorpus:
    return corpus(*(entry(f"{k}.jpg", (0.1, 0.9)) for k in range(3)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.jsonl"


def begin(run: FakeCorpus, file: Path, name: str = "ann", votes: int = 0) -> Session:
    return Session(run, draw_sample(run, 4, seed=1), file, name, votes)


def test_a_session_goes_through_the_list_and_another_goes_on(run: FakeCorpus, file: Path) -> None:
    first = begin(run, file)
    assert first.next() == 0
    label = first.say(0, True, None, True, "  fine ")
    assert (label.comment, label.weight, label.annotator) == ("fine", pytest.approx(1.5, abs=1), "ann")
    assert label.weight == first.queue[0].weight
    assert first.next() == 1
    again = begin(run, file)
    assert again.next() == 1
    assert again.progress() == {"done": 1, "total": 4, "skipped": 0, "gone": 0}
    for place in (1, 2, 3):
        again.say(place, False, False, False)
    assert again.next() is None
    assert len(read_labels(file).labels) == 4


def test_what_is_skipped_comes_again_at_the_end(run: FakeCorpus, file: Path) -> None:
    session = begin(run, file)
    session.skip(0)
    session.skip(1)
    assert session.next() == 2
    for place in (2, 3):
        session.say(place, True, True, True)
    assert session.next() == 0
    session.skip(0)
    assert session.next() == 1
    session.say(1, True, True, True)
    assert session.next() == 0


def test_a_word_is_taken_back_and_said_anew_even_by_a_later_session(run: FakeCorpus, file: Path) -> None:
    session = begin(run, file)
    session.say(0, True, True, True)
    session.say(1, False, True, False, "no")
    later = begin(run, file)
    place, label = later.undo() or (None, None)
    assert (place, label and label.comment) == (1, "no")
    assert later.next() == 1
    later.say(1, True, True, True)
    assert [each.accept for each in read_labels(file).labels] == [True, True]
    assert later.undo()
    assert later.undo()
    assert later.undo() is None
    assert read_labels(file).labels == ()


def test_a_clock_that_is_set_back_makes_no_older_word_the_latest(
    run: FakeCorpus, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(run, file)
    monkeypatch.setattr(sessions, "now", lambda: "2026-06-01T00:00:00.000Z")
    session.say(0, True, True, True)
    monkeypatch.setattr(sessions, "now", lambda: "2026-05-01T00:00:00.000Z")
    session.say(0, False, False, False)
    assert [each.accept for each in read_labels(file).labels] == [False]
    session.undo()
    assert read_labels(file).labels == ()


def test_people_see_their_own_list_and_votes_end_a_statement(run: FakeCorpus, file: Path) -> None:
    ann, bo, cy = (begin(run, file, name, votes=2) for name in ("ann", "bo", "cy"))
    ann.say(0, True, True, True)
    assert (bo.next(), cy.next()) == (0, 0)
    bo.say(0, True, True, True)
    assert cy.next() == 1, "two have spoken"
    assert cy.progress()["total"] == 3
    assert begin(run, file, "dee").next() == 0, "without --votes everyone sees all"


def test_what_the_run_no_longer_says_cannot_be_labelled(run: FakeCorpus, file: Path) -> None:
    session = begin(run, file)
    image = session.queue[0].image
    k = next(i for i, each in enumerate(run.kept) if each.scene.image.id == image)
    run.kept[k] = replace(
        run.kept[k], statements=tuple(replace(each, answer="new") for each in run.kept[k].statements)
    )
    with pytest.raises(UsageError, match="taught anew"):
        session.say(0, True, True, True)
    with pytest.raises(UsageError, match="no statement 99"):
        session.statement(99)
    assert not file.exists()
    asked = []
    while (place := session.next()) is not None:
        asked.append(session.queue[place].image)
        session.say(place, True, True, True)
    assert asked
    assert image not in asked, "nobody is asked about what is gone"
    assert session.progress() == {
        "done": len(asked),
        "total": len(asked),
        "skipped": 0,
        "gone": 4 - len(asked),
    }


def test_lines_that_are_broken_or_begun_or_old_disturb_nobody(run: FakeCorpus, file: Path) -> None:
    session = begin(run, file)
    label = session.say(0, True, True, True)
    whole = line(replace(label, annotator="bo"))
    with file.open("ab") as opened:
        opened.write(
            b"broken\n" + line(replace(label, accept=False, time="2020-01-01T00:00:00Z")) + whole[:30]
        )
    assert session.label(0) == label, "what was said before the last word does not replace it"
    ann = begin(run, file, votes=1)
    assert ann.next() == 1
    with file.open("ab") as opened:
        opened.write(whole[30:])
    assert begin(run, file, "cy", votes=2).next() == 1, "bo's word counts when its line is whole"
    file.unlink()
    assert session.next() == 0, "another file, other words"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_name_is_needed(run: FakeCorpus, file: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--as"):
        begin(run, file, name)


def test_the_list_is_kept_as_it_was_drawn(run: FakeCorpus, file: Path) -> None:
    sample = draw_sample(run, 4, seed=1)
    path = queue_path(file)
    write_queue(path, sample)
    assert read_queue(path) == sample
    path.write_text("no list")
    with pytest.raises(UsageError, match="move it away"):
        read_queue(path)
