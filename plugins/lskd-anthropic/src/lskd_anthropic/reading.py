"""What the vendor sends back, as our own records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lskd_toolkit import ChatReply, Pace, Price, ToolCall, Unreachable

from .money import cost, tokens

CUT = frozenset({"max_tokens", "model_context_window_exceeded", "pause_turn"})
"""Reasons to stop that leave a reply unfinished; ``pause_turn`` is of the vendor's own tools."""


def decoded(data: bytes) -> dict[str, Any]:
    """A body as JSON.

    Raises:
        Unreachable: it is none, or not an object.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"the answer is no JSON: {data[:80]!r}") from error
    if not isinstance(told, dict):
        raise Unreachable(f"the answer is no JSON object: {data[:80]!r}")
    return told


def reply(
    message: Mapping[str, Any],
    model: str,
    line: Price | None,
    *,
    batch: bool = False,
    pace: Pace | None = None,
) -> ChatReply:
    """A message of the vendor's, with its price. Thinking is left out; an unfinished reply has no calls,
    for the last of them may be half.

    Raises:
        Unreachable: it is no message.
    """
    content, usage = message.get("content"), message.get("usage") or {}
    if not isinstance(content, list) or not isinstance(usage, Mapping):
        raise Unreachable(f"the answer is no message: {json.dumps(message)[:120]}")
    stop, answering = str(message.get("stop_reason")), str(message.get("model", ""))
    text = "".join(_texts(content))
    details = message.get("stop_details")
    if stop == "refusal" and not text and isinstance(details, Mapping):
        text = str(details.get("explanation") or "")
    plain, read, written, out = tokens(usage)
    return ChatReply(
        text=text,
        status="refused" if stop == "refusal" else "cut" if stop in CUT else "ok",
        tokens_in=plain + read + written,
        tokens_out=out,
        usd=cost(line, usage, batch),
        # The vendor tells the version that answers; other servers tell a path of their own.
        model=answering if answering.startswith(model) else model,
        calls=() if stop in CUT or stop == "refusal" else tuple(_calls(content)),
        cached=read,
        pace=pace,
    )


def _texts(content: list[Any]) -> list[str]:
    return [
        str(block.get("text", ""))
        for block in content
        if isinstance(block, Mapping) and block.get("type") == "text"
    ]


def _calls(content: list[Any]) -> list[ToolCall]:
    return [
        ToolCall(str(block.get("name", "")), block["input"] if isinstance(block.get("input"), dict) else {})
        for block in content
        if isinstance(block, Mapping) and block.get("type") == "tool_use"
    ]


def pace(headers: Mapping[str, str]) -> Pace | None:
    """What ``anthropic-ratelimit-*`` say is left; None where they say nothing. Seconds count from the
    vendor's own ``date``, so that a clock that is wrong here does no harm."""
    headers = dict(headers.items())  # looking a name up in the SDK's own goes through all of them
    left = {kind: _share(headers, kind) for kind in ("requests", "tokens", "input-tokens", "output-tokens")}
    some = [share for kind, share in left.items() if kind != "requests" and share is not None]
    resets = [_time(headers.get(f"anthropic-ratelimit-{kind}-reset", "")) for kind in left]
    latest = max((at for at in resets if at is not None), default=None)
    reset = None if latest is None else max(0.0, latest - _now(headers))
    if left["requests"] is None and not some and reset is None:
        return None
    return Pace(left["requests"], min(some, default=None), reset)


def _share(headers: Mapping[str, str], kind: str) -> float | None:
    try:
        limit = float(headers[f"anthropic-ratelimit-{kind}-limit"])
        share = float(headers[f"anthropic-ratelimit-{kind}-remaining"]) / limit
    except (KeyError, ValueError, ZeroDivisionError):
        return None
    return min(1.0, max(0.0, share))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or from ``retry-after``, which is seconds or a date."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0.0 <= seconds < float("inf"):
            return seconds
    try:
        at = parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, at.timestamp() - _now(headers))


def _now(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return datetime.now(UTC).timestamp()


def _time(text: str) -> float | None:
    """Seconds of the epoch of an RFC 3339 time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def seconds(text: Any) -> float:
    """Seconds of the epoch of an RFC 3339 time, 0 where it is none."""
    return _time(str(text)) or 0.0
