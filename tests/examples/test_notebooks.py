"""Every notebook of examples/ runs from its first cell to its last, as a reader would run it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a notebook in an empty folder; gives what its code cells printed."""
    import sys

    # The commands of the cells are those of this environment.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run(name: str) -> str:
        notebook = nbformat.read(EXAMPLES / name, 4)
        client = nbclient.NotebookClient(
            notebook, timeout=400, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
        )
        client.execute()
        cells = (cell for cell in notebook.cells if cell.cell_type == "code")
        return "".join(out.get("text", "") for cell in cells for out in cell.outputs)

    return run


def test_a_corpus_is_labelled_judged_filtered_and_exported(executed: Any, tmp_path: Path) -> None:
    printed = executed("filter_a_corpus.ipynb")
    run = tmp_path / "runs" / "first"
    promised = json.loads((run / "threshold.json").read_text())
    assert promised["bound"] >= promised["precision"] == 0.9
    assert promised["test"]["precision"] > promised["test"]["before"]
    assert f"at least {promised['bound']:.1%}" in printed.replace("\n", "")
    measured = json.loads((run / "evaluation.json").read_text())["critics"]
    seeing, blind = (
        measured[name]["average_precision"]["value"] for name in ("critic.seeing", "critic.blind")
    )
    assert seeing > 0.9
    assert seeing > blind  # the picture tells what the wording does not
    accepted = sum(1 for _ in (tmp_path / "corpus" / "corpus.jsonl").open())
    chosen = json.loads((run / "selection.json").read_text())["selected"]["statements"]
    assert accepted == chosen > 0
    card = (tmp_path / "corpus" / "README.md").read_text()
    assert f"{promised['threshold']:.3g}"[:4] in card


def test_notebooks_are_kept_without_what_they_printed() -> None:
    for path in EXAMPLES.glob("*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            assert not cell.get("outputs"), f"clear the outputs of {path.name}"
