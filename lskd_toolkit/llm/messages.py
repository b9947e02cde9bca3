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
class ToolSpec:
    """A tool that the model may call. ``parameters`` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model made. It has no id: which answer belongs to which call is told by order."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. ``calls`` are an assistant's; a turn of role ``tool`` is the answer to one call, and
    those after an assistant's turn answer its calls in order."""

    role: Literal["user", "assistant", "tool"]
    text: str
    sights: tuple[Sight, ...] = ()
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request. ``schema`` is a JSON schema that the reply must follow, or None. ``draw`` numbers
    repeated samples of the same request. ``options`` are the backend's own sampling options. With
    ``tool_choice`` none the tools are there, as vendors want it where they have been called before, and may
    not be called any more. The system
    text and the first ``shared`` messages are the same in many requests: a vendor's prompt cache may
    hold them. That is no part of the request's key."""

    messages: tuple[Message, ...]
    system: str = ""
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 1024
    temperature: float = 0.8
    stop: tuple[str, ...] = ()
    seed: int = 0
    draw: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: Literal["auto", "none"] = "auto"
    shared: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Pace:
    """What a vendor's headers say is left: fractions in [0, 1] of its limits on requests and tokens, and
    the seconds until they are whole again. None: not said."""

    requests: float | None = None
    tokens: float | None = None
    reset: float | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One reply, as stored in the ledger. ``usd`` is None when the price is unknown; ``cached`` counts
    the tokens of ``tokens_in`` that came from the vendor's prompt cache; ``pace`` is not stored."""

    text: str
    status: Status = "ok"
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0
    model: str = ""
    key: str = ""
    calls: tuple[ToolCall, ...] = ()
    cached: int = 0
    pace: Pace | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class BatchSeen:
    """A vendor's batch as its list shows it. ``tag`` is what it was marked with at its making ('' where
    the vendor has no such mark), ``created`` seconds of the epoch, ``requests`` how many it holds (None:
    not yet known), ``done`` how many are finished; ``failed`` says why the whole batch came to nothing."""

    id: str
    created: float
    ended: bool
    tag: str = ""
    requests: int | None = None
    done: int = 0
    failed: str = ""
