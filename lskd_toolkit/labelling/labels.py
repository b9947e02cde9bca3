"""What people say about statements: the record, and the file that it is appended to.

A label names its statement by image, number and the sha256 of the statement's words, so that it never
slides onto another statement when a run is taught again. The file is JSON Lines, one annotation a line,
and nothing in it is ever changed: a second opinion of the same annotator is a second line.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from ..canonical import digest
from ..errors import StoreError, UsageError
from ..records import Statement

FILE = "labels.jsonl"
"""What the file is called in a run folder."""


@dataclass(frozen=True, slots=True)
class Label:
    """One annotator's word on one statement.

    ``sha256`` is `words_sha256` of the statement. ``answer`` and ``rationale`` say whether each is right,
    None where the annotator did not say; ``accept`` is the annotator's own verdict on the whole and is not
    computed from the two. ``time`` is ISO 8601 in UTC, empty when unknown. ``weight`` is one over the
    probability with which the statement was drawn for labelling, 0 where it was not drawn but picked (by
    `lskd critic mine`), and so speaks for no other. ``synthetic`` is empty for a person's
    label, or how the statement was spoiled (`lskd_toolkit.labelling.negatives`); then ``words`` holds its
    question, answer and rationale, which no run has. ``withdrawn``: the annotator took the word back.
    """

    image: str
    statement: int
    sha256: str
    annotator: str
    answer: bool | None
    rationale: bool | None
    accept: bool
    comment: str = ""
    time: str = ""
    weight: float = 1.0
    synthetic: str = ""
    words: tuple[str, str, str] | None = None
    withdrawn: bool = False


Kind = Literal["torn", "broken", "repeated", "changed", "contradictory", "unknown"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that does not count, or counts with a doubt. ``line`` counts from 1.

    ``torn``: the last line was cut off while it was written. ``broken``: no label can be read from it.
    ``repeated``: the annotator said the same again later. ``changed``: the annotator said otherwise later,
    which counts. ``contradictory``: accepted although the answer or the rationale is called wrong, or
    rejected without a comment although both are right; it counts as it stands. ``unknown``: the run has no
    such statement.
    """

    line: int
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A file read back. ``labels`` are those that count, one for each statement and annotator, in the
    order of the file; ``lines`` are their lines, and the number of all lines is ``total``."""

    labels: tuple[Label, ...]
    lines: tuple[int, ...]
    total: int
    problems: tuple[Problem, ...]


def words_sha256(statement: Statement) -> str:
    """The digest of the statement's question, answer and rationale, 64 hex digits."""
    return digest([statement.question, statement.answer, statement.rationale])


def now() -> str:
    """The time as a label has it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def append_labels(path: Path, labels: Iterable[Label]) -> int:
    """Add labels at the end of the file, made when absent; on disk when this returns. Gives their number.

    A line that a crash cut off is closed first, so that it stays a broken line of its own. Several
    processes may append at once.

    Raises:
        StoreError: the file cannot be written.
    """
    data = [line(label) for label in labels]
    if not data:
        return 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = os.fstat(file).st_size
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            rest = memoryview((b"\n" if torn else b"") + b"".join(data))
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        finally:
            os.close(file)
        if fresh:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise StoreError(f"cannot write labels to {path}: {error.strerror or error}") from error
    return len(data)


def line(label: Label) -> bytes:
    """The label as one line. ASCII, so that halves of characters in file names survive."""
    held = {name: value for name, value in asdict(label).items() if value is not None}
    held |= {"answer": label.answer, "rationale": label.rationale}
    return (json.dumps(held, separators=(",", ":"), allow_nan=False) + "\n").encode("ascii")


def read_labels(path: Path) -> LabelFile:
    """Every label that counts, and a reason for every line that does not.

    Of one annotator's labels of one statement the latest counts, by time and then by line.

    Raises:
        UsageError: there is no such file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"no labels can be read from {path} ({error.strerror}); make some with: lskd label RUN"
        ) from error
    return parse_labels(data)


def parse_labels(data: bytes) -> LabelFile:
    """`read_labels` of the file's bytes."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    closed = lines[-1].strip() == b""
    total = len(lines) - (1 if closed else 0)
    latest: dict[tuple[str, int, str, str], tuple[datetime, int, Label]] = {}
    problems: list[Problem] = []
    for number, each in enumerate(lines, 1):
        if not each.strip():
            continue
        try:
            label = label_of(each)
        except ValueError as error:
            torn = number == len(lines) and not closed
            reason = "cut off while it was written" if torn else str(error)
            problems.append(Problem(number, "torn" if torn else "broken", reason))
            continue
        key = (label.image, label.statement, label.sha256, label.annotator)
        mine = (moment(label.time), number, label)
        earlier = latest.get(key)
        if earlier is not None:
            problems.append(_again(*sorted((earlier, mine), key=lambda found: found[:2])))
        if earlier is None or mine[:2] >= earlier[:2]:
            latest[key] = mine
    counted = sorted(
        ((number, label) for _, number, label in latest.values() if not label.withdrawn),
        key=lambda found: found[0],
    )
    problems += [Problem(number, "contradictory", _odd(label)) for number, label in counted if _odd(label)]
    return LabelFile(
        tuple(label for _, label in counted),
        tuple(number for number, _ in counted),
        total,
        tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def label_of(data: bytes) -> Label:
    """One line as a label.

    Raises:
        ValueError: it is none, and why.
    """
    try:
        label = msgspec.convert(json.loads(data), Label)
    except (ValueError, RecursionError) as error:  # msgspec's and json's errors are both ValueErrors
        raise ValueError(" ".join(str(error).split())[:200] or "no JSON") from error
    if not (0 <= label.weight < float("inf")):
        raise ValueError(f"its weight {label.weight} is no weight")
    if not label.annotator.strip():
        raise ValueError("it has no annotator")
    if len(label.sha256) != 64:
        raise ValueError("its sha256 has not 64 digits")
    moment(label.time)
    return label


def moment(time: str) -> datetime:
    """When it was; the beginning of time for the empty string. Times without a zone are UTC.

    Raises:
        ValueError: not ISO 8601.
    """
    if not time:
        return datetime.min.replace(tzinfo=UTC)
    try:
        when = datetime.fromisoformat(time)
    except ValueError as error:
        raise ValueError(f"its time {time!r} is not ISO 8601") from error
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def _again(earlier: tuple[datetime, int, Label], later: tuple[datetime, int, Label]) -> Problem:
    old, new = earlier[2], later[2]
    if new.withdrawn:
        return Problem(earlier[1], "changed", f"taken back in line {later[1]}")
    if old.withdrawn or (old.answer, old.rationale, old.accept) == (new.answer, new.rationale, new.accept):
        return Problem(earlier[1], "repeated", f"{old.annotator!r} labelled it again in line {later[1]}")
    return Problem(
        earlier[1], "changed", f"{old.annotator!r} says otherwise in line {later[1]}, which counts"
    )


def _odd(label: Label) -> str:
    wrong = [name for name in ("answer", "rationale") if getattr(label, name) is False]
    if label.accept and wrong:
        return f"accepted although called wrong: {' and '.join(wrong)}"
    if not label.accept and label.answer and label.rationale and not label.comment:
        return "rejected although answer and rationale are called right, and no comment says why"
    return ""
