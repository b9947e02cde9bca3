"""OpenAI's Chat Completions: requests read, replies and errors worded."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from .answers import Ask
from .faults import Fault
from .limits import openai_headers
from .pictures import size_of
from .schemas import openai_problem
from .tokens import openai_image, tokens_of
from .tongue import Asked, Denied, Spoken, Tongue

REASONING = re.compile(r"o\d|gpt-([5-9]|\d\d)(?!\d*o)")
"""Models that know ``max_completion_tokens`` only."""
DEFAULT_MAX_TOKENS = 16_384
DATA_URL = re.compile(r"data:(image/[\w.+-]+);base64,", re.ASCII)
TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}
CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}


def _key(headers: Mapping[str, str]) -> None:
    if not headers.get("authorization", "").removeprefix("Bearer").strip():
        raise Denied(401, "You didn't provide an API key.", "missing_api_key")


def _error(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code or CODES.get(status)}}


def _read(body: Any, sha256: str, strict: bool) -> Asked:
    """A Chat Completions request."""
    if not isinstance(body, dict):
        raise Denied(400, "We could not parse the JSON body of your request.")
    for name in ("model", "messages"):
        if not body.get(name):
            raise Denied(400, f"Missing required parameter: '{name}'.", "missing_required_parameter")
    if body.get("stream"):
        raise Denied(400, "This server does not stream.", "unsupported_value")
    model = body["model"]
    if body.get("max_tokens") is not None and REASONING.match(model):
        raise Denied(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "unsupported_parameter",
        )
    texts, blocks, turns = _messages(body["messages"])
    tools = {}
    for tool in body.get("tools") or ():
        function = tool["function"]
        tools[function["name"]] = function.get("parameters") or {}
        if function.get("strict") and strict and (problem := openai_problem(tools[function["name"]])):
            raise Denied(
                400,
                f"Invalid schema for function {function['name']!r}: {problem}",
                "invalid_function_parameters",
            )
        blocks.insert(0, (json.dumps(tool), tokens_of(json.dumps(tool)), False))
    choice = body.get("tool_choice") or "auto"
    if isinstance(choice, dict):
        choice = choice["function"]["name"]
    ask = Ask(
        sha256, texts, _schema(body.get("response_format") or {}, texts, strict), tools, turns,
        "any" if choice == "required" else choice,
    )  # fmt: skip
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or DEFAULT_MAX_TOKENS
    return Asked(ask, model, limit, blocks, body.get("n") or 1)


def _schema(
    form: Mapping[str, Any], texts: Sequence[tuple[str, str]], strict: bool
) -> Mapping[str, Any] | None:
    kind = form.get("type", "text")
    if kind == "json_object" and not any("json" in text.lower() for _, text in texts):
        raise Denied(
            400,
            "'messages' must contain the word 'json' to use a 'response_format' of type 'json_object'.",
        )
    if kind != "json_schema":
        return None
    named = form.get("json_schema") or {}
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", named.get("name", "")):
        raise Denied(400, "Invalid 'response_format.json_schema.name'.", "invalid_value")
    schema: Mapping[str, Any] = named.get("schema") or {}
    if named.get("strict") and strict and (problem := openai_problem(schema)):
        raise Denied(400, f"Invalid schema for response_format {named['name']!r}: {problem}")
    return schema


def _messages(messages: Any) -> tuple[list[tuple[str, str]], list[tuple[str, int, bool]], int]:
    """Texts, blocks and the turns that called tools."""
    texts: list[tuple[str, str]] = []
    blocks: list[tuple[str, int, bool]] = []
    turns = 0
    waiting: list[str] = []

    def say(role: str, text: str) -> None:
        texts.append((role, text))
        blocks.append((text, tokens_of(text), False))

    for at, message in enumerate(messages):
        role = {"developer": "system"}.get(message.get("role"), message.get("role"))
        if role not in ("system", "user", "assistant", "tool"):
            raise Denied(400, f"Invalid value: {role!r} for 'messages[{at}].role'.", "invalid_value")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise Denied(
                    400,
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
                )
            waiting.remove(message["tool_call_id"])
        elif waiting:
            raise Denied(
                400,
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following had none: {', '.join(waiting)}",
            )
        content = message.get("content")
        calls = message.get("tool_calls") or []
        if content is None and not calls:
            raise Denied(400, f"Invalid value for 'content': expected a string, got null in messages[{at}].")
        if isinstance(content, str):
            say(role, content)
        for part in content if isinstance(content, list) else ():
            if part.get("type") == "text":
                say(role, part["text"])
            elif part.get("type") == "image_url" and role == "user":
                blocks.append(_image(part["image_url"]))
            else:
                raise Denied(
                    400,
                    f"Invalid value: {part.get('type')!r} for a content part of role {role!r}.",
                    "invalid_value",
                )
        for call in calls:
            given = call["function"]["arguments"]
            blocks.append((given, tokens_of(given), False))
            waiting.append(call["id"])
        turns += bool(calls)
    if waiting:
        raise Denied(400, f"'tool_calls' without an answering tool message: {', '.join(waiting)}")
    return texts, blocks, turns


def _image(url: Mapping[str, Any]) -> tuple[str, int, bool]:
    found = DATA_URL.match(url.get("url", ""))
    if not found:
        raise Denied(400, "Failed to download the image.", "invalid_image_url")
    data = url["url"][found.end() :]
    try:
        width, height = size_of(data, found[1])
    except ValueError as error:
        raise Denied(400, f"You uploaded an unsupported image: {error}", "invalid_image_format") from None
    return data, openai_image(width, height, url.get("detail") or "auto"), False


def _reply(
    asked: Asked, choices: Sequence[Spoken], cached: tuple[int, int], fault: Fault | None, batch: bool
) -> dict[str, Any]:
    out = sum(spoken.tokens for spoken in choices)
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}", "object": "chat.completion", "created": int(time.time()),
        "model": asked.model, "service_tier": "default", "system_fingerprint": "fp_fake",
        "choices": [_choice(at, spoken, fault) for at, spoken in enumerate(choices)],
        "usage": {
            "prompt_tokens": asked.tokens, "completion_tokens": out, "total_tokens": asked.tokens + out,
            "prompt_tokens_details": {"cached_tokens": cached[1], "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
    }  # fmt: skip


def _choice(index: int, spoken: Spoken, fault: Fault | None) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": spoken.text,
        "refusal": None,
        "annotations": [],
    }
    reason = "length" if spoken.cut else "stop"
    if spoken.refused and fault is not None and fault.style == "content_filter":
        reason = "content_filter"
    elif spoken.refused:
        message |= {"content": None, "refusal": "I'm sorry, I can't help with that."}
    if spoken.calls:
        reason = "tool_calls"
        message |= {
            "content": None,
            "tool_calls": [
                {
                    "id": f"call_{secrets.token_hex(12)}", "type": "function",
                    "function": {"name": name, "arguments": json.dumps(given)},
                }
                for name, given in spoken.calls
            ],
        }  # fmt: skip
    return {"index": index, "message": message, "logprobs": None, "finish_reason": reason}


TONGUE = Tongue("openai", "chat", "x-request-id", _key, _read, _reply, _error, openai_headers)
