"""Taking images in: reading bytes, checking them, giving each its identity and its chunk.

The cut into chunks is recorded, so that a resumed run works in the same batches as an undisturbed
one. A file that cannot be used is a row with its reason; a second file with equal bytes is a
duplicate of the first, worked on once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..canonical import canonical, digest
from ..errors import ImageRefused
from ..images.decode import Limits, check
from ..images.given import in_pixels
from ..records import Found
from ..store import ImageEntry, Store, to_json


def intake(store: Store, source: Any, chunk: int) -> Iterator[tuple[int, Counter[str]]]:
    """Scan the source; yield the number of each new chunk when its images are durable, with the counts
    of images found so far by status.

    Images known with the same stamp are not read again. Ends by settling which of equal images counts.
    """
    store.begin_scan()
    number = store.last_chunk() + 1
    fresh: list[ImageEntry] = []
    present: list[str] = []
    counts: Counter[str] = Counter()
    for found in source.scan():
        if store.seen(found.id) or found.id in present or any(e.id == found.id for e in fresh):
            fresh.append(_twice(found, number))
            counts["refused"] += 1
            continue
        known = store.known(found.id)
        found = _stamped(found)  # noqa: PLW2901
        unchanged = known is not None and known.status != "refused" and known.uri == found.uri
        if known is not None and unchanged and found.stamp and known.stamp == found.stamp:
            present.append(found.id)
            counts[known.status] += 1
            continue
        entry = _examined(store, source, found, known, fresh, number)
        counts[entry.status] += 1
        if known is not None and entry.identity == known.identity and known.status == entry.status:
            present.append(found.id)
            continue
        fresh.append(entry)
        if len(fresh) == chunk:
            store.put_images(fresh, present)
            yield number, counts
            fresh, present, number = [], [], number + 1
    store.put_images(fresh, present)
    if fresh:
        yield number, counts
    store.settle()


def _stamped(found: Found) -> Found:
    """The stamp tells of the regions too: an annotation may change while its image stays."""
    if not found.stamp or not (found.regions or found.dropped or found.size):
        return found
    given = digest(repr((found.regions, found.dropped, found.size)))
    return replace(found, stamp=f"{found.stamp} {given[:16]}")


def _twice(found: Found, number: int) -> ImageEntry:
    """The row of an image whose id the source has given before: the first one counts."""
    digits = hashlib.sha256(found.uri.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    reason = f"the source gave the id {found.id!r} twice; the first one counts"
    return ImageEntry(f"{found.id}~{digits}", found.uri, "", "", "", 0, 0, "refused", reason, "", number)


def limits_of(source: Any) -> Limits:
    """What the source holds for too large."""
    return getattr(source, "limits", None) or Limits()


def _examined(
    store: Store, source: Any, found: Found, known: ImageEntry | None, fresh: list[ImageEntry], number: int
) -> ImageEntry:
    given = ""
    previous = known.identity if known is not None else ""

    def entry(identity: str, sha256: str, size: tuple[int, int], status: str, reason: str) -> ImageEntry:
        return ImageEntry(
            found.id, found.uri, found.stamp, identity, sha256, *size, status, reason, given, number,
            previous if previous != identity else "",
        )  # fmt: skip

    sha256 = ""
    if found.refused:
        return entry("", "", (0, 0), "refused", found.refused)
    try:
        data = source.read(found.uri)
        sha256 = hashlib.sha256(data).hexdigest()
        size = check(data, limits_of(source))
    except ImageRefused as error:
        return entry("", sha256, (0, 0), "refused", str(error))
    except Exception as error:  # a source's own failure costs its image, not the run
        text = " ".join(str(error).split())[:300]
        return entry("", sha256, (0, 0), "refused", f"cannot be read: {type(error).__name__}: {text}")
    regions = in_pixels(found, *size)
    if regions.kept or regions.dropped:
        given = canonical(to_json(regions))
    identity = digest([sha256, given]) if given else sha256
    twin = next((e.id for e in fresh if e.identity == identity and e.status == "ok"), None)
    twin = twin or store.original(identity)
    if twin is not None and twin != found.id:
        return entry(identity, sha256, size, "duplicate", f"duplicate of {twin}")
    return entry(identity, sha256, size, "ok", "")
