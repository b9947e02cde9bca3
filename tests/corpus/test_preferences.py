"""Preference pairs: the better beside the worse, of the same image, regions and type."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.corpus.corpus import Entry, Verdict
from lskd_toolkit.corpus.options import PreferenceOptions
from lskd_toolkit.corpus.preferences import PreferencesExporter, pairs

from .fake import corpus, entry


def judged(*rows: tuple[float, str, tuple[int, ...], str]) -> Entry:
    """An entry with a statement a row: score, inference type, regions, reason (empty: accepted)."""
    base = entry(scores=tuple(score for score, *_ in rows))
    statements, verdicts = [], {}
    for statement, (score, kind, regions, reason) in zip(base.statements, rows, strict=True):
        named = " ".join(f"[{region}]" for region in regions)
        statements.append(
            replace(statement, inference=kind, regions=regions, question=f"What of {named}?",
                    answer=f"{named} answers {statement.id}.", rationale=f"Since {statement.id}.")
        )  # fmt: skip
        verdicts[statement.id] = Verdict(not reason, score, reason)
    return replace(base, statements=tuple(statements), verdicts=verdicts)


def written(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*/metadata.jsonl"))
        for line in path.read_text().splitlines()
    ]


def test_the_best_stands_beside_the_worst_of_the_same_regions_and_type() -> None:
    found = list(
        pairs(
            judged(
                (0.9, "cause", (0,), ""),
                (0.8, "cause", (0,), ""),
                (0.3, "cause", (0,), "below 0.5 (blip2)"),
                (0.1, "cause", (0,), "below 0.5 (blip2)"),
                (0.0, "intent", (0,), "below 0.5 (blip2)"),  # another type
                (0.2, "cause", (2,), "below 0.5 (blip2)"),  # another region
                (0.7, "cause", (0,), "near-duplicate of statement 0 of park.jpg (cosine 0.99)"),
                (0.9, "cause", (0,), "said twice"),
            ),
            PreferenceOptions(),
        )
    )
    assert [(each["chosen_statement"], each["rejected_statement"]) for each in found] == [(0, 3), (1, 2)]
    assert found[0]["chosen"] == [{"role": "assistant", "content": "What of [0]?\n[0] answers 0.\nSince 0."}]
    assert found[0]["prompt"][0]["content"].startswith("Ask a question of [0] about its cause")
    assert (found[0]["score_chosen"], found[0]["score_rejected"]) == (0.9, 0.1)


def test_of_one_question_the_model_is_asked_that() -> None:
    same = judged((0.9, "cause", (0,), ""), (0.1, "cause", (0,), "below 0.5 (x)"))
    [pair] = pairs(same, PreferenceOptions(by="question", rationale=False))
    assert pair["prompt"] == [{"role": "user", "content": "What of [0]?"}]
    assert pair["rejected"] == [{"role": "assistant", "content": "[0] answers 1."}]
    other = replace(same, statements=(same.statements[0], replace(same.statements[1], question="Why [0]?")))
    assert list(pairs(other, PreferenceOptions(by="question"))) == []


rows = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["cause", "intent"]),
        st.sampled_from([(0,), (2,), (0, 2)]),
        st.sampled_from(["", "below 0.5 (x)", "said twice"]),
    ),
    max_size=12,
)


@given(rows, st.floats(0, 1), st.sampled_from([None, 1, 3]))
def test_no_statement_is_in_two_pairs_and_all_are_as_asked(
    found: list[tuple[float, str, tuple[int, ...], str]], margin: float, most: int | None
) -> None:
    made = judged(*found)
    given_pairs = list(pairs(made, PreferenceOptions(margin=margin, most=most)))
    used = [each[key] for each in given_pairs for key in ("chosen_statement", "rejected_statement")]
    assert len(used) == len(set(used))
    assert most is None or len(given_pairs) <= most
    by_id = {statement.id: statement for statement in made.statements}
    for each in given_pairs:
        good, bad = by_id[each["chosen_statement"]], by_id[each["rejected_statement"]]
        assert (good.inference, good.regions) == (bad.inference, bad.regions)
        assert made.verdicts[good.id].accepted
        assert made.verdicts[bad.id].reason.startswith("below")
        assert made.verdicts[good.id].score - made.verdicts[bad.id].score >= margin


def test_datasets_reads_it_with_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    entries = [
        replace(judged((0.9, "cause", (0,), ""), (0.2, "cause", (0,), "below 0.5 (x)")),
                scene=entry(f"{k}.jpg").scene)
        for k in range(12)
    ]  # fmt: skip
    PreferencesExporter(PreferenceOptions(), None).export(corpus(*entries), tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert sum(map(len, loaded.values())) == 12
    row = loaded["train"][0]
    assert isinstance(row["images"][0], PIL.Image.Image)
    assert row["images"][0].size == (64, 48)
    assert row["prompt"][0]["role"] == "user"
    assert row["chosen"][0]["content"] != row["rejected"][0]["content"]


def test_the_same_rows_give_the_same_bytes_and_what_is_old_goes(tmp_path: Path) -> None:
    def export(*found: Entry) -> dict[str, bytes]:
        PreferencesExporter(None, None).export(corpus(*found), tmp_path)
        return {str(p.relative_to(tmp_path)): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    pair = judged((0.9, "cause", (0,), ""), (0.2, "cause", (0,), "below 0.5 (x)"))
    alone = judged((0.9, "cause", (0,), ""))
    once = export(pair)
    assert export(pair) == once
    assert any(name.endswith(".png") for name in once)
    assert "1 pairs of an accepted and a rejected statement" in once["README.md"].decode()
    left = export(alone)
    assert set(left) == {"README.md"}
    assert "1 accepted and 0 rejected statements have no counterpart" in left["README.md"].decode()
