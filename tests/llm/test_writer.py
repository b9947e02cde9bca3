"""What is written is durable when `write` returns, and what is asked for meanwhile is written together."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from lskd_toolkit.errors import StoreError
from lskd_toolkit.llm import writer as module
from lskd_toolkit.llm.ledger import MIGRATIONS, SCHEMA, VERSION, Ledger
from lskd_toolkit.llm.messages import ChatReply, ToolCall
from lskd_toolkit.llm.writer import Writer
from lskd_toolkit.store.database import connect


def database(path):
    return connect(path, "CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY);", 1)


def test_each_is_durable_when_it_returns_and_commits_are_fewer_than_writes(tmp_path, monkeypatch):
    commits = 0
    plain = module.commit

    def counted(connection):
        nonlocal commits
        commits += 1
        plain(connection)

    monkeypatch.setattr(module, "commit", counted)
    writer = Writer(database(tmp_path / "d"), tmp_path)
    other = connect(tmp_path / "d", "", 1, readonly=True)

    async def one(x):
        await writer.write(("INSERT INTO t VALUES (?)", (x,)))
        return other.execute("SELECT COUNT(*) FROM t WHERE x=?", (x,)).fetchone()[0]

    async def work():
        return await asyncio.gather(*(one(x) for x in range(500)))

    assert asyncio.run(work()) == [1] * 500
    assert commits < 100


def test_who_fails_together_is_told_and_the_writer_goes_on(tmp_path):
    writer = Writer(database(tmp_path / "d"), tmp_path)

    async def work():
        with pytest.raises(StoreError):
            await writer.write(("INSERT INTO nowhere VALUES (1)", ()))
        await writer.write(("INSERT INTO t VALUES (7)", ()))

    asyncio.run(work())
    assert writer._db.execute("SELECT x FROM t").fetchall() == [(7,)]


def test_a_ledger_of_the_version_before_is_brought_up_to_date(tmp_path):
    path = tmp_path / "ledger.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        SCHEMA.replace(", calls TEXT NOT NULL DEFAULT '[]', cached INTEGER NOT NULL DEFAULT 0", "")
    )
    old.execute("INSERT INTO replies VALUES ('k','{}','ok','hello',1,2,0.5,'m',0)")
    old.execute("PRAGMA user_version=2")
    old.commit()
    old.close()
    assert VERSION in MIGRATIONS
    for readonly in (True, False):
        ledger = Ledger(path, readonly=readonly)
        assert ledger.find("k") == ChatReply("hello", "ok", 1, 2, 0.5, "m", "k")
        ledger.close()


def test_calls_and_cached_tokens_survive_the_ledger(tmp_path):
    reply = ChatReply("", tokens_in=9, cached=4, calls=(ToolCall("ask", {"region": 1, "question": "é"}),))
    ledger = Ledger(tmp_path / "ledger.sqlite")

    async def send():
        return reply

    stored = asyncio.run(ledger.once("k", send, "{}"))
    assert ledger.find("k") == stored
    assert (stored.calls, stored.cached) == (reply.calls, 4)
    ledger.close()


def test_a_tool_answer_is_made_once_and_kept(tmp_path):
    made = 0

    async def look():
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return {"text": "red"}

    async def ask(ledger):
        return await asyncio.gather(*(ledger.answer("k", "{}", look) for _ in range(5)))

    for _ in range(2):
        ledger = Ledger(tmp_path / "ledger.sqlite")
        assert asyncio.run(ask(ledger)) == [{"text": "red"}] * 5
        ledger.close()
    assert made == 1
