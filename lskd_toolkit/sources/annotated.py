"""What every source with annotations needs: image files found under folders, rows made of what was found.

An annotation that is no usable region becomes `Dropped` with its reason, an image that is not there a
`Found` with ``refused``; neither stops the walk. Only an annotation file that cannot be read at all does.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ..errors import UsageError
from ..images.decode import Limits
from ..images.folder import read_file
from ..images.names import readable, to_path, to_uri
from ..records import Dropped, Found, Refined, Region
from .options_annotated import AnnotatedOptions

T = TypeVar("T")

NO_REGIONS = Refined(())


class ReadsFiles:
    """The half of a source that reads image files of this machine; ``scan`` is each format's own."""

    def __init__(self, options: AnnotatedOptions, ctx: Any = None):
        self.options = options
        self.limits = Limits(options.max_megapixels)

    def read(self, uri: str) -> bytes:
        """The bytes of a file found by ``scan``.

        Raises:
            ImageRefused: as the source ``folder``.
        """
        return read_file(to_path(uri), self.limits)


def annotation_files(options: AnnotatedOptions, example: str) -> list[str]:
    """The annotation files as absolute paths, each once.

    Arguments:
        example: the words that would name some, for the error.

    Raises:
        UsageError: none is named, or one is not there.
    """
    if not options.annotations:
        raise UsageError(f"no annotations are named; name them: {example}")
    for path in options.annotations:
        if not os.path.exists(os.path.expanduser(path)):
            raise UsageError(f"annotations {path!r} do not exist; name them: {example}")
    return list(dict.fromkeys(os.path.abspath(os.path.expanduser(path)) for path in options.annotations))


def image_folders(options: AnnotatedOptions, annotations: str) -> list[str]:
    """The folders that images of this annotation file are looked for in, absolute.

    Raises:
        UsageError: one is no folder.
    """
    if not options.paths:
        return [os.path.dirname(os.path.abspath(annotations))]
    for path in options.paths:
        if not os.path.isdir(os.path.expanduser(path)):
            raise UsageError(f"{path!r} is no folder of images; name the folder: lskd run images/ --source …")
    return list(dict.fromkeys(os.path.abspath(os.path.expanduser(path)) for path in options.paths))


def locate(folders: Sequence[str], names: Iterable[str]) -> str | None:
    """The first file there is of these names under these folders, absolute; None where there is none.

    A name is relative to a folder. One whose own folder is the given folder is found as well:
    ``train2017/1.jpg`` in ``…/train2017``. Nothing else is guessed: ``b/1.jpg`` is never ``a/1.jpg``. A
    name that leads out of the folders is not followed.
    """
    for name in names:
        parts = _parts(name)
        for folder in folders if parts else ():
            for tried in _within(folder, parts):
                if os.path.lexists(tried):  # a dangling link is found, and refused with its reason when read
                    return tried
    return None


def _parts(name: str) -> list[str]:
    """A file name's parts below any folder; none where it climbs out."""
    if "\0" in name:
        return []
    parts = [part for part in posixpath.normpath(name.replace("\\", "/")).split("/") if part not in ("", ".")]
    return [] if ".." in parts else parts


def _within(folder: str, parts: Sequence[str]) -> Iterator[str]:
    yield os.path.join(folder, *parts)
    here = os.path.basename(folder)
    for at in range(len(parts) - 1, 0, -1):
        if parts[at - 1] == here:
            yield os.path.join(folder, *parts[at:])


def found(
    id: str,
    names: Sequence[str],
    folders: Sequence[str],
    regions: Refined = NO_REGIONS,
    size: tuple[int, int] | None = None,
    refused: str = "",
) -> Found:
    """One image of an annotation file as its row.

    Arguments:
        id: the image's stable key; made readable where it is no text.
        names: what its file may be called under the folders, the likeliest first.
        regions: in pixels of ``size`` (None: the image's own), and the annotations that are none.
        refused: why it cannot be used, where the annotation itself says so.
    """
    id = readable(id)
    path = None if refused else locate(folders, names)
    if path is None:
        reason = refused or (
            f"no file {_told(names[0] if names else '')} in {', '.join(readable(f) for f in folders)}; "
            "name the folder that it lies in (paths)"
        )
        uri = readable(names[0]) if names and names[0] else id
        return Found(id, uri, regions.kept, "", regions.dropped, size, reason)
    return Found(id, to_uri(path), regions.kept, stamp(path), regions.dropped, size)


def stamp(path: str) -> str:
    """What changes when the file's bytes may have: size, modification and change time; empty where they
    cannot be read."""
    try:
        about = os.stat(path)
    except OSError:
        return ""
    return f"{about.st_size}-{about.st_mtime_ns}-{about.st_ctime_ns}"


def numbered(annotations: Iterable[T], region: Callable[[T], Region | Dropped]) -> Refined:
    """Annotations of one image as its regions, numbered from 0 in their order, those that are none dropped.

    Arguments:
        region: an annotation as a region, whose id is set here, or as one that is left out; raises
            ValueError with the reason where there is none to make.
    """
    kept: list[Region] = []
    dropped: list[Dropped] = []
    for number, annotation in enumerate(annotations):
        try:
            made = region(annotation)
        except ValueError as error:
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            made = Dropped(Region(number, (0.0, 0.0, 0.0, 0.0)), reason)
        if isinstance(made, Dropped):
            dropped.append(Dropped(replace(made.region, id=number), made.reason))
        else:
            kept.append(replace(made, id=number))
    return Refined(tuple(kept), tuple(dropped))


def apart(files: Iterable[tuple[str, Iterable[Found]]]) -> Iterator[Found]:
    """The images of several annotation files, one after the other: an id that an earlier file has given is
    set apart by its own file's name."""
    taken: set[str] = set()
    for path, images in files:
        mine: set[str] = set()
        for image in images:
            stem = os.path.splitext(os.path.basename(path))[0]
            apart = replace(image, id=readable(f"{stem}/{image.id}")) if image.id in taken else image
            mine.add(apart.id)
            yield apart
        taken |= mine


def _told(name: str) -> str:
    return repr(readable(name)[:200])
