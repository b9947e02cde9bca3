"""A labelling server over a small corpus, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lskd_toolkit.labelling.sampling import draw_sample
from lskd_toolkit.labelling.session import Session
from lskd_toolkit.web.label_pages import label_routes
from lskd_toolkit.web.server import Server

from ..corpus.fake import FakeCorpus, corpus, entry

ATTACK = "</p><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def run() -> FakeCorpus:
    """Three images with two statements each, one of them with markup in its words."""
    entries = [entry(f"{k}.jpg", (0.1, 0.9)) for k in range(3)]
    evil = replace(
        entries[1].statements[0], question=f"{ATTACK} [0]?", answer=ATTACK, rationale=f"{ATTACK} [7]"
    )
    entries[1] = replace(entries[1], statements=(evil, entries[1].statements[1]))
    return corpus(*entries)


@contextmanager
def served(run: FakeCorpus, file: Path, name: str = "ann", **more: bool) -> Iterator[Server]:
    sample = draw_sample(run, 6, seed=2)
    server = Server(lambda: label_routes(run, Session(run, sample, file, name), **more))
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        server.close()


@pytest.fixture
def serve(run: FakeCorpus, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:
        yield lambda name="ann", **more: stack.enter_context(
            served(run, tmp_path / "labels.jsonl", name, **more)
        )
