"""Regions to and from what others write."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lskd_toolkit.formats import Malformed, sam, supervision, ultralytics, voc, yolo
from lskd_toolkit.formats.boxes import from_cxcywh, from_xywh, from_xyxy, to_cxcywh, to_xywh, to_xyxy
from lskd_toolkit.formats.coco import region_from_coco, region_to_coco
from lskd_toolkit.geometry.masks import decode, region_from_mask
from lskd_toolkit.records import Region, Shape

SIZE = (320, 240)
NAMES = ["a person", "dog", "cup & saucer"]

edges = st.tuples(st.integers(0, 300), st.integers(0, 220), st.integers(1, 60), st.integers(1, 60))
boxes = edges.map(lambda v: (float(v[0]), float(v[1]), min(320.0, v[0] + v[2]), min(240.0, v[1] + v[3])))
regions = st.lists(
    st.builds(Region, st.just(0), boxes, label=st.sampled_from(NAMES)), min_size=1, max_size=4
).map(lambda found: [Region(id, r.box, None, r.label) for id, r in enumerate(found)])
masks = st.integers(1, 2**32 - 1).map(
    lambda seed: np.kron(np.random.default_rng(seed).random((6, 8)) > 0.6, np.ones((5, 5), bool))
).filter(np.any)  # fmt: skip


def near(one: Region, other: Region, off: float) -> bool:
    same = (one.id, one.label) == (other.id, other.label)
    return same and np.abs(np.subtract(one.box, other.box)).max() <= off


# --- boxes --------------------------------------------------------------------------------------------


@given(boxes, st.sampled_from([None, SIZE]))
def test_a_box_comes_back_from_every_way_of_writing_it(box, size):
    for there, back in ((to_xyxy, from_xyxy), (to_xywh, from_xywh), (to_cxcywh, from_cxcywh)):
        np.testing.assert_allclose(back(there(box, size), size), box, atol=1e-9)


# --- Pascal VOC -----------------------------------------------------------------------------------------


@given(regions)
@settings(deadline=None)
def test_boxes_of_whole_pixels_come_back_from_voc(found):
    xml = voc.regions_to_voc(found, SIZE, "a<b>.jpg")
    assert voc.regions_from_voc(xml).kept == tuple(found)
    assert voc.size_from_voc(xml) == SIZE


def test_vocs_pixels_count_from_one_and_its_far_edges_are_within():
    box = "<bndbox><xmin>1</xmin><ymin>11</ymin><xmax>10</xmax><ymax>40</ymax></bndbox>"
    xml = f"<annotation><object><name>dog</name>{box}</object></annotation>"
    assert voc.regions_from_voc(xml).kept == (Region(0, (0.0, 10.0, 10.0, 40.0), None, "dog"),)


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ("", "object has no bndbox"),
        ("<bndbox><xmin>1</xmin></bndbox>", "ymin is '', which is no number"),
        ("<bndbox><xmin>9</xmin><ymin>1</ymin><xmax>2</xmax><ymax>5</ymax></bndbox>", "has no area"),
        ("<bndbox><xmin>nan</xmin><ymin>1</ymin><xmax>2</xmax><ymax>5</ymax></bndbox>", "not finite"),
    ],
)
def test_a_broken_object_of_voc_costs_itself_alone(box, reason):
    fine = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox>"
    good = f"<object><name>dog</name>{fine}</object>"
    made = voc.regions_from_voc(f"<annotation><object>{box}</object>{good}</annotation>")
    assert [region.id for region in made.kept] == [1]
    assert reason in made.dropped[0].reason


def test_xml_that_grows_as_it_is_read_is_refused():
    with pytest.raises(Malformed, match="document type"):
        voc.regions_from_voc('<!DOCTYPE a [<!ENTITY x "xx">]><annotation>&x;</annotation>')
    with pytest.raises(Malformed, match="no XML"):
        voc.regions_from_voc("<annotation>")


# --- YOLO -------------------------------------------------------------------------------------------


@given(regions)
def test_boxes_come_back_from_yolo_but_for_the_sixth_digit(found):
    made = yolo.regions_from_yolo(yolo.regions_to_yolo(found, SIZE, NAMES), SIZE, NAMES)
    assert all(near(a, b, 1e-3) for a, b in zip(made.kept, found, strict=True))


def test_polygons_come_back_from_yolo():
    points = [[10.0, 20.0], [60.0, 24.0], [40.0, 90.0]]
    region = Region(0, (10.0, 20.0, 60.0, 90.0), Shape("polygon", {"polygons": [points]}), "dog")
    text = yolo.regions_to_yolo([region], SIZE, NAMES, shapes=True)
    (made,) = yolo.regions_from_yolo(text, SIZE, NAMES).kept
    np.testing.assert_allclose(made.shape.values["polygons"][0], points, atol=1e-3)


def test_broken_lines_of_yolo_are_named_by_their_number():
    text = "0 .5 .5 .2 .2 .75\n\nx 1 2 3 4\n7 .5 .5 .2 .2\n0 .5 .5 .2\n1 .5 .5 0 .2\n"
    made = yolo.regions_from_yolo(text, SIZE, NAMES)
    assert [(r.label, r.score) for r in made.kept] == [("a person", 0.75)]
    reasons = [each.reason for each in made.dropped]
    said = ("line 3: 'x' is no number", "class 7 is not among", "neither a box nor", "has no area")
    assert all(part in reason for part, reason in zip(said, reasons, strict=True))
    with pytest.raises(Malformed, match="'cat' is not among"):
        yolo.regions_to_yolo([Region(0, (0, 0, 1, 1), None, "cat")], SIZE, NAMES)


# --- Segment Anything ---------------------------------------------------------------------------------


@given(masks)
@settings(deadline=None)
def test_masks_come_back_from_sam_and_coco(mask):
    region = region_from_mask(mask, score=0.75)
    for made in (
        sam.region_from_sam(sam.region_to_sam(region, (40, 30))),
        region_from_coco(region_to_coco(region)),
    ):
        np.testing.assert_array_equal(decode(made.shape.values), mask)
        assert (made.box, made.score) == (region.box, 0.75)


def test_what_is_no_mask_of_sams_is_told():
    for found, reason in (
        ({}, "no segmentation"),
        ({"segmentation": np.zeros((3, 3))}, "not bool"),
        ({"segmentation": np.zeros((3, 3), bool)}, "empty"),
        ({"segmentation": np.ones((3, 3), bool), "predicted_iou": float("nan")}, "not finite"),
    ):
        with pytest.raises(Malformed, match=reason):
            sam.region_from_sam(found)


# --- supervision, by its fields -----------------------------------------------------------------------


def detections(**more):
    plain = {"xyxy": np.zeros((0, 4)), "mask": None, "confidence": None, "class_id": None, "data": {}}
    return SimpleNamespace(**{**plain, **more})


def test_detections_become_regions_with_their_names():
    made = supervision.regions_from_supervision(
        detections(
            xyxy=np.array([[1, 2, 30, 40], [5, 5, 5, 9]], np.float32),
            confidence=np.array([0.5, 0.25], np.float32),
            data={"class_name": np.array(["dog", "cat"])},
        )
    )
    assert made.kept == (Region(0, (1.0, 2.0, 30.0, 40.0), None, "dog", 0.5),)
    assert made.dropped[0].region.id == 1
    assert "no area" in made.dropped[0].reason


def test_detections_with_masks_become_masks():
    mask = np.zeros((2, 20, 30), bool)
    mask[0, 4:9, 3:12] = True
    made = supervision.regions_from_supervision(
        detections(xyxy=np.ones((2, 4)), mask=mask, class_id=np.array([3, 4]))
    )
    assert [(r.box, r.label) for r in made.kept] == [((3.0, 4.0, 12.0, 9.0), "3")]
    assert made.dropped[0].reason == "its mask is empty"


def test_regions_come_back_from_the_library_itself():
    pytest.importorskip("supervision", reason="supervision is not installed")
    found = [
        Region(0, (1.0, 2.0, 30.0, 40.0), None, "dog", 0.5),
        Region(1, (3.0, 3.0, 9.0, 9.0), None, "cat"),
    ]
    made = supervision.regions_from_supervision(supervision.regions_to_supervision(found))
    assert made.kept == tuple(found)
    masked = supervision.regions_from_supervision(supervision.regions_to_supervision(found, SIZE))
    assert [region.box for region in masked.kept] == [region.box for region in found]
    assert len(supervision.regions_to_supervision([])) == 0


# --- ultralytics, by its fields ------------------------------------------------------------------------


class Boxes(SimpleNamespace):
    def __len__(self):
        return len(self.xyxy)


def test_results_become_regions_in_the_image():
    boxes = Boxes(
        xyxy=np.array([[1.0, 2.0, 30.0, 40.0], [4.0, 4.0, 4.0, 4.0]]), conf=[0.5, 0.25], cls=[1.0, 0.0]
    )
    result = SimpleNamespace(boxes=boxes, masks=None, names={0: "person", 1: "dog"})
    made = ultralytics.regions_from_ultralytics(result)
    assert made.kept == (Region(0, (1.0, 2.0, 30.0, 40.0), None, "dog", 0.5),)
    assert "no area" in made.dropped[0].reason
    result.masks = SimpleNamespace(xy=[np.array([[1.0, 1.0], [9.0, 1.0], [5.0, 8.0]]), np.zeros((0, 2))])
    boxes.xyxy[1] = (4.0, 4.0, 8.0, 8.0)
    made = ultralytics.regions_from_ultralytics(result)
    assert made.kept[0].box == (1.0, 1.0, 9.0, 8.0)
    assert made.dropped[0].reason == "its mask is empty"
