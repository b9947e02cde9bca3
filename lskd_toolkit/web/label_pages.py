"""The pages of ``lskd label``: which address does what with a labelling session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

from ..errors import LskdError, UsageError
from ..report.clean import clean
from .server import Asked, NotFound, Reply, Route, as_json
from .showing import photo, shown

if TYPE_CHECKING:
    from ..corpus.view import CorpusView
    from ..labelling.session import Session

PHOTOS_KEPT = 8
"""Encoded pictures in memory: the last few and the next."""
_STATIC = {"/label.css": "text/css; charset=utf-8", "/label.js": "text/javascript; charset=utf-8"}


def label_routes(corpus: CorpusView, session: Session, *, scores: bool = False) -> Mapping[str, Route]:
    """The table of `lskd_toolkit.web.server.Server`. Places are numbers in the session's list: no path and no
    image id comes from the browser."""
    photos: OrderedDict[int, bytes] = OrderedDict()

    def page(asked: Asked) -> Reply:
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=clean)
        text = environment.from_string(_file("label.html")).render(
            token=asked.token,
            run=corpus.folder.resolve().name,
            folder=str(corpus.folder),
            annotator=session.annotator,
        )
        return Reply(text.encode("utf-8", "replace"), "text/html; charset=utf-8")

    def state(place: int | None, undone: Any = None) -> Reply:
        """The statement at a place with what the annotator said of it, and how far they are."""
        told: dict[str, Any] = {
            "place": place,
            "progress": session.progress(),
            "last": len(session.queue) - 1,
        }
        if place is not None:
            told["then"] = session.next(but=place)
            label = undone or session.label(place)
            told["label"] = label and {
                "answer": label.answer,
                "rationale": label.rationale,
                "accept": label.accept,
                "comment": label.comment,
                "kept": undone is None,
            }
            try:
                told["statement"] = shown(*session.statement(place), scores=scores)
            except LskdError as error:
                told["problem"] = clean(str(error))
        return as_json(told)

    def at(asked: Asked) -> Reply:
        return state(_place(asked.rest, session))

    def label(asked: Asked) -> Reply:
        body = asked.body
        accept, comment = body.get("accept"), body.get("comment", "")
        if not isinstance(accept, bool) or not isinstance(comment, str):
            raise UsageError("a label says whether the statement is accepted; press J or K")
        session.say(
            _place(body.get("place"), session),
            _word(body, "answer"),
            _word(body, "rationale"),
            accept,
            comment,
        )
        return state(session.next())

    def undo(asked: Asked) -> Reply:
        found = session.undo()
        if found is None:
            raise UsageError("there is no label to take back")
        return state(*found)

    def skip(asked: Asked) -> Reply:
        session.skip(_place(asked.body.get("place"), session))
        return state(session.next())

    def image(asked: Asked) -> Reply:
        place = _place(asked.rest, session)
        if place not in photos:
            entry, _ = session.statement(place)
            try:
                photos[place] = photo(corpus.picture(entry.scene.image))
            except (LskdError, OSError, ValueError) as error:
                raise NotFound(f"the picture could not be read again: {error}") from error
            while len(photos) > PHOTOS_KEPT:
                photos.popitem(last=False)
        return Reply(photos[place], "image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    return {
        "GET /": page,
        "GET /next": lambda asked: state(session.next()),
        "GET /at/": at,
        "GET /image/": image,
        "POST /label": label,
        "POST /undo": undo,
        "POST /skip": skip,
        **{f"GET {name}": _static(name, kind) for name, kind in _STATIC.items()},
    }


def _static(name: str, kind: str) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(_file(name[1:]).encode(), kind)


def _file(name: str) -> str:
    return (files(__package__) / "pages" / name).read_text(encoding="utf-8")


def _place(told: Any, session: Session) -> int:
    """A number in the list, from the address or from JSON."""
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 10:
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told < len(session.queue):
        raise NotFound("there is no such statement in the list")
    return told


def _word(body: Mapping[str, Any], name: str) -> bool | None:
    told = body.get(name)
    if told is not None and not isinstance(told, bool):
        raise UsageError(f"{name} is right, wrong or not said")
    return told
