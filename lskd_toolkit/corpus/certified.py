"""What stands behind a threshold: the files of calibration, certification and labels in the run folder.

They are read as plain JSON: a card says what is there and works out nothing anew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

THRESHOLD = "threshold.json"
LABELS = "labels.jsonl"
CALIBRATION = {"prior": "share of the run's statements that people accept", "labels": "labelled statements"}
"""What a card calls the fields of a calibration."""


def decided(config: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Any]]:
    """How the selection decides, as what is said and its value: thresholds, diversity, calibration, and the
    certificate of the threshold."""
    threshold = config.get("threshold", 0.5)
    yield "threshold", threshold
    selection = config.get("selection") or {}
    for name, value in sorted(selection.items()):
        if value not in (None, "", {}, []) and name != "calibration":
            yield name.replace("_", " "), _words(value)
    file = str(selection.get("calibration") or "")
    if not file:
        yield "what is compared with it", "the lowest score that a critic gives; no calibration"
    else:
        yield "what is compared with it", f"the probability that people accept, by {file}"
        yield from _calibrated(_read(folder / file))
    found = _read(folder / THRESHOLD)
    if found is None:
        yield "certified precision", "none: no threshold of this run was certified"
    elif found.get("threshold") != threshold:
        yield (
            "certified precision",
            (f"none: {THRESHOLD} is about the threshold {_words(found.get('threshold'))}"),
        )
    else:
        yield from _promised(found)


def labelled(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Who labelled how much: a name that gives nobody away, labels, and how many of them accept. An
    annotator's last word on a statement counts."""
    words: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    try:
        lines = (folder / LABELS).open(encoding="utf-8")
    except OSError:
        return
    with lines:
        for line in lines:
            label = _json(line)
            if isinstance(label, dict) and "annotator" in label:
                key = tuple(
                    str(label.get(k)) for k in ("annotator", "image", "statement", "sha256", "synthetic")
                )
                words[key] = label
    total, accepted = Counter[tuple[bool, str]](), Counter[tuple[bool, str]]()
    for label in words.values():
        if not label.get("withdrawn"):
            who = (bool(label.get("synthetic")), str(label["annotator"]))
            total[who] += 1
            accepted[who] += bool(label.get("accept"))
    for number, who in enumerate(sorted(total), start=1):
        yield "made by rule (free negatives)" if who[0] else f"annotator {number}", total[who], accepted[who]


def _calibrated(found: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    if found is None:
        yield "calibration", "the file is not there or cannot be read"
        return
    for name in ("critics", "method", "labels", "images", "prior", "notes"):
        if found.get(name) not in (None, "", [], ()):
            yield f"calibration: {CALIBRATION.get(name, name)}", _words(found[name])


def _promised(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The certificate in words; of one that is tuned or of another version what can be said."""
    if "tuned_on" in found:
        yield "certified precision", f"none: the threshold was tuned on {_words(found['tuned_on'])}"
        return
    yield (
        "certified precision",
        f"people accept at least {_share(found.get('bound'))} of what passes, sure at "
        f"{_share(found.get('confidence'))}; asked were {_share(found.get('precision'))}",
    )
    yield (
        "by",
        f"{_words(found.get('labels'))} labels above the threshold on {_words(found.get('images'))} images; "
        f"people reject {_words(found.get('errors'))} of them",
    )
    test = found.get("test")
    if isinstance(test, Mapping):
        yield (
            "on labels that nothing was chosen by",
            f"precision {_share(test.get('precision'))}, recall {_share(test.get('recall'))}, of "
            f"{_words(test.get('labels'))}; people accept {_share(test.get('before'))} before the filter",
        )
    by_type = found.get("by_type")
    for name, own in sorted(by_type.items()) if isinstance(by_type, Mapping) else ():
        if isinstance(own, Mapping):
            yield (
                f"{name}: threshold {_words(own.get('threshold'))}",
                "nothing could be promised, so nothing passes"
                if own.get("refused")
                else f"at least {_share(own.get('bound'))}, by {_words(own.get('labels'))} labels",
            )


def _share(value: Any) -> str:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.1%}" if known else "not known"


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(each)}" for name, each in sorted(value.items()))
    if isinstance(value, list | tuple):
        some = "; ".join(_words(each) for each in value[:20])
        return some + (f"; and {len(value) - 20} more" if len(value) > 20 else "")
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = _json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
