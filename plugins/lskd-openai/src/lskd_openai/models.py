"""What differs between OpenAI's models, beyond what the price table says.

Read in OpenAI's pages on each model and on the GPT-6 family (temperature and tools of Chat Completions
need an effort of none from gpt-5.4 on; gpt-6.1-sol takes no tools there at all).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .options import ChatGptOptions

OURS = re.compile(r"(?:.*/)?(?:gpt-\d|chatgpt-|o\d)")
"""Names of OpenAI's models, also as routers write them (``openai/gpt-5.4-mini``); not ``gpt-oss``, which
others serve."""
LEAST_EFFORT = {
    "gpt-6.2": "low",
    "gpt-6.1-sol": "low",
    "gpt-6-astra": "low",
    "gpt-6": "none",
    "gpt-5": "minimal",
    "gpt-5-pro": "high",
    "gpt-5-chat": "",
    "gpt-5.": "none",
    "gpt-4": "",
    "gpt-3": "",
    "chatgpt-": "",
    "o": "low",
}
"""As little as each model can think, by how its name begins, the longest that fits; '' does not think."""
LONG_PROMPTS = ("gpt-5.4", "gpt-5.5", "gpt-5.6", "gpt-6")
LONG, LONG_IN, LONG_OUT = 272_000, 2.0, 1.5
"""Beyond so many tokens of prompt these models cost so many times as much, for the whole request."""
THOUGHTS = {
    "none": 0, "minimal": 1024, "low": 4096, "medium": 12_288, "high": 25_000, "xhigh": 50_000, "max": 90_000,
}  # fmt: skip
"""Tokens left for thinking by effort: they count towards the limit of a reply, and would leave nothing of
it for the answer."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model wants to be spoken to. ``effort`` is '' where nothing is said of it, ``thoughts`` are
    tokens added to a reply's limit."""

    effort: str
    thoughts: int
    temperature: bool
    tools: bool
    strict: bool
    shape: bool
    limit: str


def manner(options: ChatGptOptions) -> Manner:
    """How the options' model is spoken to."""
    ours = options.at_vendor or OURS.match(options.model) is not None
    least = least_effort(options.model) if ours else ""
    effort = options.reasoning_effort or least
    thoughts = THOUGHTS[effort] if effort and ours else 0
    thinks = effort not in ("", "none")
    strict = options.strict == "yes" or (options.strict == "auto" and ours)
    detail = options.schema_detail
    limit = options.max_tokens_name
    return Manner(
        effort=effort,
        thoughts=thoughts if options.reasoning_tokens is None else options.reasoning_tokens,
        temperature=not (ours and thinks) if options.sampling is None else options.sampling,
        tools=not (
            ours and thinks and _name(options.model).startswith(("gpt-5.4", "gpt-5.5", "gpt-5.6", "gpt-6"))
        ),
        strict=strict,
        shape=detail == "shape" or (detail == "auto" and strict),
        limit=("max_completion_tokens" if ours else "max_tokens") if limit == "auto" else limit,
    )


def least_effort(model: str) -> str:
    """As little as one of OpenAI's models can think; '' for those that do not, and those not known."""
    fitting = [begin for begin in LEAST_EFFORT if _name(model).startswith(begin)]
    return LEAST_EFFORT[max(fitting, key=len)] if fitting else ""


def length_factors(model: str, tokens_in: int) -> tuple[float, float]:
    """By how much prompt and reply are dearer for the length of the prompt."""
    if tokens_in > LONG and _name(model).startswith(LONG_PROMPTS):
        return LONG_IN, LONG_OUT
    return 1.0, 1.0


def _name(model: str) -> str:
    return model.rpartition("/")[2]
