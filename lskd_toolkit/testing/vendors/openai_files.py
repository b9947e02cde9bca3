"""OpenAI's Files: uploaded in parts of a form, kept, read back, deleted."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from .http import Answer, Request, as_json
from .options import VendorOptions
from .tongue import Denied

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(rb'[; ]name="([^"]*)"')
_FILENAME = re.compile(rb'filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class File:
    id: str
    name: str
    purpose: str
    content: bytes
    created: int

    def form(self) -> dict[str, Any]:
        return {
            "id": self.id, "object": "file", "bytes": len(self.content), "created_at": self.created,
            "expires_at": None, "filename": self.name, "purpose": self.purpose, "status": "processed",
            "status_details": None,
        }  # fmt: skip


class Files:
    """The files of one server."""

    def __init__(self, options: VendorOptions):
        self._options = options
        self._files: dict[str, File] = {}

    def add(self, name: str, purpose: str, content: bytes) -> File:
        file = File(f"file-{secrets.token_hex(12)}", name, purpose, content, int(time.time()))
        self._files[file.id] = file
        return file

    def found(self, file: str) -> File:
        if file not in self._files:
            raise Denied(404, f"No such File object: {file}")
        return self._files[file]

    def create(self, request: Request) -> Answer:
        fields = _form(request)
        if "file" not in fields or "purpose" not in fields:
            raise Denied(400, "'file' and 'purpose' are required")
        name, content = fields["file"]
        purpose = fields["purpose"][1].decode()
        if purpose == "batch" and len(content) > self._options.openai_batch_bytes:
            raise Denied(
                413, f"File is too large: {len(content)} bytes, at most {self._options.openai_batch_bytes}"
            )
        if purpose == "batch" and not name.endswith(".jsonl"):
            raise Denied(400, f"Invalid file format for Batch API. Must be .jsonl, got {name!r}")
        return Answer(200, as_json(self.add(name, purpose, content).form()))

    def page(self, request: Request) -> Answer:
        purpose = request.query.get("purpose")
        files = [file for file in reversed(self._files.values()) if purpose in (None, file.purpose)]
        if "after" in request.query:
            files = files[files.index(self.found(request.query["after"])) + 1 :]
        page = files[: int(request.query.get("limit", 10_000))]
        return Answer(200, as_json(listed([file.form() for file in page], len(files) > len(page))))

    def get(self, request: Request, file: str) -> Answer:
        return Answer(200, as_json(self.found(file).form()))

    def content(self, request: Request, file: str) -> Answer:
        return Answer(200, self.found(file).content, type="application/octet-stream")

    def delete(self, request: Request, file: str) -> Answer:
        del self._files[self.found(file).id]
        return Answer(200, as_json({"id": file, "object": "file", "deleted": True}))


def listed(data: list[dict[str, Any]], more: bool) -> dict[str, Any]:
    """A page of a list, as OpenAI words it."""
    return {
        "object": "list", "data": data, "has_more": more,
        "first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None,
    }  # fmt: skip


def _form(request: Request) -> dict[str, tuple[str, bytes]]:
    """The fields of a multipart form: ``(file name, content)`` by field name."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    if not found:
        raise Denied(400, "Content-Type must be multipart/form-data with a boundary")
    fields = {}
    mark = b"\r\n--" + found[1].encode()
    for part in (b"\r\n" + request.body).split(mark)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if name := _NAME.search(head):
            file = _FILENAME.search(head)
            fields[name[1].decode()] = (file[1].decode() if file else "", content)
    return fields
