"""What is written is durable when `write` returns, and what is asked for meanwhile is written together."""

from __future__ import annotations

import asyncio
import os
import sqlite3

import pytest

from lskd_toolkit.errors import StoreError
from lskd_toolkit.llm import writer as module
from lskd_toolkit.llm.ledger import SCHEMA, Ledger
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


def test_a_ledger_of_an_older_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "ledger.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        SCHEMA.replace(", calls TEXT NOT NULL DEFAULT '[]', cached INTEGER NOT NULL DEFAULT 0", "")
    )
    old.execute("INSERT INTO replies VALUES ('k','{}','ok','hello',1,2,0.5,'m',0)")
    old.execute("PRAGMA user_version=2")
    old.commit()
    old.close()
    for readonly in (True, False):
        ledger = Ledger(path, readonly=readonly)
        assert ledger.find("k") == ChatReply("hello", "ok", 1, 2, 0.5, "m", "k")
        ledger.close()


def test_calls_and_cached_tokens_survive_the_ledger(tmp_path):
    reply = ChatReply("", tokens_in=9, cached=4, calls=(ToolCall("ask", {"region": 1, "question": "é"}),))
    ledger = Ledger(tmp_path / "ledger.sqlite")

    async def send():
        return reply

    stored = asyncio.run(ledger.once("k", send, {}))
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


def test_a_reply_that_cannot_be_stored_costs_none_of_those_written_with_it(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")

    async def work():
        async def send(reply):
            return reply

        replies = [*(ChatReply(f"re {i}") for i in range(6)), ChatReply("odd", tokens_in=2**70)]
        return await asyncio.gather(
            *(ledger.once(r.text, lambda r=r: send(r), {}) for r in replies), return_exceptions=True
        )

    outcomes = asyncio.run(work())
    assert [isinstance(o, ChatReply) for o in outcomes] == [True] * 6 + [False]
    assert [ledger.find(f"re {i}").text for i in range(6)] == [f"re {i}" for i in range(6)]
    ledger.close()


def test_half_a_character_is_stored_as_a_mark_and_read_back_as_it_was_first_given(tmp_path):
    """Models write lone surrogates, file names hold them, and the database takes none."""
    ledger, half = Ledger(tmp_path / "ledger.sqlite"), "a \ud800 b"

    async def work():
        async def send():
            await ledger.intend("k")
            return ChatReply(half, calls=(ToolCall("ask", {"question": half}),))

        async def look():
            return {"text": half}

        reply = await ledger.once("k", send, {"system": half})
        await ledger.spool("s", {"system": half})
        ledger.bring([ChatReply(half, key="s")])
        return reply, await ledger.answer("a", half, look)

    reply, answer = asyncio.run(work())
    assert ledger.find("k") == reply
    assert ledger.find("s").text == reply.text == "a ? b"
    assert asyncio.run(ledger.answer("a", half, lambda: None)) == answer
    ledger.close()


def test_a_process_that_dies_while_it_brings_a_ledger_up_to_date_leaves_it_as_it_was(tmp_path):
    path = tmp_path / "d"
    connect(path, "CREATE TABLE t (x INTEGER);", 1).close()
    steps = {2: "ALTER TABLE t ADD COLUMN y INTEGER;"}
    if (child := os.fork()) == 0:
        try:
            connect(path, "", 2, migrations={2: steps[2] + "SELECT nothing;"})
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    upgraded = connect(path, "", 2, migrations=steps)
    assert upgraded.execute("PRAGMA user_version").fetchone() == (2,)
    assert [row[1] for row in upgraded.execute("PRAGMA table_info(t)")] == ["x", "y"]


def test_a_reply_that_a_batch_brings_closes_the_intent_of_a_process_that_died(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    asyncio.run(ledger.intend("k"))
    asyncio.run(ledger.spool("k", {}))
    ledger.bring([ChatReply("re", key="k")])
    assert ledger.totals()[-1] == 0
    ledger.close()
