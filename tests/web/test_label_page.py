"""The labelling page in a browser: keys, words as text, and the server killed under it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lskd_toolkit.labelling import read_labels
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.web.server import Server

from .browser import CHROMIUM, Tab, browser
from .conftest import ATTACK

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def at(tab: Tab, place: int | str) -> None:
    tab.wait(f"document.body.dataset.place === '{place}'")


def text(tab: Tab, selector: str) -> str:
    return str(tab.ask(f"document.querySelector({selector!r}).innerText"))


def test_three_statements_are_labelled_by_keys(
    tab: Tab, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    tab.open(server.url)
    at(tab, 0)
    assert tab.ask("location.search") == "", "the token does not stay in the address"
    for place, keys in enumerate(("adj", "sfk", "aafj")):  # a key pressed again takes its word back
        at(tab, place)
        for key in keys:
            tab.press(key)
    at(tab, 3)
    assert text(tab, "#count") == "3 of 6"
    labels = read_labels(tmp_path / "labels.jsonl").labels
    assert [(each.answer, each.rationale, each.accept) for each in labels] == [
        (True, True, True),
        (False, False, False),
        (None, False, True),
    ]
    tab.press("u")
    at(tab, 2)
    assert tab.ask("document.querySelector('[data-field=rationale][data-value=false]').ariaPressed") == "true"
    assert len(read_labels(tmp_path / "labels.jsonl").labels) == 2
    tab.press("x")
    at(tab, 3)
    assert text(tab, "#count") == "2 of 6, 1 skipped"
    tab.press("ArrowLeft")
    at(tab, 2)
    tab.press("ArrowLeft")
    at(tab, 1)
    assert text(tab, "#mine") == "You labelled this one; another word replaces it."
    tab.press("n")
    at(tab, 3)


def test_a_comment_is_written_without_pressing_keys(
    tab: Tab, serve: Callable[..., Server], tmp_path: Path
) -> None:
    tab.open(serve().url)
    at(tab, 0)
    tab.press("c")
    tab.type("just a joke")
    tab.press("k")  # in the comment a letter is a letter
    assert tab.ask("document.getElementById('comment').value") == "just a jokek"
    tab.press("Escape")
    tab.press("k")
    at(tab, 1)
    [label] = read_labels(tmp_path / "labels.jsonl").labels
    assert (label.comment, label.accept) == ("just a jokek", False)
    assert tab.ask("document.getElementById('comment').value") == ""


def test_a_key_held_down_is_one_label(tab: Tab, serve: Callable[..., Server], tmp_path: Path) -> None:
    tab.open(serve().url)
    at(tab, 0)
    tab.press("j")
    at(tab, 1)
    for _ in range(5):
        tab.call("Input.dispatchKeyEvent", type="keyDown", key="j", text="j", autoRepeat=True)
    tab.press("a")
    assert tab.wait("document.querySelector('[data-field=answer][data-value=true]').ariaPressed === 'true'")
    assert len(read_labels(tmp_path / "labels.jsonl").labels) == 1


def test_the_end_is_said_and_can_be_taken_back(tab: Tab, serve: Callable[..., Server]) -> None:
    tab.open(serve().url)
    for place in range(6):
        at(tab, place)
        tab.press("j")
    at(tab, "end")
    assert "6 statements are labelled." in text(tab, "#finished")
    tab.press("u")
    at(tab, 5)


def test_markup_in_statements_is_shown_as_text(tab: Tab, serve: Callable[..., Server]) -> None:
    tab.open(serve().url)
    for place in range(6):
        at(tab, place)
        if ATTACK in text(tab, "#answer"):
            break
        tab.press("ArrowRight")
    assert text(tab, "#answer") == ATTACK
    assert text(tab, "#question") == f"{ATTACK} 0?"
    assert tab.ask("document.querySelectorAll('main script, main img:not(#photo)').length") == 0
    assert tab.ask("document.title") == "Label a-run"
    assert tab.ask("document.querySelector('.mention.unknown').innerText") == "7"


def test_pointing_at_a_number_shows_its_region_alone(tab: Tab, serve: Callable[..., Server]) -> None:
    tab.open(serve().url)
    at(tab, 0)
    assert tab.wait("document.getElementById('photo').naturalWidth") == 64
    drawn = "[...document.querySelectorAll('.region')].map((r) => r.dataset.region + r.getAttribute('class'))"
    assert sorted(tab.ask(drawn)) == ["0region", "2region"]
    x, y = tab.ask(
        "(() => { const r = document.querySelector('.mention[data-region=\"2\"]').getBoundingClientRect();"
        "return [r.x + r.width / 2, r.y + r.height / 2] })()"
    )
    tab.point(x, y)
    tab.wait("document.getElementById('regions').classList.contains('alone')")
    assert tab.ask("[...document.querySelectorAll('.region.lit')].map((r) => r.dataset.region)") == ["2"]
    tab.point(1, 1)
    tab.wait("!document.getElementById('regions').classList.contains('alone')")
    tab.press("0")
    assert tab.ask("[...document.querySelectorAll('.region.lit')].map((r) => r.dataset.region)") == ["0"]


def test_another_page_can_neither_read_nor_label(
    tab: Tab, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """The browser holds the cookie; a page of another port, and one of another name, try."""
    server, stranger = serve("ann"), serve("bo")
    tab.open(server.url)
    at(tab, 0)
    tab.open(stranger.url)
    at(tab, 0)
    for host in ("127.0.0.1", "localhost"):
        site = f"http://{host}:{server.port}"
        assert tab.ask(f"fetch('{site}/next').then((r) => r.status, () => 'refused')") == "refused"
        send = (
            f"fetch('{site}/label', {{method: 'POST', mode: 'no-cors', credentials: 'include', "
            "headers: {'Content-Type': 'text/plain'}, body: "
            "JSON.stringify({place: 0, accept: true, answer: true, rationale: true})})"
        )
        tab.ask(f"{send}.then(() => 'sent', () => 'refused')")
    assert not (tmp_path / "labels.jsonl").exists()


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A run of the small world."""
    critic = {"teacher": "smallworld", "critic": "smallworld", "proposer": "smallworld"}
    source = {"use": "smallworld", "count": 4}
    verbalizer = ["smallworld-global", "smallworld-local"]
    run(configure(None, None, {"source": source, "verbalizer": verbalizer, **critic}, ()), tmp_path / "run")
    return tmp_path / "run"


def started(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()",
         "label", str(folder), "--as", "ann", "--no-browser"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    for line in process.stdout:
        if found := re.match(r"open: (\S+)", line):
            return process, found[1]
    raise AssertionError("no address was printed")


def test_the_server_is_killed_and_labelling_goes_on(tab: Tab, world: Path) -> None:
    """The command itself over a run of the small world: three labels, SIGKILL, the same command again."""
    process, url = started(world)
    try:
        tab.open(url)
        for place in range(3):
            at(tab, place)
            tab.press("a")
            tab.press("j")
        at(tab, 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        tab.press("j")
        tab.wait("document.getElementById('alarm').innerText.startsWith('The server does not answer')")
    finally:
        process.kill()
        process.communicate()
    kept = read_labels(world / "labels.jsonl")
    assert len(kept.labels) == 3
    assert not kept.problems
    process, url = started(world)
    try:
        tab.open(url)
        at(tab, 3)
        tab.press("k")
        at(tab, 4)
    finally:
        process.terminate()
        last, _ = process.communicate()
    assert "1 label more" in last
    assert process.returncode == 0
    assert [each.accept for each in read_labels(world / "labels.jsonl").labels] == [True, True, True, False]
