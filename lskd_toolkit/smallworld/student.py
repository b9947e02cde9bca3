"""Student ``smallworld``: counts which words follow which. Weightless and exact, it never looks at a
picture, so it is also the language-only baseline of its world."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..images.picture import Picture
from ..mentions import without
from ..records import Example, Scene

FILE = "counts.json"


def words(text: str) -> list[str]:
    return ["<start>", *without(text).replace("?", " ?").replace(".", " .").split()]


class SmallworldStudent:
    def __init__(self, options: None, ctx: Any = None):
        self.pairs: Counter[str] = Counter()
        self.firsts: Counter[str] = Counter()

    def train(
        self,
        examples: Sequence[Example],
        picture: Callable[[Scene], Picture],
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Mapping[str, float]:
        for example in examples:
            s = example.statement
            for a, b in pairwise(words(f"{s.question} {s.answer} {s.rationale}")):
                self.pairs[f"{a} {b}"] += 1
                self.firsts[a] += 1
        counts = {"pairs": dict(sorted(self.pairs.items())), "firsts": dict(sorted(self.firsts.items()))}
        (folder / FILE).write_text(json.dumps(counts), encoding="utf-8")
        progress(1, 1, {"pairs": float(len(self.pairs))})
        return {"examples": float(len(examples)), "pairs": float(len(self.pairs))}

    def load(self, folder: Path) -> None:
        counts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        self.pairs, self.firsts = Counter(counts["pairs"]), Counter(counts["firsts"])

    def score(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene], texts: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Mean log probability of each text's words, with one added to every count."""
        return [[self._score(text) for text in some] for some in texts]

    def _score(self, text: str) -> float:
        steps = list(pairwise(words(text)))
        size = len(self.firsts) + 1
        logs = [math.log((self.pairs[f"{a} {b}"] + 1) / (self.firsts[a] + size)) for a, b in steps]
        return sum(logs) / max(1, len(logs))
