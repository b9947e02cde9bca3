"""The requests that a teacher would make about one image, for ``lskd prompts show --image``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..config import RunConfig, read_yaml
from ..errors import ConfigError, ImageRefused, UsageError
from .choosing import flags
from .main import plain
from .passages import form, headline, passage

if TYPE_CHECKING:
    from ..llm.messages import ChatRequest, Sight
    from ..pipeline.rehearsing import Rehearsal
    from ..records import Found, Scene
    from ..store import ImageEntry


def configured(
    name: str, image: str, sets: tuple[str, ...], config: Path | None, given: dict[str, Any]
) -> RunConfig:
    """The configuration of a run over that image, its teacher over whatever backend is named."""
    from ..pipeline.rehearsing import with_stand_in
    from ..pipeline.running import configure

    images = (image,) if given.get("source") is None else ()
    layer = flags(images, {**given, "prompt": name})
    named = given.get("teacher") or (config is not None and read_yaml(config).get("teacher"))
    if not named:
        layer["teacher"] = "llm"
    resolved = with_stand_in(configure(None, config, layer, sets))
    teacher = resolved.teacher
    if teacher is None or not hasattr(teacher.options, "prompt"):
        called = "none" if teacher is None else repr(teacher.component.name)
        raise UsageError(f"the teacher {called} takes no prompt; name a backend, or leave out --teacher")
    return resolved


async def unsent(config: RunConfig, image: str, by_id: bool, save: Path | None) -> dict[str, Any]:
    """The requests about one image, as plain values."""
    from ..pipeline.rehearsing import not_asked, rehearsing
    from ..weights import fetch_missing
    from .run import weights_of

    def chosen(found: list[Found]) -> list[Found]:
        wanted = [each for each in found if not by_id or each.id == image]
        if not wanted:
            raise UsageError(f"the source has no image {image!r}; its first is {found[0].id!r}"
                             if found else "the source has no image")  # fmt: skip
        return wanted[:1]

    fetch_missing(weights_of(replace(config, teacher=None, critic=(), student=None)))
    async with rehearsing(config, chosen, reply=not_asked, stand_in=True) as rehearsal:
        entry = next(iter(rehearsal.store.images()))
        if entry.status != "ok":
            raise ImageRefused(f"{entry.id}: {entry.reason}")
        door = rehearsal.open(stand_in=True)
        assert door is not None
        scene = rehearsal.scene(entry)
        requests = await rehearsal.requests(entry, scene)
        return {
            "image": {"id": entry.id, "sha256": entry.sha256, "width": entry.width, "height": entry.height},
            "regions": len(scene.regions),
            "descriptors": len(scene.descriptors),
            "left_out": await _left_out(rehearsal, scene),
            "not_asked": sorted({stage for at in rehearsal.asked.values() for stage, _ in at.whose}),
            "backend": _backend(rehearsal),
            "requests": _requests(requests, rehearsal, entry, save),
        }


async def _left_out(rehearsal: Rehearsal, scene: Scene) -> list[dict[str, Any]]:
    """What of the scene the teacher is not told, and why."""
    assert rehearsal.config.teacher is not None
    untold = getattr(rehearsal.run.workshop.host(rehearsal.config.teacher).instance(), "untold", None)
    return [
        {"scope": each.descriptor.scope, "verbalizer": each.descriptor.verbalizer,
         "text": each.descriptor.text, "reason": each.reason}
        for each in (await untold(scene) if untold is not None else ())
    ]  # fmt: skip


def _backend(rehearsal: Rehearsal) -> dict[str, Any]:
    assert rehearsal.config.teacher is not None
    assert rehearsal.door is not None
    part, door = rehearsal.config.teacher.parts["backend"], rehearsal.door
    return {"name": part.component.name, "endpoint": door.endpoint, "model": door.model,
            "missing": rehearsal.missing}  # fmt: skip


def _requests(
    requests: Sequence[ChatRequest], rehearsal: Rehearsal, entry: ImageEntry, save: Path | None
) -> list[dict[str, Any]]:
    from ..llm.keys import canonical_request
    from ..pipeline.rehearsing import estimated_tokens, tokens_in

    assert rehearsal.door is not None
    pictures: dict[tuple[str, str], dict[str, Any]] = {}
    told = []
    for request in requests:
        sights = [sight for message in request.messages for sight in message.sights]
        for sight in sights:
            pictures.setdefault(
                (sight.sha256, sight.recipe), _picture(sight, save, entry.id, len(pictures) + 1)
            )
        told.append({
            **canonical_request(request, rehearsal.door.endpoint, rehearsal.door.model),
            **({"settings": rehearsal.door.settings} if rehearsal.door.settings else {}),
            "shared": request.shared,
            "pictures": [pictures[sight.sha256, sight.recipe] for sight in sights],
            "tokens": tokens_in(request),
            "tokens_shared": estimated_tokens(request.system, request.messages[: request.shared]),
        })  # fmt: skip
    return told


def _picture(sight: Sight, save: Path | None, image_id: str, number: int) -> dict[str, Any]:
    """A picture's size, and where it was saved: the JPEG that vendors are sent."""
    from ..images.encode import jpeg

    pixels = sight.render()
    height, width = pixels.shape[:2]
    told: dict[str, Any] = {"width": width, "height": height, "sha256": sight.sha256}
    if save is not None:
        stem = re.sub(r"[^\w-]+", "_", Path(image_id).stem, flags=re.ASCII) or "picture"
        path = save / f"{stem}-{number}.jpg"
        try:
            save.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg(pixels))
        except OSError as error:
            raise ConfigError(
                f"cannot write {path}: {error.strerror}; choose another --save-picture"
            ) from error
        told["saved"] = str(path)
    return told


def show_requests(told: dict[str, Any], config: RunConfig, save: Path | None) -> None:
    image, requests, backend = told["image"], told["requests"], told["backend"]
    headline(
        f"{image['id']}: {image['width']} x {image['height']}, {told['regions']} regions, "
        f"{told['descriptors']} descriptors"
    )
    if backend["missing"]:
        click.echo(plain(f"not needed for this, but for a run: {backend['missing']}"))
    elif backend["name"] == "stand-in":
        click.echo(
            "no backend is named, so this is for one that takes everything; name one with --teacher NAME"
        )
    if told["not_asked"]:
        click.echo(f"not asked either, so the scene lacks their words: {', '.join(told['not_asked'])}")
    if told["left_out"]:
        click.echo(f"not told, {len(told['left_out'])} of the descriptors:")
        for each in told["left_out"]:
            click.echo("  - " + plain(f"{each['verbalizer']}: {each['text']} ({each['reason']})"))
    if save is not None and not any(request["pictures"] for request in requests):
        click.echo("no picture is sent, so none was saved; a teacher sees it with --teacher-input both")
    if not requests:
        click.echo("Nothing would be asked: there is no region to speak of.")
        return
    for number, request in enumerate(requests, start=1):
        click.echo()
        _show_request(number, request, requests)
    assert config.teacher is not None
    strategy = getattr(config.teacher.options, "strategy", "")
    click.echo()
    click.echo(
        f"Nothing was sent. What the strategy {strategy!r} asks after this, a repair of a reply that cannot "
        "be read among it, depends on the replies."
    )


def _show_request(number: int, request: dict[str, Any], requests: list[dict[str, Any]]) -> None:
    first = requests[0]
    headline(
        f"request {number} of {len(requests)} to {request['model']}: about {request['tokens']} tokens in, "
        f"at most {request['max_tokens']} out"
    )
    click.echo(f"  temperature {request['temperature']:g}, seed {request['seed']}, draw {request['draw']}")
    if request.get("settings"):
        click.echo(f"  settings {plain(json.dumps(request['settings']))}")
    if request["tokens_shared"]:
        click.echo(
            f"  a vendor may cache its beginning, about {request['tokens_shared']} tokens: "
            f"the system text and {request['shared']} messages"
        )
    if request is not first and _same(request, first, "system", "messages", "schema", "tools"):
        click.echo("  everything else as in request 1")
        return
    if request is not first and _same(request, first, "system"):
        click.echo("  system: as in request 1")
    else:
        passage("system", request["system"])
    pictures = iter(request["pictures"])
    for at, message in enumerate(request["messages"]):
        example = ", of an example" if at < request["shared"] else ""
        if request is not first and at < request["shared"] and first["messages"][at : at + 1] == [message]:
            click.echo(f"  {message['role']}{example}: as in request 1")
            continue
        for _ in message["sights"]:
            picture = next(pictures)
            where = f", saved as {picture['saved']}" if "saved" in picture else ""
            click.echo(f"  a picture of {picture['width']} x {picture['height']} pixels{where}")
        passage(f"{message['role']}{example}", message["text"])
    for tool in request.get("tools", ()):
        form(f"tool {tool[0]}: {tool[1]}", tool[2])
    if request["schema"] is not None:
        form("schema of the reply", request["schema"])


def _same(request: dict[str, Any], first: dict[str, Any], *fields: str) -> bool:
    return all(request.get(field) == first.get(field) for field in fields)
