"""Components that keep their contracts, and components that break one each, the check's name told."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import numpy as np
from pydantic import BaseModel

from lskd_toolkit import (
    Answer,
    ChatReply,
    Descriptor,
    Found,
    ImageRefused,
    Judgement,
    Options,
    Pointed,
    Refined,
    Region,
    Said,
    Statement,
    Taught,
)


class Part:
    def __init__(self, options, ctx):
        self.ctx = ctx


# --- proposers ----------------------------------------------------------------------------------


class Proposes(Part):
    """Half the picture, scored by its mean brightness, which it has to decode it for."""

    def propose(self, pictures):
        return [self.one(p) for p in pictures]

    def one(self, picture, share=0.5):
        w, h = picture.image.width, picture.image.height
        return [Region(0, (0.0, 0.0, w * share, h * 0.5), None, "half", float(picture.pixels.mean()) / 255)]


class AsyncProposes(Proposes):
    async def propose(self, pictures):
        return super().propose(pictures)


class LosesOne(Proposes):
    check = "results_are_valid"

    def propose(self, pictures):
        return super().propose(pictures)[1:]


class KnowsItsPlace(Proposes):
    check = "batch_of_one_equals_batch_of_many"

    def propose(self, pictures):
        return [self.one(p, 0.5 + 0.1 * i) for i, p in enumerate(pictures)]


class SortsItsBatch(Proposes):
    check = "order_is_kept"

    def propose(self, pictures):
        return [self.one(p) for p in sorted(pictures, key=lambda p: p.image.id)]


class Drifts(Proposes):
    check = "same_seed_same_result"

    def propose(self, pictures):
        return [self.one(p, 0.5 + random.random() / 4) for p in pictures]


class LeavesTheImage(Proposes):
    check = "results_are_valid"

    def one(self, picture, share=0.5):
        return [Region(0, (0.0, 0.0, picture.image.width + 9.0, 5.0))]


class FailsOnDots(Proposes):
    check = "odd_pictures_do_no_harm"

    def one(self, picture, share=0.5):
        return [Region(0, (0.0, 0.0, float(picture.image.width // 2), 1.0))]


class RaisesOnDots(Proposes):
    check = "odd_pictures_do_no_harm"

    def one(self, picture, share=0.5):
        return [] if picture.pixels[2:].max() < 0 else super().one(picture)


class FindsNothing(Proposes):
    check = "finds_something"

    def one(self, picture, share=0.5):
        return []


class HandsBackNumpy(Proposes):
    check = "results_can_be_stored"

    def one(self, picture, share=0.5):
        return [Region(0, tuple(np.float32([0, 0, 9, 9])))]


class NeedsACompany(Proposes):
    check = "empty_batch_gives_nothing"

    def propose(self, pictures):
        np.stack([p.pixels[:1, :1] for p in pictures])
        return super().propose(pictures)


class NamesMatter(Proposes):
    check = "names_do_not_matter"

    def one(self, picture, share=0.5):
        return super().one(picture, 0.1 + 0.05 * len(picture.image.id) / 10)


class NeverRecovers(Proposes):
    check = "a_bad_image_costs_only_itself"
    failed = False

    def propose(self, pictures):
        if self.failed:
            return [[] for _ in pictures]
        try:
            return super().propose(pictures)
        except ImageRefused:
            self.failed = True
            raise


class Nameless(Proposes):
    check = "describes_itself"
    summary = "no full stop"


class Loose(BaseModel):
    width: int = 3


class TakesAnyOption(Proposes):
    check = "refuses_unknown_options"
    options = "Loose"


class Untyped(Options):
    width: object = 3


class TakesAnything(Proposes):
    check = "refuses_what_is_no_value"
    options = "Untyped"


class HasNoVerb(Part):
    check = "has_the_verbs_of_its_kind"
    kind = "proposer"


# --- the other kinds that work on batches ---------------------------------------------------------


class Refines(Part):
    def refine(self, pictures, regions):
        return [Refined(tuple(some)) for some in regions]


class LosesARegion(Refines):
    check = "results_are_valid"

    def refine(self, pictures, regions):
        return [Refined(tuple(some[1:])) for some in regions]


class AltersItsInput(Refines):
    check = "inputs_are_left_alone"

    def refine(self, pictures, regions):
        made = super().refine(pictures, regions)
        for some in regions:
            some.reverse()
        return made


class NeedsARegion(Refines):
    check = "nothing_to_speak_of"

    def refine(self, pictures, regions):
        return [Refined((some[0], *some[1:])) for some in regions]


class Verbalizes(Part):
    def verbalize(self, pictures, scenes):
        return [[Descriptor("local", "a thing", (r.id,)) for r in scene.regions] for scene in scenes]


class SpeaksOfNobody(Verbalizes):
    check = "results_are_valid"

    def verbalize(self, pictures, scenes):
        return [[Descriptor("local", "a thing", (99,))] for _ in scenes]


class GivesAnotherScope(Verbalizes):
    check = "results_are_valid"
    gives = ("global",)


class Answers(Part):
    def answer(self, pictures, scenes, questions):
        return [Answer(f"{len(question.text)} letters", 0.5) for question in questions]


class HasNoWords(Answers):
    check = "results_are_valid"

    def answer(self, pictures, scenes, questions):
        return [Answer("") for _ in questions]


class Says(Part):
    """The colour in the middle, in words."""

    def say(self, shown, asks):
        return [
            [self.said(s.images[0], a, n) for n in range(a.samples)] for s, a in zip(shown, asks, strict=True)
        ]

    def said(self, image, ask, draw):
        return Said(f"{ask.task} {image[len(image) // 2, 0]}", 0.5)


class SaysOneOfMany(Says):
    check = "says_as_many_as_asked"

    def say(self, shown, asks):
        return [texts[:1] for texts in super().say(shown, asks)]


class SpeaksOfItsBatch(Says):
    check = "says_the_same_of_one_as_of_many"

    def say(self, shown, asks):
        return [[replace(t, score=1 / len(asks)) for t in texts] for texts in super().say(shown, asks)]


class ScribblesOnIt(Says):
    check = "looks_without_touching"

    def said(self, image, ask, draw):
        said = super().said(image, ask, draw)
        image[0, 0] += 1
        return said


class Measures(Part):
    """Dark is far."""

    def measure(self, pictures):
        return [255 - p.pixels.mean(axis=2, dtype=np.float32) for p in pictures]


class MeasuresInWhole(Measures):
    check = "measures_every_picture"

    def measure(self, pictures):
        return [each.astype(np.uint8) for each in super().measure(pictures)]


class MeasuresByItsBatch(Measures):
    check = "measures_one_as_many"

    def measure(self, pictures):
        return [each * np.float32(len(pictures)) for each in super().measure(pictures)]


class Encodes(Part):
    """Letters counted."""

    def encode(self, texts):
        made = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(made, texts, strict=True):
            row[0] = 0.1
            for letter in text:
                row[ord(letter) % 64] += 1
        return made / np.linalg.norm(made, axis=1, keepdims=True)


class EncodesLong(Encodes):
    check = "encodes_to_unit_length"

    def encode(self, texts):
        return super().encode(texts) * np.float32(2)


class EncodesByItsBatch(Encodes):
    check = "encodes_one_as_many"

    def encode(self, texts):
        made = super().encode(texts) + np.float32(len(texts) == 1)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


class Teaches(Part):
    def teach(self, pictures, scenes):
        return [
            Taught((Statement(0, "What is [0]?", "A thing.", "It is.", (0,)),) if scene.regions else ())
            for scene in scenes
        ]


class CountsFromOne(Teaches):
    check = "results_are_valid"

    def teach(self, pictures, scenes):
        return [Taught((Statement(1, "What is [0]?", "A thing.", "It is.", (0,)),)) for _ in scenes]


class ForgetsWhomItMentions(Teaches):
    check = "lists_what_it_mentions"

    def teach(self, pictures, scenes):
        return [Taught((Statement(0, "What is [0]?", "Not [1].", "It is.", (0,)),)) for _ in scenes]


class Judges(Part):
    def judge(self, pictures, scenes, statements):
        return [[Judgement(s.id, 1 / len(s.question)) for s in some] for some in statements]


class JudgesOne(Judges):
    check = "results_are_valid"

    def judge(self, pictures, scenes, statements):
        return [[Judgement(s.id, 1.0) for s in some[:1]] for some in statements]


# --- source, visual prompt, backend, student, exporter --------------------------------------------


class Scans(Part):
    png: bytes

    def scan(self):
        return iter([Found("a", "mine:a"), Found("b", "mine:b")])

    def read(self, uri):
        if not uri.startswith("mine:"):
            raise ImageRefused(f"{uri} is not here")
        from lskd_toolkit.smallworld.render import png
        from lskd_toolkit.smallworld.world import Address, world

        return png(world(Address(0, 0)))


class ScansAnyhow(Scans):
    check = "scans_the_same_twice"

    def scan(self):
        return iter([Found(str(random.random()), "mine:a")])


class ScansTwice(Scans):
    check = "scans_the_same_twice"

    def scan(self):
        return iter([Found("a", "mine:a"), Found("a", "mine:b")])


class ReadsAnything(Scans):
    check = "knows_what_is_not_there"

    def read(self, uri):
        return b""


class ReadsOtherBytes(Scans):
    check = "reads_what_it_found"

    def read(self, uri):
        return super().read(uri) + str(random.random()).encode()


class Points(Part):
    def point(self, picture, regions):
        drawn = picture.pixels.copy()
        for region in regions:
            drawn[: int(region.box[3]), : int(region.box[2])] += 40
        return Pointed((drawn,), {r.id: f"[{r.id}]" for r in regions})


class DrawsOnIt(Points):
    check = "leaves_the_picture_alone"

    def point(self, picture, regions):
        picture._pixels = picture.pixels + 1  # what a careless in-place operation would do
        return super().point(picture, regions)


class PointsNowhere(Points):
    check = "shows_where"

    def point(self, picture, regions):
        return Pointed((picture.pixels,), {r.id: f"[{r.id}]" for r in regions})


class ForgetsNames(Points):
    check = "points_at_every_region"

    def point(self, picture, regions):
        return Pointed((picture.pixels,), {})


class Completes(Part):
    endpoint, model = "mine", "model-1"

    def usd(self, tokens_in, tokens_out):
        return (tokens_in + tokens_out) / 1e6

    async def complete(self, request):
        text = f"{len(request.messages[-1].text)}"
        return self.reply(json.dumps({"statements": []}) if request.schema else text)

    def reply(self, text, **more):
        return ChatReply(text, **{"tokens_in": 10, "tokens_out": 5, "usd": 1e-6, **more})


class HasNoModel(Completes):
    check = "has_an_address_and_a_price"
    model = ""


class CostsMoreThanItSaid(Completes):
    check = "replies_are_whole"

    async def complete(self, request):
        return self.reply("{}", usd=1.0)


class Babbles(Completes):
    check = "follows_the_schema"

    async def complete(self, request):
        return self.reply("Well, you see,")


class LeavesPartsOut(Completes):
    check = "follows_the_schema"

    async def complete(self, request):
        return self.reply(json.dumps({"statements": [{"question": "What is [0]?"}]}))


class AnswersAnyhow(Completes):
    check = "equal_requests_have_equal_replies"

    async def complete(self, request):
        return self.reply(json.dumps({"statements": [], "draw": random.random()}))


class SharesState(Completes):
    check = "many_may_ask_at_once"
    last = ""

    async def complete(self, request):
        import asyncio

        self.last = request.messages[-1].text
        await asyncio.sleep(0.01)
        return self.reply(json.dumps({"statements": [], "of": self.last}))


class Trains(Part):
    seen = 0

    def train(self, examples, picture, folder, progress):
        self.seen = len(examples)
        (folder / "seen.json").write_text(json.dumps(self.seen))
        progress(1, 1, {})
        return {"examples": float(self.seen)}

    def load(self, folder):
        self.seen = json.loads((folder / "seen.json").read_text())

    def score(self, pictures, scenes, texts):
        return [[float(self.seen * len(text)) for text in some] for some in texts]


class TrainsInSilence(Trains):
    check = "says_how_training_went"

    def train(self, examples, picture, folder, progress):
        return super().train(examples, picture, folder, lambda *told: None)


class Pickles(Trains):
    check = "saves_what_it_learned"

    def train(self, examples, picture, folder, progress):
        (folder / "weights.pkl").touch()
        return super().train(examples, picture, folder, progress)


class ForgetsWhatItLearned(Trains):
    check = "scores_the_same_when_loaded"

    def load(self, folder):
        self.seen = 1


class ScoresByPlace(Trains):
    check = "scores_every_text"

    def score(self, pictures, scenes, texts):
        return [[float(i) for i, _ in enumerate(some)] for some in texts]


class TrainsByLuck(Trains):
    check = "trains_the_same_twice"
    luck = itertools.count(1)

    def train(self, examples, picture, folder, progress):
        return super().train(list(examples) * next(self.luck), picture, folder, progress)


class Exports(Part):
    def export(self, corpus, folder):
        path = folder / "corpus.txt"
        path.write_text("\n".join(s.question for e in corpus.entries() for s in e.statements))
        return [path]


class ExportsTheTime(Exports):
    check = "exports_the_same_twice"

    def export(self, corpus, folder):
        (path,) = super().export(corpus, folder)
        path.write_text(str(random.random()))
        return [path]


class HidesAFile(Exports):
    check = "exports_the_same_twice"

    def export(self, corpus, folder):
        (folder / "hidden").touch()
        return super().export(corpus, folder)


class NeedsStatements(Exports):
    check = "exports_an_empty_corpus"

    def export(self, corpus, folder):
        next(corpus.entries())
        return super().export(corpus, folder)


GOOD: dict[str, type] = {
    "proposer": Proposes, "refiner": Refines, "verbalizer": Verbalizes, "vqa": Answers,
    "teacher": Teaches, "critic": Judges, "source": Scans, "visual_prompt": Points,
    "backend": Completes, "student": Trains, "exporter": Exports, "vlm": Says, "depth": Measures,
    "encoder": Encodes,
}  # fmt: skip
"""A good component of each kind; the broken ones derive from it."""
BROKEN: list[tuple[str, type]] = [
    (kind, each)
    for kind, good in GOOD.items()
    for each in list(globals().values())
    if isinstance(each, type) and hasattr(each, "check")
    and (issubclass(each, good) or getattr(each, "kind", "") == kind)
]  # fmt: skip
