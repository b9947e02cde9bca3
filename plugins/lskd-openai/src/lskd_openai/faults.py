"""What went wrong, as errors of ours: who is to wait, who is to send again, who is never to."""

from __future__ import annotations

from collections.abc import Mapping

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

KEY = "OPENAI_API_KEY"
LONGEST = 300
"""Characters of a vendor's message that are passed on."""

BUSY = frozenset({429, 503, 529})
AGAIN = frozenset({408, 409, 425, 499})
NOWHERE = frozenset({404, 405})
SPENT = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
)
"""Codes that come as 429 or 403 like others, and never get better by waiting."""


def of_answer(
    status: int,
    told: object,
    *,
    endpoint: str,
    key: str,
    missing: str,
    headers: Mapping[str, str] | None = None,
) -> LskdError:
    """Our error for an answer of 4xx or 5xx.

    Arguments:
        told: the answer's body, decoded or not.
        missing: what is said where nothing is there (404).
    """
    said = words(told, key) or f"HTTP {status}"
    codes = _codes(told)
    if status == 402 or codes & SPENT:
        return BackendUnavailable(f"{endpoint} wants money first: {said}; the same command goes on after")
    if status in NOWHERE or "model_not_found" in codes:
        return UsageError(f"{missing}: {said}")
    if status in (401, 403):
        return KeyMissing(f"{endpoint} refuses the key in {KEY}: {said}")
    wait = retry_after(headers or {})
    if status == 429 and said.lower().startswith("request too large"):
        return RequestRejected(f"{endpoint} refuses the request ({status}): {said}")
    if status == 501 or (status == 500 and "not supported" in said):  # llama.cpp, of pictures
        return RequestRejected(f"{endpoint} cannot do it ({status}): {said}")
    if status in BUSY:
        return Busy(f"{endpoint} is busy ({status}): {said}", wait)
    if status >= 500 or status in AGAIN:
        return Unreachable(f"{endpoint} failed ({status}): {said}", wait)
    return RequestRejected(f"{endpoint} refuses the request ({status}): {said}")


def of_result(status: int, told: object, endpoint: str, key: str) -> LskdError:
    """Our error for one request of a batch that failed: what is wrong with the request itself stays so."""
    error = of_answer(status, told, endpoint=endpoint, key=key, missing="nothing is there")
    if isinstance(error, RequestRejected | UsageError) and not isinstance(error, KeyMissing):
        return RequestRejected(f"refused in its batch ({status}): {words(told, key) or 'no reason given'}")
    return Unreachable(f"failed in its batch ({status}): {words(told, key) or 'no reason given'}")


def _codes(told: object) -> set[str]:
    inner = told.get("error", told) if isinstance(told, Mapping) else None
    return {str(inner.get("code")), str(inner.get("type"))} if isinstance(inner, Mapping) else set()


def words(told: object, key: str) -> str:
    """The vendor's own words, in one line, without the key should it stand in them."""
    if isinstance(told, Mapping):
        inner = told.get("error")
        told = inner.get("message") if isinstance(inner, Mapping) else inner or told.get("message")
    line = " ".join(str(told or "").split())
    return (line.replace(key, "***") if key else line)[:LONGEST]


def one_line(error: BaseException, key: str) -> str:
    """An error of the way there, with what caused it where that says more."""
    said = [words(str(each), key) for each in (error, error.__cause__) if each is not None]
    return ": ".join(dict.fromkeys(word for word in said if word)) or type(error).__name__
