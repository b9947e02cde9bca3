"""``lskd label`` and ``lskd labels`` over a run of the small world."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lskd_toolkit import open_run
from lskd_toolkit.cli import label as label_command
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import LskdError, UsageError
from lskd_toolkit.labelling import Label, append_labels, read_labels, words_sha256
from lskd_toolkit.labelling.queue import queue_path, read_queue
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.web.server import Server


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "run"
    config = {
        "source": {"use": "smallworld", "count": 6}, "proposer": "smallworld", "teacher": "smallworld",
        "verbalizer": ["smallworld-global", "smallworld-local"], "critic": "smallworld",
    }  # fmt: skip
    run(configure(None, None, config, ()), folder)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.jsonl"


def lskd_does(*words: object) -> Result:
    return CliRunner().invoke(lskd, [str(word) for word in words])


def said(made: Path, name: str, accept: Callable[[int], bool], weight: float = 1.0) -> list[Label]:
    with open_run(made) as corpus:
        statements = [(e.scene.image.id, s) for e in corpus.entries() for s in e.statements][:8]
    return [
        Label(image, each.id, words_sha256(each), name, accept(k), None, accept(k), weight=weight,
              time="2026-01-01T00:00:00.000Z")
        for k, (image, each) in enumerate(statements)
    ]  # fmt: skip


def labelling(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command comes as far as serving, and is interrupted there."""

    def interrupted(self: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve", interrupted)


def test_the_list_is_drawn_once_and_kept(made: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelling(monkeypatch)
    words = ("label", made, "--as", "ann", "--no-browser", "--labels", file)
    done = lskd_does(*words, "--count", 7, "--stratify", "inference,score")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("7 of ")
    assert "open: http://127.0.0.1:" in done.output
    drawn = read_queue(queue_path(file))
    assert drawn.axes == ("inference", "score")
    assert lskd_does(*words).exit_code == 0
    assert lskd_does(*words, "--count", 7, "--stratify", "inference,score", "--votes", 3).exit_code == 0
    assert read_queue(queue_path(file)) == drawn
    for other in (("--count", 8), ("--stratify", "none"), ("--seed", 5)):
        refused = lskd_does(*words, *other)
        assert isinstance(refused.exception, UsageError)
        assert "--labels" in str(refused.exception)


def test_a_list_of_ones_own_is_labelled(made: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelling(monkeypatch)
    lskd_does("label", made, "--as", "ann", "--no-browser", "--labels", file, "--count", 5)
    mined = file.with_name("mined.jsonl")
    mined.write_text("".join(queue_path(file).read_text().splitlines(keepends=True)[:3]))
    done = lskd_does("label", made, "--as", "ann", "--no-browser", "--labels", file, "--queue", mined)
    assert done.output.startswith("2 of ")


def test_the_axes_are_completed_after_a_comma() -> None:
    complete = label_command._axes
    assert complete(None, None, "inf") == ["inference"]  # type: ignore[arg-type]
    assert "inference,score" in complete(None, None, "inference,")  # type: ignore[arg-type]
    assert "inference,inference" not in complete(None, None, "inference,")  # type: ignore[arg-type]


def test_labels_are_shown_with_every_problem(made: Path, file: Path) -> None:
    good = said(made, "ann", lambda k: k % 2 == 0)
    append_labels(file, [*good, replace(good[0], accept=not good[0].accept, time="2026-01-02T00:00:00Z")])
    append_labels(
        file,
        [replace(good[1], statement=99), replace(good[1], image="gone"), replace(good[2], sha256="f" * 64)],
    )
    with file.open("ab") as opened:
        opened.write(b'{"image": "x"}\n{"image": "cut o')
    done = lskd_does("labels", "show", made, "--labels", file)
    assert "8 labels of 8 statements in 14 lines" in done.output
    assert "problems: 2 broken" not in done.output
    assert "problems: 1 broken, 1 changed, 1 torn, 3 unknown" in done.output
    for told in ("no usable image is called 'gone'", "has no statement 99", "has other words now", "cut off"):
        assert told in done.output
    told = json.loads(lskd_does("labels", "show", made, "--labels", file, "--json").output)
    assert [problem["line"] for problem in told["problems"]] == sorted(p["line"] for p in told["problems"])


def test_agreement_is_told(made: Path, file: Path) -> None:
    append_labels(file, said(made, "ann", lambda k: k % 2 == 0))
    append_labels(file, said(made, "bo", lambda k: k % 4 == 0))
    done = lskd_does("labels", "agreement", made, "--labels", file)
    assert "16 labels of 8 statements" in done.output
    assert "accept: alpha 0.5" in done.output
    assert "majority: 2 accepted, 4 rejected, 2 tie" in done.output
    told = json.loads(lskd_does("labels", "agreement", made, "--labels", file, "--json").output)
    assert told["axes"]["accept"]["kappa_votes"] == 2


@pytest.mark.parametrize("form", ["csv", "label-studio"])
def test_what_is_exported_comes_back(made: Path, file: Path, form: str) -> None:
    append_labels(file, said(made, "ann", lambda k: k % 2 == 0))
    out = file.with_name("out.csv" if form == "csv" else "studio")
    done = lskd_does("labels", "export", made, "--labels", file, "--to", form, "--out", out)
    assert done.exit_code == 0, done.output
    back = file.with_name("back.jsonl")
    source = out if form == "csv" else out / "tasks.json"
    done = lskd_does("labels", "import", made, source, "--labels", back)
    assert "8 labels added" in done.output
    assert read_labels(back).labels == tuple(
        sorted(read_labels(file).labels, key=lambda e: (e.image, e.statement))
    )
    assert "0 labels added" in lskd_does("labels", "import", made, source, "--labels", back).output
    if form == "label-studio":
        tasks = json.loads(source.read_text())
        names = {task["data"]["image"].rpartition("/")[2] for task in tasks}
        assert names == {each.name for each in (out / "images").iterdir()}


def test_unlabelled_statements_of_the_list_go_to_label_studio_too(
    made: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelling(monkeypatch)
    lskd_does("label", made, "--as", "ann", "--no-browser", "--labels", file, "--count", 9)
    done = lskd_does(
        "labels", "export", made, "--labels", file, "--to", "label-studio", "--out", file.parent / "s"
    )
    assert "9 tasks" in done.output
    tasks = json.loads((file.parent / "s" / "tasks.json").read_text())
    assert {task["data"]["lskd"]["weight"] for task in tasks} == {
        d.weight for d in read_queue(queue_path(file)).drawn
    }


def test_negatives_are_added_once(made: Path, file: Path) -> None:
    first = lskd_does("labels", "negatives", made, "--labels", file)
    assert "that the run accepts" in first.output
    count = len(read_labels(file).labels)
    assert count > 10
    assert lskd_does("labels", "negatives", made, "--labels", file).output.startswith("0 negatives")
    shown = lskd_does("labels", "show", made, "--labels", file)
    assert f"{count} statements are synthetic" in shown.output
    assert "problems" not in shown.output
    append_labels(file, said(made, "ann", lambda k: k == 0))
    assert (
        "made of 1 that annotators accept"
        in lskd_does(
            "labels", "negatives", made, "--labels", file, "--way", "swapped-images", "--seed", 3
        ).output
    )
    told = json.loads(lskd_does("labels", "agreement", made, "--labels", file, "--json").output)
    assert told["labels"] == 8, "synthetic labels are nobody's vote"


@pytest.mark.parametrize(
    ("name", "text", "mend"),
    [
        ("gone.csv", None, "No such file"),
        ("a.txt", "x", "--from"),
        ("a.json", "{", "cannot be read"),
        ("a.csv", "\xff\0", "no column"),
    ],
)
def test_files_that_hold_no_labels_are_sentences(
    made: Path, file: Path, name: str, text: str | None, mend: str
) -> None:
    path = file.with_name(name)
    if text is not None:
        path.write_text(text, encoding="utf-8")
    done = lskd_does("labels", "import", made, path, "--labels", file)
    assert mend in (str(done.exception) if isinstance(done.exception, LskdError) else done.output)
    assert not file.exists()


def test_a_run_without_labels_says_how_to_make_some(made: Path, file: Path) -> None:
    for verb in ("show", "agreement"):
        assert "lskd label" in str(lskd_does("labels", verb, made, "--labels", file).exception)
