"""Message Batches: what is sent, where a batch stands, what it brings."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from lskd_anthropic import batches as module

from lskd_toolkit import (
    BatchSeen,
    Busy,
    ChatReply,
    ChatRequest,
    Message,
    RequestRejected,
    Unreachable,
    UsageError,
)

REQUEST = ChatRequest((Message("user", "Hello\u2028there"),), system="Be brief.", shared=0)
KEYS = [f"{n:064x}" for n in range(3)]


def answer(status=200, body=None, headers=None, **more):
    """An answer of the server's."""
    return {"status": status, "body": body, "headers": headers or {}, **more}


def run(work):
    return asyncio.run(work)


def batch(name, created="2026-11-23T10:00:00Z", status="in_progress", **counts):
    none = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    return {
        "id": name, "type": "message_batch", "processing_status": status, "created_at": created,
        "request_counts": none | counts,
    }  # fmt: skip


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


async def gathered(results):
    return [each async for each in results]


def test_the_vendors_bounds(claude):
    batches = claude().batches
    assert (batches.max_requests, batches.discount, batches.settles) == (100_000, 0.5, 120.0)
    assert batches.max_bytes <= 256_000_000


def test_a_line_is_the_request_with_its_key_cached_for_an_hour(claude):
    line = claude().batches.line(KEYS[0], REQUEST)
    assert b"\n" not in line
    told = json.loads(line)
    assert sorted(told) == ["custom_id", "params"]
    assert told["custom_id"] == KEYS[0]
    assert told["params"]["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert told["params"]["messages"][0]["content"][0]["text"] == "Hello\u2028there"


def test_warming_sends_the_request_at_once_as_the_batch_will_have_it(vendor, claude):
    backend = claude()
    told = run(backend.batches.warm(REQUEST))
    assert told.text == "Hello."
    assert vendor.asked[0].json == json.loads(backend.batches.line(KEYS[0], REQUEST))["params"]


@pytest.mark.parametrize("last", ["", "\n"])
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_the_spool_is_sent_as_one_body_in_pieces(vendor, claude, tmp_path, monkeypatch, piece, last):
    monkeypatch.setattr(module, "PIECE", piece)
    vendor.answer = lambda asked: answer(body=batch("msgbatch_1", processing=3))
    backend = claude()
    lines = [backend.batches.line(key, REQUEST) for key in KEYS]
    spool = tmp_path / "spool.jsonl"
    spool.write_bytes(b"\n".join(lines) + last.encode())
    assert run(backend.batches.submit(spool, "tag")) == "msgbatch_1"
    [asked] = vendor.asked
    assert (asked.method, asked.target) == ("POST", "/v1/messages/batches")
    assert asked.json == {"requests": [json.loads(line) for line in lines]}
    assert asked.headers["content-length"] == str(len(asked.body))
    assert "transfer-encoding" not in asked.headers


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (answer(429, {"error": {"message": "slow down"}}), Busy),
        (answer(500, {"error": {"message": "oops"}}), Unreachable),
        (answer(400, {"error": {"message": "duplicate custom_id"}}), RequestRejected),
        (answer(404, {"error": {"message": "Not found"}}), UsageError),
        (answer(200, {"type": "message_batch"}), Unreachable),
    ],
)
def test_a_batch_that_is_not_taken(vendor, claude, tmp_path, told, kind):
    spool = tmp_path / "spool.jsonl"
    spool.write_bytes(b"{}\n")
    vendor.answer = lambda asked: told
    with pytest.raises(kind):
        run(claude().batches.submit(spool, "tag"))
    assert len(vendor.asked) == 1, "a batch sent twice is paid twice"


def test_where_a_batch_stands(vendor, claude):
    vendor.answer = lambda asked: answer(body=batch("b1", processing=2, succeeded=1))
    made = at("2026-11-23T10:00:00")
    assert run(claude().batches.look("b1")) == BatchSeen("b1", made, False, "", 3, 1)
    assert vendor.asked[0].target == "/v1/messages/batches/b1"
    vendor.answer = lambda asked: answer(body=batch("b1", status="ended", succeeded=2, expired=1))
    assert run(claude().batches.look("b1")) == BatchSeen("b1", made, True, "", 3, 3)
    vendor.answer = lambda asked: answer(body=batch("b1", status="canceling", processing=3))
    assert not run(claude().batches.look("b1")).ended


def test_a_batch_whose_results_are_gone_came_to_nothing(vendor, claude):
    told = batch("b1", status="ended", succeeded=2) | {"archived_at": "2026-12-23T10:00:00Z"}
    vendor.answer = lambda asked: answer(body=told)
    assert run(claude().batches.look("b1")).failed


def test_a_batch_that_this_key_does_not_show_is_not_taken_for_failed(vendor, claude):
    vendor.answer = lambda asked: answer(404, {"error": {"type": "not_found_error", "message": "Not found"}})
    with pytest.raises(UsageError, match="another workspace"):
        run(claude().batches.look("b1"))


def test_the_list_is_followed_page_by_page_until_it_is_old_enough(vendor, claude):
    made = [batch(f"b{n}", f"2026-11-23T10:{50 - n:02}:00Z", processing=1) for n in range(9)]

    def page(asked):
        query = parse_qs(urlsplit(asked.target).query)
        after = query.get("after_id", [""])[0]
        start = 1 + [each["id"] for each in made].index(after) if after else 0
        some = made[start : start + 3]
        return answer(body={"data": some, "has_more": start + 3 < len(made), "last_id": some[-1]["id"]})

    vendor.answer = page
    listed = run(claude().batches.listed(at("2026-11-23T10:46:00")))
    assert [each.id for each in listed] == ["b0", "b1", "b2", "b3", "b4"], "newest first, none too old"
    assert len(vendor.asked) == 2, "the third page is all too old and not asked for"
    assert len(run(claude().batches.listed(0.0))) == 9


def test_an_empty_list(vendor, claude):
    vendor.answer = lambda asked: answer(body={"data": [], "has_more": False, "last_id": None})
    assert list(run(claude().batches.listed(0.0))) == []


def succeeded(vendor, key, **more):
    return {"custom_id": key, "result": {"type": "succeeded", "message": vendor.message(**more)}}


def results(*lines):
    data = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    return answer(body=data, headers={"content-type": "application/binary"})


def test_results_come_one_by_one_at_the_batch_price_as_often_as_they_are_asked_for(vendor, claude):
    vendor.answer = lambda asked: results(
        succeeded(vendor, KEYS[1], text="two\u2028lines\u0085"), succeeded(vendor, KEYS[0])
    )
    backend = claude()
    for _ in range(2):
        [(key, told), (other, _)] = run(gathered(backend.batches.results("b1")))
        assert (key, other) == (KEYS[1], KEYS[0])
        assert isinstance(told, ChatReply)
        assert told.text == "two\u2028lines\u0085", "only a line feed ends a line"
        assert told.usd == pytest.approx((100 * 2 + 20 * 10) / 2e6)
    assert vendor.asked[-1].target == "/v1/messages/batches/b1/results"


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ({"type": "expired"}, Unreachable),
        ({"type": "canceled"}, Unreachable),
        (
            {"type": "errored", "error": {"type": "error", "error": {"type": "api_error", "message": "x"}}},
            Unreachable,
        ),
        ({"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error"}}}, Unreachable),
        (
            {"type": "errored", "error": {"type": "error", "error": {"type": "invalid_request_error"}}},
            RequestRejected,
        ),
        ({"type": "errored"}, Unreachable),
        ({"type": "succeeded", "message": {"oops": 1}}, Unreachable),
        ({}, Unreachable),
    ],
)
def test_a_request_without_a_reply_says_why(vendor, claude, result, kind):
    vendor.answer = lambda asked: results(
        {"custom_id": KEYS[0], "result": result}, succeeded(vendor, KEYS[1])
    )
    [(key, told), (_, fine)] = run(gathered(claude().batches.results("b1")))
    assert key == KEYS[0]
    assert isinstance(told, kind)
    assert isinstance(fine, ChatReply), "one that failed does not hold up the others"


def test_a_key_in_an_error_of_a_batch_is_not_passed_on(vendor, claude):
    inner = {"type": "invalid_request_error", "message": f"not with {vendor.key}"}
    vendor.answer = lambda asked: results(
        {"custom_id": KEYS[0], "result": {"type": "errored", "error": {"type": "error", "error": inner}}}
    )
    [(_, told)] = run(gathered(claude().batches.results("b1")))
    assert str(told) == "refused in its batch: not with ***"


def test_results_cut_off_may_be_asked_for_again_and_what_came_was_given(vendor, claude):
    whole = results(*(succeeded(vendor, f"{n:064x}") for n in range(200)))
    whole["cut"] = True
    vendor.answer = lambda asked: whole
    got = []

    async def read():
        async for key, _ in claude().batches.results("b1"):
            got.append(key)

    with pytest.raises(Unreachable):
        run(read())
    assert got == [f"{n:064x}" for n in range(len(got))]
    assert 0 < len(got) < 200


def test_reading_can_be_left_off_after_the_first(vendor, claude):
    vendor.answer = lambda asked: results(*(succeeded(vendor, f"{n:064x}") for n in range(5000)))

    async def first():
        reading = claude().batches.results("b1")
        async for key, _ in reading:
            await reading.aclose()
            return key

    assert run(first()) == KEYS[0]


def test_results_that_are_not_ready(vendor, claude):
    vendor.answer = lambda asked: answer(
        404, {"error": {"type": "not_found_error", "message": "no results yet"}}
    )
    with pytest.raises(UsageError, match="no results yet"):
        run(gathered(claude().batches.results("b1")))
