"""What critics that ask a backend would ask, of statements that nobody has made yet.

A teacher that asks is not asked in a rehearsal, so its statements are invented: as many as its requests allow
and each as long as may be. The critic's replies are unreadable and as long as may be, so that what it asks to
have them mended is counted too: all in all it is the most that the critics may ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ..config import Part
from ..errors import LskdError, PluginError
from ..llm.messages import ChatRequest
from ..records import Scene, Statement
from ..store import ImageEntry
from ..teaching.rejecting import MAX_WORDS
from .rehearsing import CHARACTERS_PER_TOKEN, ClosedDoor, Rehearsal

WORD = "guesses "
"""As long as English words are on average where they are long, with the space after it."""
REGIONS = 10
"""Of a scene, that its statements mention together: as many as a prompt usually shows."""
MOST_IN_ONE = 20
"""Statements that a teacher may be asked for in one request, where the request does not say."""

Asked = tuple[ClosedDoor, list[ChatRequest]]


async def judging(
    rehearsal: Rehearsal, entries: Sequence[ImageEntry], taught: Sequence[Sequence[ChatRequest]]
) -> dict[str, list[list[Asked]]]:
    """For each critic that asks a backend, by its stage: for each image what it asks, and of whom. ``taught``
    is what the teacher asks about each image.

    Raises:
        KeyMissing, WeightsMissing: a backend lacks them.
    """
    critics = [part for part in rehearsal.config.critic if _backends(part)]
    if not critics:
        return {}
    said = [await _statements(rehearsal, *each) for each in zip(entries, taught, strict=True)]
    doors = {id(part): rehearsal.shut(part, _babble) for critic in critics for part in _backends(critic)}
    asked: dict[str, list[list[Asked]]] = {critic.name: [] for critic in critics}
    for critic in critics:
        for entry, (scene, statements) in zip(entries, said, strict=True):
            for door in doors.values():
                door.requests = []
            if scene is not None and statements:
                await _judged(rehearsal, critic, entry, scene, statements)
            asked[critic.name].append([(door, door.requests) for door in doors.values() if door.requests])
    return asked


def _backends(critic: Part) -> list[Part]:
    return [part for part in critic.walk() if part.kind == "backend"]


async def _judged(
    rehearsal: Rehearsal, critic: Part, entry: ImageEntry, scene: Scene, statements: list[Statement]
) -> None:
    host = rehearsal.run.workshop.host(critic)
    with suppress(PluginError):  # nothing of the replies can be read, and what was asked is known
        await host.call("judge", [rehearsal.run.picture(entry)], [scene], [statements])


async def _statements(
    rehearsal: Rehearsal, entry: ImageEntry, requests: Sequence[ChatRequest]
) -> tuple[Scene | None, list[Statement]]:
    """The scene, and what a teacher that asks nobody says of it, or else as much as one may say; nothing
    where a stage before it failed."""
    try:
        scene = rehearsal.scene(entry)
        teacher = rehearsal.config.teacher
        if teacher is not None and not _backends(teacher) and not teacher.paid:
            host = rehearsal.run.workshop.host(teacher)
            (made,) = await host.call("teach", [rehearsal.run.picture(entry)], [scene])
            return scene, list(made.statements)
    except LskdError:
        return None, []
    ids = tuple(region.id for region in scene.regions[:REGIONS])
    text = (WORD * MAX_WORDS).strip()
    question = f"{' '.join(f'[{i}]' for i in ids)} {text}"
    count = sum(map(_asked_for, requests))
    return scene, [Statement(at, question, text, text, ids) for at in range(count)]


def _asked_for(request: ChatRequest) -> int:
    form: Any = dict(request.schema or {}).get("properties", {}).get("statements", {})
    return int(form.get("maxItems", MOST_IN_ONE))


def _babble(request: ChatRequest) -> str:
    """The longest reply, of which nothing can be read."""
    return WORD * int(request.max_tokens * CHARACTERS_PER_TOKEN / len(WORD))
