"""The how-to's example runs and prints what the page says that it prints."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
BLOCKS = [
    (page, block)
    for page in ("augment.md", "refine-regions.md")
    for block in re.findall(r"^```python[^\n]*\n(.*?)^```$", (PAGES / page).read_text(), re.M | re.S)
]


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_an_example_prints_what_its_page_says(page, block):
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(block, page, "exec"), {})
    lines = printed.getvalue().splitlines()
    prints = [line for line in block.splitlines() if line.startswith("print(")]
    assert len(lines) == len(prints) > 0
    for line, said in zip(lines, prints, strict=True):
        _, mark, words = said.partition("  # ")
        if mark:
            assert line == words if not words.endswith("…") else line.startswith(words[:-1])
