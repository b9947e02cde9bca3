"""The words of the toolkit as frozen records: what walks through the pipeline and what is stored.

Every record is plain data from the standard library: no methods that compute, no pixels, no models.
A stored row is one of these records as JSON, so a field may be added with a default but never
renamed. Regions and statements are numbered within their image; an image's own id is joined back
when rows are read, because two files with equal bytes share their rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Box = tuple[float, float, float, float]
"""``(x1, y1, x2, y2)`` in pixels of the upright image; ``x2`` and ``y2`` are exclusive edges."""

Scope = Literal["global", "local", "relation", "dynamic"]


@dataclass(frozen=True, slots=True)
class Image:
    """One picture of a source, without its pixels.

    ``id`` is the source's stable key (a relative path, an annotation id). ``sha256`` is the digest of
    the file's bytes: the identity of the content. ``width`` and ``height`` are pixels after the
    camera's orientation has been applied.
    """

    id: str
    uri: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A region's exact outline: a registered ``type`` (box, mask, polygon, …) and its values.

    The values are JSON. What can be done with a type (hull, raster, outline) is looked up in the
    registry of `lskd_toolkit.geometry.shapes`, so a shape of an absent plugin still loads and stores.
    """

    type: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an image that can be pointed at as ``[id]``.

    ``box`` is always the axis-aligned hull of ``shape``; ``shape`` is None when the box is all there
    is. ``score`` is the proposer's confidence in [0, 1]. ``frame`` numbers a video frame.
    """

    id: int
    box: Box
    shape: Shape | None = None
    label: str = ""
    score: float = 1.0
    proposer: str = ""
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Literal words about an image (global), a region (local), several (relation), or an answer
    to a question that was asked (dynamic, with ``question``). ``regions`` are the ids spoken of."""

    scope: Scope
    text: str
    regions: tuple[int, ...] = ()
    score: float = 1.0
    verbalizer: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """An image with its regions and descriptors: all that a blind teacher sees."""

    image: Image
    regions: tuple[Region, ...] = ()
    descriptors: tuple[Descriptor, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """Question, answer and rationale about the regions that they mention as ``[k]``.

    ``id`` counts within the image. ``regions`` lists every mentioned id in order of first mention in
    question, answer, rationale. ``inference`` is the type asked for (intent, spatial, …); ``reply``
    is the ledger's key of the reply it was read from, empty when no backend was asked. ``draw`` numbers
    the sample it comes from; ``evidence`` are the numbers of the notes that the teacher says it used, and
    ``confidence`` is the teacher's own word (low, medium, high): both are logged, neither is trusted.
    """

    id: int
    question: str
    answer: str
    rationale: str
    regions: tuple[int, ...] = ()
    inference: str = ""
    teacher: str = ""
    prompt: str = ""
    reply: str = ""
    draw: int = 0
    evidence: tuple[int, ...] = ()
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A critic's score of one statement in [0, 1] with its parts, each in [0, 1].

    The verdict is not here: it is the threshold's, which may change without judging again.
    """

    statement: int
    score: float
    critic: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


# --- what components hand back where a bare record would lose something ---------------------------


@dataclass(frozen=True, slots=True)
class Dropped:
    """A region that was left out, and why."""

    region: Region
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """An image that a source has: its id, where it is read, and the regions given with it, if any.

    ``stamp`` changes when the bytes may have (size and time of a file); while it stands, a resumed
    run does not read the bytes again. Empty: always read.

    ``regions`` are in pixels of ``size``, the width and height that the annotation speaks of (None: the
    image's own): they are scaled to the image. ``dropped`` are annotations that are no usable region.
    ``refused`` says why there is no image at all; its ``uri`` is not read then.
    """

    id: str
    uri: str
    regions: tuple[Region, ...] = ()
    stamp: str = ""
    dropped: tuple[Dropped, ...] = ()
    size: tuple[int, int] | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Refined:
    """One image's regions, after a refiner or as they came: those kept, in order, and those dropped."""

    kept: tuple[Region, ...]
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question for a VQA component about a scene, or about the ``regions`` pointed at in it."""

    text: str
    regions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A VQA component's answer and its confidence in [0, 1]."""

    text: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What a vision-language model is asked about what it is shown.

    ``task``: ``caption`` (the picture in a sentence), ``narrative`` (in a paragraph), ``region`` (what is
    pointed at, in a sentence), ``question``. ``text`` is the question, or an instruction in place of the
    model's own way of doing the task. ``box`` is the region's, in pixels of the first picture shown, for
    models that are told places in tokens of their own. One sample at temperature 0 is the likeliest text;
    more are drawn by ``seed``, the same whatever else is asked at once.
    """

    task: Literal["caption", "narrative", "region", "question"]
    text: str = ""
    box: Box | None = None
    samples: int = 1
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 64


@dataclass(frozen=True, slots=True)
class Said:
    """A model's text, and how sure it was in [0, 1]: the geometric mean of its tokens' probabilities."""

    text: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """Teacher output that did not become a statement: the text and the reason."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taught:
    """What a teacher made of one scene: statements, rejected output, descriptors it asked for on
    the way, and the ledger's keys of every reply it used."""

    statements: tuple[Statement, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    descriptors: tuple[Descriptor, ...] = ()
    replies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One accepted statement ready for a student: the scene it speaks of and the statement."""

    scene: Scene
    statement: Statement
    score: float = 1.0
