"""Options of the backend ``claude``."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from lskd_toolkit import Options, runtime

VENDOR = "https://api.anthropic.com"


class ClaudeOptions(Options):
    # What was typed is not repeated in an error: a URL may hold a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    model: str = Field("claude-sonnet-5-5", min_length=1, description="The model's name at the vendor.")
    base_url: str = Field(
        VENDOR,
        description="Where the API is: Anthropic's, or any server that speaks its Messages API. Replies are "
        "kept apart by it. A server other than Anthropic's may do without a key.",
    )
    thinking: Literal["off", "adaptive"] = Field(
        "off",
        description="off: as little thinking before the answer as the model allows. adaptive: as much as "
        "the model finds fit; its tokens count as output and towards max_tokens.",
    )
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="How much work the model puts into a reply; its own default if not given."
    )
    schema_detail: Literal["shape", "full"] = Field(
        "shape",
        description="What of a reply's JSON schema is sent. shape: fields and types, the same for every "
        "scene, so that the vendor's prompt cache holds. full: also the values of the one scene, which costs "
        "the cache.",
    )
    sampling: bool | None = Field(
        None,
        description="Whether the model takes a temperature. By default as the price table says; of models "
        "that are not in it, those of Anthropic do not and those of other servers do.",
    )
    cache: bool = runtime(True, "Let the vendor cache what many requests begin with.")
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
            raise ValueError("give a URL such as https://api.anthropic.com")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("give the URL alone; a key belongs into the environment, ANTHROPIC_API_KEY")
        path = parts.path.rstrip("/").removesuffix("/v1")  # the SDK adds /v1 by itself
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if (self.usd_per_million_in is None) != (self.usd_per_million_out is None):
            raise ValueError("give both usd_per_million_in and usd_per_million_out, or neither")
        if self.thinking == "off" and self.effort in ("xhigh", "max"):
            raise ValueError(f"effort {self.effort} needs thinking; give thinking=adaptive too")
        return self
