"""Contracts of sources."""

from __future__ import annotations

from itertools import islice

from ..errors import LskdError
from ..images.decode import check
from ..records import Found
from .subject import Subject

MOST = 100
"""How many images of a source are looked at."""


def scans_the_same_twice(subject: Subject) -> None:
    """Ids are unique and stable: resuming knows an image by its id."""
    first = list(islice(subject.instance.scan(), MOST))
    subject.require(first, "finds no image, so that its contracts prove nothing; give it options")
    again = list(islice(subject.build().scan(), MOST))
    subject.require(first == again, "two scans differ; order what is found by name")
    for found in first:
        subject.require(isinstance(found, Found), f"scan gave {type(found).__name__}; give Found")
        subject.require(isinstance(found.id, str) and found.id and found.uri, f"{found} lacks an id or a uri")
    ids = [found.id for found in first]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    subject.require(twice is None, f"the id {twice!r} is there twice")


def reads_what_it_found(subject: Subject) -> None:
    """Bytes of an image, the same each time, or an error that says why not in one line."""
    for found in islice(subject.instance.scan(), 5):
        try:
            data = subject.instance.read(found.uri)
            subject.require(isinstance(data, bytes), f"read gave {type(data).__name__}; give bytes")
            subject.require(data == subject.build().read(found.uri), f"two reads of {found.uri} differ")
            check(data)
        except LskdError as refused:
            subject.require(
                str(refused) and "\n" not in str(refused), f"{found.id} is refused without a one-line reason"
            )


def knows_what_is_not_there(subject: Subject) -> None:
    """A uri of nothing is refused by an error of the toolkit: that image's row names the reason."""
    try:
        subject.instance.read("no-such-scheme:nothing/at all")
    except LskdError:
        return
    except Exception as error:
        raise AssertionError(
            f"{subject.kind} {subject.name!r}: reading what is not there raises {error!r}; "
            "raise ImageRefused with the reason"
        ) from error
    subject.fail("reads something where there is nothing; raise ImageRefused")


CHECKS = (scans_the_same_twice, reads_what_it_found, knows_what_is_not_there)
