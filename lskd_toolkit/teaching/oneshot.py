"""The strategy ``oneshot``: one round of requests about a scene, as the paper did it."""

from __future__ import annotations

from ..records import Taught
from .asking import ask, first_requests, taught
from .gathering import gathered
from .lesson import Lesson


async def oneshot(lesson: Lesson) -> Taught:
    """Ask once about the scene, or once about each of its first regions if the prompt says so."""
    return taught(await gathered(ask(lesson, request) for request in first_requests(lesson)))
