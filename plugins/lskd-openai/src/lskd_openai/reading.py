"""What the vendor sends back, as our own records."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from lskd_toolkit import ChatReply, Pace, Price, ToolCall, Unreachable

from .money import cost, tokens

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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
    completion: Mapping[str, Any],
    model: str,
    line: Price | None,
    *,
    batch: bool = False,
    pace: Pace | None = None,
) -> ChatReply:
    """A completion with its price. An unfinished reply has no calls, for the last of them may be half.

    Raises:
        Unreachable: it is no completion.
    """
    choices = completion.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    choice: Mapping[str, Any] = first if isinstance(first, Mapping) else {}
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise Unreachable(f"the answer is no completion: {json.dumps(completion)[:120]}")
    usage = completion.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    reason, text, refusal = choice.get("finish_reason"), _text(message.get("content")), message.get("refusal")
    status: Literal["ok", "refused", "cut"] = "ok"
    calls: tuple[ToolCall, ...] = ()
    if refusal or reason == "content_filter":
        status, text = "refused", text or str(refusal or "")
    elif reason == "length":
        status = "cut"
    else:
        calls, garbled = _calls(message.get("tool_calls"))
        if garbled:
            # Nothing can be looked up by it: as text it is sent back with what is wrong with it.
            text, calls = "\n".join(part for part in (text, *garbled) if part), ()
    tokens_in, cached, _, tokens_out = tokens(usage)
    return ChatReply(
        text=text,
        status=status,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        usd=cost(line, usage, batch),
        model=_version(completion.get("model"), model),
        calls=calls,
        cached=cached,
        pace=pace,
    )


def _version(told: Any, model: str) -> str:
    """The model's name, with its version where the vendor tells it. Other names are of no use to anyone:
    llama.cpp gives the path of a file."""
    return told if isinstance(told, str) and told.startswith(model) else model


def _text(content: Any) -> str:
    """The content as text; some servers give it in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _calls(told: Any) -> tuple[tuple[ToolCall, ...], list[str]]:
    """The calls, and those whose arguments are no JSON object, as they were written."""
    calls, garbled = [], []
    for each in told if isinstance(told, list) else ():
        function = each.get("function") if isinstance(each, Mapping) else None
        if not isinstance(function, Mapping):
            continue
        name, written = str(function.get("name") or ""), function.get("arguments")
        try:
            arguments = json.loads(written or "{}") if isinstance(written, str | None) else written
            json.dumps(arguments, allow_nan=False)  # NaN and infinities are no JSON, and equal nothing
        except (ValueError, RecursionError):
            arguments = None
        if isinstance(arguments, dict):
            calls.append(ToolCall(name, arguments))
        else:
            garbled.append(f"{name}({written})")
    return tuple(calls), garbled


# --- headers ----------------------------------------------------------------------------------------


def pace(headers: Mapping[str, str]) -> Pace | None:
    """What ``x-ratelimit-*`` say is left, and the seconds until the scarcer of the two is whole again; None
    where they say nothing."""
    left = {kind: _share(headers, kind) for kind in ("requests", "tokens")}
    said = {kind: share for kind, share in left.items() if share is not None}
    if not said:
        return None
    scarcest = min(said, key=lambda kind: said[kind])
    return Pace(left["requests"], left["tokens"], span(headers.get(f"x-ratelimit-reset-{scarcest}", "")))


def _share(headers: Mapping[str, str], kind: str) -> float | None:
    try:
        limit = float(headers[f"x-ratelimit-limit-{kind}"])
        share = float(headers[f"x-ratelimit-remaining-{kind}"]) / limit
    except (KeyError, ValueError, ZeroDivisionError):
        return None
    return min(1.0, max(0.0, share))


def span(text: str) -> float | None:
    """Seconds of a span of time as ``6m0s``, ``1.5s``, ``20ms`` or ``30``; None where it is none."""
    found = _SPAN.findall(text)
    if found and "".join(number + unit for number, unit in found) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in found)
    return _number(text)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or from ``retry-after``, which is seconds or a date."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        seconds = _number(headers.get(name, ""))
        if seconds is not None:
            return seconds * unit
    try:
        at = parsedate_to_datetime(headers.get("retry-after", "")).timestamp()
    except (TypeError, ValueError):
        return None
    try:
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()  # the clock here may be wrong
    except (TypeError, ValueError):
        now = datetime.now(UTC).timestamp()
    return max(0.0, at - now)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value < float("inf") else None
