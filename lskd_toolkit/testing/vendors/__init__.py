"""Anthropic and OpenAI on a loopback port, for the real SDKs: only the base URL differs.

Replies are worked out from each request, statements by its own schema; what is billed is counted; what goes
wrong goes wrong by script (`faults`). In a test that has a loop:

    async with FakeVendors(latency=0.2) as vendors:
        client = openai.AsyncOpenAI(base_url=vendors.openai_url, api_key="any")

in one that has none, `fake_vendors`; where the client is to be killed, in a process of their own, by
`spawn_vendors` or

    python -m lskd_toolkit.testing.vendors --latency 0.2 --log calls.jsonl --script script.json
"""

from .bill import Call
from .options import VendorOptions
from .server import FakeVendors
from .spawning import SpawnedVendors, fake_vendors, spawn_vendors

__all__ = ["Call", "FakeVendors", "SpawnedVendors", "VendorOptions", "fake_vendors", "spawn_vendors"]
