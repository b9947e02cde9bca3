"""Batches at the fake vendor: made, found again, and read in every state they can end in."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
from lskd_openai.chatgpt import ChatGpt
from lskd_openai.options import ChatGptOptions

from lskd_toolkit import (
    BackendUnavailable,
    ChatReply,
    ChatRequest,
    KeyMissing,
    Message,
    RequestRejected,
    Unreachable,
    UsageError,
)
from lskd_toolkit.testing.vendors.http import Answer, as_json

ASKED = ChatRequest((Message("user", "Why is [0] here?"),), max_tokens=50)
KEYS = [f"{n:064x}" for n in range(4)]


@pytest.fixture
def spool(tmp_path):
    """A file of as many requests."""

    def make(backend, count: int = 4):
        path = tmp_path / "spool.part"
        lines = [backend.batches.line(key, replace(ASKED, draw=n)) for n, key in enumerate(KEYS[:count])]
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    return make


async def ended(batches, batch):
    for _ in range(400):
        seen = await batches.look(batch)
        if seen.ended:
            return seen
        await asyncio.sleep(0.01)
    raise AssertionError("the batch does not end")


async def read(batches, batch) -> dict:
    return {key: outcome async for key, outcome in batches.results(batch)}


def test_a_line_names_the_request_by_its_key():
    backend = ChatGpt(ChatGptOptions())
    line = backend.batches.line(KEYS[1], ASKED)
    assert b"\n" not in line
    assert json.loads(line) == {
        "custom_id": KEYS[1], "method": "POST", "url": "/v1/chat/completions",
        "body": json.loads(backend.encoded(ASKED)),
    }  # fmt: skip


def test_bounds_and_price():
    batches = ChatGpt(ChatGptOptions(batch_settles=7)).batches
    assert (batches.max_requests, batches.max_bytes) == (50_000, 200_000_000)
    assert (batches.discount, batches.settles) == (0.5, 7)


def test_a_batch_brings_each_request_its_own_reply_at_half_the_price(with_vendor, spool):
    async def work(backend, vendor):
        batch = await backend.batches.submit(spool(backend), "tag-1")
        early = await backend.batches.look(batch)
        assert (early.id, early.tag, early.ended, early.requests) == (batch, "tag-1", False, None)
        assert abs(early.created - time.time()) < 5
        seen = await ended(backend.batches, batch)
        assert (seen.requests, seen.done, seen.failed) == (4, 4, "")
        found = await read(backend.batches, batch)
        assert found == await read(backend.batches, batch), "readable again"
        for n, key in enumerate(KEYS):
            alone = await backend.complete(replace(ASKED, draw=n))
            assert found[key].text == alone.text
            assert found[key].usd == pytest.approx(alone.usd / 2)
            assert found[key].pace is None

    with_vendor(work)


def test_what_is_submitted_is_the_file_as_it_is_for_a_day_with_our_mark(with_vendor, spool):
    async def work(backend, vendor):
        path = spool(backend)
        await backend.batches.submit(path, "tag-1")
        upload, creation = vendor.requests
        assert upload.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert path.read_bytes() in upload.body
        assert b'name="purpose"\r\n\r\nbatch\r\n' in upload.body
        asked = json.loads(creation.body)
        assert asked.pop("input_file_id").startswith("file")
        assert asked == {
            "endpoint": "/v1/chat/completions", "completion_window": "24h", "metadata": {"lskd": "tag-1"},
        }  # fmt: skip

    with_vendor(work)


def test_the_list_is_read_page_by_page_until_older_ones_come(with_vendor, spool):
    async def work(backend, vendor):
        path = spool(backend, 1)
        made = [await backend.batches.submit(path, f"tag-{n}") for n in range(120)]
        vendor.requests.clear()
        seen = await backend.batches.listed(time.time() - 60)
        assert [batch.id for batch in seen] == made[::-1]
        assert [batch.tag for batch in seen[:2]] == ["tag-119", "tag-118"]
        assert [request.query.get("after") for request in vendor.requests] == [None, made[20]]
        vendor.requests.clear()
        assert await backend.batches.listed(time.time() + 60) == []
        assert len(vendor.requests) == 1, "what is older is not paged through"

    with_vendor(work)


def test_a_batch_of_someone_else_has_no_mark(with_vendor):
    page = {
        "object": "list",
        "data": [{"id": "batch_x", "created_at": 5, "status": "completed", "metadata": None}],
    }

    async def work(backend, _):
        assert [(b.id, b.tag) for b in await backend.batches.listed(0)] == [("batch_x", "")]

    with_vendor(work, Answer(200, as_json(page)))


def test_requests_that_fail_say_if_they_may_be_sent_again(with_vendor, spool):
    faults = [
        {"match": {"route": "batches.item", "nth": 1}, "fault": "400"},
        {"match": {"route": "batches.item", "nth": 2}, "fault": "500"},
        {"match": {"route": "batches.item", "nth": 3}, "fault": "expired"},
    ]

    async def work(backend, _):
        batch = await backend.batches.submit(spool(backend), "tag")
        seen = await ended(backend.batches, batch)
        assert (seen.requests, seen.done) == (4, 4)
        found = await read(backend.batches, batch)
        assert [type(found[key]) for key in KEYS] == [RequestRejected, Unreachable, Unreachable, ChatReply]
        assert "expired" in str(found[KEYS[2]])

    with_vendor(work, vendor={"script": faults})


def test_a_batch_that_expired_gives_what_there_is(with_vendor, spool):
    async def work(backend, _):
        batch = await backend.batches.submit(spool(backend), "tag")
        assert (await ended(backend.batches, batch)).failed == ""
        found = await read(backend.batches, batch)
        assert {type(outcome) for outcome in found.values()} == {Unreachable}
        assert set(found) == set(KEYS)

    with_vendor(work, vendor={"script": [{"match": {"route": "batches.create"}, "fault": "expired"}]})


def test_a_batch_that_was_cancelled_ends(with_vendor, spool):
    async def work(backend, vendor):
        batch = await backend.batches.submit(spool(backend), "tag")
        await backend.wire.post(f"/batches/{batch}/cancel", b"{}", "gone")
        await ended(backend.batches, batch)
        assert {type(o) for o in (await read(backend.batches, batch)).values()} == {Unreachable}
        assert vendor.calls == []

    with_vendor(work, vendor={"batch_seconds": 5})


def test_a_batch_that_the_vendor_does_not_take_says_why(with_vendor, spool):
    async def work(backend, _):
        batch = await backend.batches.submit(spool(backend), "tag")
        seen = await ended(backend.batches, batch)
        assert seen.failed == "Enqueued token limit reached"
        assert await read(backend.batches, batch) == {}

    with_vendor(work, vendor={"script": [{"match": {"route": "batches.create"}, "fault": "failed"}]})


@pytest.mark.parametrize(
    ("status", "error", "kept"),
    [(400, RequestRejected, False), (402, BackendUnavailable, False), (500, Unreachable, True)],
)
def test_a_file_whose_batch_is_refused_is_taken_back(with_vendor, spool, failure, status, error, kept):
    """Not where the batch may have been made all the same: it would lose its requests."""

    async def work(backend, vendor):
        vendor.answers = [Answer(200, as_json({"id": "file-1"})), failure(status)]
        with pytest.raises(error):
            await backend.batches.submit(spool(backend), "tag")
        deleted = [request.path for request in vendor.requests if request.method == "DELETE"]
        assert deleted == ([] if kept else ["/v1/files/file-1"])

    with_vendor(work)


def test_a_refusal_is_told_even_if_the_file_cannot_be_taken_back(with_vendor, spool, failure):
    async def work(backend, vendor):
        vendor.answers = [
            Answer(200, as_json({"id": "file-1"})),
            failure(400, "no such window"),
            failure(500),
        ]
        with pytest.raises(RequestRejected, match="no such window"):
            await backend.batches.submit(spool(backend), "tag")

    with_vendor(work)


@pytest.mark.parametrize("at", ["upload", "creation"])
def test_an_answer_without_an_id_may_have_made_a_batch(with_vendor, spool, at):
    async def work(backend, vendor):
        vendor.answers = [Answer(200, as_json({"id": "file-1"}))] * (at == "creation") + [Answer(200, b"{}")]
        with pytest.raises(Unreachable, match="no id"):
            await backend.batches.submit(spool(backend), "tag")

    with_vendor(work)


def test_a_server_without_batches_says_so(with_vendor, failure, spool):
    async def work(backend, vendor):
        vendor.answers = [failure(404, "Not Found")]
        with pytest.raises(UsageError, match="has no batches; run without --batch"):
            await backend.batches.submit(spool(backend), "tag")

    with_vendor(work)


def test_a_batch_of_another_project_is_not_to_be_seen(with_vendor):
    async def work(backend, _):
        with pytest.raises(UsageError, match=r"batch_nine.*OPENAI_API_KEY"):
            await backend.batches.look("batch_nine")

    with_vendor(work)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"response": {"status_code": 429, "body": {"error": {"message": "slow down"}}}}, Unreachable),
        ({"response": {"status_code": 401, "body": {"error": {"message": "key"}}}}, Unreachable),
        ({"response": {"status_code": 404, "body": {"error": {"message": "no model"}}}}, RequestRejected),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, Unreachable),
        ({"response": {"status_code": 200, "body": None}}, Unreachable),
        ({"response": None, "error": None}, Unreachable),
        ({}, Unreachable),
    ],
)
def test_odd_lines_cost_only_their_own_request(with_vendor, answer, error):
    good = {"choices": [{"message": {"content": "So."}, "finish_reason": "stop"}]}
    lines = [{"custom_id": "a", **answer}, {"custom_id": "b", "response": {"status_code": 200, "body": good}}]
    batch = {"id": "batch_1", "status": "completed", "created_at": 1, "output_file_id": "file-1"}

    async def work(backend, _):
        found = await read(backend.batches, "batch_1")
        assert type(found["a"]) is error
        assert found["b"].text == "So."

    content = b"\n".join(map(as_json, lines))  # no feed at the end
    with_vendor(work, Answer(200, as_json(batch)), Answer(200, content))


def test_results_cut_on_the_way_are_read_again(with_vendor, spool):
    async def work(backend, _):
        batch = await backend.batches.submit(spool(backend), "tag")
        await ended(backend.batches, batch)
        with pytest.raises(Unreachable):
            await read(backend.batches, batch)
        assert set(await read(backend.batches, batch)) == set(KEYS)

    cut = {"match": {"route": "files.content"}, "fault": "cut_body", "times": 1}
    with_vendor(work, vendor={"script": [cut]})


def test_letters_that_break_lines_elsewhere_do_not_break_them_here(with_vendor):
    said = "one\u2028two\u0085three\x0bfour"
    good = {"choices": [{"message": {"content": said}, "finish_reason": "stop"}]}
    line = {"custom_id": "a", "response": {"status_code": 200, "body": good}}
    batch = {"id": "batch_1", "status": "completed", "created_at": 1, "output_file_id": "file-1"}

    async def work(backend, _):
        assert (await read(backend.batches, "batch_1"))["a"].text == said

    with_vendor(work, Answer(200, as_json(batch)), Answer(200, as_json(line) + b"\n"))


def test_the_key_is_asked_for_before_anything_is_sent(monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(KeyMissing):
        asyncio.run(ChatGpt(ChatGptOptions()).batches.look("batch_1"))
