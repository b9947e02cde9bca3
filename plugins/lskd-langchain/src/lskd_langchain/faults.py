"""Providers' errors as ours, told by their status and name: no provider's package is imported for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time

from lskd_toolkit import (
    BackendUnavailable,
    Busy,
    KeyMissing,
    LskdError,
    RequestRejected,
    Unreachable,
    UsageError,
)

from .options import HARMLESS, SECRET

LONGEST = 300
"""Characters of a provider's message that are passed on."""
SHORT = 8
"""A value of fewer characters is no key."""
BUSY = frozenset({429, 503, 529})
AGAIN = frozenset({408, 409, 425, 499})
SPENT = (
    "insufficient_quota", "credit balance", "billing_hard_limit_reached", "billing_not_active",
    "billing_error", "spend_limit_reached",
)  # fmt: skip
"""Words that come with a status that others have too, and never get better by waiting."""
NAMES: dict[str, type[LskdError]] = {
    "RateLimitError": Busy,
    "ResourceExhausted": Busy,
    "TooManyRequests": Busy,
    "ServiceUnavailable": Busy,
    "OverloadedError": Busy,
    "AuthenticationError": KeyMissing,
    "PermissionDenied": KeyMissing,
    "Unauthenticated": KeyMissing,
    "NoCredentialsError": KeyMissing,
    "DefaultCredentialsError": KeyMissing,
    "NotFound": UsageError,
    "BadRequestError": RequestRejected,
    "InvalidArgument": RequestRejected,
    "ContextOverflowError": RequestRejected,
}
"""Errors without a status, by the name of their class or of one that it is made from."""


def ours(error: Exception, where: str, key: str) -> LskdError:
    """Our error for one that a provider's model raised. What is not known may be sent again.

    Arguments:
        where: the endpoint and the model, as they are told.
        key: the variable of the environment that the provider's key is in.
    """
    if isinstance(error, LskdError):
        return error
    told, whole, status = said(error), str(error), _status(error)
    if status == 402 or (status in (400, 403, 429) and any(word in whole for word in SPENT)):
        return BackendUnavailable(f"{where} wants money first: {told}; the same command goes on after")
    if status in (401, 403):
        return KeyMissing(f"{where} refuses the key in {key}: {told}")
    if status in (404, 405):
        return UsageError(
            f"{where} is not there ({status}): {told}; choose with --set teacher.model=PROVIDER:NAME or "
            "--set teacher.base_url=URL"
        )
    if status in BUSY:
        return Busy(f"{where} is busy ({status}): {told}", retry_after(error))
    if status is not None and 400 <= status < 500 and status not in AGAIN:
        return RequestRejected(f"{where} refuses the request ({status}): {told}")
    if status is None:
        for kind in type(error).__mro__:
            if kind.__name__ in NAMES:
                return NAMES[kind.__name__](f"{where}: {told}")
        if any(word in whole for word in ("api_key", "API key", "API_KEY", "credentials")):
            return KeyMissing(f"{where} wants a key: export {key}=… ({told})")
        if "unexpected keyword argument" in whole:
            return UsageError(f"{where} does not take what it is given: {told}; see --set teacher.kwargs")
    return Unreachable(f"{where} failed: {type(error).__name__}: {told}", retry_after(error))


def said(error: BaseException) -> str:
    """The provider's own words in one line, without any key of the environment that stands in them."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    message = inner.get("message") if isinstance(inner, Mapping) else None
    line = " ".join(str(message or error).split())
    for name, value in os.environ.items():
        if len(value) >= SHORT and SECRET.search(name) and not HARMLESS.search(name):
            line = line.replace(value, "***")
    return line[:LONGEST] or type(error).__name__


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    for holder in (error, response):
        for name in ("status_code", "code", "status"):
            value = getattr(holder, name, None)
            if isinstance(value, int) and value >= 100:
                return int(value)
    if isinstance(response, Mapping):  # Amazon's
        value = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
        return value if isinstance(value, int) else None
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
