"""The card of an export says what was counted, and what a model wrote cannot change its form."""

from __future__ import annotations

from dataclasses import replace

import yaml

from lskd_toolkit.corpus.card import card
from lskd_toolkit.corpus.corpus import ImageRow, Spending
from lskd_toolkit.corpus.options import ExportOptions
from lskd_toolkit.corpus.statistics import statistics
from lskd_toolkit.records import Rejected

from .fake import corpus, entry


def _card(found, **more):
    options = ExportOptions()
    return card(found, statistics(found, figures=True, export=options), options, **more)


def test_the_numbers_are_the_corpus_own():
    text = _card(corpus(
        entry(scores=(0.9, 0.8, 0.2)), spending=Spending({"ok": 4, "refused": 1}, 1200, 340, 0.5), seed=7,
        config={"source": {"use": "samples"}, "teacher": {"use": "smollm", "prompt": "qar-id"},
                "threshold": 0.6},
    ))  # fmt: skip
    for line in (
        "| statements read from the teacher | 3 |", "| statements accepted | 2 |",
        "| region dropped | score N below N | 1 |", "| requests refused | 1 |",
        "| US dollars an accepted statement | 0.2500 |",
        "| proposer.nanodet | nanodet | lskd-embedded 0.1.0 |  |",
        "source samples", "Teacher: smollm, prompt qar-id.", "| threshold | 0.6 |", "Seed of the run 7.",
        "All sums above agree",
    ):  # fmt: skip
        assert line in text


def test_sums_that_do_not_agree_are_on_the_card():
    twin = ImageRow("twin.jpg", "u", "duplicate", "duplicate of park.jpg")
    assert "These sums do not agree" in _card(corpus(entry(), others=(twin,)))


def test_money_that_is_not_known_is_not_made_up():
    assert "| US dollars | not known |" in _card(corpus(spending=Spending({"ok": 1}, 1, 1, None)))


def test_shards_are_named_in_the_front_matter():
    front = yaml.safe_load(_card(corpus(), sharded=("train", "val")).split("---")[1])
    assert front["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train-*.parquet"}, {"split": "val", "path": "data/val-*.parquet"},
    ]  # fmt: skip
    assert "configs" not in yaml.safe_load(_card(corpus()).split("---")[1])


def test_a_reason_with_markup_stays_in_its_cell():
    odd = replace(entry(), rejected=(Rejected("x", "a|b <img src=x>\n# Title *bold* [link](http://x)"),))
    (line,) = [line for line in _card(corpus(odd)).splitlines() if "img" in line]
    assert line == (
        "| teacher's output rejected | a\\|b &lt;img src=x&gt; # Title \\*bold\\* "
        "\\[link\\](http:&#8203;//x) | 1 |"
    )
