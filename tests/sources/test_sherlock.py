"""The source ``sherlock`` on a few clues written here, and on the ways in which such files are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lskd_toolkit import create, open_run
from lskd_toolkit.errors import UsageError
from lskd_toolkit.geometry.shapes import region_mask
from lskd_toolkit.records import Found
from lskd_toolkit.testing import contracts

VG = "https://cs.stanford.edu/people/rak248/VG_100K_2/7.png"
VCR = "http://s3-us-west-2.amazonaws.com/ai2-rowanz/vcr1images/lsmdc_1/a%401.png"


def box(left: Any, top: Any, width: Any, height: Any) -> dict[str, Any]:
    return {"left": left, "top": top, "width": width, "height": height}


def clue(
    url: str = VG, *boxes: Any, text: str = "a wet street", size: Any = (16, 12), **inputs: Any
) -> dict[str, Any]:
    image = {"url": url} | ({"width": size[0], "height": size[1]} if size else {})
    given = {"image": image, "bboxes": list(boxes or [box(1, 2, 3, 4)]), "clue": text, "obs_idx": 0} | inputs
    return {"inputs": given, "targets": {"inference": "it has rained"}, "instance_id": "x", "split_idx": "1"}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name in ("VG_100K_2/7.png", "vcr1images/lsmdc_1/a@1.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True)
        Image.new("RGB", (16, 12), (len(name), 80, 80)).save(path)
    return tmp_path / "images"


def write(images: Path, data: Any, name: str = "val.json") -> str:
    path = images.parent / name
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return str(path)


def scan(images: Path, *clues: Any, **options: Any) -> list[Found]:
    file = write(images, list(clues))
    return list(create("source", "sherlock", annotations=file, paths=str(images), **options).scan())


# --- what it finds ------------------------------------------------------------------------------------


def test_clues_of_one_image_are_its_regions(images: Path) -> None:
    vg, vcr = scan(images, clue(), clue(VCR), clue(VG, box(8, 0, 4, 4), text="a  lamp"))
    assert (vg.id, vg.uri, vg.size) == ("VG_100K_2/7.png", str(images / "VG_100K_2/7.png"), (16, 12))
    assert [(r.id, r.box, r.label) for r in vg.regions] == [
        (0, (1, 2, 4, 6), "a wet street"), (1, (8, 0, 12, 4), "a lamp"),
    ]  # fmt: skip
    assert (vcr.id, vcr.uri) == ("lsmdc_1/a@1.png", str(images / "vcr1images/lsmdc_1/a@1.png"))


def test_several_boxes_of_a_clue_are_one_region_of_as_many_parts(images: Path) -> None:
    (region,) = scan(images, clue(VG, box(0, 0, 2, 2), box(10, 8, 3, 2)))[0].regions
    assert region.box == (0, 0, 13, 10)
    assert region_mask(region, 16, 12).sum() == 2 * 2 + 3 * 2


def test_clues_at_the_same_place_are_one_region_called_by_both(images: Path) -> None:
    (found,) = scan(images, clue(), clue(text="a puddle"), clue())
    assert [r.label for r in found.regions] == ["a wet street; a puddle"]


def test_labels_may_be_kept_from_a_teacher(images: Path) -> None:
    assert [r.label for r in scan(images, clue(), label="none")[0].regions] == [""]


def test_clues_of_several_files_about_an_image_are_one_image(images: Path) -> None:
    files = [write(images, [clue()]), write(images, [clue(VG, box(8, 0, 4, 4))], "train.json")]
    (found,) = create("source", "sherlock", annotations=files, paths=str(images)).scan()
    assert len(found.regions) == 2


def test_folders_of_both_sets_may_be_named(images: Path) -> None:
    folders = [str(images / "VG_100K_2"), str(images / "vcr1images")]
    file = write(images, [clue(), clue(VCR)])
    found = list(create("source", "sherlock", annotations=file, paths=folders).scan())
    assert [f.refused for f in found] == ["", ""]


def test_an_image_annotated_at_two_sizes_is_told_in_the_first(images: Path) -> None:
    (found,) = scan(
        images, clue(), clue(VG, box(16, 0, 8, 8), size=(32, 24)), clue(VG, box(0, 0, 1, 1), size=None)
    )
    assert found.size == (16, 12)
    assert [r.box for r in found.regions] == [(1, 2, 4, 6), (8, 0, 12, 4)]
    assert [d.reason for d in found.dropped] == [
        "it has no width and height, which other clues of the image have"
    ]


def test_without_any_size_coordinates_are_the_images_own(images: Path) -> None:
    (found,) = scan(images, clue(size=None))
    assert (found.size, found.regions[0].box) == (None, (1, 2, 4, 6))


# --- what is wrong costs its row ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"bboxes": []}, "the clue has no box"),
        ({"bboxes": None}, "bboxes is None"),
        ({"bboxes": [[1, 2, 3, 4]]}, "not left, top, width and height"),
        ({"bboxes": [{"left": 1, "top": 2}]}, "a box has no width, height"),
        ({"bboxes": [box(1, float("nan"), 3, 4)]}, "None, which is no number"),
        ({"bboxes": [box(1, "2", 3, 4)]}, "'2', which is no number"),
        ({"bboxes": [box(1, 2, 0, 4)]}, "no area"),
        ({"bboxes": [box(1, 2, 3, 4), box(1, 2, -3, 4)]}, "no area"),
    ],
)  # fmt: skip
def test_a_clue_without_a_usable_box_is_dropped_with_its_words(
    images: Path, inputs: dict[str, Any], reason: str
) -> None:
    (found,) = scan(images, clue(text="a hat", **inputs), clue(VG, box(8, 0, 4, 4)))
    assert [r.id for r in found.regions] == [1]
    assert reason in found.dropped[0].reason
    assert "(the clue 'a hat')" in found.dropped[0].reason


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        (7, "not readable"),
        ({"targets": {}}, "missing required field `inputs`"),
        (clue("https://x.org/"), "names no file"),
        (clue("https://x.org/../../etc/passwd"), "names no file"),
        (clue("http://[x/a.png"), "names no file"),
    ],
)  # fmt: skip
def test_an_instance_of_no_image_is_a_row_with_its_reason(images: Path, instance: Any, reason: str) -> None:
    found = scan(images, clue(), instance)
    assert [f.id for f in found] == ["VG_100K_2/7.png", "val.json#1"]
    assert reason in found[1].refused


def test_a_missing_image_is_refused_and_keeps_its_regions(images: Path) -> None:
    (found,) = scan(images, clue("https://x.org/VG_100K/9.png"))
    assert "no file 'VG_100K/9.png' in" in found.refused
    assert len(found.regions) == 1


def test_a_truncated_file_is_named_with_the_byte(images: Path) -> None:
    file = write(images, json.dumps([clue(), clue()])[:200])
    with pytest.raises(UsageError, match=r"val\.json is no JSON: it ends at byte 200"):
        list(create("source", "sherlock", annotations=file, paths=str(images)).scan())


# --- as others see it ---------------------------------------------------------------------------------


def test_contracts(images: Path) -> None:
    file = write(images, [clue(), clue(VCR), clue("https://x.org/no.png"), 5])
    for check in contracts("source", "sherlock", annotations=[file], paths=[str(images)]):
        check()


def test_boxes_are_scaled_from_the_annotated_size_and_reach_the_run(images: Path, tmp_path: Path) -> None:
    """The trap of the published set: 480x854 annotated where the file has 720x1280."""
    from click.testing import CliRunner

    from lskd_toolkit.cli.main import lskd

    Image.new("RGB", (72, 128), "grey").save(images / "VG_100K_2/7.png")
    file = write(images, [
        clue(VG, box(12, 24, 12, 24), size=(48, 85)), clue(VG, box(60, 0, 4, 4), size=(48, 85)),
        clue(VCR, size=(12, 16)),
    ])  # fmt: skip
    ran = CliRunner().invoke(
        lskd,
        ["run", str(images), "--source", "sherlock", "--annotations", file, "--proposer", "given",
         "--refine", "", "--verbalizer", "", "--teacher", "none", "--critic", "none", "--no-report",
         "--out", str(tmp_path / "run")],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    with open_run(tmp_path / "run") as corpus:
        (region,) = corpus.entry("VG_100K_2/7.png").scene.regions
        assert corpus.entry("lsmdc_1/a@1.png").scene.regions == ()  # of another shape: not that image
    assert region.box == pytest.approx((18, 24 * 128 / 85, 36, 48 * 128 / 85))
