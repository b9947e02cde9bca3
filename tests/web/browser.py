"""A headless Chromium that is driven over two pipes: pages are opened, keys pressed, scripts asked."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# Chromium talks on descriptors 3 and 4; this puts our pipes there and becomes Chromium.
_BECOME = (
    "import os, sys; a, b = map(int, sys.argv[1:3]);"
    "a, b = os.dup(a), os.dup(b); os.dup2(a, 3); os.dup2(b, 4);"
    "os.set_inheritable(3, True); os.set_inheritable(4, True); os.execvp(sys.argv[3], sys.argv[3:])"
)
PATIENCE = 30.0


class Tab:
    """One page. What it is told and asked goes over the pipe as JSON, each message closed by a zero."""

    def __init__(self, write: int, read: int):
        self._write, self._read = write, read
        self._held = b""
        self._numbers = itertools.count(1)
        self._session: str | None = None

    def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        told = {"id": number, "method": method, "params": params}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._write, json.dumps(told).encode() + b"\0")
        while True:
            reply = self._message()
            if reply.get("id") == number:
                assert "error" not in reply, reply
                return reply["result"]

    def _message(self) -> Any:
        while b"\0" not in self._held:
            data = os.read(self._read, 1 << 16)
            assert data, "Chromium ended"
            self._held += data
        message, _, self._held = self._held.partition(b"\0")
        return json.loads(message)

    def open(self, url: str) -> None:
        if self._session is None:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.call("Page.enable")
        self.call("Page.navigate", url=url)

    def ask(self, script: str) -> Any:
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, script: str) -> Any:
        """The script's value as soon as it is true."""
        end = time.monotonic() + PATIENCE
        while True:
            value = self.ask(f"(() => {{ try {{ return {script} }} catch {{ return null }} }})()")
            if value:
                return value
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.02)

    def press(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def point(self, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    there, ours = os.pipe(), os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _BECOME, str(there[0]), str(ours[1]), str(CHROMIUM), "--headless",
         "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
         "--window-size=1400,900", "--remote-debugging-pipe"],
        pass_fds=(there[0], ours[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(there[0])
    os.close(ours[1])
    try:
        yield Tab(there[1], ours[0])
    finally:
        process.kill()
        process.wait()
        os.close(there[1])
        os.close(ours[0])
