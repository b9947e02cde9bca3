"""Exporter ``parquet``: typed columns in shards, one statement a row, for ``datasets.load_dataset``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LskdError
from ..store.durable import writing
from .card import write_card
from .jsonl import rows
from .options import ParquetOptions

if TYPE_CHECKING:
    from .released import Row
    from .view import CorpusView

FOLDER = "data"


class TablesMissing(LskdError):
    """pyarrow is not installed."""


class ParquetExporter:
    """Writes ``data/SPLIT-NNNNN.parquet`` and a card, ``README.md``.

    Holds ``group_rows`` statements a split in memory, whatever the size of the corpus. Every file is
    put in place at once; shards of an earlier, longer export are taken away.
    """

    def __init__(self, options: ParquetOptions | None, ctx: Any):
        self.options = options or ParquetOptions()

    def export(self, corpus: CorpusView, folder: Path) -> Sequence[Path]:
        arrow = _pyarrow()
        shards = {name: _Shards(arrow, folder / FOLDER, name, self.options) for name in self.options.splits}
        try:
            for row in rows(corpus, self.options):
                shards[row.split].add(row)
            if not any(each.written for each in shards.values()):
                # A data set without any file cannot be loaded; one without rows can.
                next(iter(shards.values())).begin()
        except BaseException as error:
            for each in shards.values():
                each.abandon(error)
            raise
        written = [path for each in shards.values() for path in each.end()]
        for stale in set((folder / FOLDER).glob("*.parquet")) - set(written):
            stale.unlink()
        return [*sorted(written), write_card(corpus, folder, self.options)]


class _Shards:
    """The files of one split: rows are gathered to groups, groups written to the open file."""

    def __init__(self, arrow: Any, folder: Path, split: str, options: ParquetOptions):
        self.arrow, self.folder, self.split, self.options = arrow, folder, split, options
        self.written: list[Path] = []
        self._schema = _schema(arrow)
        self._group: list[dict[str, Any]] = []
        self._open: ExitStack | None = None
        self._writer: Any = None
        self._rows = 0

    def add(self, row: Row) -> None:
        if self._open is None:
            self.begin()
        self._group.append(columns(row))
        self._rows += 1
        if len(self._group) >= self.options.group_rows:
            self._flush()
        if self._rows >= self.options.shard_rows:
            self.end()

    def begin(self) -> None:
        path = self.folder / f"{self.split}-{len(self.written):05}.parquet"
        self._open = ExitStack()
        temporary = self._open.enter_context(writing(path))
        self._writer = self._open.enter_context(
            self.arrow.parquet.ParquetWriter(temporary, self._schema, compression="zstd")
        )
        self._rows = 0
        self.written.append(path)

    def end(self) -> list[Path]:
        """Put the open file in its place; give all files of the split."""
        if self._open is not None:
            self._flush()
            self._open.close()
            self._open = None
        return self.written

    def abandon(self, error: BaseException) -> None:
        """Take the half-written file away."""
        if self._open is not None:
            self._open.__exit__(type(error), error, error.__traceback__)
            self._open = None

    def _flush(self) -> None:
        if self._group:
            self._writer.write_table(self.arrow.Table.from_pylist(self._group, schema=self._schema))
            self._group = []


def columns(row: Row) -> dict[str, Any]:
    """A row as the values of its columns."""
    image, statement = row.scene.image, row.statement
    return {
        "image": _valid(image.id),
        "uri": _valid(image.uri),
        "sha256": image.sha256,
        "width": image.width,
        "height": image.height,
        "source": _valid(row.source),
        "index": _valid(row.index),
        "statement": statement.id,
        "inference": _valid(statement.inference),
        "question": _valid(statement.question),
        "answer": _valid(statement.answer),
        "rationale": _valid(statement.rationale),
        "mentioned": list(statement.regions),
        "score": row.score,
        "accepted": row.accepted,
        "reason": _valid(row.reason),
        "teacher": _valid(statement.teacher),
        "prompt": _valid(statement.prompt),
        "regions": [
            {
                "id": region.id,
                "box": [float(edge) for edge in region.box],
                "label": _valid(region.label),
                "score": region.score,
                "proposer": _valid(region.proposer),
                "shape": None if region.shape is None else json.dumps(
                    {"type": region.shape.type, **region.shape.values}, sort_keys=True
                ),
            }
            for region in row.scene.regions
        ],
        "descriptors": [
            {
                "scope": each.scope,
                "text": _valid(each.text),
                "regions": list(each.regions),
                "score": each.score,
                "verbalizer": _valid(each.verbalizer),
                "question": _valid(each.question),
            }
            for each in row.scene.descriptors
        ],
        "judgements": [
            {
                "critic": _valid(each.critic),
                "score": each.score,
                "note": _valid(each.note),
                "parts": [{"name": name, "score": each.parts[name]} for name in sorted(each.parts)],
            }
            for each in row.judgements
        ],
    }  # fmt: skip


def _valid(text: str) -> str:
    """Text that is valid Unicode: a file name's stray bytes become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _schema(arrow: Any) -> Any:
    text, whole, real = arrow.string(), arrow.int32(), arrow.float64()
    region = arrow.struct({
        "id": whole, "box": arrow.list_(real, 4), "label": text, "score": real, "proposer": text,
        "shape": text,
    })  # fmt: skip
    descriptor = arrow.struct({
        "scope": text, "text": text, "regions": arrow.list_(whole), "score": real, "verbalizer": text,
        "question": text,
    })  # fmt: skip
    part = arrow.struct({"name": text, "score": real})
    judgement = arrow.struct({"critic": text, "score": real, "note": text, "parts": arrow.list_(part)})
    return arrow.schema({
        "image": text, "uri": text, "sha256": text, "width": whole, "height": whole, "source": text,
        "index": text, "statement": arrow.int64(), "inference": text, "question": text, "answer": text,
        "rationale": text, "mentioned": arrow.list_(whole), "score": real, "accepted": arrow.bool_(),
        "reason": text, "teacher": text, "prompt": text, "regions": arrow.list_(region),
        "descriptors": arrow.list_(descriptor), "judgements": arrow.list_(judgement),
    })  # fmt: skip


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise TablesMissing(
            "writing Parquet takes pyarrow; install it with: pip install 'lskd-toolkit[tables]'"
        ) from error
    return pyarrow
