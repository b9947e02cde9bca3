"""A rehearsal: the free stages on a few images, and the requests of verbalizers and teacher made, not sent.

`lskd plan` counts those requests, `lskd prompts show` prints the teacher's. Verbalizers that ask a paid
backend are answered by `invented` words, as long as a reply may be: what they ask then is the most that they
may ask. Everything happens in a folder that is gone afterwards.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..canonical import canonical
from ..components import Component
from ..config import Part, RunConfig, lend
from ..corpus.assembly import image_of, scene_of
from ..errors import BackendUnavailable, KeyMissing, LskdError, UsageError, WeightsMissing
from ..llm.ledger import Ledger
from ..llm.messages import ChatReply, ChatRequest, Message
from ..records import Found, Scene
from ..store import ImageEntry, Store
from .runner import Run
from .workers import WHOSE

CHARACTERS_PER_TOKEN = 4.0
"""English text under today's tokenisers, on average; a projection, not a bound."""
PIXELS_PER_TOKEN = 750.0
"""Of a picture, as Anthropic documents it; other vendors count fewer for the same picture."""


NOT_ASKED = "(not asked)"
"""Stands for what a paid verbalizer would say, where it is shown."""


def invented(request: ChatRequest) -> str:
    """The longest reply to a request, in words that say nothing: as many items as its schema allows, or a
    text of as many tokens as it may have."""
    lists = [each for each in dict(request.schema or {}).get("properties", {}).items() if "items" in each[1]]
    if not lists:
        return f"{NOT_ASKED} " * int(request.max_tokens * CHARACTERS_PER_TOKEN / (len(NOT_ASKED) + 1))
    turn = len(request.messages)
    return json.dumps(
        {name: [_item(form["items"], f"{turn}/{at}") for at in range(form.get("maxItems", 1))]
         for name, form in lists}
    )  # fmt: skip


def not_asked(request: ChatRequest) -> str:
    """Two words for a text, and no questions: for showing what comes of the scene."""
    return NOT_ASKED if request.schema is None else '{"questions": []}'


def _item(form: Mapping[str, Any], mark: str) -> Any:
    """An item of the schema whose texts all differ from those of any other."""
    fields = {name: inner["type"] for name, inner in form.get("properties", {}).items()}
    text = f"{NOT_ASKED} {mark} " + " ".join(["word"] * 12) + "?"
    return {name: text if kind == "string" else [] for name, kind in fields.items()} or text


class ClosedDoor:
    """A door that lets nothing through: it keeps each request, and whose it is, and answers it as refused, or
    with what ``reply`` says."""

    def __init__(
        self,
        backend: Any,
        settings: Mapping[str, Any] | None = None,
        reply: Callable[[ChatRequest], str] | None = None,
    ):
        """``settings``: the backend's options that its replies depend on, as the real door keys by them."""
        self.settings = dict(settings or {})
        self.reply = reply
        self.endpoint, self.model, self.backend = backend.endpoint, backend.model, backend
        self.can: frozenset[str] = getattr(backend, "can", frozenset({"schema"}))
        self.requests: list[ChatRequest] = []
        self.whose: list[tuple[str, int]] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        self.whose.append(WHOSE.get())
        if self.reply is None:
            return ChatReply("", "refused", key="unsent")
        return ChatReply(self.reply(request), key="unsent")

    async def answer(
        self, question: Mapping[str, Any], look: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        return await look()

    def unparsable(self, reply: ChatReply) -> None:
        pass


class StandIn:
    """In place of a backend that is not there: it takes whatever a teacher may send, and answers nothing."""

    endpoint, model, in_flight = "nowhere", "stand-in", 1
    can = frozenset({"images", "schema", "tools"})

    def __init__(self, options: Any = None, ctx: Any = None):
        pass

    async def complete(self, request: ChatRequest) -> ChatReply:
        raise BackendUnavailable("a stand-in answers nothing; name a backend with --teacher NAME")

    def usd(self, tokens_in: int, tokens_out: int) -> float | None:
        return None


STAND_IN = Part(
    "backend", "backend", Component("backend", "stand-in", "Answers nothing.", f"{__name__}:StandIn"),
    "lskd-toolkit", "0", None,
)  # fmt: skip


def with_stand_in(config: RunConfig) -> RunConfig:
    """The configuration, its teacher over a `StandIn` where it names no backend."""
    teacher = config.teacher
    if teacher is None or "backend" in teacher.parts:
        return config
    parts = MappingProxyType({**teacher.parts, "backend": STAND_IN})
    lent = tuple(lend(part, (STAND_IN,)) for part in config.verbalizer)
    return replace(config, teacher=replace(teacher, parts=parts), verbalizer=lent)


def estimated_tokens(system: str, messages: Iterable[Message], *forms: Any) -> int:
    """About how many tokens texts, pictures and forms of JSON (schema, tools) make. Draws the pictures."""
    messages = list(messages)
    written = [canonical(form) for form in forms if form]
    characters = len(system) + sum(len(m.text) for m in messages) + sum(map(len, written))
    shapes = [sight.render().shape for message in messages for sight in message.sights]
    pixels = sum(int(height) * int(width) for height, width, _ in shapes)
    return round(characters / CHARACTERS_PER_TOKEN + pixels / PIXELS_PER_TOKEN)


def tokens_in(request: ChatRequest) -> int:
    """About how many tokens a request is."""
    tools = [[t.name, t.description, dict(t.parameters)] for t in request.tools]
    return estimated_tokens(request.system, request.messages, request.schema, tools)


class _Chosen:
    """A source cut down to some of its images."""

    def __init__(self, source: Any, chosen: Iterable[Found]):
        self._source, self._chosen = source, list(chosen)
        if hasattr(source, "limits"):
            self.limits = source.limits

    def scan(self) -> Iterator[Found]:
        return iter(self._chosen)

    def read(self, uri: str) -> bytes:
        data: bytes = self._source.read(uri)
        return data


@dataclass
class Rehearsal:
    """What the free stages made of the chosen images. ``found`` counts those of the whole source;
    ``seconds`` is the wall time they took; ``asked`` are the doors that verbalizers stood before, by the id
    of their backend's part; ``missing`` says why a `StandIn` is asked instead."""

    config: RunConfig
    run: Run
    store: Store
    found: int
    chosen: Sequence[Found]
    seconds: float
    asked: Mapping[int, ClosedDoor]
    door: ClosedDoor | None = None
    missing: str = ""

    def open(self, *, stand_in: bool = False) -> ClosedDoor | None:
        """The door that stands before the teacher's backend; None where the teacher has none.

        Raises:
            KeyMissing, WeightsMissing: the backend lacks them and no ``stand_in`` may take its place.
        """
        part = self.config.teacher.parts.get("backend") if self.config.teacher is not None else None
        if part is None:
            return None
        self.door = self.shut(part, stand_in=stand_in)
        return self.door

    def shut(
        self,
        part: Part,
        reply: Callable[[ChatRequest], str] | None = None,
        *,
        stand_in: bool = False,
    ) -> ClosedDoor:
        """A closed door before the backend of that part, for those who are built from now on."""
        if id(part) in self.asked:
            backend = self.asked[id(part)].backend
        else:
            backend, self.missing = _backend(self.run, part, stand_in)
        door = ClosedDoor(backend, part.options.key() if part.options is not None else None, reply)
        self.run.workshop.shut(part, door)
        return door

    def scene(self, entry: ImageEntry) -> Scene:
        """The image's scene as the teacher is given it.

        Raises:
            LskdError: a free stage has no result for it.
        """
        stages = self.store.current_stages()
        bodies = {}
        for stage in stages:
            row = self.store.get(stage, [entry.content]).get(entry.content)
            if row is not None and row.status != "ok":
                raise LskdError(f"{entry.id}: {stage.name} {row.status}: {row.reason}")
            if row is not None and row.body is not None:
                bodies[stage.name] = row.body
        return scene_of(image_of(entry), stages, bodies)

    async def requests(self, entry: ImageEntry, scene: Scene) -> list[ChatRequest]:
        """The first requests about a scene; the later ones of a strategy depend on their replies."""
        assert self.door is not None
        assert self.config.teacher is not None
        self.door.requests = []
        teacher = self.run.workshop.host(self.config.teacher).instance()
        await teacher.teach([self.run.picture(entry)], [scene])
        return self.door.requests


def _backend(run: Run, part: Part, stand_in: bool) -> tuple[Any, str]:
    """The backend of a part, or a `StandIn` and why.

    Raises:
        KeyMissing, WeightsMissing: it lacks them and no stand-in may take its place.
    """
    try:
        return run.workshop.host(part).instance(), ""
    except (KeyMissing, WeightsMissing) as error:
        if not stand_in:
            raise
        return StandIn(), str(error)


def _shut(
    run: Run, config: RunConfig, reply: Callable[[ChatRequest], str], stand_in: bool
) -> tuple[dict[int, ClosedDoor], str]:
    """Close the doors of the paid backends that verbalizers ask; what one of them lacks."""
    doors: dict[int, ClosedDoor] = {}
    lacking = ""
    for part in (p for each in config.maps() for p in each.walk() if p.kind == "backend"):
        if id(part) in doors or not (part.paid or part is STAND_IN):
            continue
        backend, missing = _backend(run, part, stand_in)
        settings = part.options.key() if part.options is not None else None
        doors[id(part)] = ClosedDoor(backend, settings, reply)
        run.workshop.shut(part, doors[id(part)])
        run.workshop.host(part).stand_in(StandIn())  # nobody needs its key
        lacking = lacking or missing
    return doors, lacking


@asynccontextmanager
async def rehearsing(
    config: RunConfig,
    choose: Callable[[list[Found]], Sequence[Found]],
    *,
    reply: Callable[[ChatRequest], str] = invented,
    stand_in: bool = False,
) -> AsyncIterator[Rehearsal]:
    """Run the free stages on the images that ``choose`` takes of the source's, verbalizers that ask a paid
    backend with ``reply`` for an answer. With ``stand_in`` a backend need not be there.

    Raises:
        UsageError: a stage before the teacher costs money in another way.
        KeyMissing, WeightsMissing: a backend lacks them and no ``stand_in`` may take its place.
    """
    free = replace(config, teacher=None, critic=(), student=None, batch=False)
    nested = ((each, part) for each in free.maps() for part in each.walk())
    paid = next((each for each, part in nested if part.component.paid and part.kind != "backend"), None)
    if paid is not None:
        raise UsageError(f"{paid.name} costs money, so it is not tried; leave it out to see the rest")
    with tempfile.TemporaryDirectory(prefix="lskd-rehearsal-") as name:
        folder = Path(name)
        with Store(folder) as store:
            ledger = Ledger(folder / "ledger.sqlite")
            run = Run(free, folder, store, ledger)
            try:
                host = run.workshop.host(config.source)
                source = await host.ready()
                found = list(source.scan())
                chosen = choose(found)
                host.stand_in(_Chosen(source, sorted(chosen, key=lambda each: each.id)))
                doors, missing = _shut(run, free, reply, stand_in)
                started = time.perf_counter()
                await run.go()
                seconds = time.perf_counter() - started
                yield Rehearsal(config, run, store, len(found), chosen, seconds, doors, missing=missing)
            finally:
                run.workshop.close()
                ledger.close()
