"""What a chat model is asked and what it answers, in our own canonical form.

A request's key is made from this form alone: no SDK defaults, no random ids, no encoded bytes. A
picture is named by its content and how it was drawn, so that re-encoding it does not buy it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Status = Literal["ok", "refused", "cut", "unparsable"]


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture in a message: the image's sha256 and the recipe it is drawn by make its identity;
    ``render`` gives the pixels, uint8 RGB ``(H, W, 3)``, only when it is really sent."""

    sha256: str
    recipe: str
    render: Callable[[], np.ndarray] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    text: str
    sights: tuple[Sight, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request. ``schema`` is a JSON schema that the reply must follow, or None. ``draw`` numbers
    repeated samples of the same request. ``options`` are the backend's own sampling options."""

    messages: tuple[Message, ...]
    system: str = ""
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 1024
    temperature: float = 0.8
    stop: tuple[str, ...] = ()
    seed: int = 0
    draw: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One reply, as stored in the ledger. ``usd`` is None when the price is unknown."""

    text: str
    status: Status = "ok"
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0
    model: str = ""
    key: str = ""
