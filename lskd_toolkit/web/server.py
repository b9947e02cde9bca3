"""A small web server for one person at this machine: loopback only, a table of routes, one thread of work.

Who may ask: a browser that was opened with the address printed at the start, which holds a token of this
start. The token becomes a cookie that other sites cannot make the browser send (SameSite=Strict), and every
POST repeats it in a header, which other sites cannot set. The Host and Origin headers must name this server,
so that a name that someone points at 127.0.0.1 (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..errors import LskdError, UsageError

BIGGEST_BODY = 64 * 1024
"""Bytes of a POST: a label with a long comment is a few thousand."""
PATIENCE = 30.0
"""Seconds that a connection may be silent."""
HEADER = "X-Lskd-Token"
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back: bytes of a type."""

    body: bytes
    type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: the last part of the path where a route ends in ``/``, and a POST's JSON."""

    rest: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""


Route = Callable[[Asked], Reply]


class NotFound(LskdError):
    """There is nothing under that address."""


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode("ascii"), status=status)


class Server:
    """Serves ``routes``, by method and path (``GET /image/`` takes everything below it), on 127.0.0.1.

    Every route runs in one and the same thread, the one in which ``start`` ran first, so that a route may use
    what is not safe to share. Port 0 takes a free one. An error of ours in a route is sent as its sentence.

    Raises:
        UsageError: the port is taken.
    """

    def __init__(self, start: Callable[[], Mapping[str, Route]], port: int = 0):
        self.token = secrets.token_urlsafe(24)
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lskd-web")
        try:
            self._http = _Http(("127.0.0.1", port), _Handler)
        except OSError as error:
            self._work.shutdown()
            raise UsageError(
                f"port {port} of this machine cannot be used ({error.strerror}); leave --port away, and a "
                "free one is taken"
            ) from error
        self._http.owner = self
        try:
            self.routes = self._work.submit(start).result()
        except BaseException:
            self.close()
            raise

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """The address to open, with the token of this start."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """Cookies know no ports, so the name holds it: two servers may be open in one browser."""
        return f"lskd-{self.port}"

    @property
    def grant(self) -> str:
        return f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"

    def serve(self) -> None:
        """Answer until `stop` is called from another thread, or an interrupt."""
        self._http.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        self._http.shutdown()

    def close(self, end: Callable[[], None] | None = None) -> None:
        """Give the port back; ``end`` runs in the routes' thread as the last."""
        self._http.server_close()
        if end is not None:
            self._work.submit(end).result()
        self._work.shutdown()

    def run(self, route: Route, asked: Asked) -> Reply:
        return self._work.submit(route, asked).result()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = PATIENCE
    server_version = "lskd"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold the token."""

    def _answer(self, method: str) -> None:
        owner = self.server.owner
        reply = self._refused(method) or self._let_in()
        if reply is None:
            try:
                reply = self._routed(owner, method)
            except NotFound as error:
                reply = as_json({"error": str(error)}, 404)
            except LskdError as error:
                reply = as_json({"error": str(error)}, 400)
            except Exception as error:
                reply = as_json({"error": f"{type(error).__name__}: {error}"}, 500)
        self.send_response(reply.status)
        for name, value in {
            "Content-Type": reply.type,
            "Content-Length": str(len(reply.body)),
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
            # Only whoever has the token gets here with a page.
            **({"Set-Cookie": owner.grant} if reply.type.startswith("text/html") else {}),
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _refused(self, method: str) -> Reply | None:
        """Why this server does not talk to whoever asks; None if it does."""
        owner = self.server.owner
        hosts = {f"127.0.0.1:{owner.port}", f"localhost:{owner.port}"}
        if self.headers.get("Host", "") not in hosts:
            return as_json({"error": "asked under another name than this server's"}, 403)
        origin = self.headers.get("Origin")
        mine = {f"http://{host}" for host in hosts}
        if (origin is not None and origin not in mine) or (method == "POST" and origin is None):
            return as_json({"error": "asked from another site"}, 403)
        site = self.headers.get("Sec-Fetch-Site", "none")
        if site not in ("none", "same-origin") and not (method == "GET" and urlsplit(self.path).path == "/"):
            return as_json(
                {"error": "asked from another site"}, 403
            )  # but a link to the page may be followed
        return None

    def _let_in(self) -> Reply | None:
        """A refusal for who brings neither the token in the address nor the cookie it was turned into."""
        owner = self.server.owner
        split = urlsplit(self.path)
        told = parse_qs(split.query).get("token")
        if split.path == "/" and told:
            if _same(told[0], owner.token):
                return None
            return as_json({"error": "this address is of an earlier start; open the one printed now"}, 403)
        try:
            held = SimpleCookie(self.headers.get("Cookie", "")).get(owner.cookie)
        except CookieError:
            held = None
        if held is None or not _same(held.value, owner.token):
            return as_json({"error": "open the address that was printed at the start"}, 403)
        return None

    def _routed(self, owner: Server, method: str) -> Reply:
        path = urlsplit(self.path).path
        head, _, rest = path.rpartition("/")
        exact, below = f"{method} {path}", f"{method} {head}/"
        body: Mapping[str, Any] = {}
        if method == "POST":
            body = self._body(owner)
        if exact in owner.routes and (rest or path == "/"):
            return owner.run(owner.routes[exact], Asked("", body, owner.token))
        if rest and head and below in owner.routes:
            return owner.run(owner.routes[below], Asked(rest, body, owner.token))
        raise NotFound("there is nothing under this address")

    def _body(self, owner: Server) -> Mapping[str, Any]:
        if not _same(self.headers.get(HEADER, ""), owner.token):
            raise UsageError("the request has not this page's token; load the page again")
        if self.headers.get_content_type() != "application/json":
            raise UsageError("the request is no JSON")
        try:
            size = int(self.headers.get("Content-Length", ""))
        except ValueError:
            size = -1
        if not 0 <= size <= BIGGEST_BODY:
            raise UsageError(f"the request is larger than {BIGGEST_BODY} bytes, or does not say its size")
        try:
            told = json.loads(self.rfile.read(size))
        except (ValueError, RecursionError) as error:
            raise UsageError("the request is no JSON") from error
        if not isinstance(told, dict):
            raise UsageError("the request is no JSON object")
        return told


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
