"""Vision-language model ``llm``: a chat backend that takes pictures, asked for captions and answers.

Every request goes through the door to the backend: ledger, budget, pace and batches are those of teaching.
A picture is named by the digest of its pixels, for they are all that is known of it here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import numpy as np

from ..drawing.pointed import Pointed
from ..errors import ConfigError
from ..llm.messages import ChatReply, ChatRequest, Message, Sight
from ..protocols import Context
from ..records import Ask, Said
from ..teaching.gathering import gathered

SYSTEM = (
    "You put pictures into words for somebody who cannot see them. Say only what can be seen. Write plain "
    "text: no markup, no introduction, no guess at what lies outside the picture."
)
TASKS = {
    "caption": "Describe this picture in one sentence.",
    "narrative": (
        "Describe this picture in three to five sentences: the place, who and what is there, what happens, "
        "what stands out."
    ),
}
REGION = "Describe {what} in one sentence: what it is, how it looks and what it does. Speak of it alone."
QUESTION = "{text}\nAnswer in a few words. If the picture does not show it, answer: unknown."


class LlmVlm:
    """Asks the backend that its part ``backend`` names, or the teacher's."""

    def __init__(self, options: None, ctx: Context):
        self.llm = ctx.llm()
        if "images" not in self.llm.can:
            raise ConfigError(
                f"the backend {self.llm.model!r} takes no pictures, so it cannot be the vlm; choose one "
                "that does for it: --set vlm.backend=claude"
            )

    async def say(self, shown: Sequence[Pointed], asks: Sequence[Ask]) -> list[list[Said]]:
        """As many texts each as are asked for; a refusal, an empty reply, an unknown answer: no text."""
        return await gathered(self._one(*each) for each in zip(shown, asks, strict=True))

    async def _one(self, pointed: Pointed, ask: Ask) -> list[Said]:
        sights = await asyncio.to_thread(lambda: tuple(map(sight_of, pointed.images)))
        # At temperature 0 every draw is the likeliest text: one is paid for.
        draws = ask.samples if ask.temperature > 0 else 1
        requests = [request(pointed, ask, sights, draw) for draw in range(draws)]
        replies = await gathered(self.llm.complete(each) for each in requests)
        said = [said_in(reply, ask) for reply in replies]
        return said if len(said) == ask.samples else said * ask.samples


def request(pointed: Pointed, ask: Ask, sights: tuple[Sight, ...], draw: int = 0) -> ChatRequest:
    """What the backend is asked about what it is shown."""
    return ChatRequest(
        messages=(Message("user", instruction(pointed, ask), sights),),
        system=SYSTEM,
        max_tokens=ask.max_tokens,
        temperature=ask.temperature,
        seed=ask.seed,
        draw=draw,
    )


def instruction(pointed: Pointed, ask: Ask) -> str:
    """The words that go with the pictures: how regions are shown in them, then the task."""
    if ask.task == "question":
        task = QUESTION.format(text=ask.text)
    elif ask.text:
        task = ask.text
    elif ask.task == "region":
        task = REGION.format(what=_pointed_at(pointed, ask))
    else:
        task = TASKS[ask.task]
    return "\n".join(words for words in (_pictures(pointed), pointed.text, task) if words)


def _pointed_at(pointed: Pointed, ask: Ask) -> str:
    names = " and ".join(pointed.names.values())
    if len(pointed.images) > 1 or ask.box is not None:
        return f"the region {names}" if names else "the region"
    return "what this picture shows"


def _pictures(pointed: Pointed) -> str:
    """Which of several pictures shows what."""
    if len(pointed.images) < 2:
        return ""
    each = "; ".join(f"picture {at}: region {name}" for at, name in enumerate(pointed.names.values(), 2))
    return f"Several pictures are attached. Picture 1: the whole image; {each}."


def said_in(reply: ChatReply, ask: Ask) -> Said:
    """The text of a reply. A chat model does not say how sure it is: what it says counts as said."""
    text = "" if reply.status == "refused" else reply.text.strip()
    if not text or (ask.task == "question" and text.casefold().strip(' ."') == "unknown"):
        return Said("", 0.0)
    return Said(text)


def sight_of(image: np.ndarray) -> Sight:
    """A picture as part of a message, known by its pixels."""
    digest = hashlib.sha256(f"{image.shape}".encode())
    digest.update(np.ascontiguousarray(image).data)
    return Sight(digest.hexdigest(), "as it is", lambda: image)
