"""Source ``folder``: image files and folders, walked in order of their names.

Nothing an honest folder may hold stops the walk: a dangling link, a file or folder that may not be
read and a pipe named ``.jpg`` are found like any image, and refused with their reason when read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import Any

from ..errors import ImageRefused, UsageError
from ..records import Found
from .decode import Limits
from .names import readable, to_path, to_uri
from .options import FolderOptions

_REASONS = {
    errno.ENOENT: "the file is gone",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "a link that leads to itself",
    errno.EIO: "the disk cannot read it",
}


class Folder:
    """Image files and folders of this machine. Each real folder and each named file is visited once."""

    def __init__(self, options: FolderOptions, ctx: Any = None):
        self.options = options
        self.limits = Limits(options.max_megapixels)

    def scan(self) -> Iterator[Found]:
        """Every image file, in order: the paths as given, each folder by the names in it.

        The id is the path within its folder, with forward slashes (a file named outright: its name).
        Where two folders share one, the later is prefixed with its folder's name, then numbered. The
        stamp is size, modification and change time; empty where they cannot be read.

        Raises:
            UsageError: no path is given, or one does not exist.
        """
        if not self.options.paths:
            raise UsageError("no images are named; name files or folders: lskd run photos/")
        return self._found([_existing(path) for path in self.options.paths])

    def read(self, uri: str) -> bytes:
        """The bytes of a file found by `scan`.

        Raises:
            ImageRefused: a dangling link, no permission, not a regular file, or so many bytes that no
                picture within ``max_megapixels`` needs them.
        """
        return read_file(to_path(uri), self.limits)

    def _found(self, roots: list[str]) -> Iterator[Found]:
        named = {root for root in roots if not os.path.isdir(root)}
        seen: set[tuple[int, int]] = set()
        taken: set[str] = set()
        for root in dict.fromkeys(roots):
            base = os.path.basename(root)
            if root in named:
                files: Iterator[tuple[str, str]] = iter([(root, base)])
            else:
                files = ((p, relative) for p, relative in self._walk(root, "", seen) if p not in named)
            for path, relative in files:
                id_ = readable(relative)
                if len(roots) > 1 or "%" in id_:  # only then can two files have the same id
                    id_ = _free(id_, readable(base), taken)
                    taken.add(id_)
                yield Found(id_, to_uri(path), stamp=_stamp(path))

    def _walk(self, folder: str, prefix: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, str]]:
        """(path, relative path) of the images under a folder. ``seen`` holds the real folders visited,
        so that links back up end."""
        try:
            here = os.stat(folder)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield folder, prefix or os.path.basename(folder)  # refused with its reason when read
            return
        if (here.st_dev, here.st_ino) in seen:
            return
        seen.add((here.st_dev, here.st_ino))
        endings = tuple(ending.lower() for ending in self.options.extensions)
        for entry in entries:
            relative = f"{prefix}/{entry.name}" if prefix else entry.name
            if _is_folder(entry):
                if self.options.recursive:
                    yield from self._walk(entry.path, relative, seen)
            elif entry.name.lower().endswith(endings):
                yield entry.path, relative


def read_file(path: str, limits: Limits) -> bytes:
    """The bytes of an image file.

    Raises:
        ImageRefused: as `Folder.read`.
    """
    try:
        about = os.stat(path)
        if stat.S_ISDIR(about.st_mode):
            os.listdir(path)  # says why, if it may not be read
            raise ImageRefused("a folder, not a file")
        if not stat.S_ISREG(about.st_mode):
            raise ImageRefused("not a regular file")  # opening a pipe would wait for ever
        # 8 bytes a pixel is 16-bit RGBA uncompressed; the rest is for what cameras put beside it.
        if about.st_size > limits.max_megapixels * 8e6 + 64e6:
            raise ImageRefused(
                f"{about.st_size / 1e6:.0f} MB is more than any picture of "
                f"{limits.max_megapixels:g} megapixels needs (max_megapixels)"
            )
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        if error.errno == errno.ENOENT and os.path.islink(path):
            raise ImageRefused("dangling link: what it points to is gone") from error
        reason = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
        raise ImageRefused(reason) from error


def _existing(path: str) -> str:
    """The path made absolute; ``~`` is the home folder unless a file has that very name."""
    given = path if os.path.lexists(path) else os.path.expanduser(path)
    if not path or not os.path.lexists(given):
        raise UsageError(f"{path!r} does not exist; name image files or folders: lskd run photos/")
    return os.path.abspath(given)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _stamp(path: str) -> str:
    try:
        about = os.stat(path)
    except OSError:
        return ""
    return f"{about.st_size}-{about.st_mtime_ns}-{about.st_ctime_ns}"


def _free(id_: str, root: str, taken: set[str]) -> str:
    """The id, or where it is taken the same behind its root's name, or that with a number."""
    if id_ not in taken:
        return id_
    longer = f"{root}/{id_}"
    number, candidate = 2, longer
    while candidate in taken:
        candidate, number = f"{longer}~{number}", number + 1
    return candidate
