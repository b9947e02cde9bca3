"""The tables of run.sqlite, and the two records that only the store knows: a stage's key, an image's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..canonical import digest

VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS contents (number INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS images (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, uri TEXT NOT NULL, stamp TEXT NOT NULL,
    content INTEGER NOT NULL, sha256 TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL, given TEXT NOT NULL,
    chunk INTEGER NOT NULL, present INTEGER NOT NULL, previous TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS images_content ON images (content);
CREATE INDEX IF NOT EXISTS images_chunk ON images (chunk);
CREATE TABLE IF NOT EXISTS stages (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
    parts TEXT NOT NULL, version TEXT NOT NULL, position INTEGER NOT NULL, current INTEGER NOT NULL,
    seconds REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS rows (
    number INTEGER PRIMARY KEY AUTOINCREMENT, stage INTEGER NOT NULL REFERENCES stages (number),
    content INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, body BLOB,
    UNIQUE (stage, content));
CREATE TABLE IF NOT EXISTS selection (
    content INTEGER NOT NULL, statement INTEGER NOT NULL, accepted INTEGER NOT NULL, score REAL NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (content, statement)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folds (name TEXT PRIMARY KEY, key TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class StageKey:
    """A stage as it stands in this configuration: its key's parts, and the number of its rows."""

    name: str
    kind: str
    parts: Mapping[str, Any]
    version: str
    number: int = -1

    @property
    def key(self) -> str:
        return digest(dict(self.parts))


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """A row of the table of images. ``identity`` is the sha256 of the bytes, or of bytes and given
    regions, and ``content`` its number in this store (given when it is stored; 0 where there is none);
    ``previous`` the identity that this id had before its bytes changed."""

    id: str
    uri: str
    stamp: str
    identity: str
    sha256: str
    width: int
    height: int
    status: str
    reason: str
    given: str = ""
    chunk: int = 0
    previous: str = ""
    content: int = 0


COLUMNS = (
    "id, uri, stamp, COALESCE((SELECT identity FROM contents WHERE number=content), ''), sha256, width, "
    "height, status, reason, given, chunk, previous, content"
)
