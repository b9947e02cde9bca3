"""The verbalizer ``people``: where faces are turned, how they look, and how bodies are held.

Every region of a person is looked at by three small networks: BlazeFace finds the face, MoveNet the points
of the body, and a third one tells the expression of a clear face. A face is believed when both of the first
two see it at the same place. What is not clear is not said. Age, sex and origin are never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Descriptor, Picture, Region, Scene

from .expressions import NAMES, expressions
from .faces import Face, find_faces
from .objects import hedged, many
from .options_people import PeopleOptions
from .people_matching import inside, matched
from .people_postures import AHEAD, ASIDE, CLEARLY, RULES, Fact, facing, hands_at_face
from .people_window import head_of
from .poses import find_points

if TYPE_CHECKING:
    from lskd_toolkit import Context

    from .tfjs import Graph

NAME = "people"
LOOKS = {
    "angry": "looks angry", "disgusted": "looks disgusted", "afraid": "looks afraid", "happy": "is smiling",
    "sad": "looks sad", "surprised": "looks surprised", "neutral": "has a neutral expression",
}  # fmt: skip
"""How an expression is said: as what is seen of a face, never as what somebody feels."""
CLEAR = {"happy": (0.9, 0.9), "surprised": (0.8, 0.4), "neutral": (0.85, 0.4)}
OTHERWISE = (0.93, AHEAD)
"""Share that an expression needs, and the most that the face may be turned for it. Smiles are told rightly
from the side too; of the others the network is right only from the front, and of the rest hardly then."""
ALONE = 0.65
"""What a face's score counts where the points of the body say nothing of where it looks: 'probably'."""
TILTED = 45.0
"""Degrees of roll from which a face's own side is no side of the picture any more."""
LEVEL = 35.0
"""Degrees of roll up to which an expression is told."""
DETECTED = 0.5
"""A detector's score below which a region that shows no face is only possibly a person: some are doubles."""
FACE = 0.5
"""BlazeFace's score from which a face is considered at all; see `people_matching` for what makes it sure."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A region of a person with what was found of them."""

    region: Region
    points: np.ndarray
    face: Face | None


class People:
    """Says how people face, look and hold themselves; see the module's words."""

    def __init__(self, options: PeopleOptions | None, ctx: Context):
        self.options, self.ctx = options or PeopleOptions(), ctx

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        return [self._scene(picture, scene) for picture, scene in zip(pictures, scenes, strict=True)]

    def look(self, pixels: np.ndarray, regions: Sequence[Region]) -> list[Seen]:
        """The people among the regions that are large enough, with their points and faces.

        Arguments:
            pixels: uint8 RGB ``(height, width, 3)``.
        """
        chosen = self._chosen(regions)
        if not chosen:
            return []
        boxes, device = [region.box for region in chosen], self.ctx.device
        found = find_points(self._graph("movenet-lightning"), device, pixels, boxes)
        bodies = [inside(points, box) for points, box in zip(found, boxes, strict=True)]
        windows = [head_of(box) for box in boxes]
        faces = find_faces(self._graph("blazeface"), device, pixels, windows, FACE)
        own = matched(faces, bodies, boxes)
        return [Seen(region, points, face) for region, points, face in zip(chosen, bodies, own, strict=True)]

    def _chosen(self, regions: Sequence[Region]) -> list[Region]:
        def side(region: Region) -> float:
            return float(max(region.box[2] - region.box[0], region.box[3] - region.box[1]))

        wanted = {label.casefold() for label in self.options.labels}
        people = [r for r in regions if r.label.casefold() in wanted and side(r) >= self.options.min_side]
        largest = sorted(people, key=lambda region: (-side(region), region.id))[: self.options.most]
        return [region for region in people if region in largest]

    def _scene(self, picture: Picture, scene: Scene) -> list[Descriptor]:
        if not self._chosen(scene.regions):
            return []  # and the pixels are not decoded
        seen = self.look(picture.pixels, scene.regions)
        told = {each.region.id: self._facts(each) for each in seen}
        if self.options.expressions:
            self._add_expressions(picture.pixels, seen, told)
        found = self._count(seen) if self.options.count else []
        for each in seen:
            id = each.region.id
            for words, score in told[id]:
                hedge = hedged(score, self.options.sure, self.options.probable)
                if hedge != "possibly":
                    text = f"[{id}] {words}" + (f", {hedge}" if hedge else "")
                    found.append(Descriptor("local", text, (id,), round(score, 4), NAME))
        return found

    def _facts(self, seen: Seen) -> list[Fact]:
        facts = []
        where, score = self.direction(seen)
        if where:
            facts.append(Fact(DIRECTIONS[where], score))
        if self.options.poses:
            width = seen.face.width if seen.face else 0.0
            said = [rule(seen.points) for rule in RULES] + [hands_at_face(seen.points, width)]
            facts += [fact for fact in said if fact]
        return facts

    def direction(self, seen: Seen) -> tuple[str, float]:
        """Where somebody faces, by the face and the points together; ``""`` where they contradict each
        other, and where one of them alone would have to vouch for what is seen from the front."""
        where, sure = facing(seen.points)
        face = seen.face
        if face is None or face.width < self.options.min_face:
            return (where, sure) if where != "towards" and sure >= CLEARLY else ("", 0.0)
        if abs(face.roll) > TILTED:
            return "", 0.0
        side = "right" if face.turn > 0 else "left"
        looks = "towards" if abs(face.turn) <= AHEAD else side if abs(face.turn) >= ASIDE else ""
        if looks and looks == where:
            return looks, max(face.score, sure)
        alone = looks in ("left", "right") and not where
        return (looks, ALONE * face.score) if alone else ("", 0.0)

    def _add_expressions(self, pixels: np.ndarray, seen: Sequence[Seen], told: dict[int, list[Fact]]) -> None:
        clear = [
            each
            for each in seen
            if each.face and each.face.width >= self.options.min_expression and abs(each.face.roll) <= LEVEL
        ]
        if not clear:
            return
        faces = [each.face for each in clear if each.face]
        shares = expressions(self._graph("emotion"), self.ctx.device, pixels, faces)
        for each, face, row in zip(clear, faces, shares, strict=True):
            best = int(row.argmax())
            least, most_turn = CLEAR.get(NAMES[best], OTHERWISE)
            if row[best] >= least and abs(face.turn) <= most_turn:
                told[each.region.id].append(Fact(LOOKS[NAMES[best]], float(row[best]) * face.score))

    def _count(self, seen: Sequence[Seen]) -> list[Descriptor]:
        faces = [each for each in seen if each.face and each.face.width >= self.options.min_face]
        if not faces:
            return []
        where = [self.direction(each) for each in faces]
        ahead = sum(way == "towards" and sure >= self.options.probable for way, sure in where)
        text = f"{_counted(seen)}; {len(faces)} face{'s are' if len(faces) > 1 else ' is'} seen"
        if len(faces) == ahead == 1:
            text += ", turned to the camera"
        elif ahead:
            text += f", {'all' if ahead == len(faces) else ahead} of them turned to the camera"
        elif all(way in ("left", "right") for way, _ in where):
            text += ", not turned to the camera" if len(faces) == 1 else ", none of them turned to the camera"
        score = sum(each.face.score for each in faces if each.face) / len(faces)
        return [Descriptor("global", text, (), round(score, 4), NAME)]

    def _graph(self, name: str) -> Graph:
        def load() -> Graph:
            from lskd_toolkit import weight_path

            from .tfjs import read_graph

            return read_graph(weight_path(f"{name}.json"), weight_path(f"{name}.bin")).to(self.ctx.device)

        graph: Graph = self.ctx.model(name, load)
        return graph


def _counted(seen: Sequence[Seen]) -> str:
    """How many people there are: those whose face is seen or of whom the detector is sure, and the others."""
    sure = sum(each.face is not None or each.region.score >= DETECTED for each in seen)
    unsure = len(seen) - sure
    more = "" if not unsure else " and possibly another" if unsure == 1 else f" and possibly {unsure} more"
    return many("person", sure) + more


DIRECTIONS = {
    "towards": "faces the camera", "away": "is seen from behind",
    "left": "faces the left of the picture", "right": "faces the right of the picture",
}  # fmt: skip
