"""The page of exit codes has every error with its code."""

from __future__ import annotations

import re

from lskd_toolkit import errors

from .blocks import DOCS


def test_every_error_is_there_with_its_code():
    text = (DOCS / "reference/exit-codes.md").read_text(encoding="utf-8")
    told = {name: int(code) for name, code in re.findall(r"^\| `(\w+)` \| (\d) \|$", text, re.M)}
    there = {
        name: error.exit_code
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.LskdError)
    }
    assert told == there
