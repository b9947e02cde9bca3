"""Exporter ``jsonl``: the corpus in the released form, one statement a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..records import Rejected
from ..store.durable import writing
from .card import write_card
from .options import ExportOptions, JsonlOptions
from .released import Row, to_line
from .splits import split_of

if TYPE_CHECKING:
    from .corpus import Entry
    from .view import CorpusView

NAME = "corpus.jsonl"


class JsonlExporter:
    """Writes ``corpus.jsonl`` and a card, ``README.md``, each put in place at once."""

    def __init__(self, options: JsonlOptions | None, ctx: Any):
        self.options = options or JsonlOptions()

    def export(self, corpus: CorpusView, folder: Path) -> Sequence[Path]:
        path = folder / NAME
        write_rows(
            path, rows(corpus, self.options), extra=self.options.extra, descriptors=self.options.descriptors
        )
        return [path, write_card(corpus, folder, self.options)]


def rows(corpus: CorpusView, options: ExportOptions) -> Iterator[Row]:
    """The corpus as rows, sorted by image id and statement, streamed."""
    for entry in corpus.entries():
        yield from rows_of(entry, options)


def rows_of(entry: Entry, options: ExportOptions) -> Iterator[Row]:
    """One image's rows. ``index`` names image and statement, so it stays when images are added."""
    image = entry.scene.image
    for statement in sorted(entry.statements, key=lambda each: each.id):
        verdict = entry.verdicts.get(statement.id)
        accepted = verdict is not None and verdict.accepted
        if not accepted and options.statements == "accepted":
            continue
        source = "_".join(word for word in (statement.teacher, statement.prompt) if word) or "lskd"
        yield Row(
            scene=entry.scene,
            statement=statement,
            score=None if verdict is None else verdict.score,
            judgements=tuple(each for each in entry.judgements if each.statement == statement.id),
            accepted=accepted,
            reason="not judged" if verdict is None else verdict.reason,
            source=source,
            split=split_of(image.sha256, options.splits, options.split_seed),
            index=f"{source}-{image.sha256[:16]}-{statement.id}",
        )


def write_rows(
    path: Path, found: Iterable[Row | Rejected], *, extra: bool = True, descriptors: bool = True
) -> None:
    """Write rows, of a corpus or read from such a file, in their order; `Rejected` ones are passed by."""
    with writing(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        for row in found:
            if isinstance(row, Row):
                file.write(to_line(row, extra=extra, descriptors=descriptors) + "\n")
