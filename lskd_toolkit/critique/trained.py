"""A trained critic is a folder: what it is in ``critic.json``, the images it was trained on in
``trained_on.txt``, and beside them whatever the component saved.

The folder can be named wherever a critic can. A row's key holds the digest of ``critic.json``, which holds
those of the other files: a critic that is trained again judges again, one that is only moved does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from ..errors import UsageError
from ..options import Options
from ..store.durable import write_text

if TYPE_CHECKING:
    from ..config import Part

FORMAT = 1
FACTS, IMAGES = "critic.json", "trained_on.txt"


class TrainedOptions(Options):
    """Base of the options of a critic that can be trained: ``folder`` is where it was saved."""

    folder: str = Field("", description="The folder of a trained critic, made with: lskd critic train")

    @field_validator("folder")
    @classmethod
    def _there(cls, value: str) -> str:
        if value:
            try:
                facts(Path(value))
            except UsageError as error:
                raise ValueError(str(error)) from error
        return value

    def key(self) -> dict[str, Any]:
        key = super().key()
        if self.folder:
            key["folder"] = file_sha256(Path(self.folder) / FACTS)
        return key


def is_trained(folder: Path) -> bool:
    """Whether there is a trained critic in that folder."""
    return (folder / FACTS).is_file()


def facts(folder: Path) -> dict[str, Any]:
    """What ``critic.json`` says: ``component`` and ``distribution``, ``version``, ``options``, ``seed``,
    ``labels`` (counts), ``metrics``, ``files`` (sha256 by name).

    Raises:
        UsageError: there is no trained critic, or it is of a newer version.
    """
    path = folder / FACTS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{folder} holds no trained critic; train one with: lskd critic train RUN --out {folder}"
        ) from error
    except ValueError as error:
        raise UsageError(f"{path} cannot be read ({error}); train the critic again") from error
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise UsageError(f"{path} is not a trained critic's; train one with: lskd critic train")
    if found["format"] > FORMAT:
        raise UsageError(f"{folder} was written by a newer lskd-toolkit; update it to use this critic")
    return found


def trained_on(folder: Path) -> frozenset[str]:
    """The sha256 of every image that the critic has learned from: it is never measured on these.

    Raises:
        UsageError: the list is gone.
    """
    try:
        return frozenset((folder / IMAGES).read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{folder / IMAGES} cannot be read, so nobody knows what the critic has seen; train it again"
        ) from error


def complete(folder: Path, told: Mapping[str, Any], images: Iterable[str]) -> None:
    """Write what makes of a folder with a component's files a trained critic; ``critic.json`` last."""
    write_text(folder / IMAGES, "".join(f"{sha256}\n" for sha256 in sorted(set(images))))
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != FACTS
    }
    text = json.dumps({"format": FORMAT, **told, "files": files}, indent=2, sort_keys=True)
    write_text(folder / FACTS, text + "\n")


def file_sha256(path: Path) -> str:
    """The digest of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def untold(parts: Iterable[Part]) -> list[str]:
    """The folders of critics among these, or among their own parts, of which nobody knows what they learned
    from: they were trained elsewhere."""
    return [
        folder
        for folder in _folders(parts)
        if facts(Path(folder)).get("labels", {}).get("images") == "unknown"
    ]


def seen_by(parts: Iterable[Part]) -> frozenset[str]:
    """The sha256 of every image that one of these critics, or a critic of its own, has learned from.

    Raises:
        UsageError: the folder of a trained critic is gone.
    """
    return frozenset().union(*(trained_on(Path(folder)) for folder in _folders(parts)))


def _folders(parts: Iterable[Part]) -> list[str]:
    """Where the trained critics among these parts and their own were saved."""
    found = {
        part.options.folder
        for each in parts
        for part in each.walk()
        if isinstance(part.options, TrainedOptions) and part.options.folder
    }
    return sorted(found)
