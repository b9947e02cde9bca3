"""What differs between the vendor's models, beyond what the price table says.

Read in Anthropic's pages on thinking, on migration to each model, and on prices; see the README.
"""

from __future__ import annotations

from typing import Any

NO_THINKING: dict[str, dict[str, Any]] = {
    "claude-sonnet-5-5": {"thinking": {"type": "between_tools"}},
    "claude-haiku-5-5": {"thinking": {"type": "disabled"}},
    "claude-sonnet-5": {"thinking": {"type": "disabled"}},
    "claude-opus-5": {"thinking": {"type": "disabled"}},
    "claude-opus-5-5": {"output_config": {"effort": "low"}},
    "claude-fable": {"output_config": {"effort": "low"}},
    "claude-mythos": {"output_config": {"effort": "low"}},
}
"""How each model is told not to think. Opus 5.5, Fable and Mythos always think: low effort keeps it short.
Older models think only when told to."""

LONG_PROMPTS: dict[str, tuple[int, float]] = {"claude-haiku-5-5": (100_000, 5.0)}
"""Models that are dearer for long prompts: tokens up to which the table's prices hold, and the factor by
which every price is higher beyond."""


def no_thinking(model: str) -> dict[str, Any]:
    """What a request says so that the model thinks as little as it can; {} for models not known here."""
    return NO_THINKING.get(_known(model, NO_THINKING), {})


def length_factor(model: str, tokens_in: int) -> float:
    """By how much the prices of a request are higher for the length of its prompt."""
    bound, factor = LONG_PROMPTS.get(_known(model, LONG_PROMPTS), (tokens_in, 1.0))
    return factor if tokens_in > bound else 1.0


def _known(model: str, table: dict[str, Any]) -> str:
    """The longest name in the table that the model's continues: ``claude-opus-5-5-20260922`` is of
    ``claude-opus-5-5``, not of ``claude-opus-5``."""
    fitting = [name for name in table if model == name or model.startswith(name + "-")]
    return max(fitting, key=len, default="")
