"""What goes wrong, by script: a list of rules, each saying which requests it meets and what befalls them.

A rule is ``{"match": {...}, "fault": NAME or {"kind": NAME, ...}, "times": N}``. The first rule that fires
decides. ``match`` may name

- ``vendor`` (``anthropic``, ``openai``), ``model``, ``contains`` (a part of the body)
  and ``route``, a pattern as of file names; without it, chats. Routes are ``messages`` and ``chat``,
  ``batches.create``, ``batches.list``, ``batches.get``, ``batches.cancel``, ``batches.results``,
  ``files.create``, ``files.get``, ``files.content``, ``files.delete``, ``files.list``, and ``batches.item``
  for each request within a batch;
- which of those that match so far: ``nth`` (a number or several, from 1), ``every`` (each so-manyeth),
  ``rate`` (a share, drawn from the request's digest and how often it has come, so that the order of arrival
  does not matter) or ``attempt`` (a number or several: only so-manyeth time that an equal body comes).

``times`` ends a rule after it has fired so often. The kinds, and if they are billed, are in `BILLED`; a
fault's own ``billed`` overrides it.

    [{"match": {"rate": 0.1}, "fault": {"kind": "429", "retry_after": 1}},
     {"match": {"vendor": "openai", "nth": [3, 7]}, "fault": "cut_body"},
     {"match": {"route": "batches.create", "nth": 1}, "fault": "expired"}]
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from fnmatch import fnmatchcase
from time import time
from typing import Any

BILLED = {
    "400": False, "401": False, "403": False, "404": False, "413": False, "429": False,
    "500": False, "502": False, "503": False, "529": False,
    "hang": False,  # no answer until ``seconds`` have passed, then the connection closes
    "cut": False,  # the connection is lost before the answer
    "cut_body": True,  # … in the middle of it
    "malformed": True,  # the body is no JSON
    "wrong_schema": True,  # the text does not follow the schema
    "refusal": True,
    "token_limit": True,  # half of the text, cut
    "empty": True,
    "trickle": True,  # the body comes in drips over ``seconds``
    "slow": True,  # ``seconds`` later than others
    "errored": False, "expired": False, "canceled": False,  # of a request in a batch; expired: of a whole one
    "failed": False,  # of a whole batch of OpenAI's: refused when it is validated
}  # fmt: skip
"""The kinds of faults, and if the request is paid for all the same."""
CHAT = ("messages", "chat")
MATCHES = frozenset({"vendor", "model", "route", "contains", "nth", "every", "rate", "attempt"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls a request. ``retry_after`` goes with refusals, as seconds or as an HTTP ``date``;
    ``style`` is how OpenAI refuses: ``message`` or ``content_filter``."""

    kind: str
    billed: bool = False
    retry_after: float | None = None
    date: bool = False
    seconds: float = 3600.0
    style: str = "message"

    @property
    def status(self) -> int:
        """The HTTP status, or 0 where the fault is no refusal."""
        return int(self.kind) if self.kind.isdigit() else 0

    def headers(self) -> dict[str, str]:
        if self.retry_after is None:
            return {}
        if self.date:
            return {"retry-after": formatdate(time() + self.retry_after, usegmt=True)}
        return {"retry-after": f"{self.retry_after:g}"}


class Script:
    """The rules at work: counts what each has met.

    Raises:
        ValueError: a rule has a kind or a condition that is not known.
    """

    def __init__(self, rules: Sequence[Mapping[str, Any]], seed: int = 0):
        self._rules = [_Rule(rule, f"{seed}/{at}") for at, rule in enumerate(rules)]

    def fault(
        self, vendor: str, route: str, sha256: str = "", model: str = "", body: str = ""
    ) -> Fault | None:
        """What befalls this request, or None. Every rule that it matches counts it."""
        fired = [rule for rule in self._rules if rule.meets(vendor, route, sha256, model, body)]
        if not fired:
            return None
        fired[0].left -= 1
        return fired[0].fault


class _Rule:
    def __init__(self, rule: Mapping[str, Any], seed: str):
        fault = {"kind": rule["fault"]} if isinstance(rule["fault"], str | int) else dict(rule["fault"])
        fault["kind"] = str(fault["kind"])
        if fault["kind"] not in BILLED:
            raise ValueError(f"no fault is called {fault['kind']!r}; there are {', '.join(BILLED)}")
        self.match = dict(rule.get("match", {}))
        if unknown := self.match.keys() - MATCHES:
            raise ValueError(
                f"a rule cannot match {', '.join(sorted(unknown))}; it can {', '.join(sorted(MATCHES))}"
            )
        self.fault = replace(Fault(fault["kind"], BILLED[fault["kind"]]), **fault)
        self.left = rule.get("times", 1 << 60)
        self._seed = seed
        self._met = 0
        self._attempts: Counter[str] = Counter()

    def meets(self, vendor: str, route: str, sha256: str, model: str, body: str) -> bool:
        match = self.match
        if route not in CHAT if "route" not in match else not fnmatchcase(route, match["route"]):
            return False
        if match.get("vendor", vendor) != vendor or match.get("model", model) != model:
            return False
        if "contains" in match and match["contains"] not in body:
            return False
        self._met += 1
        self._attempts[sha256] += 1
        attempt = self._attempts[sha256]
        if self.left <= 0:
            return False
        if "nth" in match and self._met not in _several(match["nth"]):
            return False
        if "every" in match and self._met % match["every"]:
            return False
        if "attempt" in match and attempt not in _several(match["attempt"]):
            return False
        return (
            "rate" not in match or random.Random(f"{self._seed}/{sha256}/{attempt}").random() < match["rate"]
        )


def _several(value: int | Sequence[int]) -> Sequence[int]:
    return (value,) if isinstance(value, int) else value
