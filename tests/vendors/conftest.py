"""Clients of the real SDKs, on both transports."""

from __future__ import annotations

import anthropic
import openai
import pytest


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request):
    """The keyword that gives a client of either SDK its transport."""

    def http_client(sdk):
        return {"http_client": sdk.DefaultAioHttpClient()} if request.param == "aiohttp" else {}

    return http_client


@pytest.fixture
def claude():
    """``claude(vendors)``: an asynchronous client that leaves repeating to us."""

    def make(vendors, **more):
        return anthropic.AsyncAnthropic(
            base_url=vendors.anthropic_url, api_key="a key", **{"max_retries": 0, **more}
        )

    return make


@pytest.fixture
def chatgpt():
    """The same for OpenAI."""

    def make(vendors, **more):
        return openai.AsyncOpenAI(base_url=vendors.openai_url, api_key="a key", **{"max_retries": 0, **more})

    return make
