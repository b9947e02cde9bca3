"""What a part of each kind does: one protocol a kind, and the context that every part is built with.

Verbs take a batch of images and give back one result for each, in order. A verb may be ``async def``;
the pipeline then calls it one image at a time and many at once. Raising fails the call; the pipeline
calls again image by image, so that one bad image costs only its own row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from .drawing.pointed import Pointed
    from .images.picture import Picture
    from .labelling import Labelled
    from .llm.messages import BatchSeen, ChatReply, ChatRequest
    from .records import (
        Answer,
        Ask,
        Descriptor,
        Example,
        Found,
        Judgement,
        Question,
        Refined,
        Region,
        Said,
        Scene,
        Statement,
        Taught,
    )


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
        """The part's own of that kind (and alias), or the run's that it is lent; with the name ``*`` a list
        of all of that kind, empty where there is none.
        ``await`` its verbs in async code; call them plainly elsewhere. It has an ``alias``, and a
        ``key``: what its outputs depend on; a visual prompt's ``gives`` says what it hands back."""


# --- one protocol per kind ------------------------------------------------------------------------


class Source(Protocol):
    """A source may have ``limits`` (`lskd_toolkit.images.Limits`): what is too large for it."""

    def scan(self) -> Iterable[Found]: ...

    def read(self, uri: str) -> bytes: ...


class Proposer(Protocol):
    def propose(self, pictures: Sequence[Picture]) -> Sequence[Sequence[Region] | Refined]:
        """`Refined` where regions were left out that somebody may ask for."""


class Refiner(Protocol):
    def refine(
        self, pictures: Sequence[Picture], regions: Sequence[Sequence[Region]]
    ) -> Sequence[Refined]: ...


class VisualPrompt(Protocol):
    def point(self, picture: Picture, regions: Sequence[Region]) -> Pointed: ...


class Verbalizer(Protocol):
    def verbalize(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene]
    ) -> Sequence[Sequence[Descriptor]]: ...


class Vlm(Protocol):
    """Its record's ``takes`` says how it can be shown a region; one that takes ``images`` looks at several
    pictures at once, any other is given one."""

    def say(
        self, shown: Sequence[Pointed], asks: Sequence[Ask]
    ) -> Sequence[Sequence[Said]] | Awaitable[Sequence[Sequence[Said]]]:
        """As many texts each as ``Ask.samples`` wants, surest first where it wants one."""


class Depth(Protocol):
    def measure(self, pictures: Sequence[Picture]) -> Sequence[np.ndarray]:
        """float32 ``(h, w)`` that covers the whole picture at any resolution; larger is farther. Only the
        order within one picture counts."""


class Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``(N, D)``, each of length one; the more alike two texts mean, the larger their product."""


class Vqa(Protocol):
    def answer(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        questions: Sequence[Question],
    ) -> Sequence[Answer]: ...


class Backend(Protocol):
    """``endpoint`` and ``model`` are part of every request's key; ``usd`` bounds a request's price
    from above (None: the price is unknown, so a money cap is refused).

    ``can`` says what else it takes: ``images``, ``schema``, ``tools``. ``in_flight`` is how many requests
    it takes at once; requests are paced below it. A backend whose vendor has batches has an attribute
    ``batches``, a `Batches`.

    One that cannot work without something of the user's (a key) may have ``ready()``: it is called before
    the first stage of a run that has not asked anything yet, and raises what is missing.

    Retries are not its own: ``complete`` sends once and raises `Busy`, `Unreachable`, `RequestRejected`
    or `KeyMissing`, so that waiting and sending again happen in one place.
    """

    endpoint: str
    model: str
    can: frozenset[str]
    in_flight: int

    async def complete(self, request: ChatRequest) -> ChatReply: ...

    def usd(self, tokens_in: int, tokens_out: int) -> float | None: ...


class Batches(Protocol):
    """A vendor's batches. ``max_requests`` and ``max_bytes`` bound one; ``discount`` is what its requests
    cost of the ordinary price; ``settles`` seconds after its making a batch surely is in the list.

    Where the vendor's prompt cache has to be warmed before a batch is worth its price, there is also
    ``async warm(request) -> ChatReply``: the request sent at once, its shared beginning cached for as long
    as a batch takes.
    """

    max_requests: int
    max_bytes: int
    discount: float
    settles: float

    def line(self, key: str, request: ChatRequest) -> bytes:
        """One request as the vendor's batch wants it, a line of JSON without its end; ``key`` (64 hex
        digits) becomes its custom id."""

    async def submit(self, spool: Path, tag: str) -> str:
        """Send the lines of a file as one batch, marked with ``tag`` where the vendor can; its id."""

    async def look(self, batch: str) -> BatchSeen:
        """Where a batch stands."""

    async def listed(self, since: float) -> Sequence[BatchSeen]:
        """The vendor's batches created after ``since`` (seconds of the epoch), newest first."""

    def results(self, batch: str) -> AsyncIterator[tuple[str, ChatReply | Exception]]:
        """A batch that has ended, request by request: the custom id, and the reply at its batch price or
        why there is none (`RequestRejected`: never send it again; `Unreachable`: expired or failed,
        send it again). Several times callable."""


class Teacher(Protocol):
    def teach(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene]
    ) -> Sequence[Taught] | Awaitable[Sequence[Taught]]: ...


class Critic(Protocol):
    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> Sequence[Sequence[Judgement]]: ...


class TrainableCritic(Critic, Protocol):
    """A critic that learns from labels. Its options are a `TrainedOptions`: built with a ``folder`` it judges
    as what was saved there, without one it can only be trained."""

    def train(
        self,
        labelled: Sequence[Labelled],
        picture: Callable[[Scene], Picture],
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Mapping[str, float]:
        """Learn from the labels, save under ``folder``, call ``progress(step, steps, metrics)``."""


class AdoptingCritic(TrainableCritic, Protocol):
    """A critic that can also begin as one which was trained elsewhere."""

    def adopt(self, checkpoint: Path, folder: Path, prior: float) -> Mapping[str, float]:
        """Read the checkpoint without running anything in it, save under ``folder`` what `train` would, and
        give facts of it. ``prior``, in (0, 1): the share of acceptable statements which scores assume."""


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


class Exporter(Protocol):
    def export(self, corpus: Any, folder: Path) -> Sequence[Path]:
        """Write the corpus (`lskd_toolkit.corpus.Corpus`) under ``folder``; give the files written."""
