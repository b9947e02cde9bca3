"""Requests as the ledger keeps them."""

import asyncio
import json
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.llm import Ledger
from lskd_toolkit.llm.abridging import LONG, abridged, unabridged
from lskd_toolkit.llm.messages import ChatReply

texts = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=8), st.text("ab", min_size=LONG - 1, max_size=LONG + 3)
)
forms = st.fixed_dictionaries({
    "system": texts,
    "messages": st.lists(st.fixed_dictionaries({"role": st.just("user"), "text": texts})),
    "schema": st.one_of(st.none(), st.just({"sha256": "a schema's own word"})),
})  # fmt: skip


@given(forms)
def test_a_request_comes_back_as_it_was(form):
    short, kept = abridged(form)
    assert unabridged(short, kept.__getitem__) == form


@given(forms)
def test_only_what_another_request_may_begin_with_is_kept_apart(form):
    _, kept = abridged(form)
    beginning = [form["system"], *(message["text"] for message in form["messages"][:-1])]
    assert sorted(kept.values()) == sorted({text for text in beginning if len(text) >= LONG})


def test_what_many_requests_begin_with_is_stored_once(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    system, example = "rule " * 2000, "example " * 2000
    forms = {
        f"k{n}": {
            "system": system,
            "messages": [{"role": "user", "text": example}, {"role": "user", "text": f"scene {n}"}],
        }
        for n in range(40)
    }

    async def work():
        async def send():
            return ChatReply("told")

        await asyncio.gather(*(ledger.once(key, send, form) for key, form in list(forms.items())[:20]))
        for key, form in list(forms.items())[20:]:
            await ledger.spool(key, form)
        ledger.bring([ChatReply("told", key=key) for key in list(forms)[20:]])

    asyncio.run(work())
    assert {key: ledger.request(key) for key in forms} == forms
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM texts").fetchone() == (2,)
        (kept,) = database.execute("SELECT SUM(LENGTH(request)) FROM replies").fetchone()
    assert kept < len(json.dumps(forms)) / 50


def test_requests_of_an_older_ledger_are_read_as_they_are(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    form = {"system": "long " * 200, "messages": [{"role": "user", "text": "scene"}]}
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO replies VALUES ('k',?,'ok','told',0,0,0,'m',0,'[]',0)", (json.dumps(form),)
        )
        database.execute("DROP TABLE texts")
        database.execute("PRAGMA user_version=3")
    for readonly in (True, False):
        ledger = Ledger(path, readonly=readonly)
        assert ledger.request("k") == form
        ledger.close()
