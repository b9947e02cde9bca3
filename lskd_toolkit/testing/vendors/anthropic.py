"""Anthropic's Messages: requests read, replies and errors worded."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from .answers import Ask
from .faults import Fault
from .limits import anthropic_headers
from .pictures import size_of
from .schemas import anthropic_problem
from .tokens import anthropic_image, tokens_of
from .tongue import Asked, Denied, Spoken, Tongue

MARKS = 4
"""Cache marks in one request at most."""
REFUSAL = {"type": "refusal", "category": None, "explanation": None}
ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error",
    504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


def _key(headers: Mapping[str, str]) -> None:
    if not headers.get("x-api-key") and not headers.get("authorization", "").removeprefix("Bearer").strip():
        raise Denied(401, "x-api-key header is required")
    if "anthropic-version" not in headers:
        raise Denied(400, "anthropic-version: header is required")


def _error(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    kind = ERRORS.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {
        "type": "error", "error": {"type": kind, "message": message},
        "request_id": f"req_{secrets.token_hex(12)}",
    }  # fmt: skip


def _read(body: Any, sha256: str, strict: bool) -> Asked:
    """A Messages request. Content that is a string is one text block."""
    if not isinstance(body, dict):
        raise Denied(400, "request body must be a JSON object")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise Denied(400, f"{name}: Field required")
    if body.get("stream"):
        raise Denied(400, "stream: this server does not stream")
    reader = _Reader()
    for tool in body.get("tools") or ():
        reader.block(
            "system",
            tool.get("name", ""),
            tokens_of(json.dumps(tool)),
            bool(tool.get("cache_control")),
            False,
        )
    reader.content("system", body.get("system") or [])
    reader.messages(body["messages"])
    if reader.marks > MARKS:
        raise Denied(
            400, f"A maximum of {MARKS} blocks with cache_control may be provided. Found {reader.marks}."
        )
    form = (body.get("output_config") or {}).get("format") or body.get("output_format")
    schema = form["schema"] if form else None
    if schema is not None and strict and (problem := anthropic_problem(schema)):
        raise Denied(400, f"output_config.format.schema: {problem}")
    choice = body.get("tool_choice") or {"type": "auto"}
    ask = Ask(
        sha256, reader.texts, schema, {t["name"]: t.get("input_schema", {}) for t in body.get("tools") or ()},
        reader.turns, choice["name"] if choice["type"] == "tool" else choice["type"],
    )  # fmt: skip
    return Asked(ask, body["model"], body["max_tokens"], reader.blocks)


class _Reader:
    """Goes through the content of a request once, in the order in which it is cached."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.blocks: list[tuple[str, int, bool]] = []
        self.turns = self.marks = 0

    def block(self, role: str, text: str, tokens: int, marked: bool, said: bool = True) -> None:
        self.blocks.append((text, tokens, marked))
        self.marks += marked
        if said:
            self.texts.append((role, text))

    def messages(self, messages: Any) -> None:
        if not isinstance(messages, list) or not messages:
            raise Denied(400, "messages: at least one message is required")
        waiting: list[str] = []
        for at, message in enumerate(messages):
            role, content = message.get("role"), message.get("content")
            if role not in ("user", "assistant"):
                raise Denied(400, f'messages: Unexpected role "{role}"')
            if not content:
                raise Denied(400, f"messages.{at}: all messages must have non-empty content")
            parts = content if isinstance(content, list) else []
            answered = [p.get("tool_use_id") for p in parts if p.get("type") == "tool_result"]
            if set(answered) != set(waiting):
                raise Denied(
                    400,
                    f"messages.{at}: `tool_use` ids and `tool_result` blocks must correspond: "
                    f"{sorted(waiting)} were used, {sorted(map(str, answered))} have results",
                )
            waiting = [str(p["id"]) for p in parts if p.get("type") == "tool_use"]
            self.turns += bool(waiting)
            self.content(role, content)
        if waiting:
            raise Denied(400, f"messages: `tool_use` ids were found without `tool_result` blocks: {waiting}")

    def content(self, role: str, content: Any) -> None:
        if isinstance(content, str):
            self.block(role, content, tokens_of(content), False)
            return
        for part in content:
            marked = bool(part.get("cache_control"))
            kind = part.get("type")
            if kind == "text":
                if not part["text"]:
                    raise Denied(400, "messages: text content blocks must be non-empty")
                self.block(role, part["text"], tokens_of(part["text"]), marked)
            elif kind == "image":
                self._image(part["source"], marked)
            elif kind == "tool_use":
                given = json.dumps(part["input"])
                self.block(role, given, tokens_of(given), marked, False)
            elif kind == "tool_result":
                self.content("tool", part.get("content") or "")
            else:
                raise Denied(
                    400,
                    f"messages: Input tag '{kind}' does not match any of the expected tags",
                )

    def _image(self, source: Mapping[str, Any], marked: bool) -> None:
        if source.get("type") != "base64":
            raise Denied(400, "messages: Unable to download the file. Please verify the URL and try again.")
        try:
            width, height = size_of(source["data"], source["media_type"])
        except ValueError as error:
            raise Denied(400, f"messages: {error}") from None
        self.blocks.append((source["data"], anthropic_image(width, height), marked))
        self.marks += marked


def _reply(
    asked: Asked, choices: Sequence[Spoken], cached: tuple[int, int], fault: Fault | None, batch: bool
) -> dict[str, Any]:
    spoken = choices[0]
    content: list[dict[str, Any]] = (
        [{"type": "text", "text": spoken.text, "citations": None}] if spoken.text else []
    )
    content += [
        {"type": "tool_use", "id": f"toolu_{secrets.token_hex(12)}", "name": name, "input": given}
        for name, given in spoken.calls
    ]
    reason = "tool_use" if spoken.calls else "end_turn"
    if spoken.refused:
        reason = "refusal"
    elif spoken.cut:
        reason = "max_tokens"
    written, read = cached
    return {
        "id": f"msg_{secrets.token_hex(12)}", "type": "message", "role": "assistant", "model": asked.model,
        "content": content, "stop_reason": reason, "stop_sequence": None,
        "stop_details": REFUSAL if spoken.refused else None,
        "usage": {
            "input_tokens": asked.tokens - written - read,
            "cache_creation_input_tokens": written, "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": spoken.tokens, "service_tier": "batch" if batch else "standard",
        },
    }  # fmt: skip


TONGUE = Tongue("anthropic", "messages", "request-id", _key, _read, _reply, _error, anthropic_headers)
