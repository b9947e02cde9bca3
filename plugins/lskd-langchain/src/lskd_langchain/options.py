"""Options of the backend ``langchain``."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator

from lskd_toolkit import Options, runtime

SECRET = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)
TOKENS = re.compile(r"max.*tokens|tokens?_per|budget_tokens", re.IGNORECASE)
"""Names with ``token`` in them that hold none."""


class LangChainOptions(Options):
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

    @field_validator("kwargs")
    @classmethod
    def _no_secrets(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if SECRET.search(name) and not TOKENS.search(name):
                raise ValueError(f"{name!r} looks like a secret; keys belong into the environment")
        return given
