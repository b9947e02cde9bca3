"""Parquet shards: read by the datasets library, the same bytes every time, memory that stays flat."""

from __future__ import annotations

import builtins
from dataclasses import replace

import pytest

from lskd_toolkit.corpus.options import ParquetOptions
from lskd_toolkit.corpus.parquet import ParquetExporter, TablesMissing

from .fake import corpus, entry

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


def _export(folder, found, **options):
    ParquetExporter(ParquetOptions(**options), None).export(found, folder)
    return {path.name: path.read_bytes() for path in (folder / "data").iterdir()}


def _many(count):
    return corpus(*(entry(f"{k:04}.jpg", (0.9, 0.8, 0.1)) for k in range(count)))


def test_datasets_reads_it_with_its_splits_and_types(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    _export(tmp_path / "out", _many(40), shard_rows=25)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()}.keys() == {"train", "val"}
    assert sum(map(len, loaded.values())) == 80
    row = loaded["train"][0]
    assert row["question"] == "What does [0] want from [2], and why 0?"
    assert row["mentioned"] == [0, 2]
    assert row["regions"][1]["box"] == [31.5, 4.0, 60.0, 45.0]
    assert '"type": "polygon"' in row["regions"][1]["shape"]
    assert row["regions"][0]["shape"] is None
    assert row["judgements"][0]["parts"] == [{"name": "ids", "score": 1.0}, {"name": "words", "score": 0.9}]
    files = sorted(str(path) for path in (tmp_path / "out/data").glob("train-*.parquet"))
    assert len(files) > 1
    alone = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert alone["train"]["index"] == loaded["train"]["index"]


def test_no_image_is_in_two_splits(tmp_path):
    _export(tmp_path, _many(60))
    names = {
        split: set(parquet.read_table(tmp_path / "data" / f"{split}-00000.parquet")["image"].to_pylist())
        for split in ("train", "val")
    }
    assert names["train"]
    assert names["val"]
    assert not names["train"] & names["val"]


def test_the_same_rows_give_the_same_bytes(tmp_path):
    assert _export(tmp_path / "a", _many(30), shard_rows=7) == _export(
        tmp_path / "b", _many(30), shard_rows=7
    )


def test_files_have_at_most_so_many_rows_in_groups_of_so_many(tmp_path):
    _export(tmp_path, _many(30), shard_rows=20, group_rows=6, splits={"train": 1.0})
    shards = [parquet.ParquetFile(path) for path in sorted((tmp_path / "data").iterdir())]
    assert [shard.metadata.num_rows for shard in shards] == [20, 20, 20]
    groups = [shards[0].metadata.row_group(k).num_rows for k in range(shards[0].metadata.num_row_groups)]
    assert groups == [6, 6, 6, 2]


def test_at_most_one_group_of_rows_is_held(tmp_path):
    """The source is asked for one more entry only when the rows before it fit in a group."""
    from lskd_toolkit.corpus import parquet as module

    held = []
    add = module._Shards.add

    def watched(self, row):
        add(self, row)
        held.append(len(self._group))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._Shards, "add", watched)
        _export(tmp_path, _many(50), group_rows=8)
    assert len(held) == 100
    assert max(held) < 8


def test_shards_of_a_longer_export_are_taken_away(tmp_path):
    assert len(_export(tmp_path, _many(30), shard_rows=5, splits={"train": 1.0})) == 12
    assert sorted(_export(tmp_path, _many(2), splits={"train": 1.0})) == ["train-00000.parquet"]


def test_an_empty_corpus_is_a_table_without_rows(tmp_path):
    assert list(_export(tmp_path, corpus(entry(scores=(0.1,))))) == ["train-00000.parquet"]
    assert parquet.read_table(tmp_path / "data").num_rows == 0


def test_an_export_that_fails_leaves_no_half_file(tmp_path):
    found = _many(3)
    good = list(found.entries())

    def entries():
        yield from good
        raise OSError("the disk went away")

    found.entries = entries
    with pytest.raises(OSError, match="went away"):
        _export(tmp_path, found, group_rows=1)
    assert list((tmp_path / "data").iterdir()) == []


def test_a_file_name_with_stray_bytes_can_be_written(tmp_path):
    one = entry("odd\udcff.jpg")
    _export(tmp_path, corpus(one), splits={"train": 1.0})
    assert parquet.read_table(tmp_path / "data")["image"].to_pylist() == ["odd\\udcff.jpg"]


def test_a_statement_that_was_not_judged_has_no_score(tmp_path):
    _export(tmp_path, corpus(replace(entry(scores=(0.9,)), verdicts={})), statements="all")
    table = parquet.read_table(tmp_path / "data")
    assert table["score"].to_pylist() == [None]
    assert table["reason"].to_pylist() == ["not judged"]


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TablesMissing, match=r"pip install 'lskd-toolkit\[tables\]'"):
        _export(tmp_path, corpus())
    assert not (tmp_path / "data").exists()


def test_a_split_that_got_no_rows_is_not_named_in_the_card(tmp_path):
    """It was, and `datasets.load_dataset` of a small export's folder then failed."""
    import yaml

    paths = ParquetExporter(ParquetOptions(splits={"train": 0.999, "val": 0.001}), None).export(
        corpus(), tmp_path
    )
    front = yaml.safe_load((tmp_path / "README.md").read_text().split("---")[1])
    named = {each["split"] for each in front["configs"][0]["data_files"]}
    assert named == {path.name.partition("-")[0] for path in paths if path.suffix == ".parquet"}
