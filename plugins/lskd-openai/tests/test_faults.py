"""What goes wrong, and which error of ours says so. Everything is sent once: retries are the core's."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import traceback

import pytest
from lskd_openai.chatgpt import ChatGpt
from lskd_openai.options import ChatGptOptions

from lskd_toolkit import (
    BackendUnavailable,
    Busy,
    ChatRequest,
    KeyMissing,
    Message,
    RequestRejected,
    Unreachable,
    UsageError,
)
from lskd_toolkit.testing.vendors import fake_vendors
from lskd_toolkit.testing.vendors.http import Answer

ASKED = ChatRequest((Message("user", "Why?"),))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRejected), (401, KeyMissing), (402, BackendUnavailable), (403, KeyMissing),
        (404, UsageError), (405, UsageError), (408, Unreachable), (409, Unreachable), (413, RequestRejected),
        (422, RequestRejected), (429, Busy), (500, Unreachable), (502, Unreachable), (503, Busy),
        (504, Unreachable), (529, Busy),
    ],
)  # fmt: skip
def test_each_status_has_its_error(with_vendor, failure, status, error):
    async def work(backend, vendor):
        with pytest.raises(error) as caught:
            await backend.complete(ASKED)
        assert type(caught.value) is error
        assert "it went wrong" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(vendor.requests) == 1

    with_vendor(work, failure(status, "it\nwent wrong"))


@pytest.mark.parametrize("status", [429, 503, 500])
def test_when_to_come_back_is_passed_on(completed, failure, status):
    with pytest.raises((Busy, Unreachable)) as caught:
        completed(failure(status, headers={"retry-after": "7"}))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("more", [{"code": "insufficient_quota"}, {"type": "insufficient_quota"}])
def test_an_account_without_money_stops_the_run_and_is_not_waited_for(completed, failure, more):
    with pytest.raises(BackendUnavailable, match="wants money first: You exceeded your current quota"):
        completed(failure(429, "You exceeded your current quota", {"retry-after": "1"}, **more))


def test_a_request_larger_than_the_limit_of_a_minute_is_never_sent_again(completed, failure):
    with pytest.raises(RequestRejected, match="too large"):
        completed(
            failure(429, "Request too large for gpt-6.1-terra on tokens per min", code="rate_limit_exceeded")
        )


@pytest.mark.parametrize("status", [404, 403])
def test_a_model_that_is_not_there_names_the_option(completed, failure, status):
    with pytest.raises(UsageError, match=r"'gpt-nine'.*teacher\.model") as caught:
        completed(failure(status, "no such model", code="model_not_found"), model="gpt-nine")
    assert not isinstance(caught.value, KeyMissing)


@pytest.mark.parametrize(
    "body", [b"<html><h1>Bad gateway</h1></html>", b"", b"null", b'{"error": "as a text"}']
)
def test_errors_in_other_words_are_errors_too(completed, body):
    with pytest.raises(Unreachable, match="failed"):
        completed(Answer(502, body))


@pytest.mark.parametrize("fault", ["cut", "cut_body", "malformed", {"kind": "hang", "seconds": 30}])
def test_what_is_lost_on_the_way_may_be_sent_again(with_vendor, fault):
    async def work(backend, vendor):
        with pytest.raises(Unreachable):
            await backend.complete(ASKED)
        assert len(vendor.requests) == 1
        assert (await backend.complete(ASKED)).status == "ok"

    with_vendor(work, vendor={"script": [{"fault": fault, "times": 1}]}, timeout=1.0)


def test_an_answer_that_trickles_ends_at_the_time_out(with_vendor):
    async def work(backend, _):
        started = asyncio.get_running_loop().time()
        with pytest.raises(Unreachable, match=r"in 0\.4 s"):
            await backend.complete(ASKED)
        assert asyncio.get_running_loop().time() - started < 5

    slow = {"kind": "trickle", "seconds": 20}
    with_vendor(work, vendor={"script": [{"fault": slow}]}, timeout=0.4)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("refusal", "refused"),
        ("token_limit", "cut"),
        ({"kind": "refusal", "style": "content_filter"}, "refused"),
    ],
)
def test_what_the_vendor_bills_is_a_reply(with_vendor, fault, status):
    async def work(backend, vendor):
        reply = await backend.complete(ASKED)
        assert reply.status == status
        assert reply.usd > 0
        assert len(vendor.calls) == 1

    with_vendor(work, vendor={"script": [{"fault": fault}]})


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        backend = ChatGpt(ChatGptOptions(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", timeout=5))
        with pytest.raises(Unreachable, match="out of reach"):
            asyncio.run(backend.complete(ASKED))


def test_no_more_connections_than_requests_in_flight(with_vendor):
    async def work(backend, vendor):
        assert backend.in_flight == 2
        tasks = [asyncio.create_task(backend.complete(ASKED)) for _ in range(40)]
        await asyncio.sleep(0.3)
        seen = len(vendor.requests)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert 2 <= seen <= 10, "a few more, for batches"

    with_vendor(work, vendor={"latency": 5.0}, in_flight=2)


# --- the key ------------------------------------------------------------------------------------------


def test_the_vendor_wants_a_key_and_its_name_is_told(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(KeyMissing, match="OPENAI_API_KEY is not set"):
        asyncio.run(ChatGpt(ChatGptOptions()).complete(ASKED))


def test_without_a_key_a_backend_is_built_and_tells_its_price(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    assert ChatGpt(ChatGptOptions()).usd(1_000_000, 0) > 0


def test_a_key_that_is_none_is_not_sent(monkeypatch, with_vendor):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-pröj\nX-Header: 1")

    async def work(backend, vendor):
        with pytest.raises(KeyMissing, match="characters"):
            await backend.complete(ASKED)
        assert vendor.requests == []

    with_vendor(work)


@pytest.mark.parametrize("present", [True, False])
def test_other_servers_get_the_key_that_is_there_or_a_stand_in(monkeypatch, with_vendor, key, present):
    if not present:
        monkeypatch.delenv("OPENAI_API_KEY")

    async def work(backend, vendor):
        await backend.complete(ASKED)
        assert vendor.requests[0].headers["authorization"] == f"Bearer {key if present else 'no-key'}"

    with_vendor(work, model="llama3")


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_the_key_is_in_no_error(completed, failure, key, status):
    with pytest.raises(Exception) as caught:
        completed(failure(status, f"Incorrect API key provided: {key}."))
    told = "".join(traceback.format_exception(caught.value))
    assert key not in told
    assert "***" in str(caught.value)


def test_the_key_is_in_no_representation(with_vendor, key):
    async def work(backend, _):
        await backend.complete(ASKED)
        shown = [backend, backend.options, backend.wire, backend.batches, backend.manner, vars(backend)]
        assert not any(key in repr(each) for each in shown)

    with_vendor(work)


# --- the SDK ------------------------------------------------------------------------------------------


def test_the_sdk_is_not_loaded_before_it_is_needed():
    code = (
        "import sys; from lskd_toolkit import create; create('backend', 'chatgpt').usd(1, 1); "
        "sys.exit(any(name.partition('.')[0] in ('openai', 'httpx2', 'aiohttp') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def left_open(recwarn):
    """What is said of connections that nobody closed; what earlier tests left lying is not of this one."""
    gc.collect()
    recwarn.clear()

    def said() -> list:
        gc.collect()
        return [each for each in recwarn if issubclass(each.category, ResourceWarning)]

    return said


def test_one_backend_serves_several_loops_and_leaves_no_connection_open(left_open):
    with fake_vendors() as vendors:
        backend = ChatGpt(ChatGptOptions(base_url=vendors.openai_url))
        texts = {asyncio.run(backend.complete(ASKED)).text for _ in range(3)}
    assert len(texts) == 1
    assert not left_open()


def test_a_backend_that_is_dropped_leaves_no_connection_open(left_open):
    async def work(url: str) -> None:
        for _ in range(3):
            await ChatGpt(ChatGptOptions(base_url=url)).complete(ASKED)

    with fake_vendors() as vendors:
        asyncio.run(work(vendors.openai_url))
    assert not left_open()
