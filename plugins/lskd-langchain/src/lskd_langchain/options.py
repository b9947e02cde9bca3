"""Options of the backend ``langchain``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from lskd_toolkit import Options, runtime

SECRET = re.compile(r"key|token|secret|password|credential|authorization|cookie", re.IGNORECASE)
HARMLESS = re.compile(r"max.*tokens|tokens?_per|budget_tokens|prompt_cache_key", re.IGNORECASE)
"""Names that sound like a secret's and hold none."""
ELSEWHERE = frozenset({"base_url", "openai_api_base", "anthropic_api_url"})


class LangChainOptions(Options):
    # What was typed is not repeated in an error: it may be a key after all.
    model_config = ConfigDict(hide_input_in_errors=True)

    model: str = Field(
        "openai:gpt-6.1-terra", pattern=r"^[\w.-]+:.+$",
        description="provider:name, as LangChain's init_chat_model takes it: google_genai:gemini-3-flash.",
    )  # fmt: skip
    base_url: str = Field("", description="Where the provider's API is; its own if not given.")
    kwargs: dict[str, Any] = Field(
        default_factory=dict, description="What else the model's class takes: {top_p: 0.9}. No keys."
    )
    structured: bool = Field(
        True, description="Ask for the reply's JSON schema in the provider's own way, where it has one."
    )
    sampling: bool | None = Field(
        None,
        description="Whether the model takes a temperature. By default as the price table says, and yes for "
        "models that are not in it.",
    )
    in_flight: int = runtime(32, "Requests in flight at most.", ge=1, le=1000)
    timeout: float = runtime(300.0, "Seconds that one request may take in all.", gt=0)
    usd_per_million_in: float | None = runtime(
        None, "US dollars a million tokens of prompt, in place of the price table's.", ge=0
    )
    usd_per_million_out: float | None = runtime(
        None, "US dollars a million tokens of reply, in place of the price table's.", ge=0
    )

    @property
    def provider(self) -> str:
        return self.model.partition(":")[0]

    @field_validator("base_url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("give a URL such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("give the URL alone; keys belong into the environment")
        return url.rstrip("/")

    @field_validator("kwargs")
    @classmethod
    def _no_secrets(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name in _names(given):
            if SECRET.search(name) and not HARMLESS.search(name):
                raise ValueError(f"{name!r} looks like a secret; keys belong into the environment")
        for name in given:
            if name in ELSEWHERE:
                raise ValueError(f"instead of {name!r} set the option base_url, which replies are kept under")
        return given

    @model_validator(mode="after")
    def _both_prices(self) -> Self:
        if (self.usd_per_million_in is None) != (self.usd_per_million_out is None):
            raise ValueError("give both usd_per_million_in and usd_per_million_out, or neither")
        return self


def _names(given: Any) -> Iterator[str]:
    """The names in a value, those of values in it too: headers may hold a key."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            yield str(name)
            yield from _names(value)
    elif isinstance(given, list):
        for value in given:
            yield from _names(value)
