"""Every row of a run as Parquet tables: a view for pandas, DuckDB and Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import canonical
from ..errors import LskdError
from ..store.durable import writing
from .corpus import Entry

if TYPE_CHECKING:
    from .reading import Corpus

TABLES: dict[str, dict[str, str]] = {
    "images": {"image": "string", "uri": "string", "status": "string", "reason": "string",
               "sha256": "string", "width": "int32", "height": "int32"},
    "regions": {"image": "string", "region": "int32", "x1": "float64", "y1": "float64", "x2": "float64",
                "y2": "float64", "label": "string", "score": "float64", "proposer": "string",
                "shape": "string", "kept": "bool_", "reason": "string"},
    "descriptors": {"image": "string", "scope": "string", "text": "string", "regions": "list<int32>",
                    "score": "float64", "verbalizer": "string", "question": "string"},
    "statements": {"image": "string", "statement": "int32", "question": "string", "answer": "string",
                   "rationale": "string", "regions": "list<int32>", "inference": "string",
                   "teacher": "string", "prompt": "string", "reply": "string", "draw": "int32",
                   "evidence": "list<int32>", "confidence": "string", "accepted": "bool_",
                   "score": "float64", "reason": "string"},
    "judgements": {"image": "string", "statement": "int32", "critic": "string", "score": "float64",
                   "parts": "string", "note": "string"},
    "losses": {"image": "string", "what": "string", "text": "string", "reason": "string"},
}  # fmt: skip
"""Table, column, Arrow type. ``shape`` and ``parts`` are JSON; ``losses`` holds whatever became no
statement: rejected output and failed or skipped stages."""

_GROUP = 20_000


def write_tables(corpus: Corpus, folder: Path) -> list[Path]:
    """One file a table under ``folder``, streamed, rows sorted by image id.

    Raises:
        LskdError: pyarrow is not installed; says how to get it.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise LskdError("tables need pyarrow; install it: pip install 'lskd-toolkit[tables]'") from error

    def arrow(name: str) -> Any:
        return pa.list_(pa.int32()) if name.startswith("list") else getattr(pa, name)()

    written = []
    for table, columns in TABLES.items():
        schema = pa.schema([(name, arrow(kind)) for name, kind in columns.items()])
        path = folder / f"{table}.parquet"
        with writing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for rows in _grouped(_rows(table, corpus)):
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
        written.append(path)
    return written


def _grouped(rows: Iterator[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == _GROUP:
            yield group
            group = []
    if group:
        yield group


def _rows(table: str, corpus: Corpus) -> Iterator[dict[str, Any]]:
    if table == "images":
        for row in corpus.images():
            image = row.image
            yield {
                "image": row.id, "uri": row.uri, "status": row.status, "reason": row.reason,
                "sha256": image.sha256 if image else None, "width": image.width if image else None,
                "height": image.height if image else None,
            }  # fmt: skip
        return
    for entry in corpus.entries():
        for made in _OF_ENTRY[table](entry):
            yield {"image": entry.scene.image.id, **made}


def _regions(entry: Entry) -> Iterator[dict[str, Any]]:
    kept = [(region, "") for region in entry.scene.regions]
    left = [(dropped.region, dropped.reason) for dropped in entry.dropped]
    for region, reason in sorted(kept + left, key=lambda pair: pair[0].id):
        x1, y1, x2, y2 = region.box
        shape = None
        if region.shape is not None:
            shape = canonical({"type": region.shape.type, **region.shape.values})
        yield {
            "region": region.id, "x1": x1, "y1": y1, "x2": x2, "y2": y2, "label": region.label,
            "score": region.score, "proposer": region.proposer, "shape": shape, "kept": not reason,
            "reason": reason,
        }  # fmt: skip


def _descriptors(entry: Entry) -> Iterator[dict[str, Any]]:
    for d in entry.scene.descriptors:
        yield {
            "scope": d.scope, "text": d.text, "regions": list(d.regions), "score": d.score,
            "verbalizer": d.verbalizer, "question": d.question,
        }  # fmt: skip


def _statements(entry: Entry) -> Iterator[dict[str, Any]]:
    for s in entry.statements:
        verdict = entry.verdicts.get(s.id)
        yield {
            "statement": s.id, "question": s.question, "answer": s.answer, "rationale": s.rationale,
            "regions": list(s.regions), "inference": s.inference, "teacher": s.teacher,
            "prompt": s.prompt, "reply": s.reply, "draw": s.draw, "evidence": list(s.evidence),
            "confidence": s.confidence, "accepted": verdict.accepted if verdict else None,
            "score": verdict.score if verdict else None, "reason": verdict.reason if verdict else None,
        }  # fmt: skip


def _judgements(entry: Entry) -> Iterator[dict[str, Any]]:
    for j in entry.judgements:
        yield {
            "statement": j.statement, "critic": j.critic, "score": j.score,
            "parts": canonical(dict(j.parts)), "note": j.note,
        }  # fmt: skip


def _losses(entry: Entry) -> Iterator[dict[str, Any]]:
    for rejected in entry.rejected:
        yield {"what": "teacher output", "text": rejected.text, "reason": rejected.reason}
    for failure in entry.failures:
        yield {"what": failure.stage, "text": failure.status, "reason": failure.reason}


_OF_ENTRY = {
    "regions": _regions, "descriptors": _descriptors, "statements": _statements,
    "judgements": _judgements, "losses": _losses,
}  # fmt: skip
