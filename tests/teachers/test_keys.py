"""What a reply depends on is in its key, and a vendor's own key is asked for in time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lskd_toolkit.errors import KeyMissing
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.testing.vendors import fake_vendors


def config(teacher, **backend):
    return configure(
        None, None,
        {
            "source": {"use": "smallworld", "count": 3}, "proposer": "smallworld",
            "verbalizer": "smallworld-local", "critic": "smallworld",
            "teacher": {"use": "llm", "parts": {"backend": {"use": teacher, **backend}}},
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("teacher", "change"),
    [
        ("claude", {"effort": "low"}),
        ("claude", {"schema_detail": "full"}),
        ("chatgpt", {"reasoning_effort": "high"}),
        ("chatgpt", {"schema_detail": "full"}),
    ],
)
def test_another_setting_of_the_backend_is_another_question(tmp_path, teacher, change):
    with fake_vendors() as vendors:
        url = vendors.anthropic_url if teacher == "claude" else vendors.openai_url
        run(config(teacher, base_url=url), tmp_path)
        assert len(vendors.calls) == 3
        run(config(teacher, base_url=url, **change), tmp_path, yes=True)
        assert len(vendors.calls) == 6
        run(config(teacher, base_url=url, in_flight=3, timeout=9), tmp_path)  # back again: nothing is asked
        assert len(vendors.calls) == 6


@pytest.mark.parametrize(
    ("teacher", "name"), [("claude", "ANTHROPIC_API_KEY"), ("chatgpt", "OPENAI_API_KEY")]
)
def test_a_missing_key_is_one_line_before_anything_is_worked_on(tmp_path, monkeypatch, teacher, name):
    monkeypatch.delenv(name, raising=False)
    with pytest.raises(KeyMissing, match=name):
        run(config(teacher), tmp_path / "a")
    code = "from lskd_toolkit.cli.main import main; main()"
    words = ["run", "--source", "smallworld", "--proposer", "smallworld", "--verbalizer", "smallworld-local"]
    words += ["--critic", "smallworld", "--teacher", teacher, "--out", str(tmp_path / "b")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"lskd: {name} is not set")
    assert "Traceback" not in done.stderr
    assert "proposer" not in done.stdout + done.stderr
