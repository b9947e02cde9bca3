"""The backend over the wire: what arrives there, what comes back, and everything that goes wrong between."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import traceback

import numpy as np
import pytest
from lskd_anthropic.claude import Claude
from lskd_anthropic.options import ClaudeOptions

from lskd_toolkit import (
    BackendUnavailable,
    Busy,
    ChatRequest,
    KeyMissing,
    LskdError,
    Message,
    RequestRejected,
    Sight,
    Unreachable,
    UsageError,
)

REQUEST = ChatRequest((Message("user", "Hello"),), system="Be brief.", max_tokens=9)


def answer(status=200, body=None, headers=None, **more):
    """An answer of the server's."""
    return {"status": status, "body": body, "headers": headers or {}, **more}


def ask(backend: Claude, *requests: ChatRequest):
    async def all_of_them():
        return await asyncio.gather(*(backend.complete(request) for request in requests or [REQUEST]))

    return asyncio.run(all_of_them())[0]


def error(status, kind="invalid_request_error", text="It is wrong.", **headers):
    return answer(status, {"type": "error", "error": {"type": kind, "message": text}}, headers)


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_server_may_live_under_a_path(vendor, claude, ending):
    vendor.answer = lambda asked: answer(body=vendor.message("Hi."))
    ask(Claude(ClaudeOptions(base_url=f"{vendor.url}/house{ending}"), None))
    assert vendor.asked[0].target == "/house/v1/messages"


def test_a_request_arrives_whole_and_its_reply_comes_back(vendor, claude):
    vendor.answer = lambda asked: answer(
        body=vendor.message("Hi."),
        headers={"anthropic-ratelimit-requests-limit": "10", "anthropic-ratelimit-requests-remaining": "9"},
    )
    told = ask(claude())
    assert (told.text, told.pace.requests) == ("Hi.", 0.9)
    [asked] = vendor.asked
    assert (asked.method, asked.target) == ("POST", "/v1/messages")
    assert asked.headers["authorization"] == f"Bearer {vendor.key}"
    assert asked.headers["anthropic-version"] >= "2026-10-21"
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "between_tools"},
    }


def test_models_with_a_temperature_are_asked_by_the_last_version_that_takes_one(vendor, claude):
    ask(claude(model="claude-sonnet-4-6"))
    [asked] = vendor.asked
    assert asked.json["temperature"] == REQUEST.temperature
    assert asked.headers["anthropic-version"] == "2023-06-01"


def test_a_picture_is_drawn_beside_the_loop_and_arrives(vendor, claude):
    sight = Sight("0" * 64, "plain", lambda: np.zeros((8, 8, 3), np.uint8))
    ask(claude(), ChatRequest((Message("user", "See.", (sight,)),)))
    assert vendor.asked[0].json["messages"][0]["content"][0]["source"]["data"].startswith("/9j/")


def test_letters_of_every_kind_arrive_and_half_ones_do_no_harm(vendor, claude):
    ask(claude(), ChatRequest((Message("user", "é 狗 \U0001f415 \ud83d"),)))
    assert vendor.asked[0].json["messages"][0]["content"][0]["text"] == "é 狗 \U0001f415 ?"


def test_one_backend_serves_one_loop_after_another(claude):
    backend = claude()
    assert ask(backend).text == ask(backend).text == "Hello."


def test_connections_are_closed_with_their_loop():
    code = """
import asyncio
from conftest import Vendor
from lskd_anthropic.claude import Claude
from lskd_anthropic.options import ClaudeOptions
from lskd_toolkit import ChatRequest, Message
claude = Claude(ClaudeOptions(base_url=Vendor().url))
print(asyncio.run(claude.complete(ChatRequest((Message("user", "a"),)))).text)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, cwd=__file__.rpartition("/")[0], check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("Hello.\n", ""), "aiohttp complains of a session left open"


# --- what goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "kind", "wait"),
    [
        (error(429, "rate_limit_error", **{"retry-after": "7"}), Busy, 7.0),
        (error(429, "rate_limit_error", **{"retry-after-ms": "250"}), Busy, 0.25),
        (error(429, "rate_limit_error"), Busy, None),
        (error(529, "overloaded_error"), Busy, None),
        (error(503), Busy, None),
        (error(500, "api_error"), Unreachable, None),
        (error(500, "api_error", **{"retry-after": "3"}), Unreachable, 3.0),
        (error(502), Unreachable, None),
        (error(504, "timeout_error"), Unreachable, None),
        (error(408), Unreachable, None),
        (answer(500, b"<html>Bad gateway</html>"), Unreachable, None),
    ],
)
def test_what_may_be_sent_again_says_when(vendor, claude, told, kind, wait):
    vendor.answer = lambda asked: told
    with pytest.raises(kind) as failed:
        ask(claude())
    assert failed.value.retry_after == wait
    assert len(vendor.asked) == 1, "sending again is the core's: the SDK does not"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_wrong_with_a_request_stays_wrong(vendor, claude, status):
    vendor.answer = lambda asked: error(status, text="prompt is too long")
    with pytest.raises(RequestRejected, match="prompt is too long"):
        ask(claude())


def test_a_model_that_nobody_knows_is_the_users_mistake(vendor, claude):
    vendor.answer = lambda asked: error(404, "not_found_error", "model: claude-typo")
    with pytest.raises(UsageError, match=r"--set teacher\.model="):
        ask(claude(model="claude-typo"))


@pytest.mark.parametrize(
    "told",
    [
        error(402, "billing_error"),
        error(400, text="Your credit balance is too low to access the API."),
        answer(400, {"error": {"type": "invalid_request_error", "message": "Stop.",
                             "details": {"error_code": "enforced_spend_limit_reached"}}}),
    ],
)  # fmt: skip
def test_an_account_without_money_stops_the_run_rather_than_losing_scenes(vendor, claude, told):
    vendor.answer = lambda asked: told
    with pytest.raises(BackendUnavailable, match="money"):
        ask(claude())


@pytest.mark.parametrize("data", [b"{", b'{"type":"message"}', b"oops", b"null"])
def test_an_answer_that_makes_no_sense_may_be_asked_for_again(vendor, claude, data):
    vendor.answer = lambda asked: answer(body=data)
    with pytest.raises(Unreachable):
        ask(claude())


def test_a_connection_cut_in_the_middle_of_the_body(vendor, claude):
    vendor.answer = lambda asked: answer(body=vendor.message(), cut=True)
    with pytest.raises(Unreachable, match="out of reach"):
        ask(claude())


def test_nobody_there():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(Unreachable, match="out of reach"):
            ask(Claude(ClaudeOptions(base_url=url)))


def test_an_answer_that_trickles_hits_the_time_out_though_every_read_is_quick(vendor, claude):
    vendor.answer = lambda asked: answer(body=vendor.message(), trickle=0.05)
    with pytest.raises(Unreachable, match=r"no whole answer in 0\.4 s"):
        ask(claude(timeout=0.4))


def test_what_the_caller_gives_up_is_no_error_of_the_vendors(vendor, claude):
    vendor.answer = lambda asked: answer(body=vendor.message(), trickle=0.05)

    async def given_up():
        async with asyncio.timeout(0.3):
            await claude().complete(REQUEST)

    with pytest.raises(TimeoutError):
        asyncio.run(given_up())


# --- the key ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_a_key_one_line_names_the_variable(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("ANTHROPIC_API_KEY")
    else:
        monkeypatch.setenv("ANTHROPIC_API_KEY", value)
    claude = Claude(ClaudeOptions())  # reading a finished run back needs none
    assert claude.usd(10, 10) > 0
    with pytest.raises(KeyMissing, match="ANTHROPIC_API_KEY") as missing:
        ask(claude)
    assert "\n" not in str(missing.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_vendor_refuses(vendor, claude, status):
    vendor.answer = lambda asked: error(status, "authentication_error", "invalid x-api-key")
    with pytest.raises(KeyMissing, match="ANTHROPIC_API_KEY: invalid x-api-key"):
        ask(claude())


def test_another_server_may_want_no_key(vendor, claude, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert ask(claude()).text == "Hello."
    assert vendor.asked[0].headers["authorization"] == "Bearer no-key"


def test_a_key_with_a_line_end_inside_is_refused_without_repeating_it(monkeypatch, claude):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-half\nsk-other")
    with pytest.raises(KeyMissing, match="characters") as refused:
        ask(claude())
    assert "sk-" not in str(refused.value)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_key_that_the_vendor_repeats_is_not_passed_on(vendor, claude, status):
    vendor.answer = lambda asked: error(status, text=f"bad key {asked.headers['authorization']}")
    backend = claude()
    with pytest.raises(LskdError) as failed:
        ask(backend)
    for words in ("".join(traceback.format_exception(failed.value)), repr(backend), str(vars(backend))):
        assert vendor.key not in words
    assert "bad key Bearer ***" in str(failed.value)


def test_importing_the_options_and_the_backend_loads_no_sdk():
    code = (
        "import sys, lskd_anthropic.claude as c; c.Claude(None).usd(1, 1); print('anthropic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
