"""The source ``huggingface`` on a folder and parquet files written here, and on what is wrong with them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

os.environ["HF_HUB_OFFLINE"] = "1"  # before datasets is loaded: nothing here may ask the hub

from lskd_toolkit import create, open_run
from lskd_toolkit.cli.main import lskd
from lskd_toolkit.errors import UsageError
from lskd_toolkit.records import Found
from lskd_toolkit.testing import contracts


def png(value: int = 9, size: tuple[int, int] = (16, 12)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (value, 80, 80)).save(out, "PNG")
    return out.getvalue()


def parquet(path: Path, *rows: tuple[bytes | None, Any], form: str = "dict") -> Path:
    """Rows of an image and its objects: an object of lists, or a list of objects with class labels."""
    import datasets as hf

    names = hf.ClassLabel(names=["cat", "dog"])
    fields = {"bbox": hf.List(hf.Value("float64")), "category": names}
    objects = hf.List(fields) if form == "list" else {k: hf.List(v) for k, v in fields.items()}
    features = hf.Features({"image": hf.Image(), "objects": objects, "key": hf.Value("string")})
    made = {
        "image": [None if data is None else {"bytes": data, "path": None} for data, _ in rows],
        "objects": [objects for _, objects in rows],
        "key": [f"k{n}" for n in range(len(rows))],
    }
    hf.Dataset.from_dict(made, features=features).to_parquet(str(path))
    return path


BOXES = {"bbox": [[1, 2, 3, 4], [8, 0, 4, 4]], "category": [1, 0]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path / "cache"))


def scan(path: Path | str, **options: Any) -> list[Found]:
    return list(create("source", "huggingface", dataset=str(path), **options).scan())


def reasons(found: Found) -> list[str]:
    return [dropped.reason for dropped in found.dropped]


# --- what it finds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["dict", "list"])
def test_rows_of_a_parquet_with_their_boxes_and_named_classes(tmp_path: Path, form: str) -> None:
    objects: Any = BOXES
    if form == "list":
        objects = [{"bbox": b, "category": c} for b, c in zip(*BOXES.values(), strict=True)]
    first, second = scan(parquet(tmp_path / "a.parquet", (png(), objects), (png(1), None), form=form))
    assert (first.id, second.id) == ("train/0", "train/1")
    assert [(r.id, r.box, r.label) for r in first.regions] == [
        (0, (1, 2, 4, 6), "dog"), (1, (8, 0, 12, 4), "cat"),
    ]  # fmt: skip
    assert second.regions == ()
    assert create("source", "huggingface").read(first.uri) == png()


def test_an_image_folder_with_its_metadata_is_read_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "set" / "train"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes(png())
    line = {"file_name": "1.png", "objects": {"bbox": [[1, 2, 3, 4]], "category": ["dog"]}}
    (folder / "metadata.jsonl").write_text(json.dumps(line) + "\n")
    (found,) = scan(tmp_path / "set")
    assert [(r.box, r.label) for r in found.regions] == [((1, 2, 4, 6), "dog")]
    assert create("source", "huggingface").read(found.uri) == png()


def test_rows_may_be_named_by_a_column(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", (png(), BOXES))
    assert [f.id for f in scan(file, id="key")] == ["k0"]


@pytest.mark.parametrize(
    ("options", "box"),
    [
        ({"box_format": "xyxy"}, (1, 2, 3, 4)),
        ({"box_format": "cxcywh"}, (-0.5, 0, 2.5, 4)),
    ],
)  # fmt: skip
def test_boxes_may_be_written_in_other_ways(tmp_path: Path, options: dict[str, Any], box: Any) -> None:
    file = parquet(tmp_path / "a.parquet", (png(), {"bbox": [[1, 2, 3, 4]], "category": [0]}))
    assert scan(file, **options)[0].regions[0].box == box


def test_boxes_that_are_shares_are_told_in_pixels(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", (png(), {"bbox": [[0.25, 0.5, 0.5, 0.25]], "category": [0]}))
    assert scan(file, normalised=True)[0].regions[0].box == (4, 6, 12, 9)


def test_the_stamp_tells_of_revision_and_bytes(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", (png(), BOXES), (png(1), BOXES))
    one, other = scan(file)
    assert one.stamp
    assert one.stamp != other.stamp


# --- what is wrong costs its row ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ({"bbox": [[1, 2, float("nan"), 4]], "category": [0]}, "not finite"),
        ({"bbox": [[1, 2, 3]], "category": [0]}, "3 numbers"),
        ({"bbox": [[1, 2, 0, 4]], "category": [0]}, "no area"),
        ({"bbox": [[1, 2, 3, 4]], "category": [0, 1]}, "no saying which is whose"),
        ({"bbox": [[1, 2, 3, 4]], "category": [None]}, "category is None"),
    ],
)  # fmt: skip
def test_an_object_that_is_no_region_is_dropped(tmp_path: Path, objects: Any, reason: str) -> None:
    (found,) = scan(parquet(tmp_path / "a.parquet", (png(), objects)))
    assert found.refused == ""
    assert len(found.dropped) == 1
    assert reason in found.dropped[0].reason


def test_a_row_without_an_image_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    found = scan(parquet(tmp_path / "a.parquet", (None, BOXES), (b"no image", BOXES), (png(), BOXES)))
    assert [bool(f.refused) for f in found] == [True, False, False]
    assert "no image" in found[0].refused


def test_a_dataset_has_to_be_named_and_had(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no dataset is named"):
        scan("")
    with pytest.raises(UsageError, match="without a network, name a folder") as caught:
        scan("nobody/nothing")
    assert "\n" not in str(caught.value)
    (tmp_path / "a.csv").write_text("a")
    with pytest.raises(UsageError, match=r"is no \.parquet"):
        scan(tmp_path / "a.csv")
    file = parquet(tmp_path / "a.parquet", (png(), BOXES))
    with pytest.raises(UsageError, match="no column 'photo'"):
        scan(file, image="photo")
    (tmp_path / "cut.parquet").write_bytes(file.read_bytes()[:300])
    with pytest.raises(UsageError, match="cannot be read"):
        scan(tmp_path / "cut.parquet")


# --- as others see it ---------------------------------------------------------------------------------


def test_contracts(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", (png(), BOXES), (None, BOXES))
    for check in contracts("source", "huggingface", dataset=str(file)):
        check()


def test_regions_reach_the_run(tmp_path: Path) -> None:
    objects = {"bbox": [[-2, 0, 4, 4], [90, 0, 4, 4]], "category": [1, 0]}
    file = parquet(tmp_path / "a.parquet", (png(), objects), (b"no image", objects))
    ran = CliRunner().invoke(
        lskd,
        ["run", "--source", "huggingface", "--set", f"source.dataset={file}", "--proposer", "given",
         "--refine", "", "--verbalizer", "", "--teacher", "none", "--critic", "none",
         "--out", str(tmp_path / "run")],
    )  # fmt: skip
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.output
    assert list((tmp_path / "run" / "report").rglob("*.html"))
    with open_run(tmp_path / "run") as corpus:
        scene = corpus.entry("train/0").scene
        assert corpus.picture(scene.image).pixels[0, 0].tolist() == [9, 80, 80]
    regions = scene.regions
    assert [(r.box, r.label) for r in regions] == [((0, 0, 2, 4), "dog")], ran.output
