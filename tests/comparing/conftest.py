"""Runs in memory that teach the same images in different ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lskd_toolkit.corpus.corpus import Entry, StageInfo, Verdict
from lskd_toolkit.records import Judgement, Statement

from ..corpus.fake import FakeCorpus, corpus, entry

STAGES = (
    StageInfo("teacher", "llm", "lskd-toolkit", "0.1.0", {}, {}, 0.0),
    StageInfo("critic.grounding", "grounding", "lskd-embedded", "0.1.0", {}, {}, 0.0),
)


def scene(name: str, *said: tuple[str, str, float], **more: Any) -> Entry:
    """An image with statements of these questions, answers and scores, accepted from 0.5."""
    statements = tuple(
        Statement(k, question, answer, "[2] has a ball.", (0, 2), "intent", "model-1", "qar-id@1")
        for k, (question, answer, _) in enumerate(said)
    )
    return replace(
        entry(name, scores=()),
        statements=statements,
        rejected=(),
        critics={
            "critic.grounding": tuple(Judgement(k, score, "grounding") for k, (*_, score) in enumerate(said))
        },
        verdicts={
            k: Verdict(score >= 0.5, score, "" if score >= 0.5 else "below 0.5 (grounding)")
            for k, (*_, score) in enumerate(said)
        },
        **more,
    )


def run(folder: str | Path, entries: Sequence[Entry], **more: Any) -> FakeCorpus:
    return corpus(
        *entries, **{"folder": Path(folder), "stages": STAGES, "config": {"teacher": "smollm"}, **more}
    )


@pytest.fixture
def good() -> FakeCorpus:
    """Two statements of each of ten images, all accepted."""
    return run("runs/good", [
        scene(f"{k}.jpg", (f"What does [0] want {k}?", "[0] wants to play.", 0.9),
              (f"Why is [2] there {k}?", "[2] waits.", 0.8))
        for k in range(10)
    ])  # fmt: skip


@pytest.fixture
def poor() -> FakeCorpus:
    """The same images: half of the statements below the threshold, and nothing said of the last two."""
    return run("runs/poor", [
        scene(f"{k}.jpg", *[(f"What does [0] want {k}?", "[0] wants to play.", 0.9),
                            (f"Where is [2] {k}?", "[2] is lost.", 0.1)][: 0 if k > 7 else 2])
        for k in range(10)
    ])  # fmt: skip
