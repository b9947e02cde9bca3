"""What was asked and answered stands with each image: escaped, within bounds, what is shared only once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lskd_toolkit.corpus.exchanges import Exchange
from lskd_toolkit.llm.messages import ChatReply, ToolCall
from lskd_toolkit.report import write_report
from lskd_toolkit.report.asked import Shared, asked

from ..corpus.fake import corpus, entry
from .test_report import EVIL, Page, _words

SYSTEM = "You know the picture only from notes. " * 5
SHOT = "A worked example of a kitchen. " * 40


def exchange(key, scene, reply=None, shot=SHOT, **more):
    messages = [
        {"role": "user", "text": shot, "sights": []},
        {"role": "assistant", "text": '{"statements": []}', "sights": []},
        {"role": "user", "text": scene, "sights": [["ab" * 32, "{}"]]},
    ]
    request = {
        "model": "scripted", "system": SYSTEM, "messages": messages, "schema": {"type": "object"},
        "max_tokens": 900, "temperature": 0.7, "draw": 0, "options": {}, **more,
    }  # fmt: skip
    return Exchange(key, request, reply or ChatReply("It is wet.", "ok", 120, 30, 0.25, "scripted", key))


def page(folder, *exchanges, names=("park.jpg",), **more):
    kept = [entry(name) for name in names]
    found = corpus(*kept, asked=dict.fromkeys(names, exchanges))
    return Page(write_report(found, folder, **more).read_text(encoding="utf-8"))


def test_the_conversation_is_there_with_what_it_cost(tmp_path):
    words = _words(
        page(tmp_path, exchange("reply-0", "Regions: a dog"), exchange("reply-1", "Regions: a cat"))
    )
    for said in (
        "What was asked and answered: 2 requests, 240 tokens in, 60 out, $0.5000", "Regions: a dog",
        "temperature 0.7, at most 900 tokens", "begins with system 1 and example 1", "with a picture",
        "reply ok scripted, 120 tokens in, 30 out, $0.2500", "It is wet.",
        "the schema that a reply must follow",
    ):  # fmt: skip
        assert said in words, said


def test_a_statement_leads_to_the_request_that_it_came_from(tmp_path):
    found = page(tmp_path, exchange("reply-1", "a cat"), exchange("reply-0", "a dog"))
    ids = {a["id"] for _, a in found.elements if a.get("id")}
    leads = [a["href"][1:] for a in found.all("a") if "-q" in a["href"]]
    assert len(leads) == 2
    assert set(leads) <= ids
    assert [lead.rpartition("-q")[2] for lead in leads] == ["2", "1"]


def test_tools_calls_and_answers_are_there(tmp_path):
    call = ChatReply("", "ok", 9, 1, None, "scripted", "reply-0", (ToolCall("ask", {"region": 0}),))
    first = exchange("reply-0", "a dog", call, tools=[["ask", "Ask about a region.", {"type": "object"}]])
    answer = [
        *first.request["messages"],
        {"role": "assistant", "text": "", "sights": [], "calls": [["ask", {"region": 0}]]},
        {"role": "tool", "text": "it is brown", "sights": []},
    ]
    second = exchange("reply-1", "", messages=answer, tools=first.request["tools"])
    words = _words(page(tmp_path, first, second))
    for said in (
        "1 tool to look with", "Ask about a region.", 'calls ask {"region": 0}',
        "goes on from request 1 and its reply", "the tool answered it is brown", "price not known",
    ):  # fmt: skip
        assert said in words, said


@pytest.mark.parametrize("status", ["refused", "cut", "unparsable"])
def test_a_reply_that_was_no_use_is_marked(tmp_path, status):
    found = page(tmp_path, exchange("k", "a dog", ChatReply("no", status, key="k")))
    assert f"reply {status}" in _words(found)


def test_what_the_ledger_has_no_longer_is_said(tmp_path):
    assert "The ledger has it no longer" in _words(page(tmp_path, Exchange("k", {}, None)))


def test_where_no_backend_was_asked_nothing_is_said_of_it(tmp_path):
    found = page(tmp_path)
    assert "What was asked" not in _words(found)
    assert not found.all("section", id="prompt")


def test_shared_texts_stand_once_however_many_images_there_are(tmp_path):
    names = [f"{k}.jpg" for k in range(12)]
    kept = [entry(name) for name in names]
    found = corpus(*kept, asked={name: (exchange(f"k{name}", f"the scene of {name}"),) for name in names})
    text = Page(write_report(found, tmp_path).read_text()).text
    assert text.count(SYSTEM) == text.count(SHOT) == 1
    assert all(f"the scene of {name}" in text for name in names)


def test_no_text_of_a_conversation_becomes_markup(tmp_path):
    reply = ChatReply(EVIL, "ok", 1, 1, 0.0, EVIL, "k", (ToolCall(EVIL, {EVIL: EVIL}),))
    evil = exchange("k", EVIL, reply, shot=EVIL, system=EVIL, schema={EVIL: EVIL}, tools=[[EVIL, EVIL, {}]])
    clean = page(tmp_path / "a", exchange("k", "x", tools=[["t", "u", {}]]))
    found = page(tmp_path / "b", evil)
    assert len(found.all("script")) == 1
    assert len(found.all("img")) == 1  # the thumbnail
    assert {n for _, a in found.elements for n in a} <= {n for _, a in clean.elements for n in a}
    assert found.text.count("<script>alert(1)</script>") >= 5


def test_a_long_conversation_is_cut_and_what_is_left_out_is_counted(tmp_path):
    scene = "w" * 20_000
    found = page(tmp_path, *(exchange(f"k{n}", scene + str(n)) for n in range(30)))
    words = _words(found)
    assert "14 001 characters more, left out here" in words
    assert "requests more; all of it: lskd why RUN IMAGE --transcript" in words
    assert found.text.count("w" * 100) < 400


@pytest.mark.parametrize("quote", ["w", '"', "\N{GREEK SMALL LETTER OMEGA}"])
def test_a_conversation_keeps_to_its_room_whatever_it_is_made_of(quote):
    """Quotes take five bytes of a page, letters of other scripts two."""
    from markupsafe import escape

    told = asked([exchange(f"k{n}", quote * 5_000 + str(n)) for n in range(9)], Shared(10**6), 12_000)
    texts = [turn["text"] for each in told["exchanges"] for turn in each["turns"]]
    assert 6_000 < sum(len(str(escape(text)).encode()) for text in texts) <= 12_000
    assert told["left_out"] > 0


def test_the_page_stays_small_with_two_hundred_images(tmp_path):
    names = [f"{k}.jpg" for k in range(200)]
    kept = [entry(name) for name in names]
    long = "of notes " * 2_000
    told = {
        name: tuple(exchange(f"{name}{n}", f"{name} {n} {long}", shot=SHOT + name[0]) for n in range(6))
        for name in names
    }
    bare = len(write_report(corpus(*kept), tmp_path / "bare").read_bytes())
    whole = len(write_report(corpus(*kept, asked=told), tmp_path / "told").read_bytes())
    assert whole - bare < 4_000_000


def test_shared_texts_have_a_bound_too():
    shared = Shared(1_000)
    first = asked([exchange("a", "x", shot="short")], shared, 10_000)
    second = asked([exchange("b", "y", shot="e" * 2_000)], shared, 10_000)
    assert first["exchanges"][0]["examples"] != [""]
    assert second["exchanges"][0]["examples"] == [""]
    named = shared.named([{"asked": first}, {"asked": second}])
    assert [text["name"] for text in named.values()] == ["system 1", "example 1"]


def test_only_texts_of_images_that_are_shown_are_listed(tmp_path):
    kept = [entry("a.jpg"), entry("b.jpg")]
    found = corpus(*kept, asked={"a.jpg": (exchange("k", "x", shot="of a"),), "b.jpg": (exchange("l", "y"),)})
    found.kept = [replace(kept[0])]
    text = write_report(found, tmp_path).read_text()
    assert "of a" in text
    assert SHOT not in text
