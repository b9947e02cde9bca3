"""Clients of the real SDKs, on both transports."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

SDKS = all(find_spec(name) for name in ("anthropic", "openai"))
# Where a plugin's SDK is not installed there is nobody to speak to.
collect_ignore = [] if SDKS else ["test_batches.py", "test_chat.py", "test_faults.py", "test_process.py"]


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request):
    """The keyword that gives a client of either SDK its transport."""

    def http_client(sdk):
        return {"http_client": sdk.DefaultAioHttpClient()} if request.param == "aiohttp" else {}

    return http_client


@pytest.fixture
def claude():
    """``claude(vendors)``: an asynchronous client that leaves repeating to us."""

    import anthropic

    def make(vendors, **more):
        return anthropic.AsyncAnthropic(
            base_url=vendors.anthropic_url, api_key="a key", **{"max_retries": 0, **more}
        )

    return make


@pytest.fixture
def chatgpt():
    """The same for OpenAI."""

    import openai

    def make(vendors, **more):
        return openai.AsyncOpenAI(base_url=vendors.openai_url, api_key="a key", **{"max_retries": 0, **more})

    return make
