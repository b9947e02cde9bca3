"""A server that nobody here wrote: llama.cpp's own, with a small model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from lskd_openai.chatgpt import ChatGpt
from lskd_openai.options import ChatGptOptions

from lskd_toolkit import (
    ChatRequest,
    KeyMissing,
    LskdError,
    Message,
    RequestRejected,
    ToolCall,
    ToolSpec,
    UsageError,
)
from lskd_toolkit.teaching.prompt import load_prompt, schema
from lskd_toolkit.weights import is_here, weight_path

WEIGHTS = "smollm2-135m.gguf"
ASK = ToolSpec(
    "ask", "Ask about a region.", {"type": "object", "properties": {"region": {"type": "integer"}}}
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights() -> Path:
    try:
        if is_here(WEIGHTS):
            return weight_path(WEIGHTS)
    except LskdError:
        pass  # the plugin that knows the file is not installed
    pytest.skip(f"not in the cache; run: lskd weights fetch {WEIGHTS}")


@pytest.fixture(scope="module")
def server(weights):
    xllamacpp = pytest.importorskip("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_parallel, params.n_gpu_layers, params.verbosity, params.port = 4096, 1, 0, 0, 0
    params.ui = params.warmup = False
    params.api_keys = ["sk-of-this-server"]
    return xllamacpp.Server(params)


@pytest.fixture
def ask(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-this-server")

    def asked(request: ChatRequest, path: str = "/v1", **options):
        url = f"{server.listening_address}{path}"
        free = {"usd_per_million_in": 0, "usd_per_million_out": 0, "model": "smollm2"}
        return asyncio.run(ChatGpt(ChatGptOptions(base_url=url, **free, **options)).complete(request))

    return asked


def test_a_reply_follows_the_schema_of_a_prompt(ask):
    prompt = load_prompt("qar-id")
    asked = schema(prompt, [0, 2], None, ["cause", "intent"], 1)
    text = "Regions:\n[0] a dog\n[2] a ball\nWrite one statement as JSON."
    request = ChatRequest((Message("user", text),), schema=asked, max_tokens=400, temperature=0.7, seed=3)
    reply = ask(request)
    assert reply.status == "ok"
    for statement in json.loads(reply.text)["statements"]:
        assert set(statement) == {*prompt.fields, "inference", "evidence", "confidence"}
        assert statement["inference"] in prompt.inference_types
    assert reply.tokens_in > 20
    assert reply.tokens_out > 20
    assert (reply.usd, reply.model) == (0, "smollm2")


def test_a_reply_is_cut_at_its_limit(ask):
    reply = ask(ChatRequest((Message("user", "Count to a hundred."),), max_tokens=5))
    assert (reply.status, reply.tokens_out) == ("cut", 5)


def test_answers_of_tools_are_taken(ask):
    talk = (
        Message("user", "What is at region 2?"),
        Message("assistant", "", (), (ToolCall("ask", {"region": 2}),)),
        Message("tool", "a red ball"),
    )
    assert ask(ChatRequest(talk, tools=(ASK,), max_tokens=40)).text


def test_too_long_a_prompt_is_refused(ask):
    with pytest.raises(RequestRejected, match="context"):
        ask(ChatRequest((Message("user", "word " * 9000),), max_tokens=8))


def test_a_wrong_key_and_a_wrong_path_are_told_apart(ask, monkeypatch):
    plain = ChatRequest((Message("user", "Hello."),), max_tokens=8)
    with pytest.raises(UsageError, match=r"teacher\.base_url"):
        ask(plain, path="/nowhere")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    with pytest.raises(KeyMissing):
        ask(plain)
