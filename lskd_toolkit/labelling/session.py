"""One annotator going through the list of statements: what comes next, what was said, what is taken back.

All state is in the label file, so a session that ends at any moment goes on where it stopped, and people
who label the same run at once see each other's votes counted. Only what was skipped is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LskdError, UsageError
from .labels import Label, append_labels, now, parse_labels, words_sha256

if TYPE_CHECKING:
    from ..corpus.corpus import Entry
    from ..corpus.view import CorpusView
    from ..records import Statement
    from .sampling import Drawn, Sample

LONGEST_COMMENT = 2000
"""Characters of a comment that are kept."""


class Session:
    """``annotator``'s way through ``queue``. ``votes``: a statement that so many others labelled is not shown
    any more; 0 shows everything to everyone."""

    def __init__(
        self, corpus: CorpusView, queue: Sample, labels: Path, annotator: str, votes: int = 0
    ) -> None:
        self.annotator = _name(annotator)
        self.queue = queue.drawn
        self.said = 0
        self._corpus = corpus
        self._path = labels
        self._votes = votes
        self.gone: set[int] = set()
        self._seen: set[int] = set()
        self._skipped: list[int] = []
        self._places = {_key(drawn): k for k, drawn in enumerate(self.queue)}
        self._mine: dict[int, Label] = {}
        self._others: Counter[int] = Counter()
        self._read = (-1, -1)

    def next(self, but: int | None = None) -> int | None:
        """The place in the list of the statement to show now, or when ``but`` is dealt with; None when
        nothing is left."""
        self._refresh()
        while True:
            open_places = [k for k in range(len(self.queue)) if k != but and self._is_open(k)]
            fresh = [k for k in open_places if k not in self._skipped]
            place = fresh[0] if fresh else min(open_places, key=self._skipped.index, default=None)
            if place is None or place in self._seen:
                return place
            try:
                self.statement(place)
                self._seen.add(place)
            except UsageError:
                self.gone.add(place)  # taught anew since the list was drawn: nobody can be asked about it

    def statement(self, place: int) -> tuple[Entry, Statement]:
        """What stands at a place of the list.

        Raises:
            UsageError: no such place, or the run has other words there now than when the list was drawn.
        """
        if not 0 <= place < len(self.queue):
            raise UsageError(f"there is no statement {place} in the list")
        drawn = self.queue[place]
        try:
            entry = self._corpus.entry(drawn.image)
        except LskdError as error:
            raise UsageError(f"this statement is gone from the run: {error}") from error
        found = next((each for each in entry.statements if each.id == drawn.statement), None)
        if found is None or words_sha256(found) != drawn.sha256:
            raise UsageError(
                "this statement is gone from the run, which was taught anew since the list was drawn; move "
                "the list away to draw another"
            )
        return entry, found

    def label(self, place: int) -> Label | None:
        """What the annotator said of the statement at a place."""
        self._refresh()
        return self._mine.get(place)

    def say(
        self, place: int, answer: bool | None, rationale: bool | None, accept: bool, comment: str = ""
    ) -> Label:
        """Keep a label; it is on disk when this returns. Said again, the later word counts."""
        self.statement(place)
        drawn = self.queue[place]
        label = Label(
            drawn.image, drawn.statement, drawn.sha256, self.annotator, answer, rationale, accept,
            comment.strip()[:LONGEST_COMMENT], self._time(place), drawn.weight,
        )  # fmt: skip
        append_labels(self._path, [label])
        self.said += 1
        self._skipped = [each for each in self._skipped if each != place]
        return label

    def undo(self) -> tuple[int, Label] | None:
        """Take back the annotator's latest label of the list: its place and what it said; None if none."""
        self._refresh()
        if not self._mine:
            return None
        place, label = max(reversed(self._mine.items()), key=lambda found: found[1].time)
        append_labels(self._path, [replace(label, withdrawn=True, time=self._time(place))])
        self.said -= 1
        return place, label

    def skip(self, place: int) -> None:
        """Show it after everything else."""
        self._skipped = [*(each for each in self._skipped if each != place), place]

    def progress(self) -> Mapping[str, Any]:
        """How many statements the annotator has labelled, of how many that are asked of them."""
        self._refresh()
        left = sum(self._is_open(k) for k in range(len(self.queue)))
        return {
            "done": len(self._mine),
            "total": len(self._mine) + left,
            "skipped": sum(self._is_open(k) for k in self._skipped),
            "gone": len(self.gone),
        }

    def _time(self, place: int) -> str:
        """Now, but not before what was said of the place already: a clock that was set back must not make an
        older word the latest."""
        self._refresh()
        return max(now(), self._mine[place].time) if place in self._mine else now()

    def _is_open(self, place: int) -> bool:
        return (
            place not in self._mine
            and place not in self.gone
            and (self._votes == 0 or self._others[place] < self._votes)
        )

    def _refresh(self) -> None:
        """Read the file again if it has changed: others may be labelling."""
        try:
            told = self._path.stat()
            seen = (told.st_size, told.st_mtime_ns)
            if seen == self._read:
                return
            labels = parse_labels(self._path.read_bytes()).labels
        except FileNotFoundError:
            seen, labels = (-1, -1), ()
        self._read = seen
        self._mine, self._others = {}, Counter()
        for label in labels:
            place = self._places.get(_key(label))
            if place is None or label.synthetic:
                continue
            if label.annotator == self.annotator:
                self._mine[place] = label
            else:
                self._others[place] += 1


def _key(found: Drawn | Label) -> tuple[str, int, str]:
    return found.image, found.statement, found.sha256


def _name(annotator: str) -> str:
    told = annotator.strip()
    if not told or len(told) > 64 or not told.isprintable():
        raise UsageError("an annotator's name is 1 to 64 printable characters; say it with: --as NAME")
    return told
