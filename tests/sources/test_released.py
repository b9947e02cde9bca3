"""The source ``released`` on lines written here, on a run's own export, and on lines that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from lskd_toolkit import create, open_run
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import UsageError
from lskd_toolkit.geometry.shapes import region_mask
from lskd_toolkit.records import Found
from lskd_toolkit.testing import contracts

NAME = "VG_100K/7.png"


def line(image: str = NAME, **changed: Any) -> dict[str, Any]:
    given = {
        "image": image, "source": "chatgpt", "split": "train", "index": "chatgpt-5", "region": [2],
        "region_all": [2, 4],
        "references": [{"name": "2", "boxes": [[1, 2, 4, 6]]}, {"name": "4", "boxes": [[8, 0, 12, 4, 0.5]]}],
        "question": ["Why", "is", [2], "wet", "?"], "answer": ["Rain", "."], "rationale": ["Clouds", "."],
        "prediction": 0.9,
    }  # fmt: skip
    return given | changed


@pytest.fixture
def images(tmp_path: Path) -> Path:
    (tmp_path / "images" / "VG_100K").mkdir(parents=True)
    Image.new("RGB", (16, 12), (90, 80, 80)).save(tmp_path / "images" / NAME)
    return tmp_path / "images"


def write(images: Path, *lines: Any, name: str = "corpus.jsonl") -> str:
    path = images.parent / name
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
    return str(path)


def scan(images: Path, *lines: Any, **options: Any) -> list[Found]:
    file = write(images, *lines)
    return list(create("source", "released", annotations=file, paths=str(images), **options).scan())


def reasons(found: Found) -> list[str]:
    return [dropped.reason for dropped in found.dropped]


def run(images: Path, source: list[str], out: Path) -> None:
    ran = CliRunner().invoke(
        lskd,
        ["run", str(images), *source, "--proposer", "given", "--refine", "", "--verbalizer", "", "--teacher",
         "none", "--critic", "none", "--no-report", "--out", str(out)],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output


# --- what it finds ------------------------------------------------------------------------------------


def test_the_regions_are_those_given_under_their_own_numbers(images: Path) -> None:
    (found,) = scan(images, line())
    assert (found.id, found.uri, found.size) == (NAME, str(images / NAME), None)
    assert [(r.id, r.box, r.score) for r in found.regions] == [
        (2, (1, 2, 4, 6), 1.0), (4, (8, 0, 12, 4), 0.5),
    ]  # fmt: skip


def test_lines_about_an_image_make_one_image_with_the_regions_of_all(images: Path) -> None:
    more = line(
        references=[{"name": "0", "boxes": [[0, 0, 2, 2]]}], region_all=[0], region=[0], question="[0]?"
    )
    files = [write(images, line(), line()), write(images, more, name="more.jsonl")]
    (found,) = create("source", "released", annotations=files, paths=str(images)).scan()
    assert [r.id for r in found.regions] == [2, 4, 0]
    assert found.dropped == ()


def test_several_boxes_are_one_region_of_as_many_parts(images: Path) -> None:
    two = [{"name": "2", "boxes": [[0, 0, 2, 2], [8, 8, 10, 9]]}]
    (region,) = scan(images, line(references=two, region_all=[2]))[0].regions
    assert region_mask(region, 16, 12).sum() == 4 + 2


def test_only_what_lines_mention_if_asked_for(images: Path) -> None:
    (found,) = scan(images, line(), only="mentioned")
    assert [r.id for r in found.regions] == [2]
    assert [d.region.id for d in found.dropped] == [4]
    assert reasons(found) == ["no line mentions it; source.only=all keeps it"]


def test_a_split_may_be_chosen(images: Path) -> None:
    assert [f.id for f in scan(images, line("a.png"), line("b.png", split="val"), split="val")] == ["b.png"]


# --- what is wrong costs its row ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (json.dumps(line())[:90], "line 2: not JSON"),
        (json.dumps(line(references=[{"name": "2", "boxes": [[1, float("nan"), 3, 4]]}])), "NaN"),
        (json.dumps(line(references=[{"name": "2", "boxes": [[9, 9, 3, 4]]}])), "ends before it begins"),
        (json.dumps(line(question=["Who", "is", [9], "?"])), "region 9 is mentioned but has no box"),
        (json.dumps(line(image=None)), "no image"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_a_row_with_its_reason(images: Path, wrong: str, reason: str) -> None:
    found = scan(images, line(), wrong, line())
    assert [f.id for f in found] == [NAME, "corpus.jsonl#line/2"]
    assert reason in found[1].refused


def test_a_region_that_a_later_line_moves_stays_and_is_told_of(images: Path) -> None:
    moved = line(references=[{"name": "2", "boxes": [[0, 0, 9, 9]]}], region_all=[2], index="chatgpt-9")
    (found,) = scan(images, line(), moved, moved)
    assert found.regions[0].box == (1, 2, 4, 6)
    assert reasons(found) == [
        "line chatgpt-9 of corpus.jsonl has another region [2] than an earlier one, which counts"
    ]
    assert found.dropped[0].region.box == (0, 0, 9, 9)


def test_a_missing_image_is_refused(images: Path) -> None:
    (found,) = scan(images, line("VG_100K_2/7.png"))
    assert "no file 'VG_100K_2/7.png' in" in found.refused
    (found,) = scan(images, line("../corpus.jsonl"))
    assert "no file" in found.refused


def test_a_packed_file_says_what_to_do(images: Path) -> None:
    file = images.parent / "corpus.jsonl"
    file.write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(UsageError, match="unpack it first"):
        list(create("source", "released", annotations=str(file), paths=str(images)).scan())


# --- as others see it ---------------------------------------------------------------------------------


def test_contracts(images: Path) -> None:
    file = write(images, line(), "{", line("gone.png"))
    for check in contracts("source", "released", annotations=[file], paths=[str(images)]):
        check()


def test_regions_are_cut_and_reach_the_run(images: Path, tmp_path: Path) -> None:
    over = [{"name": "2", "boxes": [[-3, 2, 4, 6]]}, {"name": "4", "boxes": [[30, 0, 40, 4]]}]
    run(
        images,
        ["--source", "released", "--annotations", write(images, line(references=over))],
        tmp_path / "run",
    )
    with open_run(tmp_path / "run") as corpus:
        assert [r.box for r in corpus.entry(NAME).scene.regions] == [(0, 2, 4, 6)]


def test_a_runs_own_export_gives_its_regions_back_with_shapes_and_labels(
    images: Path, tmp_path: Path
) -> None:
    """From the exporter's line to the source: nothing of a region is lost on the way."""
    from lskd_toolkit.corpus.released import Row, to_line
    from lskd_toolkit.records import Image as ImageRecord
    from lskd_toolkit.records import Region, Scene, Shape, Statement

    ring = [[[1.0, 1.0], [5.0, 1.0], [5.0, 9.0]]]
    region = Region(3, (1, 1, 5, 9), Shape("polygon", {"polygons": ring}), "person", 0.5, "yolo")
    scene = Scene(ImageRecord(NAME, "", "0" * 64, 32, 24), (region,))
    exported = to_line(Row(scene, Statement(0, "What is [3]?", "A hat.", "It is round.", (3,))))
    (found,) = scan(images, exported)
    assert found.regions == (region,)
    assert found.size == (32, 24)
