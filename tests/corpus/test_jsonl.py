"""The exporter of JSON lines: canonical, in splits by content, put in place at once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.corpus.jsonl import JsonlExporter, rows
from lskd_toolkit.corpus.options import JsonlOptions
from lskd_toolkit.corpus.splits import split_of

from .fake import corpus, entry


def _export(folder, found, **options):
    path, card = JsonlExporter(JsonlOptions(**options), None).export(found, folder)
    assert card.name == "README.md"
    return path.read_bytes()


def test_only_what_was_accepted_is_written_unless_all_is_asked_for(tmp_path):
    lines = _export(tmp_path, corpus(entry(scores=(0.9, 0.2)))).splitlines()
    assert len(lines) == 1
    lines = _export(tmp_path, corpus(entry(scores=(0.9, 0.2))), statements="all").splitlines()
    verdicts = [json.loads(line)["lskd"].get("accepted", True) for line in lines]
    assert verdicts == [True, False]
    assert "below 0.5" in json.loads(lines[1])["lskd"]["reason"]


def test_the_same_rows_give_the_same_bytes_whatever_their_order(tmp_path):
    a, b = entry("a.jpg"), entry("b.jpg")
    turned = replace(b, statements=b.statements[::-1])
    assert _export(tmp_path / "1", corpus(a, b)) == _export(tmp_path / "2", corpus(turned, a))


def test_an_image_that_comes_in_leaves_the_lines_of_others_as_they_were(tmp_path):
    before = _export(tmp_path / "1", corpus(entry("b.jpg"))).splitlines()
    after = _export(tmp_path / "2", corpus(entry("a.jpg"), entry("b.jpg"))).splitlines()
    assert set(before) < set(after)


def test_the_extra_key_and_the_descriptors_can_be_left_out(tmp_path):
    assert b'"lskd"' not in _export(tmp_path, corpus(), extra=False)
    assert b"sunny" in _export(tmp_path, corpus())
    assert b"sunny" not in _export(tmp_path, corpus(), descriptors=False)


def test_an_export_that_fails_leaves_the_former_one(tmp_path):
    before = _export(tmp_path, corpus())
    broken = corpus(entry("a.jpg"), entry("b.jpg"))
    good = list(broken.entries())

    def entries():
        yield good[0]
        raise OSError("the disk went away")

    broken.entries = entries
    with pytest.raises(OSError, match="went away"):
        _export(tmp_path, broken)
    assert (tmp_path / "corpus.jsonl").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "corpus.jsonl"]


def test_an_empty_corpus_is_an_empty_file(tmp_path):
    assert _export(tmp_path, corpus(entry(scores=(0.1,)))) == b""


def test_the_source_column_says_teacher_and_prompt():
    (row,) = rows(corpus(entry(scores=(0.9,))), JsonlOptions())
    assert row.source == "llm_qar-id"
    assert row.index.startswith("llm_qar-id-")
    assert row.index.endswith("-0")


# --- splits ---------------------------------------------------------------------------------------


@given(st.text(max_size=8), st.integers(), st.floats(0, 1))
def test_equal_bytes_are_never_in_two_splits(sha256, seed, share):
    splits = {"train": share, "val": 1 - share}
    first = split_of(sha256, splits, seed)
    assert first == split_of(sha256, dict(splits), seed)
    assert splits[first] > 0


def test_shares_are_kept_in_the_long_run():
    dealt = [split_of(str(k), {"train": 0.9, "val": 0.06, "test": 0.04}) for k in range(4000)]
    assert [round(dealt.count(name) / 4000, 2) for name in ("train", "val", "test")] == pytest.approx(
        [0.9, 0.06, 0.04], abs=0.02
    )
    again = [split_of(str(k), {"train": 0.9, "val": 0.06, "test": 0.04}, seed=1) for k in range(4000)]
    assert again != dealt


@pytest.mark.parametrize("splits", [{}, {"train": 0.5}, {"train": 1.5, "val": -0.5}, {"../x": 1.0}])
def test_shares_that_do_not_fit_are_refused(splits):
    with pytest.raises(ValueError, match=r"share|split"):
        JsonlOptions(splits=splits)
