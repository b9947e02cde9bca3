"""What a strategy works on: one scene, the prompt, the model behind its door, and tools to look closer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..llm.messages import Sight
from ..records import Scene
from .prompt import Prompt
from .toolbox import Toolbox

if TYPE_CHECKING:
    from ..llm.door import Door
    from .options import TeacherOptions


@dataclass(frozen=True, slots=True)
class Lesson:
    """One scene to be taught, once: a strategy is an ``async`` function from it to `Taught`.

    A strategy is a function of the scene, the replies of ``llm.complete`` and the answers of
    ``toolbox.use`` alone: called again, it makes the same requests, and the ledger answers them. ``sights``
    are the pictures that go with the request, empty for a blind teacher, and ``pointing`` says how regions
    are shown in them where the prompt's own words do not. ``draw`` numbers the samples of
    a scene; it goes into every request.
    """

    scene: Scene
    prompt: Prompt
    llm: Door
    options: TeacherOptions
    seed: int
    toolbox: Toolbox
    sights: tuple[Sight, ...] = ()
    pointing: str = ""
    draw: int = 0
