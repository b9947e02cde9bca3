"""What differs between providers: how LangChain's classes have to be told what we mean.

What is known of a model's thinking is what its vendor's pages say, as in lskd-anthropic and lskd-openai.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lskd_toolkit import Price

VENDORS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
"""Said aloud, so that no variable of the environment sends requests elsewhere than their keys say."""
NO_KEY = "no-key"
"""Sent to servers that want none; LangChain's class insists on one."""
KEYS = {
    "azure_openai": "AZURE_OPENAI_API_KEY", "bedrock": "AWS_ACCESS_KEY_ID",
    "bedrock_converse": "AWS_ACCESS_KEY_ID", "google_genai": "GOOGLE_API_KEY",
    "google_vertexai": "GOOGLE_APPLICATION_CREDENTIALS", "huggingface": "HUGGINGFACEHUB_API_TOKEN",
    "mistralai": "MISTRAL_API_KEY", "perplexity": "PPLX_API_KEY",
}  # fmt: skip
"""Where a key is looked for, other than in the provider's name in capitals with _API_KEY."""

NO_THINKING: dict[str, dict[str, Any]] = {
    "claude-sonnet-5-5": {"thinking": {"type": "between_tools"}},
    "claude-haiku-5-5": {"thinking": {"type": "disabled"}},
    "claude-sonnet-5": {"thinking": {"type": "disabled"}},
    "claude-opus-5": {"thinking": {"type": "disabled"}},
    "claude-opus-5-5": {"output_config": {"effort": "low"}},
    "claude-fable": {"output_config": {"effort": "low"}},
    "claude-mythos": {"output_config": {"effort": "low"}},
}
"""How Claude's models are told to think as little as they can; older ones think only when told to."""
THINKS = re.compile(r"gpt-(?:5\.[4-9]|[6-9])")
"""OpenAI's models that take a temperature and tools, in Chat Completions, only while they do not think."""
STRICT = frozenset({"title", "description", "type", "enum", "const", "items", "minItems", "maxItems",
                    "properties", "required", "additionalProperties", "pattern", "format"})  # fmt: skip
"""What of a JSON schema OpenAI's strict mode surely knows."""


def key_name(provider: str) -> str:
    """The variable that a provider's key is looked for in."""
    return KEYS.get(provider) or f"{provider.upper()}_API_KEY"


def at_vendor(provider: str, base_url: str) -> bool:
    """Whether requests go to the vendor itself and not to a server that speaks as it does."""
    if not base_url or provider not in VENDORS:
        return not base_url
    host, home = urlsplit(base_url).hostname or "", urlsplit(VENDORS[provider]).hostname or ""
    return host == home or host.endswith("." + home)


def gated() -> bool:
    """Whether the environment asks to send models' requests through LangSmith."""
    return os.environ.get("LANGSMITH_GATEWAY", "").lower() not in ("", "false", "0", "no")


def made_with(provider: str, model: str, base_url: str, price: Price | None) -> dict[str, Any]:
    """What a model's class is given when the user says nothing else."""
    given: dict[str, Any] = {"max_retries": 0}
    if base_url or provider in VENDORS:
        given["base_url"] = base_url or VENDORS[provider]
    if provider == "openai":
        given["use_responses_api"] = False  # what compatible servers speak is the older API
        if not at_vendor(provider, base_url):
            if not os.environ.get("OPENAI_API_KEY"):
                given["api_key"] = NO_KEY
        elif THINKS.match(model) and (price is None or price.temperature):
            given["reasoning_effort"] = "none"
    if provider == "anthropic":
        if not at_vendor(provider, base_url) and not os.environ.get("ANTHROPIC_API_KEY"):
            given["api_key"] = NO_KEY
        known = [name for name in NO_THINKING if model == name or model.startswith(name + "-")]
        given |= NO_THINKING[max(known, key=len)] if known else {}
    return given


def may_call(provider: str, model: str, given: Mapping[str, Any], price: Price | None) -> bool:
    """Whether the model takes tools: OpenAI's that always think do not in Chat Completions."""
    always_thinks = price is not None and not price.temperature and THINKS.match(model) is not None
    return not (provider == "openai" and always_thinks and not given.get("use_responses_api"))


def forbids_calls(model: Any) -> dict[str, Any]:
    """How a model's class is told that tools may not be called any more. To some a word that they do not
    know is the name of a tool."""
    names = {each.__name__ for each in type(model).__mro__}
    if any(name.startswith("ChatAnthropic") for name in names):
        return {"tool_choice": {"type": "none"}}
    return {} if any("Bedrock" in name for name in names) else {"tool_choice": "none"}


def strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes a schema as it is: every object closed, every field required."""
    if not isinstance(schema, Mapping) or not schema.keys() <= STRICT:
        return False
    fields = schema.get("properties", {})
    if schema.get("type") == "object":
        whole = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(fields)
        return whole and all(map(strict, fields.values()))
    return "items" not in schema or strict(schema["items"])
