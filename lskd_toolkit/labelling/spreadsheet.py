"""Labels to and from CSV: one label a row, with the statement's words beside it for reading."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from .labels import Label, Problem, moment
from .matching import Labelled

COLUMNS = (
    "image", "statement", "annotator", "accept", "answer_ok", "rationale_ok", "comment", "question", "answer",
    "rationale", "time", "weight", "synthetic", "sha256",
)  # fmt: skip
_FORMULA = re.compile(r"[=+\-@\t\r]")
_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0"}


def write_csv(file: TextIO, found: Iterable[Labelled]) -> int:
    """Every label of the statements; gives their number. What a spreadsheet would take for a formula gets an
    apostrophe before it, which is taken off again when read."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    count = 0
    for each in found:
        statement = each.statement
        for label in each.labels:
            rows.writerow([
                _guarded(label.image), label.statement, _guarded(label.annotator), _word(label.accept),
                _word(label.answer), _word(label.rationale), _guarded(label.comment),
                _guarded(statement.question), _guarded(statement.answer), _guarded(statement.rationale),
                label.time, repr(label.weight), _guarded(label.synthetic), label.sha256,
            ])  # fmt: skip
            count += 1
    return count


def read_csv(file: TextIO) -> Iterator[Label | Problem]:
    """Every row as a label, or a `Problem` with its line; the words are needed for synthetic ones only."""
    rows = csv.DictReader(file)
    needed = {"image", "statement", "annotator", "accept", "sha256"}
    if missing := needed - set(rows.fieldnames or ()):
        yield Problem(1, "broken", f"the table has no column {', '.join(sorted(missing))}")
        return
    try:
        for row in rows:
            try:
                yield _label({name: (value or "") for name, value in row.items() if isinstance(name, str)})
            except ValueError as error:
                yield Problem(rows.line_num, "broken", str(error))
    except csv.Error as error:
        yield Problem(rows.line_num, "broken", str(error))


def _label(row: dict[str, str]) -> Label:
    synthetic = _bare(row.get("synthetic", ""))
    words = (_bare(row["question"]), _bare(row["answer"]), _bare(row["rationale"])) if synthetic else None
    accept = _said(row["accept"])
    if accept is None:
        raise ValueError("accept is neither yes nor no")
    weight = float(row.get("weight") or 1.0)
    if not 0 <= weight < float("inf"):
        raise ValueError(f"its weight {weight} is no weight")
    time = row.get("time", "")
    moment(time)
    if not row["annotator"].strip():
        raise ValueError("it has no annotator")
    return Label(
        _bare(row["image"]), int(row["statement"]), row["sha256"].strip(), _bare(row["annotator"]),
        _said(row.get("answer_ok", "")), _said(row.get("rationale_ok", "")), accept,
        _bare(row.get("comment", "")), time, weight, synthetic, words,
    )  # fmt: skip


def _word(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _said(word: str) -> bool | None:
    told = word.strip().casefold()
    if told and told not in _YES | _NO:
        raise ValueError(f"{word!r} is neither yes nor no")
    return None if not told else told in _YES


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) or text.startswith("'") else text


def _bare(text: str) -> str:
    return text[1:] if text.startswith("'") else text
