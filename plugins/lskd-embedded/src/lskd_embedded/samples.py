"""Source `samples`: a dozen real photos, for a first run, for tests and for machines without a network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lskd_toolkit import Found, InvalidOptions, LskdError

from .photos import FETCHED, INSTALLED, Installed

if TYPE_CHECKING:
    from lskd_toolkit import Context

    from .options_vision import SamplesOptions

SCHEME = "sample:"
_INSTALLED = {SCHEME + photo.id: photo for photo in INSTALLED}
_DIGESTS = {uri: photo.sha256 for uri, photo in _INSTALLED.items()} | {w.name: w.sha256 for w in FETCHED}
IDS = tuple(uri.removeprefix(SCHEME) for uri in _DIGESTS)


class Samples:
    """The photos of `lskd_embedded.photos`, in that order, known by names like ``astronaut.png``."""

    def __init__(self, options: SamplesOptions, ctx: Context):
        unknown = [name for name in options.only if name not in IDS]
        if unknown:
            raise InvalidOptions(f"there is no sample photo {unknown[0]!r}; there are {', '.join(IDS)}")
        self.only = options.only or IDS

    def scan(self) -> Iterator[Found]:
        """Every photo, here or not yet. The stamp is its pinned digest: the bytes never change."""
        for name in IDS:
            if name in self.only:
                yield Found(name, SCHEME + name, stamp=_DIGESTS[SCHEME + name])

    def licence(self, uri: str) -> tuple[str, str] | None:
        """A photo's licence and whose it is; of the fetched ones both are announced with the file."""
        photo = _INSTALLED.get(uri)
        return None if photo is None else (photo.licence, photo.source)

    def read(self, uri: str) -> bytes:
        """The file's bytes.

        Raises:
            WeightsMissing: it must be fetched first; the message has the command.
            LskdError: no such photo, or the installed package holds another file of that name.
        """
        if uri in _INSTALLED:
            return _read_installed(_INSTALLED[uri])
        if uri not in _DIGESTS:
            raise LskdError(f"there is no sample photo {uri!r}; there are {', '.join(IDS)}")
        from lskd_toolkit import weight_path

        return weight_path(uri).read_bytes()


def _read_installed(photo: Installed) -> bytes:
    spec = find_spec(photo.package)  # finds the folder without importing the package
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    try:
        data = (folder / photo.path).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != photo.sha256:
        raise LskdError(
            f"the sample photo {photo.id} is not in the installed {photo.package}; "
            "install it again: pip install --force-reinstall scikit-image"
        )
    return data
