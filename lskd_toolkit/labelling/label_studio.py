"""Labels to and from Label Studio, by its JSON of tasks, predictions and annotations.

Format: https://labelstud.io/guide/task_format and /guide/predictions. A task is a statement; its regions go
along as a prediction (rectangles in percent of the picture, labelled by id), its labels as annotations of
four controls: the choices ``answer``, ``rationale`` and ``accept``, and the text ``comment``. Who annotated
must be a user known there by email, so a name that is no email travels as a text control of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .labels import Label, Problem, moment, words_sha256

if TYPE_CHECKING:
    from ..records import Region, Scene, Statement

CONFIG = """\
<View>
  <Image name="image" value="$image" zoom="true"/>
  <RectangleLabels name="region" toName="image" value="$regions" canRotate="false"/>
  <Header value="Question"/><Text name="question" value="$question"/>
  <Header value="Answer"/><Text name="said" value="$answer"/>
  <Choices name="answer" toName="image" choice="single" showInline="true">
    <Choice value="right" hotkey="a"/><Choice value="wrong" hotkey="s"/>
  </Choices>
  <Header value="Rationale"/><Text name="reason" value="$rationale"/>
  <Choices name="rationale" toName="image" choice="single" showInline="true">
    <Choice value="right" hotkey="d"/><Choice value="wrong" hotkey="f"/>
  </Choices>
  <Choices name="accept" toName="image" choice="single" showInline="true" required="true">
    <Choice value="accept" hotkey="j"/><Choice value="reject" hotkey="k"/>
  </Choices>
  <TextArea name="comment" toName="image" placeholder="What is wrong, in a few words" maxSubmissions="1"/>
  <View style="display:none"><TextArea name="annotator" toName="image" maxSubmissions="1"/></View>
</View>
"""
"""The labelling interface that the tasks are made for, pasted into the project's settings."""

_WORDS = {"right": True, "wrong": False, "accept": True, "reject": False}


def task(
    number: int, scene: Scene, statement: Statement, labels: Sequence[Label], image: str, weight: float = 1.0
) -> dict[str, Any]:
    """A statement as a task. ``image`` is the address under which Label Studio finds the picture; ``weight``
    that of the draw, for statements nobody has labelled yet."""
    mentioned = [region for region in scene.regions if region.id in statement.regions]
    return {
        "id": number,
        "data": {
            "image": image,
            "question": statement.question,
            "answer": statement.answer,
            "rationale": statement.rationale,
            "regions": [{"value": str(region.id)} for region in mentioned],
            "lskd": {
                "image": scene.image.id,
                "statement": statement.id,
                "sha256": words_sha256(statement),
                "weight": labels[0].weight if labels else weight,
            },
        },
        "predictions": [
            {
                "model_version": "regions",
                "result": [_rectangle(region, scene.image.width, scene.image.height) for region in mentioned],
            }
        ],
        "annotations": [_annotation(label) for label in labels if not label.synthetic],
    }


def labels_of(tasks: Any) -> Iterator[Label | Problem]:
    """Every annotation of exported tasks as a label, and a `Problem` for each that is none; its line is the
    task's place in the file, from 1. Skipped tasks (``was_cancelled``) are told too."""
    if not isinstance(tasks, list):
        yield Problem(1, "broken", "a Label Studio export is a list of tasks (export as JSON, not JSON-MIN)")
        return
    for number, each in enumerate(tasks, 1):
        data = each.get("data") if isinstance(each, Mapping) else None
        name = data.get("lskd") if isinstance(data, Mapping) else None
        if not isinstance(name, Mapping):
            yield Problem(number, "broken", "the task is none of ours: its data has no lskd")
            continue
        annotations = each.get("annotations")
        for annotation in annotations if isinstance(annotations, list) else []:
            try:
                yield _label(annotation, name)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                yield Problem(number, "broken", " ".join(str(error).split()) or type(error).__name__)


def _label(annotation: Mapping[str, Any], name: Mapping[str, Any]) -> Label:
    if annotation.get("was_cancelled"):
        raise ValueError("the annotator skipped it")
    chosen: dict[str, str] = {}
    for result in annotation["result"]:
        value, control = result.get("value", {}), result.get("from_name")
        if result.get("type") == "choices":
            chosen[control] = str(value["choices"][0]) if value.get("choices") else ""
        elif result.get("type") == "textarea":
            said = value.get("text", "")
            chosen[control] = "\n".join(map(str, said)) if isinstance(said, list) else str(said)
    if chosen.get("accept") not in ("accept", "reject"):
        raise ValueError("the annotation says neither accept nor reject")
    time = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    moment(time)
    return Label(
        image=str(name["image"]),
        statement=int(name["statement"]),
        sha256=str(name["sha256"]),
        annotator=chosen.get("annotator") or _author(annotation.get("completed_by")),
        answer=_WORDS.get(chosen.get("answer", "")),
        rationale=_WORDS.get(chosen.get("rationale", "")),
        accept=_WORDS[chosen["accept"]],
        comment=chosen.get("comment", ""),
        time=time,
        weight=float(name.get("weight", 1.0)),
    )


def _author(completed_by: Any) -> str:
    """Who annotated: an email, or the user's number there."""
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    if completed_by in (None, ""):
        raise ValueError("the annotation does not say who made it")
    return completed_by if isinstance(completed_by, str) else f"label-studio-{completed_by}"


def _annotation(label: Label) -> dict[str, Any]:
    chosen = {
        "answer": None if label.answer is None else "right" if label.answer else "wrong",
        "rationale": None if label.rationale is None else "right" if label.rationale else "wrong",
        "accept": "accept" if label.accept else "reject",
    }
    email = "@" in label.annotator
    texts = {"comment": label.comment, "annotator": "" if email else label.annotator}
    result = [
        *(_result(name, "choices", {"choices": [word]}) for name, word in chosen.items() if word),
        *(_result(name, "textarea", {"text": [text]}) for name, text in texts.items() if text),
    ]
    return {
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        **({"completed_by": {"email": label.annotator}} if email else {}),
        **({"created_at": label.time, "updated_at": label.time} if label.time else {}),
    }


def _result(name: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "image", "type": kind, "value": dict(value)}


def _rectangle(region: Region, width: int, height: int) -> dict[str, Any]:
    x1, y1, x2, y2 = region.box
    return {
        "id": f"region-{region.id}",
        "from_name": "region",
        "to_name": "image",
        "type": "rectanglelabels",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "readonly": True,
        "value": {
            "x": 100 * x1 / width,
            "y": 100 * y1 / height,
            "width": 100 * (x2 - x1) / width,
            "height": 100 * (y2 - y1) / height,
            "rotation": 0,
            "rectanglelabels": [str(region.id)],
        },
    }
