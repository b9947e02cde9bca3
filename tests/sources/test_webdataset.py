"""The source ``webdataset`` on shards packed here, and on shards that are wrong."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from lskd_toolkit import create, open_run
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import ImageRefused, UsageError
from lskd_toolkit.records import Found
from lskd_toolkit.testing import contracts


def png(value: int = 9, size: tuple[int, int] = (16, 12)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (value, 80, 80)).save(out, "PNG")
    return out.getvalue()


def sidecar(*annotations: Any, **more: Any) -> bytes:
    one = {"bbox": [1, 2, 3, 4], "category": "dog"}
    return json.dumps({"width": 16, "height": 12, "annotations": list(annotations or [one])} | more).encode()


def pack(path: Path, *files: tuple[str, bytes] | tarfile.TarInfo) -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for each in files:
            if isinstance(each, tarfile.TarInfo):
                archive.addfile(each)
                continue
            info = tarfile.TarInfo(each[0])
            info.size = len(each[1])
            archive.addfile(info, io.BytesIO(each[1]))
    return path


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return tmp_path / "shards"


def scan(*paths: Path, **options: Any) -> list[Found]:
    return list(create("source", "webdataset", paths=[str(path) for path in paths], **options).scan())


def reasons(found: Found) -> list[str]:
    return [dropped.reason for dropped in found.dropped]


# --- what it finds ------------------------------------------------------------------------------------


def test_a_sample_is_an_image_with_the_regions_beside_it(shards: Path) -> None:
    shard = pack(shards / "train-000.tar", ("a/7.png", png()), ("a/7.json", sidecar()), ("a/7.cls", b"3"))
    (found,) = scan(shard)
    assert (found.id, found.size) == ("train-000/a/7", (16, 12))
    assert [(r.id, r.box, r.label) for r in found.regions] == [(0, (1, 2, 4, 6), "dog")]
    assert create("source", "webdataset").read(found.uri) == png()


def test_shards_of_a_folder_come_by_name_and_samples_as_they_stand(shards: Path) -> None:
    pack(shards / "b.tar", ("2.png", png(2)), ("1.png", png(1)))
    pack(shards / "a.tar", ("2.png", png(3)), ("x.txt.tar", b""))
    assert [f.id for f in scan(shards)] == ["a/2", "a/x", "b/2", "b/1"]


def test_equal_names_of_two_shards_are_told_apart(shards: Path) -> None:
    two = [pack(shards / "s.tar", ("1.png", png()))]
    (shards / "more").mkdir()
    two.append(pack(shards / "more" / "s.tar", ("1.png", png(1))))
    assert [f.id for f in scan(*two)] == ["s/1", "1/s/1"]


def test_the_order_of_members_does_not_matter(shards: Path) -> None:
    (found,) = scan(pack(shards / "s.tar", ("1.json", sidecar()), ("1.seg.png", png()), ("1.png", png(3))))
    assert len(found.regions) == 1
    assert create("source", "webdataset").read(found.uri) == png(3)


def test_another_member_may_hold_the_regions(shards: Path) -> None:
    shard = pack(shards / "s.tar", ("1.png", png()), ("1.json", b"{}"), ("1.boxes.json", sidecar()))
    assert scan(shard)[0].regions == ()
    assert len(scan(shard, sidecar="boxes.json")[0].regions) == 1


def test_long_and_odd_names_keep_their_key(shards: Path) -> None:
    name = "é/" + "n" * 150
    (found,) = scan(pack(shards / "s ü.tar", (f"./{name}.png", png()), (f"./{name}.json", sidecar())))
    assert found.id == f"s ü/{name}"
    assert create("source", "webdataset").read(found.uri) == png()


# --- what is wrong costs its row ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (sidecar()[:30], "not readable"),
        (b"[]", "Expected `object`"),
        (sidecar(annotations=5), "$.annotations"),
        (b"\x80\x04K\x01.", "not readable"),
    ],
)  # fmt: skip
def test_annotations_that_cannot_be_read_leave_the_image(shards: Path, data: bytes, reason: str) -> None:
    (found,) = scan(pack(shards / "s.tar", ("1.png", png()), ("1.json", data)))
    assert (found.refused, found.regions) == ("", ())
    assert reason in reasons(found)[0]
    assert "'1.json'" in reasons(found)[0]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"bbox": [1, 2, -3, 4]}, "no area"),
        ({"category": "dog"}, "neither a bbox nor a segmentation"),
        ({"bbox": [1, 2, 3, 4], "category": 5}, "its category is 5, not a name"),
        ({"bbox": [1, 2, 3, 4], "segmentation": [[0, 0, 4]]}, "polygon 0 has 3 coordinates"),
        ([1, 2, 3, 4], "not an object"),
    ],
)  # fmt: skip
def test_an_annotation_that_is_no_region_is_dropped(shards: Path, annotation: Any, reason: str) -> None:
    data = sidecar(annotation, {"bbox": [0, 0, 2, 2]})
    (found,) = scan(pack(shards / "s.tar", ("1.png", png()), ("1.json", data)))
    assert [r.id for r in found.regions] == [1]
    assert reason in reasons(found)[0]


def test_a_sample_without_an_image_is_refused_and_its_pickle_never_read(shards: Path) -> None:
    bomb = b"cos\nsystem\n(S'touch /tmp/never'\ntR."
    (found,) = scan(pack(shards / "s.tar", ("1.pyd", bomb), ("1.json", sidecar())))
    assert found.id == "s/1"
    assert "has no image; it has .pyd, .json" in found.refused


def test_a_key_that_is_there_twice_counts_once(shards: Path) -> None:
    found = scan(
        pack(shards / "s.tar", ("1.png", png()), ("2.png", png(2)), ("1.png", png(3)), ("1.jpg", png()))
    )
    assert [f.id for f in found[:2]] == ["s/1", "s/2"]
    assert create("source", "webdataset").read(found[0].uri) == png()
    assert ["has an image already" in f.refused for f in found[2:]] == [True, True]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_file_is_refused_and_not_followed(shards: Path, kind: bytes) -> None:
    link = tarfile.TarInfo("1.png")
    link.type, link.linkname = kind, "/etc/passwd"
    folder = tarfile.TarInfo("d")
    folder.type = tarfile.DIRTYPE
    found = scan(pack(shards / "s.tar", folder, link, ("2.png", png())))
    assert [f.id for f in found] == ["s/2", "s#byte/1024"]
    assert "not followed" in found[1].refused


def test_a_name_that_leads_out_is_refused(shards: Path) -> None:
    found = scan(pack(shards / "s.tar", ("../1.png", png()), ("/2.png", png()), ("3.png", png())))
    assert found[0].id == "s/3"
    assert ["leads out of the shard" in f.refused for f in found[1:]] == [True, True]
    assert not (shards.parent / "1.png").exists()


def test_a_broken_header_costs_its_member_and_the_rest_is_read(shards: Path) -> None:
    shard = pack(shards / "s.tar", ("1.png", png(1)), ("2.png", png(2)), ("3.png", png(3)))
    data = bytearray(shard.read_bytes())
    second = data.index(b"2.png")
    data[second + 100] ^= 0xFF
    shard.write_bytes(data)
    found = scan(shard)
    assert [f.id for f in found] == ["s/1", "s/3", f"s#byte/{second}"]
    assert f"broken at byte {second}, resumed at {data.index(b'3.png')}" in found[2].refused
    assert create("source", "webdataset").read(found[1].uri) == png(3)


def test_a_shard_that_was_cut_off_keeps_what_is_whole(shards: Path) -> None:
    shard = pack(shards / "s.tar", ("1.png", png()), ("2.png", png(2) * 40))
    data = shard.read_bytes()
    shard.write_bytes(data[: data.index(b"2.png") + 700])
    found = scan(shard)
    assert [f.id for f in found] == ["s/1", f"s#byte/{data.index(b'2.png') + 512}"]
    assert "the shard ends" in found[1].refused
    shard.write_bytes(data[: data.index(b"2.png") + 100])
    assert [f.id for f in scan(shard)] == ["s/1", f"s#byte/{data.index(b'2.png')}"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no tar" * 300, "broken at byte 0, nothing after it"), (b"\x1f\x8b" * 300, "unpack it first: gunzip")],
)  # fmt: skip
def test_what_is_no_shard_is_a_row_and_the_others_are_read(shards: Path, data: bytes, reason: str) -> None:
    pack(shards / "b.tar", ("1.png", png()))
    (shards / "a.tar").write_bytes(data)
    found = scan(shards)
    assert [f.id for f in found] == ["a#byte/0", "b/1"]
    assert reason in found[0].refused


def test_an_empty_shard_has_nothing(shards: Path) -> None:
    assert scan(pack(shards / "s.tar")) == []


def test_shards_have_to_be_named_and_there(shards: Path) -> None:
    shards.mkdir()
    with pytest.raises(UsageError, match="no shards are named"):
        scan()
    with pytest.raises(UsageError, match="does not exist"):
        scan(shards / "no.tar")
    with pytest.raises(UsageError, match=r"holds no \.tar"):
        scan(shards)


@pytest.mark.parametrize(
    "uri", ["tar:", "tar:1:x", "tar:-1+5:/x", "tar:0+99999999999:/x", "tar:0+9:/nowhere", "/x"]
)
def test_a_uri_that_is_no_place_is_refused(uri: str) -> None:
    with pytest.raises(ImageRefused):
        create("source", "webdataset").read(uri)


# --- as others see it ---------------------------------------------------------------------------------


def test_contracts(shards: Path) -> None:
    shard = pack(shards / "s.tar", ("1.png", png()), ("1.json", sidecar()), ("2.txt", b""))
    for check in contracts("source", "webdataset", paths=[str(shard)]):
        check()


def test_regions_are_scaled_cut_and_reach_the_run(shards: Path, tmp_path: Path) -> None:
    boxes = sidecar(
        {"bbox": [1, 2, 3, 4], "category": "dog"}, {"bbox": [-2, 0, 4, 4]}, {"bbox": [90, 0, 4, 4]}
    )
    pack(shards / "s.tar", ("1.png", png(size=(32, 24))), ("1.json", boxes), ("2.png", b"no image"))
    ran = CliRunner().invoke(
        lskd,
        ["run", str(shards), "--source", "webdataset", "--proposer", "given", "--refine", "", "--verbalizer",
         "", "--teacher", "none", "--critic", "none", "--no-report", "--out", str(tmp_path / "run")],
    )  # fmt: skip
    with open_run(tmp_path / "run") as corpus:
        regions = corpus.entry("s/1").scene.regions
    assert [(r.box, r.label) for r in regions] == [((2, 4, 8, 12), "dog"), ((0, 0, 4, 8), "")], ran.output
