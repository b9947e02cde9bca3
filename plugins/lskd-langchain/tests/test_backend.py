"""Any LangChain model as a backend: what is sent, what comes back, what goes wrong; through real classes."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from lskd_langchain import faults
from lskd_langchain.backend import LangChain
from lskd_langchain.manners import strict
from lskd_langchain.options import LangChainOptions
from pydantic import ValidationError

from lskd_toolkit import (
    BackendUnavailable,
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
    with fake_vendors(script=script or []) as vendors:
        backend = made(vendors, provider, **more)
        return asyncio.run(backend.complete(request)), vendors.calls


def sends(provider, part, request=ASK, **more):
    """Whether a request's body has this in it."""
    script = [{"match": {"contains": part}, "fault": "413"}]
    try:
        asked(provider, request, script, **more)
    except RequestRejected as error:
        assert "413" in str(error)  # noqa: PT017
        return True
    return False


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


@pytest.mark.parametrize(
    ("provider", "forbidden"),
    [("openai", '"tool_choice":"none"'), ("anthropic", '"tool_choice":{"type":"none"}')],
)
def test_calls_are_forbidden_in_the_provider_s_own_word(provider, forbidden):
    """LangChain's class for Claude takes the plain word for the name of a tool, which the vendor refuses."""
    request = replace(ASK, tools=(TOOL,))
    assert sends(provider, forbidden, replace(request, tool_choice="none"))
    assert not sends(provider, forbidden, request)


@pytest.mark.parametrize("tools", [(), (TOOL,)])
def test_the_schema_goes_along_with_tools_too(tools):
    request, form = replace(ASK, tools=tools), '"json_schema"'
    assert sends("anthropic", form, request)
    assert not sends("anthropic", form, replace(request, schema=None))
    assert not sends("anthropic", form, request, structured=False)
    backend = LangChain(
        LangChainOptions(model="openai:gpt-6.1-terra", kwargs={"extra_body": {"store": False}})
    )
    bound, _ = backend._asked(backend._make(), request)
    body = bound.kwargs["extra_body"]
    assert body["response_format"]["json_schema"] == {"name": "reply", "schema": SCHEMA, "strict": True}
    assert body["store"] is False
    assert [t["function"]["name"] for t in bound.kwargs.get("tools", [])] == [t.name for t in tools]


def test_a_server_that_binds_its_decoding_is_given_no_schema_while_it_may_call():
    """Elsewhere than at OpenAI a schema holds from the first token on, so that no tool is ever called. The
    fake vendor's address is such a server's."""
    request = replace(ASK, tools=(TOOL,))
    assert not sends("openai", '"json_schema"', request)
    assert sends("openai", '"json_schema"', replace(request, tool_choice="none"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_pictures_that_tools_show_come_after_the_last_answer(provider):
    sight = Sight("ab" * 32, "closer", lambda: np.full((40, 60, 3), 200, np.uint8))
    calls = (ToolCall("ask", {"region": 0}), ToolCall("ask", {"region": 1}))
    answers = (Message("tool", "red", (sight,)), Message("tool", "blue"))
    turns = (*ASK.messages, Message("assistant", "", calls=calls), *answers)
    shown, _ = asked(provider, replace(ASK, messages=turns, tools=(TOOL,)))
    plain = tuple(replace(m, sights=()) for m in turns)
    told, _ = asked(provider, replace(ASK, messages=plain, tools=(TOOL,)))
    assert shown.tokens_in > told.tokens_in


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
        ("413", RequestRejected), ("404", UsageError), ("401", KeyMissing), ("403", KeyMissing),
        ({"kind": "hang", "seconds": 20}, Unreachable),
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
    with fake_vendors() as vendors:
        url = vendors.openai_url if provider == "openai" else vendors.anthropic_url
        for check in contracts("backend", "langchain", model=f"{provider}:{MODELS[provider]}", base_url=url):
            functools.partial(check)()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_event_loop_has_connections_of_its_own(provider):
    with fake_vendors() as vendors:
        backend = made(vendors, provider)
        texts = [asyncio.run(backend.complete(ASK)).text for _ in range(3)]
    assert len(set(texts)) == 1


@pytest.mark.parametrize(
    "kwargs",
    [
        {"api_key": "sk-1"}, {"openai_api_key": "x"}, {"secret": 1}, {"auth_token": 2},
        {"default_headers": {"Authorization": "Bearer sk-1"}}, {"clients": [{"x-api-key": "sk-1"}]},
    ],
)  # fmt: skip
def test_what_looks_like_a_key_is_refused_and_not_repeated(kwargs):
    with pytest.raises(ValidationError, match="environment") as caught:
        LangChainOptions(model="openai:x", kwargs=kwargs)
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize("name", ["base_url", "openai_api_base", "anthropic_api_url"])
def test_where_the_model_is_is_said_in_one_place(name):
    with pytest.raises(ValidationError, match="set the option base_url"):
        LangChainOptions(model="openai:x", kwargs={name: "http://there"})


@pytest.mark.parametrize("url", ["http://me:mine@there/v1", "http://there/v1?key=mine", "there"])
def test_an_address_is_an_address_alone(url):
    with pytest.raises(ValidationError) as caught:
        LangChainOptions(model="openai:x", base_url=url)
    assert "mine" not in str(caught.value)


def test_limits_of_tokens_are_no_secrets():
    assert LangChainOptions(model="openai:x", kwargs={"max_completion_tokens": 5}).kwargs


def test_a_provider_that_is_not_installed_is_one_line_with_its_package():
    with pytest.raises(UsageError, match="pip install"):
        asyncio.run(LangChain(LangChainOptions(model="groq:llama-x")).complete(ASK))


def test_an_unknown_provider_is_named():
    with pytest.raises(UsageError, match="nobody"):
        asyncio.run(LangChain(LangChainOptions(model="nobody:x")).complete(ASK))


@pytest.mark.parametrize(
    ("provider", "name"), [("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY")]
)
def test_a_missing_key_is_named_before_the_run_begins(provider, name, monkeypatch):
    monkeypatch.delenv(name)
    # LangSmith's gateway would have its key stand in.
    monkeypatch.setenv("LANGSMITH_GATEWAY", "true")
    monkeypatch.setenv("LANGSMITH_GATEWAY_API_KEY", "of-langsmith")
    with pytest.raises(KeyMissing, match=f"export {name}="):
        LangChain(LangChainOptions(model=f"{provider}:some-model")).ready()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_of_one_s_own_wants_no_key(provider, monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name)
    assert asked(provider)[0].status == "ok"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_finished_run_is_read_back_without_a_key(provider, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert LangChain(LangChainOptions(model=f"{provider}:x")).endpoint == f"langchain:{provider}"


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
    assert type(faults.ours(error, "there", "SOME_API_KEY")) is kind


def refusal(status, message, **body):
    """An error as the SDKs raise them."""
    response = SimpleNamespace(status_code=status, headers={})
    made = type("APIStatusError", (Odd,), {})(f"Error code: {status} - {body} {message}")
    made.status_code, made.response, made.body = status, response, {"error": {"message": message, **body}}
    return made


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal(429, "You exceeded your current quota", code="insufficient_quota"), BackendUnavailable),
        (refusal(400, "Your credit balance is too low"), BackendUnavailable),
        (refusal(402, "pay"), BackendUnavailable),
        (refusal(429, "slow down"), Busy),
        (refusal(400, "no such field"), RequestRejected),
        (refusal(408, "too slow"), Unreachable),
        (refusal(502, "bad gateway"), Unreachable),
        (TypeError("create() got an unexpected keyword argument 'stop'"), UsageError),
    ],
    ids=str,
)
def test_what_waiting_does_not_mend_is_not_sent_again(error, kind):
    assert type(faults.ours(error, "there", "SOME_API_KEY")) is kind


def test_amazon_s_errors_hold_their_status_elsewhere():
    error = type("ClientError", (Odd,), {})("ThrottlingException")
    error.response = {"ResponseMetadata": {"HTTPStatusCode": 429}}
    assert type(faults.ours(error, "there", "K")) is Busy


def test_no_key_of_the_environment_is_repeated(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789")
    told = str(faults.ours(refusal(401, "Incorrect API key: sk-0123456789"), "there", "SOME_API_KEY"))
    assert "0123456789" not in told
    assert "SOME_API_KEY" in told


@pytest.mark.parametrize(
    ("where", "reason", "status"),
    [
        ("finish_reason", "SAFETY", "refused"), ("finish_reason", "MAX_TOKENS", "cut"),
        ("stopReason", "max_tokens", "cut"), ("stop_reason", "refusal", "refused"),
        ("done_reason", "length", "cut"), ("finish_reason", "STOP", "ok"), ("status", "incomplete", "cut"),
    ],
)  # fmt: skip
def test_providers_name_a_reply_s_end_in_their_own_words(where, reason, status):
    from langchain_core.messages import AIMessage
    from lskd_langchain.talking import ours

    assert ours(AIMessage("x", response_metadata={where: reason}), "m", None).status == status


def test_a_schema_that_is_bound_as_a_call_comes_back_as_text():
    from langchain_core.messages import AIMessage
    from lskd_langchain.talking import ours

    call = {"name": "reply", "args": {"statements": []}, "id": "1", "type": "tool_call"}
    reply = ours(AIMessage("", tool_calls=[call]), "m", None, by_tool=True)
    assert (reply.text, reply.calls) == ('{"statements": []}', ())


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("openai:gpt-6.1-terra", {"reasoning_effort": "none"}),
        ("anthropic:claude-haiku-5-5-20261001", {"thinking": {"type": "disabled"}}),
        ("anthropic:claude-opus-5-5", {"output_config": {"effort": "low"}}),
    ],
)
def test_models_are_told_to_think_little_unless_the_user_says_otherwise(model, given):
    assert given.items() <= LangChain(LangChainOptions(model=model)).given.items()
    other = dict.fromkeys(given, "mine")
    assert other.items() <= LangChain(LangChainOptions(model=model, kwargs=other)).given.items()


def test_a_model_that_always_thinks_takes_no_tools_in_chat_completions():
    assert "tools" not in LangChain(LangChainOptions(model="openai:gpt-6.1-sol")).can
    assert "tools" in LangChain(LangChainOptions(model="openai:gpt-6.1-terra")).can
    other = LangChainOptions(model="openai:gpt-6.1-sol", kwargs={"use_responses_api": True})
    assert "tools" in LangChain(other).can


@pytest.mark.parametrize(
    ("schema", "takes"),
    [
        (SCHEMA, True), ({"type": "object", "properties": {}}, False),
        ({**SCHEMA, "uniqueItems": True}, False), ({**SCHEMA, "required": []}, False),
    ],
)  # fmt: skip
def test_strict_mode_is_asked_for_where_it_takes_the_schema(schema, takes):
    assert strict(schema) is takes


def test_a_call_of_unreadable_arguments_reaches_the_tool_that_says_so():
    from langchain_core.messages import AIMessage
    from lskd_langchain.talking import ours

    bad = {"name": "ask", "args": "{not json", "id": "1", "error": None, "type": "invalid_tool_call"}
    assert ours(AIMessage("", invalid_tool_calls=[bad]), "m", None).calls == (
        ToolCall("ask", {"unreadable": "{not json"}),
    )
