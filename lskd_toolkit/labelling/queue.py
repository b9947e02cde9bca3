"""The list of statements that a run's annotators are asked about, kept beside the labels.

JSON Lines: a head that says how it was drawn, then one statement a line. Everyone who labels reads the
same list, so that votes meet on the same statements, and the weights stay those of the draw.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import msgspec

from ..errors import UsageError
from ..store.durable import write_text
from .sampling import Drawn, Sample


def queue_path(labels: Path) -> Path:
    """Where the list of a label file lies: ``labels.queue.jsonl`` beside ``labels.jsonl``."""
    return labels.with_name(f"{labels.stem}.queue.jsonl")


def write_queue(path: Path, sample: Sample) -> None:
    """Put the list in place at once. Mined statements are written the same way, without axes."""
    head = {"population": sample.population, "axes": sample.axes, "seed": sample.seed}
    lines = [json.dumps(each) for each in (head, *(asdict(drawn) for drawn in sample.drawn))]
    write_text(path, "\n".join(lines) + "\n")


def read_queue(path: Path) -> Sample:
    """The list again.

    Raises:
        UsageError: it cannot be read; it is written at once, so it was changed by hand.
    """
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        told = json.loads(head)
        drawn = tuple(msgspec.convert(json.loads(line), Drawn) for line in lines if line.strip())
        return Sample(drawn, int(told["population"]), tuple(told["axes"]), int(told["seed"]))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}; name a list with: --queue FILE"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is no list of statements to label ({' '.join(str(error).split())[:120]}); move it away, "
            "and the next lskd label draws another"
        ) from error
