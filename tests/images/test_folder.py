"""Walking folders that hold what folders hold."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lskd_toolkit.errors import ImageRefused, UsageError
from lskd_toolkit.images import check
from lskd_toolkit.images.folder import Folder
from lskd_toolkit.images.options import EXTENSIONS, FolderOptions


def photo(path: Path, value: int = 7) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(path, "PNG")
    return path


def folder(*paths: Path | str, **options: object) -> Folder:
    return Folder(FolderOptions(paths=tuple(str(path) for path in paths), **options), None)


def ids(source: Folder) -> list[str]:
    return [found.id for found in source.scan()]


def test_walks_in_order_of_names_with_ids_relative_to_the_folder(tmp_path: Path) -> None:
    for name in ("b.png", "a/2.png", "a/1.jpg", "a.png", "c/d/e.PNG"):
        photo(tmp_path / name)
    assert ids(folder(tmp_path)) == ["a/1.jpg", "a/2.png", "a.png", "b.png", "c/d/e.PNG"]
    assert ids(folder(tmp_path, recursive=False)) == ["a.png", "b.png"]


def test_every_found_image_reads_back(tmp_path: Path) -> None:
    photo(tmp_path / "x" / "one.png")
    source = folder(tmp_path)
    (found,) = source.scan()
    assert found.uri == str(tmp_path / "x" / "one.png")
    assert check(source.read(found.uri)) == (6, 4)


def test_only_names_of_images_are_taken_from_a_folder_but_any_file_when_named(tmp_path: Path) -> None:
    for ending in EXTENSIONS:
        photo(tmp_path / f"photo{ending}")
    (tmp_path / "notes.txt").write_text("words")
    photo(tmp_path / "no_ending")
    assert len(ids(folder(tmp_path))) == len(EXTENSIONS)
    assert ids(folder(tmp_path / "notes.txt", tmp_path / "no_ending")) == ["notes.txt", "no_ending"]
    assert ids(folder(tmp_path, extensions=(".TXT",))) == ["notes.txt"]


@pytest.mark.parametrize("name", ["naïve 写真.png", "two  spaces.png", "new\nline.png", "50%.png", "-rf.png"])
def test_odd_names_stay_as_they_are(tmp_path: Path, name: str) -> None:
    photo(tmp_path / name)
    source = folder(tmp_path)
    (found,) = source.scan()
    assert found.id == name
    assert found.uri == str(tmp_path / name)
    assert check(source.read(json.loads(json.dumps(found.uri, ensure_ascii=False)))) == (6, 4)


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX only")
def test_a_name_that_is_no_utf8_survives_json(tmp_path: Path) -> None:
    try:
        os.rename(photo(tmp_path / "x.png"), os.fsencode(tmp_path) + b"/caf\xe9 %41.png")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    photo(tmp_path / "caf%E9 %41.png")
    source = folder(tmp_path)
    found = list(source.scan())
    assert sorted(f.id for f in found) == ["caf%E9 %41.png", f"{tmp_path.name}/caf%E9 %41.png"]
    for each in found:
        stored = json.dumps([each.id, each.uri], ensure_ascii=False).encode("utf-8")
        assert check(source.read(json.loads(stored)[1])) == (6, 4)


def test_two_folders_with_the_same_names_keep_apart_the_same_way_every_time(tmp_path: Path) -> None:
    for name in ("one/a.png", "two/a.png", "deep/two/a.png", "two/b.png"):
        photo(tmp_path / name)
    roots = tmp_path / "one", tmp_path / "two", tmp_path / "deep" / "two"
    expected = ["a.png", "two/a.png", "b.png", "two/a.png~2"]
    assert ids(folder(*roots)) == expected
    assert ids(folder(*roots)) == expected


def test_the_same_file_by_two_ways_is_found_once(tmp_path: Path) -> None:
    photo(tmp_path / "sub" / "a.png")
    photo(tmp_path / "b.png")
    assert ids(folder(tmp_path, tmp_path)) == ["b.png", "sub/a.png"]
    assert ids(folder(tmp_path, tmp_path / "sub")) == ["b.png", "sub/a.png"]
    assert ids(folder(tmp_path / "b.png", tmp_path)) == ["b.png", "sub/a.png"]


def test_links_that_loop_end(tmp_path: Path) -> None:
    photo(tmp_path / "a" / "x.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert ids(folder(tmp_path)) == ["a/x.png"]


def test_links_to_images_and_folders_are_followed(tmp_path: Path) -> None:
    photo(tmp_path / "elsewhere" / "x.png")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file.png").symlink_to(tmp_path / "elsewhere" / "x.png")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    source = folder(tmp_path / "in")
    found = list(source.scan())
    assert [f.id for f in found] == ["file.png", "folder/x.png"]
    assert len({source.read(f.uri) for f in found}) == 1


def test_a_dangling_link_is_found_and_refused(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    for source in (folder(tmp_path), folder(tmp_path / "gone.jpg")):
        (found,) = source.scan()
        assert found.id == "gone.jpg"
        with pytest.raises(ImageRefused, match="dangling link"):
            source.read(found.uri)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    source = folder(tmp_path)
    (found,) = source.scan()
    with pytest.raises(ImageRefused, match="leads to itself"):
        source.read(found.uri)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_named_like_an_image_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    source = folder(tmp_path)
    (found,) = source.scan()
    with pytest.raises(ImageRefused, match="not a regular file"):
        source.read(found.uri)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may reach, which pytest's own is not; run as somebody who is not root."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
        for closed in Path(name).iterdir():
            closed.chmod(0o755)  # or nobody but root could clean up


@pytest.fixture
def as_nobody() -> Iterator[None]:
    if os.name == "nt":
        pytest.skip("POSIX permissions")
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    yield
    os.seteuid(me)


def test_what_may_not_be_read_is_found_and_refused(open_folder: Path, request: pytest.FixtureRequest) -> None:
    photo(open_folder / "a.png").chmod(0)
    photo(open_folder / "closed" / "b.png")
    photo(open_folder / "z.png").chmod(0o644)
    (open_folder / "closed").chmod(0)
    request.getfixturevalue("as_nobody")
    source = folder(open_folder)
    found = list(source.scan())
    assert [f.id for f in found] == ["a.png", "closed", "z.png"]
    for each in found[:2]:
        with pytest.raises(ImageRefused, match="permission denied"):
            source.read(each.uri)
    assert check(source.read(found[2].uri)) == (6, 4)


def test_a_file_of_more_bytes_than_any_picture_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "huge.tif", "wb") as file:
        file.truncate(3_000_000_000)  # a sparse file: no bytes on the disk
    source = folder(tmp_path)
    (found,) = source.scan()
    with pytest.raises(ImageRefused, match="3000 MB is more than any picture of 100 megapixels"):
        source.read(found.uri)


def test_a_file_that_goes_away_between_scan_and_read_is_refused(tmp_path: Path) -> None:
    path = photo(tmp_path / "x.png")
    source = folder(tmp_path)
    (found,) = source.scan()
    path.unlink()
    with pytest.raises(ImageRefused, match="the file is gone"):
        source.read(found.uri)


def test_the_stamp_changes_with_the_bytes_even_if_time_and_size_are_put_back(tmp_path: Path) -> None:
    path = photo(tmp_path / "x.bmp", 1)
    before, (found,) = path.stat(), folder(tmp_path).scan()
    assert [found] == list(folder(tmp_path).scan())
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"\x09")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (after,) = folder(tmp_path).scan()
    assert after.stamp != found.stamp


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"photoz' does not exist; name image files or folders: lskd run"):
        folder(tmp_path, tmp_path / "photoz").scan()


def test_no_path_at_all_shows_an_example() -> None:
    with pytest.raises(UsageError, match="lskd run photos/"):
        folder().scan()


def test_what_chooses_images_stays_out_of_the_keys_of_rows() -> None:
    assert FolderOptions(paths=("a", "b"), recursive=False).key() == {}
    assert FolderOptions(max_megapixels=5).key() == {"max_megapixels": 5.0}
