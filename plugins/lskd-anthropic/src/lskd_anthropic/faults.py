"""The SDK's errors as ours: who is to wait, who is to send again, who is never to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lskd_toolkit import (
    BackendUnavailable,
    Busy,
    KeyMissing,
    LskdError,
    RequestRejected,
    Unreachable,
    UsageError,
)

from .reading import retry_after

if TYPE_CHECKING:
    from anthropic import APIStatusError

KEY = "ANTHROPIC_API_KEY"
LONGEST = 300
"""Characters of a vendor's message that are passed on."""

BUSY = frozenset({429, 503, 529})
AGAIN = frozenset({408, 409, 425, 499})
SPENT = frozenset(
    {
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    }
)


def of_status(error: APIStatusError, key: str, endpoint: str, missing: str) -> LskdError:
    """Our error for an answer of 4xx or 5xx. ``missing`` is what is said of a 404."""
    told = said(error.body, key) or f"HTTP {error.status_code}"
    status, wait = error.status_code, retry_after(error.response.headers)
    if status in (401, 403):
        return KeyMissing(f"{endpoint} refuses the key in {KEY}: {told}")
    if (
        status == 402
        or error.type == "billing_error"
        or error.error_code in SPENT
        or "credit balance" in told
    ):
        return BackendUnavailable(f"{endpoint} wants money first: {told}; the same command goes on after")
    if status in BUSY:
        return Busy(f"{endpoint} is busy ({status}): {told}", wait)
    if status == 404:
        return UsageError(f"{missing}: {told}")
    if status >= 500 or status in AGAIN:
        return Unreachable(f"{endpoint} failed ({status}): {told}", wait)
    return RequestRejected(f"{endpoint} refuses the request ({status}): {told}")


def of_result(error: Mapping[str, Any], key: str) -> LskdError:
    """Our error for one request of a batch that failed: what is wrong with the request itself stays so."""
    inner = error.get("error") if isinstance(error.get("error"), Mapping) else error
    kind = inner.get("type") if isinstance(inner, Mapping) else None
    told = said(error, key) or "it failed in its batch"
    if kind in ("invalid_request_error", "not_found_error", "request_too_large"):
        return RequestRejected(f"refused in its batch: {told}")
    return Unreachable(f"failed in its batch: {told}")


def said(told: object, key: str) -> str:
    """The vendor's own words, in one line, without the key should it stand in them."""
    if isinstance(told, Mapping):
        inner = told.get("error")
        told = (inner.get("message") if isinstance(inner, Mapping) else inner) or told.get("message") or ""
    line = " ".join(str(told or "").split())
    return (line.replace(key, "***") if key else line)[:LONGEST]


def one_line(error: BaseException, key: str) -> str:
    """An error of the way there, with what caused it where that says more."""
    cause: Callable[[BaseException], str] = lambda e: said(str(e), key)  # noqa: E731
    words = [cause(e) for e in (error, error.__cause__) if e is not None]
    return ": ".join(dict.fromkeys(word for word in words if word)) or type(error).__name__
