"""The JSON lines of the released corpus (Localized Commonsense Knowledge): read and written.

One line is one statement: ``image``, ``source``, ``split``, ``index``, ``region`` (mentioned),
``region_all`` (shown to the teacher), ``references`` (``{name, boxes}`` a region), ``question``,
``answer``, ``rationale`` as token lists in which a mention is a nested list of ids, and ``prediction``,
the critic's score. What that form has no room for goes under one more key, ``lskd``, which other
readers ignore. Lines are ASCII, so no reader is surprised by an odd line break in a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import msgspec

from ..mentions import detokenize, find, tokenize
from ..records import Descriptor, Image, Judgement, Region, Rejected, Scene, Shape, Statement
from .released_variants import Malformed, boxes_of, number, region_id, texts_of

VERSION = 1
PARTS = ("question", "answer", "rationale")


@dataclass(frozen=True, slots=True)
class Row:
    """One statement with all that a line of the corpus says of it.

    ``score`` is the critic's, None when there is none. ``accepted`` and ``reason`` are the selection's
    verdict. ``source``, ``split`` and ``index`` are the released columns of that name.
    """

    scene: Scene
    statement: Statement
    score: float | None = None
    judgements: tuple[Judgement, ...] = ()
    accepted: bool = True
    reason: str = ""
    source: str = ""
    split: str = "train"
    index: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """A region's fields that ``references`` cannot hold."""

    id: int
    shape: Shape | None = None
    label: str = ""
    score: float = 1.0
    proposer: str = ""
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """What stands under ``lskd``: the rest of a `Row`, so that reading it back loses nothing."""

    version: int = VERSION
    image: Image | None = None
    regions: tuple[Outside, ...] = ()
    descriptors: tuple[Descriptor, ...] = ()
    text: Mapping[str, str] = field(default_factory=dict)
    statement: int = 0
    inference: str = ""
    teacher: str = ""
    prompt: str = ""
    reply: str = ""
    draw: int = 0
    evidence: tuple[int, ...] = ()
    confidence: str = ""
    judgements: tuple[Judgement, ...] = ()
    accepted: bool = True
    reason: str = ""


# --- writing --------------------------------------------------------------------------------------


def to_line(row: Row, *, extra: bool = True, descriptors: bool = True) -> str:
    """The row as one line of ASCII JSON without its line break. Equal rows give equal lines."""
    statement, scene = row.statement, row.scene
    released: dict[str, Any] = {
        "image": scene.image.id,
        "source": row.source,
        "split": row.split,
        "index": row.index,
        "region": list(statement.regions),
        "region_all": [region.id for region in scene.regions],
        "references": [
            {"name": str(region.id), "boxes": [[float(edge) for edge in region.box]]}
            for region in scene.regions
        ],
        **{part: tokenize(getattr(statement, part)) for part in PARTS},
        "prediction": None if row.score is None else float(row.score),
    }
    if extra:
        released["lskd"] = _brief(_extra(row, descriptors))
    values = (
        f"{json.dumps(key)}: {json.dumps(value, sort_keys=True, allow_nan=False)}"
        for key, value in released.items()
    )
    return f"{{{', '.join(values)}}}"


def _extra(row: Row, descriptors: bool) -> Extra:
    statement = row.statement
    return Extra(
        image=row.scene.image,
        regions=tuple(
            Outside(r.id, r.shape, r.label, float(r.score), r.proposer, r.frame) for r in row.scene.regions
        ),
        descriptors=row.scene.descriptors if descriptors else (),
        text={part: getattr(statement, part) for part in PARTS},
        statement=statement.id, inference=statement.inference, teacher=statement.teacher,
        prompt=statement.prompt, reply=statement.reply, draw=statement.draw, evidence=statement.evidence,
        confidence=statement.confidence,
        judgements=row.judgements, accepted=row.accepted, reason=row.reason,
    )  # fmt: skip


def _brief(value: Any) -> Any:
    """A record as JSON values without the fields that are at their default."""
    if hasattr(value, "__dataclass_fields__"):
        brief = {}
        for each in fields(value):
            own = getattr(value, each.name)
            default = each.default_factory() if each.default_factory is not MISSING else each.default
            if each.name == "version" or own != default:
                brief[each.name] = _brief(_as_declared(own, str(each.type)))
        return brief
    if isinstance(value, Mapping):
        return {str(key): _brief(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_brief(item) for item in value]
    return value


def _as_declared(value: Any, declared: str) -> Any:
    """A whole number where the record says float, as the float that reading it back gives."""
    if declared == "float":
        return float(value)
    return {key: float(item) for key, item in value.items()} if declared == "Mapping[str, float]" else value


# --- reading --------------------------------------------------------------------------------------


def read_released(path: Path) -> Iterator[Row | Rejected]:
    """Every line of a corpus file as a `Row`, or as a `Rejected` that names the line and the reason.

    Also read are the forms that the original loader takes: ``full_text_input``, or ``text_input`` with
    ``text_output``; texts as plain strings; ids as strings; no rationale; ``segms`` and ``obj_guess``
    of a reference. A region that was shown but has no box and is not mentioned is left out.
    """
    with path.open("rb") as file:
        for count, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield _row(_object(line.removeprefix(b"\xef\xbb\xbf") if count == 1 else line), count)
            except Malformed as reason:
                yield Rejected(line[:500].decode("utf-8", "replace").rstrip(), f"line {count}: {reason}")


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    except RecursionError as error:
        raise Malformed("nested too deep") from error
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Malformed("not a JSON object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _row(line: dict[str, Any], count: int) -> Row:
    extra = _extra_of(line)
    image_id = line.get("image")
    if not isinstance(image_id, str) or not image_id:
        raise Malformed("no image")
    image = extra.image or Image(image_id, image_id, "", 0, 0)
    text = _texts(line, extra)
    region = [region_id(each) for each in _listed(line, "region")]
    # Trap of the released loader: a rationale may mention a region that the question does not.
    mentioned = list(dict.fromkeys([*region, *(k for part in PARTS for k in find(text[part]))]))
    statement = Statement(
        id=extra.statement if "lskd" in line else _numbered(line, count),
        question=text["question"], answer=text["answer"], rationale=text["rationale"],
        regions=tuple(region if "lskd" in line else mentioned),
        inference=extra.inference, teacher=extra.teacher, prompt=extra.prompt, reply=extra.reply,
        draw=extra.draw, evidence=extra.evidence, confidence=extra.confidence,
    )  # fmt: skip
    prediction = line.get("prediction")
    return Row(
        scene=Scene(
            replace(image, id=image_id), tuple(_regions(line, extra, mentioned)), extra.descriptors
        ),
        statement=statement,
        score=None if prediction is None else number(prediction, "prediction"),
        judgements=extra.judgements,
        accepted=extra.accepted,
        reason=extra.reason,
        source=_string(line, "source"), split=_string(line, "split", "train"), index=_string(line, "index"),
    )  # fmt: skip


def _extra_of(line: Mapping[str, Any]) -> Extra:
    given = line.get("lskd")
    if given is None:
        return Extra()
    if isinstance(given, Mapping) and isinstance(given.get("version"), int) and given["version"] > VERSION:
        raise Malformed(f"'lskd' is of version {given['version']}, newer than {VERSION}; update lskd-toolkit")
    try:
        return msgspec.convert(given, Extra)
    except msgspec.ValidationError as error:
        raise Malformed(f"'lskd' does not fit: {error}") from error


def _texts(line: Mapping[str, Any], extra: Extra) -> dict[str, str]:
    """The plain text kept under ``lskd`` where it still says what the tokens say, else the tokens."""
    found = texts_of(line)
    texts = {}
    for part in PARTS:
        tokens, plain = found.get(part), extra.text.get(part)
        if plain is not None and (tokens is None or tokenize(plain) == tokens):
            texts[part] = plain
        else:
            texts[part] = detokenize(tokens or [])
    if not texts["question"]:
        raise Malformed("no question")
    return texts


def _regions(line: Mapping[str, Any], extra: Extra, mentioned: list[int]) -> Iterator[Region]:
    outside = {each.id: each for each in extra.regions}
    boxes: dict[int, Region] = {}
    for reference in _listed(line, "references"):
        found = boxes_of(reference)
        boxes[found.id] = found
    without = [k for k in mentioned if k not in boxes]
    # Our own statements may speak of a region that a refiner dropped; others' line has lost something.
    if without and "lskd" not in line:
        raise Malformed(f"region {without[0]} is mentioned but has no box among the references")
    shown = [region_id(each) for each in _listed(line, "region_all")]
    for k in dict.fromkeys([*shown, *boxes]):
        if k not in boxes:
            continue
        region, more = boxes[k], outside.get(k)
        if more is not None:
            region = replace(
                region, shape=more.shape, label=more.label, score=more.score, proposer=more.proposer,
                frame=more.frame,
            )  # fmt: skip
        yield region


def _listed(line: Mapping[str, Any], key: str) -> list[Any]:
    value = line.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"{key} is not a list")
    return value


def _string(line: Mapping[str, Any], key: str, default: str = "") -> str:
    value = line.get(key)
    return default if value is None else str(value)


def _numbered(line: Mapping[str, Any], count: int) -> int:
    """The number at the end of ``index``, which counts rows of a source; else the line's."""
    digits = _string(line, "index").rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else count
