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
from .labels import Label, append_labels, label_of, moment, now, words_sha256

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
        self._held: dict[tuple[int, str], Label] = {}  # the latest word of each annotator on each place
        self._read = 0

    def next(self, but: int | None = None) -> int | None:
        """The place in the list of the statement to show now, or when ``but`` is dealt with; None when
        nothing is left."""
        while True:
            left = [k for k in self._left() if k != but]
            fresh = [k for k in left if k not in self._skipped]
            place = fresh[0] if fresh else min(left, key=self._skipped.index, default=None)
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
        mine = self._mine
        if not mine:
            return None
        place, label = max(reversed(mine.items()), key=lambda found: moment(found[1].time))
        append_labels(self._path, [replace(label, withdrawn=True, time=self._time(place))])
        self.said -= 1
        return place, label

    def skip(self, place: int) -> None:
        """Show it after everything else."""
        self._skipped = [*(each for each in self._skipped if each != place), place]

    def progress(self) -> Mapping[str, Any]:
        """How many statements the annotator has labelled, of how many that are asked of them."""
        left = self._left()
        done = len(self._mine)
        return {
            "done": done,
            "total": done + len(left),
            "skipped": len(set(left) & set(self._skipped)),
            "gone": len(self.gone),
        }

    def _left(self) -> list[int]:
        """The places that the annotator is still asked about, in order."""
        self._refresh()
        mine, others = self._mine, self._others
        full = {place for place, votes in others.items() if self._votes and votes >= self._votes}
        return [k for k in range(len(self.queue)) if k not in mine and k not in full and k not in self.gone]

    def _time(self, place: int) -> str:
        """Now, but not before what was said of the place already: a clock that was set back must not make an
        older word the latest."""
        self._refresh()
        earlier = self._held.get((place, self.annotator))
        return max(now(), earlier.time) if earlier else now()

    def _refresh(self) -> None:
        """Read what was appended to the file since the last look: others may be labelling too."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._read:  # another file lies there now
                    self._read, self._held = 0, {}
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            self._read, self._held, data = 0, {}, b""
        whole = data.rfind(b"\n") + 1
        self._read += whole
        for line in data[:whole].split(b"\n"):
            try:
                self._take(label_of(line))
            except ValueError:
                continue  # told by `lskd labels show`

    def _take(self, label: Label) -> None:
        place = self._places.get(_key(label))
        if place is None or label.synthetic:
            return
        earlier = self._held.get((place, label.annotator))
        if earlier is None or moment(label.time) >= moment(earlier.time):
            self._held.pop((place, label.annotator), None)  # the latest word stands last
            self._held[place, label.annotator] = label

    @property
    def _mine(self) -> dict[int, Label]:
        return {
            place: label
            for (place, name), label in self._held.items()
            if name == self.annotator and not label.withdrawn
        }

    @property
    def _others(self) -> Counter[int]:
        return Counter(
            place
            for (place, name), label in self._held.items()
            if name != self.annotator and not label.withdrawn
        )


def _key(found: Drawn | Label) -> tuple[str, int, str]:
    return found.image, found.statement, found.sha256


def _name(annotator: str) -> str:
    told = annotator.strip()
    if not told or len(told) > 64 or not told.isprintable():
        raise UsageError("an annotator's name is 1 to 64 printable characters; say it with: --as NAME")
    return told
