"""Mistakes in a component that is otherwise well, each with the check that finds it and what that says.

`broken` has one component for every check; here is one for every other thing that a check looks at.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from lskd_toolkit import ChatReply, Found, ImageRefused, Options, Region, Shape

from .broken import Completes, Exports, Points, Proposes, Scans, Trains


class ProposesLazily(Proposes):
    check, says = "results_are_valid", "propose gave generator; give a list"

    def propose(self, pictures):
        return (self.one(p) for p in pictures)


@dataclass(frozen=True)
class Coloured(Region):
    colour: str = "red"


class AddsAField(Proposes):
    check, says = "results_can_be_stored", "does not come back from the store as it was"

    def one(self, picture, share=0.5):
        return [Coloured(r.id, r.box) for r in super().one(picture)]


class KeysByNumber(Proposes):
    check, says = "results_can_be_stored", "keys must be text"

    def one(self, picture, share=0.5):
        return [replace(r, shape=Shape("of-mine", {"by": {1: 2}})) for r in super().one(picture)]


class ScansNothing(Scans):
    check, says = "scans_the_same_twice", "finds no image"

    def scan(self):
        return iter(())


class ScansNames(Scans):
    check, says = "scans_the_same_twice", "scan gave str; give Found"

    def scan(self):
        return iter(["a"])


class ScansWithoutIds(Scans):
    check, says = "scans_the_same_twice", "lacks an id or a uri"

    def scan(self):
        return iter([Found("", "mine:a")])


class ReadsText(Scans):
    check, says = "reads_what_it_found", "read gave str; give bytes"

    def read(self, uri):
        return super().read(uri).hex()


class RefusesAtLength(Scans):
    check, says = "reads_what_it_found", "a is refused without a one-line reason"

    def read(self, uri):
        raise ImageRefused("first this\nthen that")


class PointsBarely(Points):
    check, says = "points_at_every_region", "point gave tuple; give Pointed"

    def point(self, picture, regions):
        return super().point(picture, regions).images


class PointsWithoutImages(Points):
    check, says = "gives_what_it_says", "gives 0 images of 0 regions"

    def point(self, picture, regions):
        return replace(super().point(picture, regions), images=())


class PointsWithCropsUnannounced(Points):
    check, says = "gives_what_it_says", "where its record's gives, rgb, means 1"

    def point(self, picture, regions):
        made = super().point(picture, regions)
        return replace(made, images=made.images * (1 + len(regions)))


class PointsWithWordsUnannounced(Points):
    check, says = "gives_what_it_says", "gives words"

    def point(self, picture, regions):
        return replace(super().point(picture, regions), text="over there")


class PointsInFloats(Points):
    check, says = "gives_what_it_says", "images must be uint8 (H, W, 3)"

    def point(self, picture, regions):
        made = super().point(picture, regions)
        return replace(made, images=(made.images[0] / 255.0,))


class PostersItsPicture(Points):
    check, says = "leaves_the_picture_alone", "draws on the picture itself; copy it"

    def point(self, picture, regions):
        picture._pixels = picture.pixels // 16 * 16  # the same however often, so only this gives it away
        return super().point(picture, regions)


class PointsByTurns(Points):
    check, says = "leaves_the_picture_alone", "drawing twice gives two pictures"
    turns = itertools.count()

    def point(self, picture, regions):
        return replace(super().point(picture, regions), text=f"turn {next(self.turns)}")


class RepliesBarely(Completes):
    check, says = "replies_are_whole", "complete gave str; give ChatReply"

    def reply(self, text, **more):
        return text


class RepliesNothing(Completes):
    check, says = "replies_are_whole", "a reply's text must be text"

    def reply(self, text, **more):
        return ChatReply(None)


class RepliesOfAnyStatus(Completes):
    check, says = "replies_are_whole", "unknown status 'fine'"

    def reply(self, text, **more):
        return super().reply(text, status="fine")


class PaysBack(Completes):
    check, says = "replies_are_whole", "none may be negative"

    def reply(self, text, **more):
        return super().reply(text, tokens_out=-5)


class RepliesOfSomethingElse(Completes):
    check, says = "follows_the_schema", "the reply does not follow the schema"

    def reply(self, text, **more):
        return super().reply('{"weather": "fine"}')


class RepliesTooMuch(Completes):
    check, says = "follows_the_schema", "more items than the schema's maxItems"

    def reply(self, text, **more):
        item = '{"question": "q", "answer": "a", "rationale": "r"}'
        return super().reply(f'{{"statements": [{item}, {item}]}}')


class KnowsSomePrices(Completes):
    check, says = "has_an_address_and_a_price", "knows some prices and not others"

    def usd(self, tokens_in, tokens_out):
        return super().usd(tokens_in, tokens_out) if tokens_out else None


class GetsCheaper(Completes):
    check, says = "has_an_address_and_a_price", "bound the price from above"

    def usd(self, tokens_in, tokens_out):
        return 1.0 - super().usd(tokens_in, tokens_out)


class MeasuresNothing(Trains):
    check, says = "says_how_training_went", "metrics must be finite numbers, not ['loss']"

    def train(self, examples, picture, folder, progress):
        return {**super().train(examples, picture, folder, progress), "loss": float("nan")}


class GoesPastTheEnd(Trains):
    check, says = "says_how_training_went", "progress told of steps"

    def train(self, examples, picture, folder, progress):
        return super().train(examples, picture, folder, lambda step, total, told: progress(9, total, told))


class SavesNothing(Trains):
    check, says = "saves_what_it_learned", "saved nothing under the folder"

    def train(self, examples, picture, folder, progress):
        made = super().train(examples, picture, folder, progress)
        (folder / "seen.json").unlink()
        return made

    def load(self, folder):
        self.seen = 3


class ScoresOne(Trains):
    check, says = "scores_every_text", "give a score for every text"

    def score(self, pictures, scenes, texts):
        return [some[:1] for some in super().score(pictures, scenes, texts)]


class ScoresBeyondNumbers(Trains):
    check, says = "scores_every_text", "a score is no finite number"

    def score(self, pictures, scenes, texts):
        return [[float("inf") for _ in some] for some in texts]


class ScoresByCompany(Trains):
    check, says = "scores_every_text", "image 0 alone scores otherwise than in a batch"

    def score(self, pictures, scenes, texts):
        return [[v / len(pictures) for v in some] for some in super().score(pictures, scenes, texts)]


class ScoresNobody(Trains):
    check, says = "scores_every_text", "an empty batch has no scores"

    def score(self, pictures, scenes, texts):
        return super().score(pictures, scenes, texts) or [[0.0]]


class ScoresSilence(Trains):
    check, says = "scores_every_text", "no text, no score"

    def score(self, pictures, scenes, texts):
        return [some or [0.0] for some in super().score(pictures, scenes, texts)]


class ExportsNothing(Exports):
    check, says = "exports_the_same_twice", "wrote nothing for a corpus that has statements"

    def export(self, corpus, folder):
        return []


class Demanding(Options):
    width: int  # neither a default nor a description


MISTAKES: list[tuple[str, type]] = [
    (kind, each)
    for kind, good in (
        ("proposer", Proposes), ("source", Scans), ("visual_prompt", Points), ("backend", Completes),
        ("student", Trains), ("exporter", Exports),
    )
    for each in list(globals().values())
    if isinstance(each, type) and issubclass(each, good) and hasattr(each, "says")
]  # fmt: skip

HERE = __name__
RECORDS: list[tuple[dict[str, object], str, str]] = [
    ({"kind": "refiner"}, "describes_itself", "its record says kind 'refiner'"),
    ({"name": "In Capitals"}, "describes_itself", "a name is lower-case letters"),
    ({"summary": f"{'long ' * 30}."}, "describes_itself", "its summary is longer than a line"),
    ({"behaviour": 0}, "describes_itself", "behaviour counts from 1"),
    ({"batching": "roughly"}, "describes_itself", "batching 'roughly' is not known"),
    ({"weights": ("never-announced",)}, "describes_itself", "names weights that nobody announces"),
    ({"options": f"{HERE}:Demanding"}, "describes_itself", "option 'width' has no description"),
    ({"options": "no_such_module_at_all:Options"}, "lists_light", "listing it fails"),
]
"""What a record of a proposer may have wrong, the check that finds it and what that says."""
