"""Any LangChain model as a backend: what is sent, what comes back, what goes wrong; through real classes."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import replace

import numpy as np
import pytest
from lskd_langchain import faults
from lskd_langchain.backend import LangChain
from lskd_langchain.options import LangChainOptions
from pydantic import ValidationError

from lskd_toolkit import (
    Busy,
    ChatRequest,
    KeyMissing,
    Message,
    RequestRejected,
    Sight,
    ToolCall,
    ToolSpec,
    Unreachable,
    UsageError,
)
from lskd_toolkit.testing import contracts
from lskd_toolkit.testing.vendors import fake_vendors

pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
pytest.importorskip("langchain_anthropic", reason="langchain-anthropic is not installed")

PROVIDERS = ["openai", "anthropic"]
MODELS = {"openai": "gpt-6.1-terra", "anthropic": "claude-sonnet-5-5"}
TEXT = "Regions:\n[0] dog (left, small): (n1) brown\n[1] ball (right, small)\nWrite at most 2 statements."
FIELDS = {n: {"type": "string"} for n in ("question", "answer", "rationale", "inference")}
SCHEMA = {
    "type": "object", "required": ["statements"], "additionalProperties": False,
    "properties": {"statements": {"type": "array", "items": {
        "type": "object", "properties": FIELDS, "required": list(FIELDS), "additionalProperties": False,
    }}},
}  # fmt: skip
ASK = ChatRequest((Message("user", TEXT),), system="Be good.", schema=SCHEMA, max_tokens=900)
REGION = {"type": "integer", "enum": [0, 1]}
TOOL = ToolSpec(
    "ask", "Ask.",
    {
        "type": "object", "properties": {"region": REGION}, "required": ["region"],
        "additionalProperties": False,
    },
)  # fmt: skip


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-secret-of-mine")


def made(vendors, provider, **more):
    url = vendors.openai_url if provider == "openai" else vendors.anthropic_url
    return LangChain(LangChainOptions(model=f"{provider}:{MODELS[provider]}", base_url=url, **more))


def asked(provider, request=ASK, script=None, **more):
    with fake_vendors(script=script or [], strict_schemas=False) as vendors:
        backend = made(vendors, provider, **more)
        return asyncio.run(backend.complete(request)), vendors.calls


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reply_has_its_text_tokens_and_price(provider):
    reply, calls = asked(provider)
    assert '"statements"' in reply.text
    assert reply.status == "ok"
    assert (reply.tokens_in, reply.tokens_out) == (calls[0].tokens_in, calls[0].tokens_out)
    assert reply.usd > 0
    assert reply.model == MODELS[provider]
    assert len(calls) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_tools_are_called_answered_and_then_left(provider):
    request = replace(ASK, tools=(TOOL,))
    reply, _ = asked(provider, request)
    assert reply.calls
    assert reply.calls[0].name == "ask"
    turns = [
        Message("assistant", reply.text, calls=reply.calls),
        *(Message("tool", "red") for _ in reply.calls),
    ]
    closing = replace(
        request, messages=(*request.messages, *turns, Message("user", "Write.")), tool_choice="none"
    )
    last, _ = asked(provider, closing)
    assert last.calls == ()
    assert last.text


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_picture_goes_along(provider):
    sight = Sight("ab" * 32, "numbered", lambda: np.full((40, 60, 3), 200, np.uint8))
    plain, _ = asked(provider)
    seen, _ = asked(provider, replace(ASK, messages=(Message("user", TEXT, (sight,)),)))
    assert seen.tokens_in > plain.tokens_in


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("fault", "status"), [("refusal", "refused"), ("token_limit", "cut")]
)  # fmt: skip
def test_how_a_reply_ended_is_told(provider, fault, status):
    reply, _ = asked(provider, script=[{"match": {}, "fault": fault}])
    assert reply.status == status


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "429", "retry_after": 7}, Busy), ("529", Busy), ("503", Busy), ("500", Unreachable),
        ("cut", Unreachable), ("cut_body", Unreachable), ("malformed", Unreachable), ("400", RequestRejected),
        ("401", KeyMissing), ({"kind": "hang", "seconds": 20}, Unreachable),
        ({"kind": "trickle", "seconds": 20}, Unreachable),
    ],
    ids=str,
)  # fmt: skip
def test_what_goes_wrong_is_sent_once_and_told_as_ours(provider, fault, error):
    with pytest.raises(error) as caught:
        asked(provider, script=[{"match": {}, "fault": fault}], timeout=1.5)
    assert "sk-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    if error is Busy and isinstance(fault, dict):
        assert caught.value.retry_after == pytest.approx(7, abs=1)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_contract(provider):
    with fake_vendors(strict_schemas=False) as vendors:
        url = vendors.openai_url if provider == "openai" else vendors.anthropic_url
        for check in contracts("backend", "langchain", model=f"{provider}:{MODELS[provider]}", base_url=url):
            functools.partial(check)()


@pytest.mark.parametrize(
    "kwargs", [{"api_key": "sk-1"}, {"openai_api_key": "x"}, {"secret": 1}, {"auth_token": 2}]
)
def test_what_looks_like_a_key_is_refused(kwargs):
    with pytest.raises(ValidationError, match="environment"):
        LangChainOptions(model="openai:x", kwargs=kwargs)


def test_limits_of_tokens_are_no_secrets():
    assert LangChainOptions(model="openai:x", kwargs={"max_completion_tokens": 5}).kwargs


def test_a_provider_that_is_not_installed_is_one_line_with_its_package():
    with pytest.raises(UsageError, match="pip install"):
        asyncio.run(LangChain(LangChainOptions(model="groq:llama-x")).complete(ASK))


def test_an_unknown_provider_is_named():
    with pytest.raises(UsageError, match="nobody"):
        asyncio.run(LangChain(LangChainOptions(model="nobody:x")).complete(ASK))


def test_a_missing_key_is_said_to_be(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises((KeyMissing, UsageError), match="OPENAI_API_KEY"):
        asyncio.run(LangChain(LangChainOptions(model="openai:gpt-x")).complete(ASK))


def test_the_address_and_the_model_are_part_of_what_a_reply_is_kept_under():
    backend = LangChain(LangChainOptions(model="openai:gpt-x", base_url="http://here/v1"))
    assert (backend.endpoint, backend.model) == ("langchain:openai http://here/v1", "gpt-x")
    assert LangChain(LangChainOptions(model="openai:gpt-x")).endpoint == "langchain:openai"


class Odd(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (type("ResourceExhausted", (Odd,), {})("quota"), Busy),
        (type("Unauthenticated", (Odd,), {})("no"), KeyMissing),
        (type("InvalidArgument", (Odd,), {})("too long"), RequestRejected),
        (Odd("who knows"), Unreachable),
        (ConnectionError("gone"), Unreachable),
    ],
)
def test_errors_without_a_status_are_told_by_name(error, kind):
    assert type(faults.ours(error, "there")) is kind


def test_a_call_of_unreadable_arguments_reaches_the_tool_that_says_so():
    from langchain_core.messages import AIMessage
    from lskd_langchain.talking import ours

    bad = {"name": "ask", "args": "{not json", "id": "1", "error": None, "type": "invalid_tool_call"}
    assert ours(AIMessage("", invalid_tool_calls=[bad]), "m").calls == (
        ToolCall("ask", {"unreadable": "{not json"}),
    )
