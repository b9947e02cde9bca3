"""The kinds of parts: what each is for, the protocol it follows, and the record that announces it.

A component's class is built as ``Implementation(options, ctx)``: ``options`` is its own pydantic
model (or None when it has none), ``ctx`` a `Context` of six names. Its verbs take a batch of images
and give back one result for each, in order. A verb may be ``async def``; the pipeline then calls it
one image at a time and many at once. Raising fails the call; the pipeline calls again image by image
so that one bad image costs only its own row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from .drawing.pointed import Pointed
    from .images.picture import Picture
    from .llm.messages import ChatReply, ChatRequest
    from .records import (
        Answer,
        Descriptor,
        Example,
        Found,
        Judgement,
        Question,
        Refined,
        Region,
        Scene,
        Statement,
        Taught,
    )


@dataclass(frozen=True, slots=True)
class Component:
    """Announces one part. Listing needs nothing but this record.

    ``implementation`` and ``options`` are import strings ``package.module:Name``. ``behaviour`` is
    raised by hand when outputs change: it is part of every row's key, the distribution's version is
    not, so that an upgrade does not buy a corpus twice. ``batching`` says how a batch of many compares
    with batches of one: ``exact`` (bit-equal) or ``close`` (within 1e-3). ``reads`` names what beyond
    regions a verb looks at: ``pixels``, ``descriptors``. ``paid`` marks what costs money to redo.
    ``memory_mb`` is what its models hold; it decides between the schedules.
    """

    kind: str
    name: str
    summary: str
    implementation: str
    options: str = ""
    behaviour: int = 1
    weights: tuple[str, ...] = ()
    batching: Literal["exact", "close"] = "exact"
    reads: tuple[str, ...] = ("pixels",)
    paid: bool = False
    memory_mb: int = 0


@dataclass(frozen=True, slots=True)
class Strategy:
    """Announces a teaching strategy: an import string of an async function (see `teaching.strategies`)."""

    name: str
    summary: str
    implementation: str


@dataclass(frozen=True, slots=True)
class PromptSet:
    """Announces a prompt set: ``file`` is ``package:relative/path.yaml``."""

    name: str
    summary: str
    file: str


@dataclass(frozen=True, slots=True)
class ShapeType:
    """Announces a geometry: ``implementation`` names an object with the functions of `geometry.shapes`."""

    name: str
    summary: str
    implementation: str


@dataclass(frozen=True, slots=True)
class Command:
    """Announces a verb of the command line: ``implementation`` names a click command."""

    name: str
    summary: str
    implementation: str


class Context(Protocol):
    """All that a component may ask of its surroundings."""

    device: str
    seed: int
    cache: Path

    def model(self, key: str, loader: Callable[[], Any]) -> Any:
        """The model under ``key``, loaded once per device and shared by all that use that key."""

    def llm(self, name: str = "backend") -> Any:
        """The chat backend that the part ``name`` configures, behind ledger, budget and rate."""

    def part(self, kind: str, name: str = "") -> Any:
        """The nested part of that kind (and alias). ``await`` its verbs in async code; call them
        plainly elsewhere."""


# --- one protocol per kind ------------------------------------------------------------------------


@runtime_checkable
class Source(Protocol):
    """A source may have ``limits`` (`lskd_toolkit.images.Limits`): what is too large for it."""

    def scan(self) -> Iterable[Found]: ...

    def read(self, uri: str) -> bytes: ...


@runtime_checkable
class Proposer(Protocol):
    def propose(self, pictures: Sequence[Picture]) -> Sequence[Sequence[Region]]: ...


@runtime_checkable
class Refiner(Protocol):
    def refine(
        self, pictures: Sequence[Picture], regions: Sequence[Sequence[Region]]
    ) -> Sequence[Refined]: ...


@runtime_checkable
class VisualPrompt(Protocol):
    def point(self, picture: Picture, regions: Sequence[Region]) -> Pointed: ...


@runtime_checkable
class Verbalizer(Protocol):
    def verbalize(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene]
    ) -> Sequence[Sequence[Descriptor]]: ...


@runtime_checkable
class Vqa(Protocol):
    def answer(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        questions: Sequence[Question],
    ) -> Sequence[Answer]: ...


@runtime_checkable
class Backend(Protocol):
    """``endpoint`` and ``model`` are part of every request's key; ``usd`` bounds a request's price
    from above (None: the price is unknown, so a money cap is refused)."""

    endpoint: str
    model: str

    async def complete(self, request: ChatRequest) -> ChatReply: ...

    def usd(self, tokens_in: int, tokens_out: int) -> float | None: ...


@runtime_checkable
class Teacher(Protocol):
    def teach(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene]
    ) -> Sequence[Taught] | Awaitable[Sequence[Taught]]: ...


@runtime_checkable
class Critic(Protocol):
    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> Sequence[Sequence[Judgement]]: ...


@runtime_checkable
class Student(Protocol):
    def train(
        self,
        examples: Sequence[Example],
        picture: Callable[[Scene], Picture],
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Mapping[str, float]:
        """Fine-tune on the examples, save under ``folder``, call ``progress(step, steps, metrics)``."""

    def load(self, folder: Path) -> None: ...

    def score(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        texts: Sequence[Sequence[str]],
    ) -> Sequence[Sequence[float]]:
        """How well each text fits its pointed-at image; higher is better."""


@runtime_checkable
class Exporter(Protocol):
    def export(self, corpus: Any, folder: Path) -> Sequence[Path]:
        """Write the corpus (`lskd_toolkit.corpus.Corpus`) under ``folder``; give the files written."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of component: its name, the protocol, the verbs that are its contract, what it is for."""

    name: str
    protocol: type
    verbs: tuple[str, ...]
    summary: str

    @property
    def hook(self) -> str:
        return f"lskd_{self.name}s"


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("source", Source, ("scan", "read"), "Where images come from."),
        Kind("proposer", Proposer, ("propose",), "Images to regions."),
        Kind("refiner", Refiner, ("refine",), "Regions to regions: merge, filter, order, mask."),
        Kind("visual_prompt", VisualPrompt, ("point",), "How a region is shown to a model."),
        Kind("verbalizer", Verbalizer, ("verbalize",), "Images and regions to words."),
        Kind("vqa", Vqa, ("answer",), "Answers a question about an image or its regions."),
        Kind("backend", Backend, ("complete",), "A chat model: request in, reply out."),
        Kind("teacher", Teacher, ("teach",), "Scenes to statements."),
        Kind("critic", Critic, ("judge",), "Scores statements."),
        Kind("student", Student, ("train", "load", "score"), "The model that is distilled into."),
        Kind("exporter", Exporter, ("export",), "Writes the corpus for other tools."),
    )
}
