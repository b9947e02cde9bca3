"""VQA part ``vlm``: questions answered by the run's vision-language model, their regions pointed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import mentions
from ..geometry.relations import place
from ..images.picture import Picture
from ..protocols import Context
from ..records import Answer, Ask, Question, Region, Scene
from ..teaching.gathering import gathered
from .options import VqaOptions
from .room import Room
from .said import line, sure
from .showing import Place, these_regions, whole

UNKNOWN = Answer("unknown", 0.0)
"""What stands for an answer that was not given."""


class VlmVqa:
    """Shows the regions that a question names, or all of the picture where it names none."""

    def __init__(self, options: VqaOptions | None, ctx: Context):
        self.options = options or VqaOptions()
        self.vlm, self.visual_prompt = ctx.part("vlm"), ctx.part("visual_prompt")
        self._room = Room()

    async def answer(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene], questions: Sequence[Question]
    ) -> list[Answer]:
        """An answer each; ``unknown`` with score 0 where the model says nothing."""
        given = zip(pictures, scenes, questions, strict=True)
        return await gathered(self._one(*each) for each in given)

    async def _one(self, picture: Picture, scene: Scene, question: Question) -> Answer:
        there = {region.id: region for region in scene.regions}
        ids = dict.fromkeys(question.regions or mentions.find(question.text))
        regions = [there[i] for i in ids if i in there]
        side = self.options.picture_side
        async with self._room.of(1 + len(regions)):
            if regions:
                shown = await these_regions(self.visual_prompt, self.vlm, picture, regions, side)
            else:
                shown = Place(await whole(picture, side), None)
            text = asked(question.text, regions, shown, (picture.image.width, picture.image.height))
            ask = Ask("question", text, shown.box, max_tokens=self.options.max_tokens)
            (said,) = await self.vlm.say([shown.shown], [ask])
        text = line(said[0].text) if said else ""
        return Answer(text, sure(said[0])) if text else UNKNOWN


def asked(text: str, regions: Sequence[Region], shown: Place, size: tuple[int, int]) -> str:
    """The question as the model is asked it: regions by the names that they have in what it is shown.

    In a region's own picture it is ``this``. Regions that the picture does not mark are said where they are.
    """
    if not regions:
        return text
    names = dict(shown.shown.names)
    alone = len(regions) == 1
    if alone and shown.box is None and len(shown.shown.images) == 1:
        return _named(text, {regions[0].id: "this"})
    named = _named(text, names)
    unsaid = [names.get(r.id, f"[{r.id}]") for r in regions if r.id not in mentions.find(text)]
    if unsaid:
        named = f"About {', '.join(unsaid)}: {named}"
    if shown.unmarked:
        where = "; ".join(f"{names.get(r.id, f'[{r.id}]')}: {place(r, *size)}" for r in regions)
        named = f"{named} ({where})"
    return named


def _named(text: str, names: Mapping[int, str]) -> str:
    """The text with every mention of these ids by its name."""
    if all(name == f"[{i}]" for i, name in names.items()):
        return text
    words: list[mentions.Token] = []
    for token in mentions.tokenize(text):
        if isinstance(token, list):
            words += mentions.tokenize(" and ".join(names.get(i, f"[{i}]") for i in token))
        else:
            words.append(token)
    return mentions.detokenize(words)
