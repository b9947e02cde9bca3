"""run.sqlite: which images there are, which stages, and every stage's row for every image.

A row is found by its stage's key and its image's content, the identity's number here: numbers grow as
images come, so that rows of a chunk lie side by side and storing them costs the same however many
there are. The stage's key digests all that the
outputs depend on (component, behaviour, options, seed, the stages before it), and the parts of that
key are kept, so that `why` can say which of them changed. Rows of former keys stay: going back to an
earlier configuration costs nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..canonical import canonical, digest
from ..errors import StoreError
from .database import connect, lock
from .durable import commit, reported
from .rows import Row, decode, encode
from .schema import COLUMNS, SCHEMA, VERSION, ImageEntry, StageKey


class Store:
    """The run folder's database. One writer at a time; readers open it with ``readonly``."""

    def __init__(self, folder: Path, *, readonly: bool = False):
        """Open ``folder``/run.sqlite.

        Raises:
            StoreError: in use by another run, of a newer schema, not writable, or not there to read.
        """
        self.folder = folder
        self.readonly = readonly
        path = folder / "run.sqlite"
        if readonly:
            if not path.exists():
                raise StoreError(f"{folder} is no run folder; make one with: lskd run --out {folder}")
            self._lock = None
        else:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._lock = lock(folder)
            except OSError as error:
                raise StoreError(
                    f"cannot write in {folder}: {error.strerror}; choose another with --out"
                ) from error
        self._guard = threading.RLock()
        self._db = connect(path, SCHEMA, VERSION, readonly=readonly)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One commit, whole or not at all: intake and stages write from different threads."""
        with self._guard, reported(self.folder):
            try:
                yield
                commit(self._db)
            except BaseException:
                self._db.rollback()
                raise

    def close(self) -> None:
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- images -----------------------------------------------------------------------------------

    def begin_scan(self) -> None:
        """Note from now on which ids the source has. What was there stays there until `settle`, so that a
        scan that fails or is stopped takes nothing away."""
        with self._transaction():
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.execute("DELETE FROM seen")

    def seen(self, image_id: str) -> bool:
        """Whether this scan has recorded that id already."""
        return self._db.execute("SELECT 1 FROM seen WHERE id=?", (image_id,)).fetchone() is not None

    def known(self, image_id: str) -> ImageEntry | None:
        row = self._db.execute(f"SELECT {COLUMNS} FROM images WHERE id = ?", (image_id,)).fetchone()
        return ImageEntry(*row) if row else None

    def original(self, identity: str) -> str | None:
        """The id of the present, usable image with that identity."""
        row = self._db.execute(
            "SELECT id FROM images WHERE content = (SELECT number FROM contents WHERE identity = ?) "
            "AND status = 'ok' AND present = 1 LIMIT 1",
            (identity,),
        ).fetchone()
        return row[0] if row else None

    def put_images(self, entries: Sequence[ImageEntry], present: Iterable[str] = ()) -> None:
        """Record images as found, in one commit, and those ``present`` unchanged since last time."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO contents (identity) VALUES (?)",
                [(e.identity,) for e in entries if e.identity],
            )
            self._db.executemany(
                "INSERT INTO images (id, uri, stamp, content, sha256, width, height, status, reason, given, "
                "chunk, previous, present) "
                "VALUES (?,?,?,COALESCE((SELECT number FROM contents WHERE identity=?), 0),"
                "?,?,?,?,?,?,?,?,1) "
                "ON CONFLICT (id) DO UPDATE SET uri=excluded.uri, stamp=excluded.stamp, "
                "content=excluded.content, sha256=excluded.sha256, width=excluded.width, "
                "height=excluded.height, status=excluded.status, reason=excluded.reason, "
                "given=excluded.given, chunk=excluded.chunk, previous=excluded.previous, present=1",
                [
                    (e.id, e.uri, e.stamp, e.identity, e.sha256, e.width, e.height, e.status, e.reason,
                     e.given, e.chunk, e.previous)
                    for e in entries
                ],
            )  # fmt: skip
            here = [(i,) for i in present]
            self._db.executemany("UPDATE images SET present = 1 WHERE id = ?", here)
            if self._scanning():
                seen = here + [(e.id,) for e in entries]
                self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", seen)

    def _scanning(self) -> bool:
        return bool(self._db.execute("SELECT 1 FROM sqlite_temp_master WHERE name='seen'").fetchone())

    def settle(self) -> bool:
        """After a scan: of present images with equal identity the smallest id is the one that counts,
        whatever order they were found in. True when this changed which images are usable."""
        first = (
            "(SELECT MIN(o.id) FROM images o WHERE o.content=images.content AND o.present=1 "
            "AND o.status IN ('ok','duplicate'))"
        )
        with self._transaction():
            self._db.execute(
                "UPDATE images SET present=0 WHERE present=1 AND id NOT IN (SELECT id FROM seen)"
            )
            changed = self._db.execute(
                "UPDATE images SET status='ok', reason='' "
                f"WHERE present=1 AND status='duplicate' AND id={first}"
            ).rowcount
            self._db.execute(
                f"UPDATE images SET status='duplicate', reason='duplicate of ' || {first} "
                f"WHERE present=1 AND status IN ('ok','duplicate') AND id<>{first}"
            )
        return changed > 0

    def last_chunk(self) -> int:
        found = self._db.execute("SELECT MAX(chunk) FROM images").fetchone()[0]
        return -1 if found is None else int(found)

    def chunks(self) -> list[int]:
        rows = self._db.execute(
            "SELECT DISTINCT chunk FROM images WHERE present=1 AND status='ok' ORDER BY chunk"
        )
        return [row[0] for row in rows]

    def chunk(self, number: int) -> list[ImageEntry]:
        """The usable images of one chunk, in the order they were found."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM images WHERE chunk=? AND present=1 AND status='ok' ORDER BY seq",
            (number,),
        )
        return [ImageEntry(*row) for row in rows]

    def images(self, status: str | None = None) -> Iterator[ImageEntry]:
        """Present images sorted by id."""
        query = f"SELECT {COLUMNS} FROM images WHERE present=1"
        arguments: tuple[str, ...] = ()
        if status is not None:
            query, arguments = query + " AND status=?", (status,)
        for row in self._db.execute(query + " ORDER BY id", arguments):
            yield ImageEntry(*row)

    def image_counts(self) -> dict[str, int]:
        return dict(
            self._db.execute("SELECT status, COUNT(*) FROM images WHERE present=1 GROUP BY status").fetchall()
        )

    def duplicates(self, content: int) -> tuple[str, ...]:
        rows = self._db.execute(
            "SELECT id FROM images WHERE content=? AND status='duplicate' AND present=1 ORDER BY id",
            (content,),
        )
        return tuple(row[0] for row in rows)

    # --- stages -----------------------------------------------------------------------------------

    def put_stages(self, stages: Sequence[StageKey]) -> list[StageKey]:
        """Make these the current stages, in order; known keys keep their rows. Numbered, as given."""
        deciding = {s.key for s in self.current_stages() if s.kind in ("teacher", "critic")}
        with self._transaction():
            if deciding != {s.key for s in stages if s.kind in ("teacher", "critic")}:
                # Verdicts are about statements by number: under another teacher they mean nothing.
                self._db.execute("DELETE FROM selection")
                self._db.execute("DELETE FROM folds WHERE name='selection'")
            self._db.execute("UPDATE stages SET current=0")
            for position, stage in enumerate(stages):
                self._db.execute(
                    "INSERT INTO stages (name, kind, key, parts, version, position, current) "
                    "VALUES (?,?,?,?,?,?,1) ON CONFLICT (key) DO UPDATE SET name=excluded.name, "
                    "position=excluded.position, current=1",
                    (
                        stage.name,
                        stage.kind,
                        stage.key,
                        canonical(dict(stage.parts)),
                        stage.version,
                        position,
                    ),
                )
        return self.current_stages()

    def current_stages(self) -> list[StageKey]:
        return [stage for stage, _ in self.stages("WHERE current=1")]

    def former_stages(self, stage: StageKey) -> list[StageKey]:
        """Stages of that name under other keys, the current one first, then the newest."""
        # There is one teacher, whatever it is called; of the other kinds there are several.
        same = "kind=?" if stage.kind == "teacher" else "name=?"
        where = f"WHERE {same} AND key<>? ORDER BY current DESC, number DESC"
        return [found for found, _ in self.stages(where, _called(stage), stage.key)]

    def stages(self, where: str = "", *arguments: str) -> list[tuple[StageKey, float]]:
        order = "" if "ORDER" in where else " ORDER BY position"
        rows = self._db.execute(
            f"SELECT name, kind, parts, version, number, seconds FROM stages {where}{order}", arguments
        )
        return [(StageKey(n, k, json.loads(p), v, number), s) for n, k, p, v, number, s in rows]

    # --- rows -------------------------------------------------------------------------------------

    def get(self, stage: StageKey, contents: Sequence[int]) -> dict[int, Row]:
        """The stored rows of one stage for these images."""
        marks = ",".join("?" * len(contents))
        rows = self._db.execute(
            f"SELECT content, status, reason, body FROM rows WHERE stage=? AND content IN ({marks})",
            (stage.number, *contents),
        )
        return {content: decode(stage.kind, *rest) for content, *rest in rows}

    def missing(self, stage: StageKey, contents: Sequence[int]) -> list[int]:
        """Those of the images that the stage has no row for, in their order."""
        marks = ",".join("?" * len(contents))
        have = {
            row[0]
            for row in self._db.execute(
                f"SELECT content FROM rows WHERE stage=? AND content IN ({marks})",
                (stage.number, *contents),
            )
        }
        return [content for content in contents if content not in have]

    def put(self, stage: StageKey, rows: Mapping[int, Row], seconds: float = 0.0) -> None:
        """Store rows of one stage in one commit, with the seconds of work they took."""
        self.put_all([(stage, rows, seconds)])

    def put_all(self, work: Sequence[tuple[StageKey, Mapping[int, Row], float]]) -> None:
        """Store several stages' rows in one commit."""
        with self._transaction():
            for stage, rows, seconds in work:
                self._db.executemany(
                    "INSERT OR IGNORE INTO rows (stage, content, status, reason, body) VALUES (?,?,?,?,?)",
                    [(stage.number, i, row.status, row.reason, encode(row)) for i, row in rows.items()],
                )
                self._db.execute(
                    "UPDATE stages SET seconds = seconds + ? WHERE number=?", (seconds, stage.number)
                )

    def forget(self, stages: Sequence[StageKey], contents: Iterable[int]) -> None:
        """Delete rows so that they are made again: a retry."""
        with self._transaction():
            for content in contents:
                self._db.executemany(
                    "DELETE FROM rows WHERE stage=? AND content=?",
                    [(stage.number, content) for stage in stages],
                )

    def with_status(self, stage: StageKey, status: str) -> list[int]:
        rows = self._db.execute(
            "SELECT content FROM rows WHERE stage=? AND status=? ORDER BY number", (stage.number, status)
        )
        return [row[0] for row in rows]

    def row_counts(self, stage: StageKey) -> dict[str, int]:
        """Rows of present images by status."""
        return dict(
            self._db.execute(
                "SELECT r.status, COUNT(*) FROM rows r JOIN images i ON i.content=r.content "
                "WHERE r.stage=? AND i.present=1 AND i.status='ok' GROUP BY r.status",
                (stage.number,),
            ).fetchall()
        )

    def lacking_but_had(self, stage: StageKey) -> int:
        """How many present images have no row of this stage but one under a former key of its name."""
        found = self._db.execute(
            "SELECT COUNT(*) FROM images i WHERE i.present=1 AND i.status='ok' "
            "AND NOT EXISTS (SELECT 1 FROM rows r JOIN stages s ON s.number=r.stage "
            " WHERE s.key=? AND r.content=i.content) "
            "AND EXISTS (SELECT 1 FROM rows r JOIN stages s ON s.number=r.stage "
            " WHERE (CASE s.kind WHEN 'teacher' THEN s.kind ELSE s.name END)=? AND s.key<>? "
            " AND r.content=i.content AND r.status='ok')",
            (stage.key, _called(stage), stage.key),
        ).fetchone()[0]
        return int(found)

    def rows_ever(self, name: str) -> dict[str, int]:
        """Rows by status of all stages, current and former, of that name."""
        return dict(
            self._db.execute(
                "SELECT r.status, COUNT(*) FROM rows r JOIN stages s ON s.number=r.stage "
                "WHERE s.name=? GROUP BY r.status",
                (name,),
            ).fetchall()
        )

    def fingerprint(self, stages: Sequence[StageKey]) -> str:
        """Changes whenever rows of these stages, or the present images, change."""
        numbers = [stage.number for stage in stages]
        marks = ",".join("?" * len(numbers))
        rows = self._db.execute(
            f"SELECT stage, COUNT(*), MAX(number) FROM rows WHERE stage IN ({marks}) GROUP BY stage", numbers
        ).fetchall()
        images = self._db.execute(
            "SELECT COUNT(*), TOTAL(content), TOTAL(content*content) FROM images "
            "WHERE present=1 AND status='ok'"
        ).fetchone()
        return digest([rows, images])

    # --- folds ------------------------------------------------------------------------------------

    def fold(self, name: str) -> tuple[str, Any] | None:
        """A fold's key and result as last stored."""
        row = self._db.execute("SELECT key, body FROM folds WHERE name=?", (name,)).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def put_fold(
        self, name: str, key: str, body: Any, selection: Iterable[tuple[Any, ...]] | None = None
    ) -> None:
        """Store a fold's result, and the selection if it made one, in one commit."""
        with self._transaction():
            if selection is not None:
                self._db.execute("DELETE FROM selection")
                self._db.executemany("INSERT INTO selection VALUES (?,?,?,?,?)", selection)
            self._db.execute(
                "INSERT INTO folds VALUES (?,?,?) ON CONFLICT (name) DO UPDATE SET key=excluded.key, "
                "body=excluded.body",
                (name, key, canonical(body)),
            )

    def selection(self, content: int) -> list[tuple[int, bool, float, str]]:
        rows = self._db.execute(
            "SELECT statement, accepted, score, reason FROM selection WHERE content=? ORDER BY statement",
            (content,),
        )
        return [(s, bool(a), score, reason) for s, a, score, reason in rows]


def _called(stage: StageKey) -> str:
    """What a stage is known by from one configuration to the next."""
    return stage.kind if stage.kind == "teacher" else stage.name
