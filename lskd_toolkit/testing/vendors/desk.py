"""Where requests for a chat are served: faults first, then the vendor's own checks, then the bill, then the
answer."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .answers import answer
from .bill import Bill
from .faults import Fault, Script
from .http import Answer, Manner, Request, as_json
from .limits import Window
from .options import VendorOptions
from .tokens import MarkedPrefixes, SharedBeginnings
from .tongue import Asked, Denied, Tongue, spoken

MESSAGES = {
    400: "the script says that this request is bad", 401: "invalid x-api-key", 403: "not permitted",
    404: "model: not found", 413: "Request exceeds the maximum size",
    429: "This request would exceed your rate limit",
    500: "Internal server error", 502: "Bad gateway", 503: "Service unavailable", 529: "Overloaded",
}  # fmt: skip

_MANNERS: dict[str, Manner] = {"cut_body": "cut_body", "trickle": "trickle"}


class Desk:
    """Serves both vendors; keeps their limits and caches."""

    def __init__(self, options: VendorOptions, bill: Bill):
        self.options, self.bill = options, bill
        self.script = Script(options.script, options.seed)
        self._timers: list[asyncio.TimerHandle] = []
        self._windows: dict[tuple[str, str], Window] = {}
        self._marked = MarkedPrefixes(options.cache_min_tokens, options.cache_seconds)
        self._shared = SharedBeginnings(options.cache_seconds)

    def serve(self, tongue: Tongue, request: Request) -> Answer:
        """The answer to one request for a chat."""
        try:
            tongue.key(request.headers)
            body, sha256 = parsed(request.body)
        except Denied as denied:
            return self.refused(tongue, denied)
        model = str(body.get("model", "")) if isinstance(body, dict) else ""
        fault = self.script.fault(tongue.vendor, tongue.route, sha256, model, self._text(request))
        delay = self._latency(sha256) + (fault.seconds if fault and fault.kind == "slow" else 0.0)
        retry = int(request.headers.get("x-stainless-retry-count") or 0)
        if fault is not None and (fault.status or fault.kind in ("cut", "hang")):
            if fault.billed:
                self.bill.note(
                    tongue.vendor, tongue.route, sha256, model, (0, 0), fault=fault.kind, retry=retry
                )
            return self.failed(tongue, fault)
        window = self._window(tongue, model)
        try:
            asked = tongue.read(body, sha256, self.options.strict_schemas)
            if not window.admit(asked.tokens):
                headers = {"retry-after": f"{window.reset:.3f}"}
                return self.refused(tongue, Denied(429, MESSAGES[429]), headers | tongue.limits(window))
        except Denied as denied:
            return self.refused(tongue, denied)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            return self.refused(tongue, Denied(400, f"the request has not the right form: {error!r}"))
        reply, tokens = self._said(tongue, asked, fault, delay, False)
        if fault is None or fault.billed:
            self.bill.note(
                tongue.vendor, tongue.route, sha256, asked.model, tokens,
                fault=fault.kind if fault else "", retry=retry,
            )  # fmt: skip
        headers = {tongue.request_id: f"req_{secrets.token_hex(8)}"} | tongue.limits(window)
        whole = as_json(reply)
        kind = fault.kind if fault else ""
        if kind == "malformed":
            return Answer(200, whole[: len(whole) * 2 // 3] + b'", oops', headers, delay)
        if fault is not None and fault.kind in _MANNERS:
            return Answer(200, whole, headers, delay, _MANNERS[fault.kind], fault.seconds)
        return Answer(200, whole, headers, delay)

    def guarded(
        self, tongue: Tongue, route: str, request: Request, serve: Callable[..., Answer], *ids: str
    ) -> Answer:
        """What any other route answers, faults first; it may raise `Denied`. What is done is done even if
        the connection is cut after it (``cut_body``)."""
        fault = self.script.fault(tongue.vendor, route, body=self._text(request))
        if fault is not None and (fault.status or fault.kind in ("cut", "hang")):
            return self.failed(tongue, fault)
        try:
            tongue.key(request.headers)
            given = serve(request, *ids, **({"fault": fault} if route == "batches.create" else {}))
        except Denied as denied:
            return self.refused(tongue, denied)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            return self.refused(tongue, Denied(400, f"the request has not the right form: {error!r}"))
        if fault is None:
            return given
        if fault.kind == "malformed":
            return replace(given, body=given.body[: len(given.body) * 2 // 3] + b'", oops')
        if fault.kind in _MANNERS:
            return replace(given, manner=_MANNERS[fault.kind], seconds=fault.seconds)
        if fault.kind == "slow":
            return replace(given, delay=fault.seconds)
        if fault.kind == "empty":
            return replace(given, body=b"")
        return given

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something when its time comes, whether or not anybody asks."""
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def work(self, tongue: Tongue, body: Any, custom_id: str, batch: str) -> tuple[str, int, dict[str, Any]]:
        """One request of a batch, as it is processed and billed: ``("ok", 200, reply)``, ``("errored",
        status, error)``, or ``("expired" or "canceled", 0, {})``."""
        text = json.dumps(body, sort_keys=True)
        sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        model = str(body.get("model", ""))
        fault = self.script.fault(tongue.vendor, "batches.item", sha256, model, text)
        if fault is not None and fault.kind in ("expired", "canceled"):
            return fault.kind, 0, {}
        if fault is not None and (fault.status or fault.kind in ("errored", "cut", "hang")):
            status = fault.status or 500
            return "errored", status, tongue.error(status, MESSAGES[status], None)
        try:
            asked = tongue.read(body, sha256, self.options.strict_schemas)
        except Denied as denied:
            return "errored", denied.status, tongue.error(denied.status, denied.message, denied.code)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            return "errored", 400, tongue.error(400, f"the request has not the right form: {error!r}", None)
        reply, tokens = self._said(tongue, asked, fault, 0.0, True)
        if fault is None or fault.billed:
            self.bill.note(
                tongue.vendor,
                "batches.item",
                sha256,
                model,
                tokens,
                custom_id,
                batch,
                fault.kind if fault else "",
            )
        return "ok", 200, reply

    def refused(self, tongue: Tongue, denied: Denied, headers: dict[str, str] | None = None) -> Answer:
        body = as_json(tongue.error(denied.status, denied.message, denied.code))
        return Answer(
            denied.status, body, {tongue.request_id: f"req_{secrets.token_hex(8)}"} | (headers or {})
        )

    def failed(self, tongue: Tongue, fault: Fault) -> Answer:
        """A fault that leaves no answer worth the name."""
        if fault.kind == "cut":
            return Answer(manner="cut")
        if fault.kind == "hang":
            return Answer(manner="hang", seconds=fault.seconds)
        status = fault.status or 500
        return self.refused(tongue, Denied(status, MESSAGES[status]), fault.headers())

    def _said(
        self, tongue: Tongue, asked: Asked, fault: Fault | None, delay: float, batch: bool
    ) -> tuple[dict[str, Any], tuple[int, int]]:
        """The reply, and the tokens in and out that are billed."""
        options = self.options
        if tongue.vendor == "anthropic":
            cached = self._marked.use(asked.blocks, delay)
        else:
            cached = (0, self._shared.use("\0".join(text for text, _, _ in asked.blocks), delay))
        choices = []
        for sample in range(asked.count):
            ask = asked.ask if not sample else replace(asked.ask, sample=sample)
            said = answer(ask, options.style, options.tool_turns, options.tool_calls)
            choices.append(spoken(said, asked.max_tokens, fault))
        reply = tongue.reply(asked, choices, cached, fault, batch)
        return reply, (asked.tokens, sum(each.tokens for each in choices))

    def _window(self, tongue: Tongue, model: str) -> Window:
        key = (tongue.vendor, model)
        if key not in self._windows:
            options = self.options
            self._windows[key] = Window(
                options.requests_per_window, options.tokens_per_window, options.window
            )
        return self._windows[key]

    def _text(self, request: Request) -> str:
        """The body for rules to look into, decoded only if there are any."""
        return request.body.decode("utf-8", "replace") if self.options.script else ""

    def _latency(self, sha256: str) -> float:
        latency = self.options.latency
        if isinstance(latency, tuple):
            return random.Random(f"latency/{sha256}").uniform(*latency)
        return latency


def parsed(body: bytes) -> tuple[Any, str]:
    """The body and the sha256 of its canonical form.

    Raises:
        Denied: it is no JSON.
    """
    try:
        value = json.loads(body)
    except ValueError:
        raise Denied(400, "We could not parse the JSON body of your request.") from None
    text = json.dumps(value, sort_keys=True)
    return value, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
