"""Nobody listens: LangSmith is asked for by every variable there is, and hears nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lskd_langchain.backend import LangChain
from lskd_langchain.options import LangChainOptions
from lskd_langchain.quiet import quiet

from lskd_toolkit import UsageError

pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")

TALK = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from test_agent import *
from lskd_langchain import agent as talking, backend as asking
from lskd_toolkit import ChatRequest, Message
from lskd_toolkit.testing.vendors import fake_vendors

if sys.argv[2] == "loud":
    from contextlib import nullcontext
    talking.quiet = asking.quiet = nullcontext
taught(Scripted(look(0), WRITTEN))
with fake_vendors() as vendors:
    options = asking.LangChainOptions(model="openai:gpt-6.1-terra", base_url=vendors.openai_url)
    asyncio.run(asking.LangChain(options).complete(ChatRequest((Message("user", "Hello."),))))
from langchain_core.tracers.langchain import wait_for_all_tracers
wait_for_all_tracers()
print("done")
"""


def heard(how):
    """How often LangSmith is spoken to while an agent and a backend work."""
    paths = []

    class Listening(BaseHTTPRequestHandler):
        def _any(self):
            paths.append(self.path)
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PATCH = _any  # noqa: N815

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        asks = {
            f"{maker}_{name}": value
            for maker in ("LANGSMITH", "LANGCHAIN")
            for name, value in {
                "TRACING_V2": "true", "API_KEY": "of-langsmith", "ENDPOINT": address, "GATEWAY": address,
            }.items()
        }  # fmt: skip
        asks["LANGSMITH_TRACING"] = "true"
        words = [sys.executable, "-c", TALK, str(Path(__file__).parent), how]
        done = subprocess.run(words, env={**os.environ, **asks}, capture_output=True, text=True, check=False)
        server.shutdown()
    assert done.stdout == "done\n", done.stderr
    return len(paths)


def test_langsmith_hears_nothing():
    assert heard("quietly") == 0


def test_langsmith_would_hear_it_otherwise():
    assert heard("loud") > 0


@pytest.mark.parametrize("name", ["LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"])
def test_a_variable_that_forbids_work_untraced_is_named(name, monkeypatch):
    monkeypatch.setenv(name, "true")
    with pytest.raises(UsageError, match=f"unset {name}"), quiet():
        pass


@pytest.mark.parametrize("gateway", ["true", "http://127.0.0.1:9"])
def test_requests_do_not_go_through_langsmith(gateway, monkeypatch):
    monkeypatch.setenv("LANGSMITH_GATEWAY", gateway)
    monkeypatch.setenv("LANGSMITH_GATEWAY_API_KEY", "of-langsmith")
    monkeypatch.setenv("OPENAI_API_KEY", "of-mine")
    made = LangChain(LangChainOptions(model="openai:gpt-6.1-terra"))._make()
    assert made.openai_api_base == "https://api.openai.com/v1"
    assert made.openai_api_key.get_secret_value() == "of-mine"
    with pytest.raises(UsageError, match="LANGSMITH_GATEWAY"):
        LangChain(LangChainOptions(model="groq:llama")).ready()


def test_no_variable_sends_requests_elsewhere_than_they_are_kept_under(monkeypatch):
    for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "of-mine")
    made = LangChain(LangChainOptions(model="openai:x"))._make()
    assert made.openai_api_base == "https://api.openai.com/v1"
    pytest.importorskip("langchain_anthropic")
    made = LangChain(LangChainOptions(model="anthropic:x"))._make()
    assert made.anthropic_api_url == "https://api.anthropic.com"
