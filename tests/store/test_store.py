"""The run folder's database: finality, canonical order, locks, versions."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.errors import StoreError
from lskd_toolkit.records import Descriptor, Dropped, Refined, Region, Shape
from lskd_toolkit.store import ImageEntry, Row, StageKey, Store, from_json, to_json
from lskd_toolkit.store.database import network_file_system
from lskd_toolkit.store.rows import decode, encode


def entry(name: str, identity: str, status: str = "ok", chunk: int = 0) -> ImageEntry:
    return ImageEntry(name, f"/{name}", "", identity, identity, 4, 3, status, "", chunk=chunk)


def stage(name: str = "refiner.top", **parts) -> StageKey:
    return StageKey(name, name.partition(".")[0], {"component": "dist:x", "upstream": {}, **parts}, "1")


floats = st.floats(0, 1000, allow_nan=False).map(lambda v: round(v, 2))
regions = st.builds(
    Region,
    id=st.integers(0, 99),
    box=st.tuples(floats, floats, floats, floats),
    shape=st.none()
    | st.builds(Shape, st.text(max_size=8), st.dictionaries(st.text(max_size=4), st.integers())),
    label=st.text(max_size=10),
    score=st.floats(0, 1),
    proposer=st.text(max_size=5),
    frame=st.none() | st.integers(0, 9),
)


@given(st.lists(regions, max_size=4))
def test_a_row_comes_back_as_it_was_stored(made):
    body = Refined(tuple(made), tuple(Dropped(region, "why") for region in made))
    row = Row("ok", "", body)
    assert decode("refiner", "ok", "", encode(row)) == row


@given(regions)
def test_a_record_survives_json(region):
    assert from_json(to_json(region), Region) == region


def test_rows_are_kept_by_key_and_going_back_costs_nothing(tmp_path):
    with Store(tmp_path) as store:
        first = store.put_stages([stage(options={"a": 1})])[0]
        store.put(first, {1: Row("ok", "", Refined(()))}, 0.5)
        second = store.put_stages([stage(options={"a": 2})])[0]
        assert store.missing(second, [1]) == [1]
        again = store.put_stages([stage(options={"a": 1})])[0]
        assert store.missing(again, [1]) == []


def test_a_stored_row_is_final(tmp_path):
    with Store(tmp_path) as store:
        key = store.put_stages([stage("verbalizer.x")])[0]
        store.put(key, {1: Row("ok", "", (Descriptor("global", "first"),))}, 0)
        store.put(key, {1: Row("ok", "", (Descriptor("global", "second"),))}, 0)
        assert store.get(key, [1])[1].body[0].text == "first"


def test_of_equal_images_the_smallest_id_counts_whatever_the_order(tmp_path):
    for order in (("b", "a", "c"), ("c", "a", "b")):
        with Store(tmp_path / order[0]) as store:
            store.begin_scan()
            store.put_images([entry(n, "same", "ok" if i == 0 else "duplicate") for i, n in enumerate(order)])
            store.settle()
            assert [(e.id, e.status, e.reason) for e in store.images()] == [
                ("a", "ok", ""), ("b", "duplicate", "duplicate of a"), ("c", "duplicate", "duplicate of a"),
            ]  # fmt: skip


def test_a_duplicate_takes_the_place_of_an_original_that_has_gone(tmp_path):
    with Store(tmp_path) as store:
        store.begin_scan()
        store.put_images([entry("a", "same"), entry("b", "same", "duplicate")])
        store.settle()
        store.begin_scan()
        store.put_images([], ["b"])
        store.settle()
        assert [(e.id, e.status) for e in store.images()] == [("b", "ok")]


def test_a_second_run_on_the_folder_is_refused(tmp_path):
    with Store(tmp_path):
        script = (
            f"from pathlib import Path; from lskd_toolkit.store import Store; Store(Path({str(tmp_path)!r}))"
        )
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer.returncode != 0
    assert "is in use by process" in answer.stderr
    Store(tmp_path).close()  # free again


def test_a_newer_schema_is_refused_with_the_mend(tmp_path):
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "run.sqlite") as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(StoreError, match=r"newer lskd-toolkit.*pip install -U"):
        Store(tmp_path)


def test_a_damaged_database_is_one_line(tmp_path):
    (tmp_path / "run.sqlite").write_bytes(b"this is no database, not at all " * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store(tmp_path)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(StoreError, match="is no run folder"):
        Store(tmp_path / "nothing", readonly=True)


def test_a_network_file_system_is_detected(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n")
    assert network_file_system(__import__("pathlib").Path("/mnt/share/runs"), mounts) == "nfs4"
    assert network_file_system(tmp_path, mounts) == ""
