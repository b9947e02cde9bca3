"""Scenes with exact truth: things of a shape and a colour, where they are, and simple causes.

A scene is a pure function of its address. Two habits of this world give commonsense something to say,
and each has exceptions that only the picture shows: a door beside a key is open, nine times in ten;
a figure beside a cup wants to drink, unless the cup is tipped over.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import lru_cache

from ..records import Box
from .sprites import hull_of

PLAIN = ("circle", "square", "triangle", "star", "cross", "diamond")
SHAPES = (*PLAIN, "figure", "door", "key", "cup")
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 48, 40),
    "green": (46, 160, 67),
    "blue": (52, 100, 220),
    "yellow": (236, 202, 44),
    "purple": (146, 70, 190),
    "orange": (240, 136, 32),
    "white": (240, 240, 240),
    "pink": (244, 140, 188),
}
CELL = 16
"""Pixels of a place's side: things stand apart, one a place."""
OPEN_BESIDE_KEY = 0.9
TIPPED = 0.3


@dataclass(frozen=True, slots=True)
class Address:
    """Where a scene is: ``objects`` 0 lets the seed choose three to six."""

    seed: int
    index: int
    objects: int = 0
    size: int = 64

    @property
    def uri(self) -> str:
        return f"smallworld:{self.seed}/{self.objects}/{self.size}/{self.index}"


def parse(uri: str) -> Address | None:
    """The address in a uri, or None where the image is of another world."""
    scheme, _, rest = uri.partition(":")
    numbers = rest.split("/")
    if scheme != "smallworld" or len(numbers) != 4 or not all(n.isdigit() for n in numbers):
        return None
    seed, objects, size, index = (int(n) for n in numbers)
    return Address(seed, index, objects, size)


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: ``state`` is open or closed for doors, upright or tipped for cups, else ''."""

    shape: str
    colour: str
    x: int
    y: int
    radius: int
    state: str = ""

    @property
    def box(self) -> Box:
        """The exact hull of its pixels."""
        left, top, right, bottom = hull_of(self.shape, self.state, self.radius)
        return float(self.x + left), float(self.y + top), float(self.x + right), float(self.y + bottom)


@dataclass(frozen=True, slots=True)
class World:
    address: Address
    background: tuple[int, int, int]
    things: tuple[Thing, ...]


def beside(a: Thing, b: Thing) -> bool:
    """Whether two things stand in neighbouring places."""
    return a is not b and max(abs(a.x - b.x), abs(a.y - b.y)) < 1.6 * CELL


@lru_cache(maxsize=8192)
def world(address: Address) -> World:
    """The scene at an address."""
    draw = random.Random(f"smallworld/{address.seed}/{address.objects}/{address.size}/{address.index}")
    across = max(2, address.size // CELL)
    count = min(address.objects or draw.randint(3, 6), across * across)
    cells = [(i % across, i // across) for i in range(across * across)]
    draw.shuffle(cells)
    shapes = draw.sample(SHAPES, min(count, len(SHAPES)))
    shapes += draw.choices(PLAIN, k=count - len(shapes))
    # Colours are all different while they last: another thing's colour is then surely a wrong answer.
    colours = draw.sample(list(COLOURS), min(count, len(COLOURS)))
    colours += draw.choices(list(COLOURS), k=count - len(colours))
    things: list[Thing] = []
    for shape, colour, (column, row) in zip(shapes, colours, cells, strict=False):
        radius = draw.randint(5, 6)
        slack = CELL // 2 - radius - 1
        x = column * CELL + CELL // 2 + draw.randint(-slack, slack)
        y = row * CELL + CELL // 2 + draw.randint(-slack, slack)
        state = ("tipped" if draw.random() < TIPPED else "upright") if shape == "cup" else ""
        things.append(Thing(shape, colour, x, y, radius, state))
    for at, thing in enumerate(things):
        if thing.shape == "door":
            near_key = any(other.shape == "key" and beside(thing, other) for other in things)
            usual = draw.random() < OPEN_BESIDE_KEY
            state = "open" if near_key == usual else "closed"
            things[at] = Thing(thing.shape, thing.colour, thing.x, thing.y, thing.radius, state)
    background = tuple(draw.randint(12, 60) for _ in range(3))
    return World(address, (background[0], background[1], background[2]), tuple(things))


def chance(*words: object) -> float:
    """A number in [0, 1) that is always the same for the same words: for noise that is systematic."""
    digest = hashlib.blake2b("/".join(map(str, words)).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def habit(share: float, *about: object) -> bool:
    """Whether a mistake made with a ``share`` of the kinds of things is made with this kind: always or
    never, by what it is about."""
    return share > 0 and chance(*about) < share
