"""Providers' errors as ours, told by their status and name: no provider's package is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time

from lskd_toolkit import Busy, KeyMissing, LskdError, RequestRejected, Unreachable

LONGEST = 300
BUSY = frozenset({429, 503, 529})
NAMES: dict[str, type[LskdError]] = {
    "RateLimitError": Busy,
    "ResourceExhausted": Busy,
    "TooManyRequests": Busy,
    "ServiceUnavailable": Busy,
    "OverloadedError": Busy,
    "AuthenticationError": KeyMissing,
    "PermissionDenied": KeyMissing,
    "Unauthenticated": KeyMissing,
    "BadRequestError": RequestRejected,
    "InvalidArgument": RequestRejected,
    "ContextOverflowError": RequestRejected,
    "OpenAIContextOverflowError": RequestRejected,
    "AnthropicContextOverflowError": RequestRejected,
}
"""Errors without a status, by the name of their class or of one that it is made from."""


def ours(error: Exception, where: str) -> LskdError:
    """Our error for one that a provider's model raised. What is not known may be sent again."""
    if isinstance(error, LskdError):
        return error
    told = " ".join(str(error).split())[:LONGEST] or type(error).__name__
    status = _status(error)
    if status in (401, 403):
        return KeyMissing(f"{where} refuses the key in the environment: {told}")
    if status in BUSY:
        return Busy(f"{where} is busy ({status}): {told}", retry_after(error))
    if status is not None and 400 <= status < 500 and status not in (404, 408, 409, 425):
        return RequestRejected(f"{where} refuses the request ({status}): {told}")
    if status is None:
        for kind in type(error).__mro__:
            if kind.__name__ in NAMES:
                return NAMES[kind.__name__](f"{where}: {told}")
        if "api_key" in told or "API key" in told:
            return KeyMissing(f"{where} wants a key in the environment: {told}")
    return Unreachable(f"{where} failed: {type(error).__name__}: {told}", retry_after(error))


def _status(error: Exception) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "code", "status"):
            value = getattr(holder, name, None)
            if isinstance(value, int):
                return value
    return None


def retry_after(error: Exception) -> float | None:
    """Seconds that the provider asks to wait, from its header: a number or a date."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    if not isinstance(headers, Mapping):
        return None
    told = headers.get("retry-after") or headers.get("Retry-After")
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time())
    except (TypeError, ValueError):
        return None
