"""Options of the backend ``chatgpt``."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from lskd_toolkit import Options, runtime

VENDOR = "https://api.openai.com/v1"
MODEL = "gpt-6.1-terra"

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class ChatGptOptions(Options):
    # What was typed is not repeated in an error: a URL may hold a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    model: str = Field(MODEL, min_length=1, description="The model's name at the vendor.")
    base_url: str = Field(
        VENDOR,
        description="Where the API is: OpenAI's, or any server that speaks it, with its /v1. A server other "
        "than OpenAI's may do without a key.",
    )
    reasoning_effort: Effort | None = Field(
        None,
        description="How much the model thinks before it answers: none, minimal, low, medium, high, xhigh or "
        "max. If not given, as little as a model of OpenAI can; nothing is said to others. From gpt-5.4 on, "
        "temperature and tools need none.",
    )
    reasoning_tokens: int | None = Field(
        None,
        ge=0,
        description="Tokens for thinking, on top of a reply's own; they are paid for as output. By default "
        "as the effort needs.",
    )
    strict: Literal["auto", "yes", "no"] = Field(
        "auto",
        description="Whether a reply's schema binds by the vendor's strict mode, less what that refuses. "
        "auto: with OpenAI's models yes, with others no, for they take a schema whole.",
    )
    schema_detail: Literal["auto", "shape", "full"] = Field(
        "auto",
        description="What of a reply's schema is sent. shape: fields and types, which are the same for every "
        "scene, so that the vendor compiles them once and its prompt cache holds. full: also the values of "
        "the one scene. auto: shape where strict.",
    )
    max_tokens_name: Literal["auto", "max_completion_tokens", "max_tokens"] = Field(
        "auto",
        description="What the limit on a reply's length is called. auto: max_completion_tokens with OpenAI's "
        "models, max_tokens with others.",
    )
    sampling: bool | None = Field(
        None, description="Whether the model takes a temperature; by default as is known of OpenAI's models."
    )
    in_flight: int = runtime(64, "Requests in flight at most.", ge=1, le=1000)
    timeout: float = runtime(300.0, "Seconds that one request may take in all.", gt=0)
    usd_per_million_in: float | None = runtime(
        None, "US dollars a million tokens of prompt, in place of the price table's.", ge=0
    )
    usd_per_million_out: float | None = runtime(
        None, "US dollars a million tokens of reply, in place of the price table's.", ge=0
    )
    batch_settles: float = runtime(
        120.0, "Seconds after which a batch that was made is surely in the vendor's list.", ge=0
    )

    @field_validator("base_url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give a URL such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("give the URL alone; a key belongs into the environment, OPENAI_API_KEY")
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if (self.usd_per_million_in is None) != (self.usd_per_million_out is None):
            raise ValueError("give both usd_per_million_in and usd_per_million_out, or neither")
        return self

    @property
    def at_vendor(self) -> bool:
        """Whether the API is OpenAI's own, in any of its regions."""
        host = urlsplit(self.base_url).hostname or ""
        return host == "api.openai.com" or host.endswith(".api.openai.com")
