"""The source ``coco`` on a small set drawn here, and on the ways in which such files are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lskd_toolkit import create, open_run
from lskd_toolkit.errors import ImageRefused, UsageError
from lskd_toolkit.geometry import masks
from lskd_toolkit.geometry.shapes import region_mask
from lskd_toolkit.records import Found
from lskd_toolkit.testing import contracts

DISC = np.hypot(*(np.indices((12, 16)) - np.array([[[6]], [[8]]]))) < 4
RING = DISC & ~(np.hypot(*(np.indices((12, 16)) - np.array([[[6]], [[8]]]))) < 2)


def photo(path: Path, width: int = 16, height: int = 12, value: int = 9) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, np.uint8)).save(path)


def instances() -> dict[str, Any]:
    """Two images: one with a box, a polygon of two parts and a ring as runs; one with nothing."""
    return {
        "info": {"year": 2017},
        "images": [
            {"id": 9, "file_name": "b.png", "width": 16, "height": 12},
            {"id": 3, "file_name": "a.png", "width": 16, "height": 12, "license": 4},
        ],
        "annotations": [
            {"id": 1, "image_id": 9, "category_id": 18, "bbox": [1, 2, 3, 4], "iscrowd": 0},
            {"id": 2, "image_id": 9, "category_id": 1, "iscrowd": 0, "bbox": [0, 0, 10, 4],
             "keypoints": [0, 0, 0], "segmentation": [[0, 0, 4, 0, 4, 4, 0, 4], [8, 0, 10, 0, 10, 2, 8, 2]]},
            {"id": 3, "image_id": 9, "category_id": 18, "bbox": [4, 2, 9, 9], "iscrowd": 0,
             "segmentation": masks.encode(RING)},
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog", "supercategory": "animal"}],
    }  # fmt: skip


@pytest.fixture
def images(tmp_path: Path) -> Path:
    photo(tmp_path / "images" / "a.png")
    photo(tmp_path / "images" / "b.png", value=70)
    return tmp_path / "images"


def write(folder: Path, data: Any, name: str = "instances.json") -> str:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return str(path)


def scan(images: Path, data: Any, **options: Any) -> list[Found]:
    file = write(images.parent, data)
    return list(create("source", "coco", annotations=file, paths=str(images), **options).scan())


def reasons(found: Found) -> list[str]:
    return [dropped.reason for dropped in found.dropped]


def only(images: Path, **changed: Any) -> Found:
    """The first image with one annotation, changed."""
    data = instances()
    data["annotations"] = [{k: v for k, v in (data["annotations"][0] | changed).items() if v is not ...}]
    return scan(images, data)[0]


# --- what it finds ------------------------------------------------------------------------------------


def test_every_image_is_found_in_the_order_of_the_file_with_its_regions(images: Path) -> None:
    b, a = scan(images, instances())
    assert (b.id, a.id) == ("b.png", "a.png")
    assert b.uri == str(images / "b.png")
    assert b.size == (16, 12)
    assert [(r.id, r.label) for r in b.regions] == [(0, "dog"), (1, "person"), (2, "dog")]
    assert b.regions[0].box == (1, 2, 4, 6)
    assert b.regions[0].shape is None
    assert (a.regions, a.dropped, a.refused) == ((), (), "")


def test_parts_of_a_polygon_stay_apart_and_the_box_is_their_hull(images: Path) -> None:
    region = scan(images, instances())[0].regions[1]
    assert region.box == (0, 0, 10, 4)
    assert region_mask(region, 16, 12).sum() == 4 * 4 + 2 * 2


@pytest.mark.parametrize("compressed", [False, True])
def test_runs_are_read_as_a_list_or_compressed_with_their_holes(images: Path, compressed: bool) -> None:
    runs = masks.encode(RING)
    if compressed:
        runs["counts"] = masks.compress(runs["counts"])
    region = only(images, segmentation=runs).regions[0]
    assert (region_mask(region, 16, 12) == RING).all()
    assert region.box == masks.hull(RING)


def test_a_crowd_is_left_out_with_its_reason_unless_asked_for(images: Path) -> None:
    found = only(images, iscrowd=1, segmentation=masks.encode(DISC))
    assert not found.regions
    assert found.dropped[0].region.label == "dog"
    assert reasons(found) == ["a crowd outlined as one (iscrowd); source.crowds=true keeps it"]
    data = instances()
    data["annotations"][0]["iscrowd"] = 1
    assert len(scan(images, data, crowds=True)[0].regions) == 3


def test_lvis_names_its_files_by_address(images: Path) -> None:
    data = instances()
    photo(images.parent / "train2017" / "7.png")
    data["images"] = [
        {"id": 9, "coco_url": "http://images.cocodataset.org/train2017/7.png", "width": 16, "height": 12,
         "neg_category_ids": [3], "not_exhaustive_category_ids": []},
    ]  # fmt: skip
    data["categories"][1] |= {"name": "tank_(storage_vessel)", "synset": "tank.n.02", "frequency": "r"}
    for folder in (images.parent, images.parent / "train2017"):
        (found,) = scan(folder, data)
        assert (found.id, found.refused) == ("train2017/7.png", "")
        assert found.regions[0].label == "tank_(storage_vessel)"


def test_images_lie_beside_the_annotations_if_no_folder_is_named(images: Path) -> None:
    write(images, instances())
    found = list(create("source", "coco", annotations=str(images / "instances.json")).scan())
    assert [f.refused for f in found] == ["", ""]


def test_a_file_without_categories_gives_regions_without_labels(images: Path) -> None:
    data = instances()
    del data["categories"]
    assert [r.label for r in scan(images, data)[0].regions] == ["", "", ""]


def test_equal_names_of_two_files_are_told_apart(images: Path, tmp_path: Path) -> None:
    files = [write(tmp_path, instances(), name) for name in ("train.json", "val.json")]
    found = list(create("source", "coco", annotations=files, paths=str(images)).scan())
    assert [f.id for f in found] == ["b.png", "a.png", "val/b.png", "val/a.png"]


# --- what is wrong with a row costs the row -----------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"bbox": ...}, "neither a bbox nor a segmentation"),
        ({"bbox": [1, 2, 3]}, "box has 3 numbers, not 4"),
        ({"bbox": [1, 2, -3, 4]}, "no area: it is -3 wide"),
        ({"bbox": [1, 2, 0, 4]}, "no area"),
        ({"bbox": [1, "2", 3, 4]}, "'2', which is no number"),
        ({"bbox": [1, float("nan"), 3, 4]}, "None, which is no number"),
        ({"bbox": [1, 2, 10**400, 4]}, "not finite"),
        ({"bbox": 7}, "not a list of numbers"),
        ({"category_id": 99}, "category 99 is not among"),
        ({"category_id": ...}, "no category_id"),
        ({"segmentation": [[0, 0, 4, 4]]}, "polygon 0 has 4 coordinates"),
        ({"segmentation": [[0, 0, 4, 0, 4, 4], [1, 1, 2, 1, 2]]}, "polygon 1 has 5 coordinates"),
        ({"segmentation": [[0, 0, 4, 0, 8, 0]]}, "no area"),
        ({"segmentation": {"size": [12, 16]}}, "mask has no 'counts'"),
        ({"segmentation": {"size": [12, 16], "counts": [5, 6]}}, "cover 11 pixels of 16x12"),
        ({"segmentation": {"size": [12, 16], "counts": [192]}}, "mask is empty"),
        ({"segmentation": {"size": [16, 12], "counts": [0, 192]}}, "mask is 12x16, its image 16x12"),
        ({"segmentation": {"size": [12, 16], "counts": "\x7f!"}}, "stands for no number"),
        ({"segmentation": {"size": [12, 16], "counts": [200, -8]}}, "-8, which is no length"),
        ({"segments_info": []}, "panoptic"),
        ({"score": 7}, "score is 7, not in [0, 1]"),
    ],
)  # fmt: skip
def test_an_annotation_that_is_no_region_is_dropped_with_its_reason(
    images: Path, changed: dict[str, Any], reason: str
) -> None:
    found = only(images, **changed)
    assert not found.regions
    assert len(found.dropped) == 1
    assert reason in found.dropped[0].reason
    assert "\n" not in found.dropped[0].reason


def test_regions_keep_the_numbers_of_their_annotations(images: Path) -> None:
    data = instances()
    data["annotations"][1]["segmentation"] = [[1, 2]]
    found = scan(images, data)[0]
    assert [r.id for r in found.regions] == [0, 2]
    assert [d.region.id for d in found.dropped] == [1]


def test_an_annotation_that_is_there_twice_counts_once(images: Path) -> None:
    data = instances()
    data["annotations"].append(data["annotations"][0])
    assert reasons(scan(images, data)[0]) == ["the annotation id 1 is there twice; the first one counts"]


def test_annotations_of_no_image_are_one_row_that_counts_them(images: Path) -> None:
    data = instances()
    data["annotations"] += [{"id": 7, "image_id": 404, "bbox": [0, 0, 1, 1]}, {"id": 8}, 5]
    *_, last = scan(images, data)
    assert last.id == "instances.json#annotations"
    assert "3 annotations of" in last.refused
    assert "the first is number 3" in last.refused


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ({"file_name": "a.png"}, "its id is None"),
        ({"id": 5}, "no file_name and no coco_url"),
        ({"id": 9, "file_name": "a.png"}, "the image id 9 is there twice"),
        ("a.png", "not readable"),
        ({"id": 5, "file_name": "gone.png"}, "no file 'gone.png' in"),
        ({"id": 5, "file_name": "../instances.json"}, "no file '../instances.json' in"),
    ],
)  # fmt: skip
def test_an_image_that_cannot_be_had_is_refused_with_its_reason(
    images: Path, image: Any, reason: str
) -> None:
    data = instances()
    data["images"].append(image)
    found = scan(images, data)
    assert len(found) == 3
    assert reason in found[2].refused
    assert found[2].uri


def test_a_size_that_is_none_leaves_coordinates_as_pixels(images: Path) -> None:
    data = instances()
    data["images"][0] |= {"width": -16}
    assert scan(images, data)[0].size is None


# --- what is wrong with a file stops, and says where --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON: it ends at byte 0"),
        (json.dumps(instances())[:200], "no JSON: it ends at byte 200"),
        ('{"images": [], "annotations": [}', "(byte 31)"),
        ("[]", "does not hold COCO's images and annotations"),
        ('{"images": []}', "missing required field `annotations`"),
        ('{"images": [], "annotations": [], "categories": [{"id": 1}]}', "category 1 has no name"),
        ('{"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}',
         "category id 1 is there twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_broken_is_named_with_the_place(images: Path, text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=r"instances\.json") as caught:
        scan(images, text)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_annotations_have_to_be_named_and_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no annotations are named"):
        list(create("source", "coco").scan())
    with pytest.raises(UsageError, match="do not exist"):
        list(create("source", "coco", annotations=str(tmp_path / "no.json")).scan())
    with pytest.raises(UsageError, match="is no folder of images"):
        list(create("source", "coco", annotations=write(tmp_path, instances()), paths="no").scan())


def test_limits_are_those_of_a_folder(images: Path) -> None:
    source = create("source", "coco", annotations="x", max_megapixels=0.0001)
    assert source.limits.max_megapixels == 0.0001
    with pytest.raises(ImageRefused, match="gone"):
        source.read(str(images / "gone.png"))


# --- as others see it ---------------------------------------------------------------------------------


def test_contracts(images: Path) -> None:
    data = instances()
    data["images"].append({"id": 5, "file_name": "gone.png"})
    file = write(images.parent, data)
    for check in contracts("source", "coco", annotations=[file], paths=[str(images)]):
        check()


def test_regions_are_scaled_to_the_image_and_reach_the_run(images: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from lskd_toolkit.cli.main import lskd

    photo(images / "b.png", 32, 24)  # annotated at half its size
    file = write(tmp_path, instances())
    ran = CliRunner().invoke(
        lskd,
        ["run", str(images), "--source", "coco", "--annotations", file, "--proposer", "given", "--refine", "",
         "--verbalizer", "", "--teacher", "none", "--critic", "none", "--no-report",
         "--out", str(tmp_path / "run")],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    with open_run(tmp_path / "run") as corpus:
        regions = corpus.entry("b.png").scene.regions
    assert [r.box for r in regions] == [(2, 4, 8, 12), (0, 0, 20, 8), tuple(2 * v for v in masks.hull(RING))]
