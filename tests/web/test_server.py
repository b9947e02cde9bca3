"""Who may ask the server, and for what: this page of this start, and nothing else."""

from __future__ import annotations

import http.client
import io
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from lskd_toolkit.errors import ImageRefused, UsageError
from lskd_toolkit.labelling import read_labels
from lskd_toolkit.web.server import Server

from ..corpus.fake import FakeCorpus
from .conftest import ATTACK


def ask(
    server: Server, path: str, body: Any = None, method: str = "", **headers: str | None
) -> tuple[int, bytes]:
    """A request as our own page makes it; a header given as None is left away."""
    held: dict[str, str | None] = {
        "Host": f"127.0.0.1:{server.port}",
        "Cookie": f"{server.cookie}={server.token}",
        **({"Origin": f"http://127.0.0.1:{server.port}", "X-Lskd-Token": server.token,
            "Content-Type": "application/json"} if body is not None else {}),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sent = {name: value for name, value in held.items() if value is not None}
    connection.putrequest(method or ("GET" if body is None else "POST"), path, skip_host=True)
    for name, value in {**sent, **({"Content-Length": str(len(data))} if data is not None else {})}.items():
        connection.putheader(name, value)
    connection.endheaders(data)
    reply = connection.getresponse()
    found = reply.status, reply.read()
    connection.close()
    return found


LABEL = {"place": 0, "answer": True, "rationale": None, "accept": False, "comment": "why"}


def test_a_label_is_kept_and_the_next_statement_comes(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    first = json.loads(ask(server, "/next")[1])
    assert first["place"] == 0
    assert first["progress"] == {"done": 0, "total": 6, "skipped": 0, "gone": 0}
    status, reply = ask(server, "/label", LABEL)
    assert status == 200
    assert json.loads(reply)["place"] == 1
    [label] = read_labels(tmp_path / "labels.jsonl").labels
    assert (label.annotator, label.answer, label.rationale, label.accept, label.comment) == (
        "ann", True, None, False, "why",
    )  # fmt: skip
    undone = json.loads(ask(server, "/undo", {})[1])
    assert (undone["place"], undone["label"]["comment"], undone["label"]["kept"]) == (0, "why", False)
    assert read_labels(tmp_path / "labels.jsonl").labels == ()
    assert json.loads(ask(server, "/skip", {"place": 0})[1])["place"] == 1


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/next", None, {"Host": "evil.example"}),  # a name that was pointed at 127.0.0.1
        ("/next", None, {"Host": None}),
        ("/next", None, {"Cookie": None}),
        ("/next", None, {"Cookie": "lskd=no"}),
        ("/next", None, {"Origin": "http://evil.example"}),
        ("/image/0", None, {"Sec_Fetch_Site": "cross-site"}),
        ("/image/0", None, {"Sec_Fetch_Site": "same-site"}),  # another port of this machine
        ("/label", LABEL, {"Origin": "http://evil.example"}),
        ("/label", LABEL, {"Origin": "null"}),
        ("/label", LABEL, {"Origin": None}),
        ("/label", LABEL, {"Origin": "http://127.0.0.1:1"}),
        ("/label", LABEL, {"Host": "evil.example"}),
        ("/label", LABEL, {"Cookie": None}),
        ("/?token=old", None, {"Cookie": None}),
    ],
)
def test_nobody_else_gets_or_changes_anything(
    serve: Callable[..., Server], tmp_path: Path, path: str, body: Any, headers: dict[str, str | None]
) -> None:
    status, reply = ask(serve(), path, body, **headers)
    assert status == 403
    assert set(json.loads(reply)) == {"error"}
    assert not (tmp_path / "labels.jsonl").exists()


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (LABEL, {"X_Lskd_Token": "no"}, "token"),
        (LABEL, {"X_Lskd_Token": None}, "token"),
        (LABEL, {"Content_Type": "text/plain"}, "JSON"),  # what a form of another site can send
        (b"{", {}, "JSON"),
        (b"[" * 60_000, {}, "JSON"),
        (b"[]", {}, "object"),
        (b"x" * 70_000, {}, "larger"),
        ({**LABEL, "accept": None}, {}, "accepted"),
        ({**LABEL, "accept": "yes"}, {}, "accepted"),
        ({**LABEL, "answer": 1}, {}, "right, wrong"),
        ({**LABEL, "place": 6}, {}, "no such"),
        ({**LABEL, "place": True}, {}, "no such"),
        ({**LABEL, "place": "../0"}, {}, "no such"),
    ],
)
def test_what_is_no_label_is_a_sentence_and_keeps_nothing(
    serve: Callable[..., Server], tmp_path: Path, body: Any, headers: dict[str, str | None], reason: str
) -> None:
    status, reply = ask(serve(), "/label", body, **headers)
    assert status in (400, 404)
    assert reason in json.loads(reply)["error"]
    assert not (tmp_path / "labels.jsonl").exists()


@pytest.mark.parametrize(
    "path",
    ["/labels.jsonl", "/image/../../etc/passwd", "/image/%2e%2e%2fetc%2fpasswd", "/image/1.jpg",
     "/image/-1", "/image/99", "/image/%C2%B2",
     "//etc/passwd", "/label", "/at/", "/run.yaml", "/label.css/x", "/image/1/1"],
)  # fmt: skip
def test_no_path_leads_out_of_the_list(serve: Callable[..., Server], path: str) -> None:
    status, reply = ask(serve(), path)
    assert status in (400, 404)
    assert b"root:" not in reply


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_there_are_two_methods(serve: Callable[..., Server], method: str) -> None:
    assert ask(serve(), "/label", LABEL, method)[0] == 501


def test_the_page_is_whole_and_may_load_only_from_here(serve: Callable[..., Server]) -> None:
    server = serve("<b>ann</b>")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", f"/?token={server.token}")
    reply = connection.getresponse()
    page = reply.read().decode()
    assert "&lt;b&gt;ann" in page
    assert "http" not in page.replace("http-equiv", "")
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "SameSite=Strict" in reply.headers["Set-Cookie"]
    assert "HttpOnly" in reply.headers["Set-Cookie"]
    for name in ("/label.css", "/label.js"):
        assert ask(server, name)[0] == 200


def test_pictures_are_encoded_anew_and_bounded(serve: Callable[..., Server], run: FakeCorpus) -> None:
    run.pixels = lambda image: np.zeros((3000, 4000, 3), np.uint8)
    for k, each in enumerate(run.kept):
        run.kept[k] = replace(
            each, scene=replace(each.scene, image=replace(each.scene.image, width=4000, height=3000))
        )
    status, data = ask(serve(), "/image/0")
    assert status == 200
    assert Pillow.open(io.BytesIO(data)).size == (1600, 1200)


def test_a_picture_that_is_gone_is_a_sentence(serve: Callable[..., Server], run: FakeCorpus) -> None:
    def gone(image: Any) -> np.ndarray:
        raise ImageRefused("it was deleted")

    run.pixels = gone
    status, reply = ask(serve(), "/image/0")
    assert (status, json.loads(reply)["error"]) == (
        404,
        "the picture could not be read again: it was deleted",
    )


def test_annotators_are_blind_to_the_critics_unless_they_ask(serve: Callable[..., Server]) -> None:
    assert b"grounding" not in b"".join(ask(serve(), f"/at/{k}")[1] for k in range(6))
    seeing = serve("bo", scores=True)
    assert b"grounding" in ask(seeing, "/at/0")[1]


def test_words_travel_as_data_without_unseen_marks(serve: Callable[..., Server]) -> None:
    server = serve()
    told = [json.loads(ask(server, f"/at/{k}")[1])["statement"] for k in range(6)]
    [evil] = [each for each in told if any("script" in p.get("text", "") for p in each["words"]["answer"])]
    assert evil["words"]["answer"] == [{"text": ATTACK}]
    assert [p["known"] for p in evil["words"]["rationale"] if "id" in p] == [False]


def test_a_silent_connection_holds_up_nobody(serve: Callable[..., Server]) -> None:
    """Browsers open connections ahead of need."""
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port)):
        assert ask(server, "/next")[0] == 200


def test_a_port_that_is_taken_is_a_sentence(serve: Callable[..., Server]) -> None:
    with pytest.raises(UsageError, match="leave --port away"):
        Server(dict, serve().port)
