"""The page of the run folder names the tables that a run folder has, and their version."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from lskd_toolkit.llm.ledger import Ledger
from lskd_toolkit.store import Store

from .blocks import DOCS

TEXT = (DOCS / "reference/run-folder.md").read_text(encoding="utf-8")


def told(section: str) -> set[str]:
    """The names in the first column of the section's table."""
    text = TEXT.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `(\w+)` \|", text, re.M))


def there(path: Path) -> tuple[set[str], int]:
    """The tables of a database, and its version."""
    database = sqlite3.connect(path)
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.close()
    return {name for name in names if not name.startswith("sqlite_")}, version


def test_the_tables_of_a_run(tmp_path: Path):
    with Store(tmp_path):
        pass
    names, version = there(tmp_path / "run.sqlite")
    assert told("run.sqlite") == names
    assert f"Schema version {version}." in TEXT


def test_the_tables_of_a_ledger(tmp_path: Path):
    Ledger(tmp_path / "ledger.sqlite").close()
    assert told("ledger.sqlite") == there(tmp_path / "ledger.sqlite")[0]
