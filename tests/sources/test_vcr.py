"""The source ``vcr`` on two frames drawn here, and on the ways in which such files are wrong."""

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

NAME = "lsmdc_1/a@1.png"


def question(**changed: Any) -> dict[str, Any]:
    line = {
        "img_fn": NAME, "metadata_fn": "lsmdc_1/a@1.json", "objects": ["person", "person", "cup"],
        "split": "train", "question": ["Why", "does", [0], "hold", [2], "?"],
        "answer_choices": [[[0], "is", "thirsty"], ["No"]], "rationale_choices": [[["0"], "."]][1:],
    }  # fmt: skip
    return {k: v for k, v in (line | changed).items() if v is not ...}


def metadata(**changed: Any) -> dict[str, Any]:
    about = {
        "width": 16, "height": 12, "names": ["person", "person", "cup"],
        "boxes": [[1, 1, 5, 9, 0.9], [8, 1, 12, 9, 0.8], [13, 9, 15, 11, 0.75]],
        "segms": [[[[1, 1], [5, 1], [5, 9], [1, 9]]], [[[8, 1], [12, 1], [12, 9]], [[8, 8], [9, 8]]], []],
    }  # fmt: skip
    return {k: v for k, v in (about | changed).items() if v is not ...}


class Set:
    """VCR on disk: questions beside a folder of images, their metadata with them."""

    def __init__(self, folder: Path):
        self.folder, self.images = folder, folder / "vcr1images"
        (self.images / "lsmdc_1").mkdir(parents=True)
        self.draw(NAME, 90)
        self.describe(metadata())

    def draw(self, name: str, value: int, size: tuple[int, int] = (16, 12)) -> None:
        Image.new("RGB", size, (value, 40, 40)).save(self.images / name)

    def describe(self, about: Any, name: str = "lsmdc_1/a@1.json") -> None:
        (self.images / name).write_text(about if isinstance(about, str) else json.dumps(about))

    def ask(self, *lines: Any, name: str = "train.jsonl") -> str:
        path = self.folder / name
        path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
        return str(path)

    def scan(self, *lines: Any, **options: Any) -> list[Found]:
        file = self.ask(*lines)
        return list(create("source", "vcr", annotations=file, paths=str(self.images), **options).scan())


@pytest.fixture
def vcr(tmp_path: Path) -> Set:
    return Set(tmp_path)


def reasons(found: Found) -> list[str]:
    return [dropped.reason for dropped in found.dropped]


# --- what it finds ------------------------------------------------------------------------------------


def test_regions_are_the_objects_by_their_place_with_the_detectors_names(vcr: Set) -> None:
    (found,) = vcr.scan(question())
    assert (found.id, found.uri, found.size) == (NAME, str(vcr.images / NAME), (16, 12))
    assert [(r.id, r.label, r.score) for r in found.regions] == [
        (0, "person", 0.9), (1, "person", 0.8), (2, "cup", 0.75),
    ]  # fmt: skip
    assert [r.box for r in found.regions] == [(1, 1, 5, 9), (8, 1, 12, 9), (13, 9, 15, 11)]
    assert found.dropped == ()


def test_segms_are_polygons_and_contours_without_area_are_none(vcr: Set) -> None:
    person, other, cup = vcr.scan(question())[0].regions
    assert region_mask(person, 16, 12).sum() == 4 * 8
    assert other.shape is not None
    assert other.shape.values["polygons"] == [[[8, 1], [12, 1], [12, 9]]]
    assert cup.shape is None


def test_many_questions_are_one_image(vcr: Set) -> None:
    files = [vcr.ask(question(), question()), vcr.ask(question(split="val"), name="val.jsonl")]
    (found,) = create("source", "vcr", annotations=files, paths=str(vcr.images)).scan()
    assert len(found.regions) == 3
    assert found.dropped == ()


def test_a_split_may_be_chosen_and_the_test_split_has_no_labels(vcr: Set) -> None:
    vcr.draw("lsmdc_1/b.png", 10)
    vcr.describe(metadata(), "lsmdc_1/b.json")
    test = question(img_fn="lsmdc_1/b.png", metadata_fn="lsmdc_1/b.json", split="test", answer_label=...)
    assert [f.id for f in vcr.scan(question(), test)] == [NAME, "lsmdc_1/b.png"]
    assert [f.id for f in vcr.scan(question(), test, split="test")] == ["lsmdc_1/b.png"]


def test_only_what_is_spoken_of_if_asked_for(vcr: Set) -> None:
    (found,) = vcr.scan(question(), only="mentioned")
    assert [r.id for r in found.regions] == [0, 2]
    assert [(d.region.id, d.region.box) for d in found.dropped] == [(1, (8, 1, 12, 9))]
    assert reasons(found) == ["no question speaks of it; source.only=all keeps it"]
    more = question(rationale_choices=[[[["x"], [1, 0], "talk"]]])
    assert len(vcr.scan(question(), more, only="mentioned")[0].regions) == 3


def test_the_folder_of_a_movie_may_be_named_itself(vcr: Set) -> None:
    file, folder = vcr.ask(question()), str(vcr.images / "lsmdc_1")
    (found,) = create("source", "vcr", annotations=file, paths=folder).scan()
    assert (found.id, found.refused, len(found.regions)) == (NAME, "", 3)


# --- what is wrong costs its row ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"boxes": [[1, 1, 5, 9], [8, float("nan"), 12, 9], [13, 9, 15, 11]]}, "None, which is no number"),
        ({"boxes": [[1, 1, 5, 9], [8, 1, 12], [13, 9, 15, 11]]}, "box has 3 numbers"),
        ({"boxes": [[1, 1, 5, 9], [12, 1, 8, 9], [13, 9, 15, 11]]}, "box"),
        ({"boxes": [[1, 1, 5, 9], [8, 1, 12, 9, 7], [13, 9, 15, 11]]}, "confidence is 7"),
        ({"names": ["person", "dog", "cup"]}, "call object 1 'person', lsmdc_1/a@1.json 'dog'"),
        ({"names": ["person", None, "cup"]}, "object 1 has no name"),
        ({"segms": [[], [[[8, 1], [12, 1], [12]]], []]}, "point that is not x and y"),
        ({"segms": [[], [[[8, 1], [9, 1], [12, 1]]], []]}, "no area"),
        ({"segms": [[], 5, []]}, "segms is 5"),
    ],
)  # fmt: skip
def test_an_object_that_is_no_region_is_dropped_and_the_others_keep_their_tags(
    vcr: Set, changed: dict[str, Any], reason: str
) -> None:
    vcr.describe(metadata(**changed))
    (found,) = vcr.scan(question())
    assert [r.id for r in found.regions] == [0, 2]
    assert [d.region.id for d in found.dropped] == [1]
    assert reason in found.dropped[0].reason


def test_objects_without_a_box_or_a_name_are_told_of(vcr: Set) -> None:
    vcr.describe(metadata(boxes=metadata()["boxes"][:2]))
    assert reasons(vcr.scan(question())[0]) == ["object 2 has no box in lsmdc_1/a@1.json"]
    vcr.describe(metadata(names=["person", "person"]))
    assert reasons(vcr.scan(question())[0]) == ["object 2 has no name in lsmdc_1/a@1.json"]


@pytest.mark.parametrize("tag", [3, -1, 1.5, True, None])
def test_a_tag_of_no_object_is_told_of_with_its_line(vcr: Set, tag: Any) -> None:
    (found,) = vcr.scan(question(), question(question=["Why", [0, tag], "?"]))
    assert len(found.regions) == 3
    assert reasons(found) == [f"line 2 of train.jsonl speaks of object {tag!r}; the image has 3"]
    assert found.dropped[0].region.id == 3


def test_a_question_that_contradicts_the_first_is_told_of(vcr: Set) -> None:
    (found,) = vcr.scan(question(), question(objects=["person"]))
    assert "line 2 of train.jsonl has other objects" in reasons(found)[0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (json.dumps(question())[:60], "line 2 of"),
        ("[1]", "Expected `object`"),
        (json.dumps(question(img_fn=...)), "missing required field `img_fn`"),
        (json.dumps(question(img_fn="")), "names no image"),
        (json.dumps(question(objects="cup")), "$.objects"),
        ("\x80abc", "not readable"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_question_is_a_row_with_its_reason(vcr: Set, line: str, reason: str) -> None:
    found = vcr.scan(question(), line, question())
    assert [f.id for f in found] == [NAME, "train.jsonl#line/2"]
    assert reason in found[1].refused


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (json.dumps(metadata())[:50], "is no JSON: it ends at byte 50"),
        ("[]", "does not hold an image's boxes and names"),
        (metadata(boxes=...), "boxes is None"),
        (metadata(names="cup"), "names is 'cup'"),
    ],
)  # fmt: skip
def test_an_image_whose_metadata_cannot_be_read_is_refused(vcr: Set, about: Any, reason: str) -> None:
    vcr.describe(about)
    (found,) = vcr.scan(question())
    assert reason in found.refused


def test_a_missing_image_and_missing_metadata_are_refused(vcr: Set) -> None:
    (found,) = vcr.scan(question(metadata_fn="lsmdc_1/gone.json"))
    assert "lsmdc_1/gone.json: not in" in found.refused
    (vcr.images / NAME).unlink()
    (found,) = vcr.scan(question())
    assert f"no file '{NAME}' in" in found.refused
    (found,) = vcr.scan(question(metadata_fn="../train.jsonl"))
    assert "not in" in found.refused


def test_a_packed_file_says_what_to_do(vcr: Set) -> None:
    file = vcr.folder / "train.jsonl"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match="unpack it first"):
        list(create("source", "vcr", annotations=str(file), paths=str(vcr.images)).scan())


# --- as others see it ---------------------------------------------------------------------------------


def test_contracts(vcr: Set) -> None:
    file = vcr.ask(question(), "{", question(img_fn="gone.png"))
    for check in contracts("source", "vcr", annotations=[file], paths=[str(vcr.images)]):
        check()


def test_regions_are_scaled_cut_and_reach_the_run(vcr: Set, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from lskd_toolkit.cli.main import lskd

    vcr.draw(NAME, 90, (32, 24))  # twice the size that the metadata says
    vcr.describe(metadata(boxes=[[-2, 1, 5, 9], [40, 1, 50, 9], [13, 9, 15, 11]], segms=[]))
    file = vcr.ask(question())
    ran = CliRunner().invoke(
        lskd,
        ["run", str(vcr.images), "--source", "vcr", "--annotations", file, "--proposer", "given",
         "--refine", "", "--verbalizer", "", "--teacher", "none", "--critic", "none", "--no-report",
         "--out", str(tmp_path / "run")],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    with open_run(tmp_path / "run") as corpus:
        regions = corpus.entry(NAME).scene.regions
    assert [(r.id, r.box) for r in regions] == [(0, (0, 2, 10, 18)), (1, (26, 18, 30, 22))]  # numbered anew
