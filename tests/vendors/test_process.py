"""The fake vendors as a process of their own: what they say, write and outlive."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time

import openai
import pytest

from lskd_toolkit.testing.vendors import spawn_vendors

CLIENT = """
import sys, openai
openai.OpenAI(base_url=sys.argv[1], api_key="k").chat.completions.create(
    model="m", messages=[{"role": "user", "content": "hello"}])
"""


def ask(url, text="hello"):
    with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


def test_it_follows_its_flags_and_script_and_writes_the_bill(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [{"match": {"nth": 1}, "fault": "503"}]}))
    with spawn_vendors(tmp_path / "calls.jsonl", script, latency=0.05, tool_turns=1) as vendors:
        with pytest.raises(openai.InternalServerError):
            ask(vendors.openai_url)
        began = time.monotonic()
        ask(vendors.openai_url)
        assert time.monotonic() - began >= 0.05
        assert [(call.vendor, call.route, call.model) for call in vendors.calls] == [("openai", "chat", "m")]


def test_a_request_of_a_killed_client_is_on_the_bill(tmp_path):
    with spawn_vendors(tmp_path / "calls.jsonl", latency=30) as vendors:
        client = subprocess.Popen([sys.executable, "-c", CLIENT, vendors.openai_url])
        wait_for(lambda: vendors.calls)
        client.send_signal(signal.SIGKILL)
        client.wait()
        assert len(vendors.calls) == 1
        assert vendors.process.poll() is None


def test_it_ends_at_sigterm(tmp_path):
    with spawn_vendors(tmp_path / "calls.jsonl") as vendors:
        vendors.process.terminate()
        assert vendors.process.wait(10) == 0


def test_it_ends_when_whoever_started_it_is_gone(tmp_path):
    with spawn_vendors(tmp_path / "calls.jsonl") as vendors:
        vendors.process.stdin.close()
        assert vendors.process.wait(10) == 0
        vendors.process.stdin = None


def test_without_a_pipe_it_serves_on():
    command = [sys.executable, "-m", "lskd_toolkit.testing.vendors"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(process.stdout.readline())
        assert ask(said["openai_url"]).choices
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_requests_may_come_in_pieces_in_chunks_and_one_behind_the_other(tmp_path):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
    whole = head + b"content-length: %d\r\n\r\n" % len(body) + body
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
    chunked = head + b"transfer-encoding: chunked\r\n\r\n" + chunks
    with spawn_vendors(tmp_path / "calls.jsonl") as vendors:
        with socket.create_connection(("127.0.0.1", vendors.port)) as wire:
            for at in range(0, len(whole + chunked + whole), 37):
                wire.sendall((whole + chunked + whole)[at : at + 37])
                time.sleep(0.001)
            wait_for(lambda: len(vendors.calls) == 3)
            wire.settimeout(5)
            got = b""
            while got.count(b"HTTP/1.1 200") < 3:
                got += wire.recv(65536)
        assert len({call.sha256 for call in vendors.calls}) == 1


def test_what_is_not_http_is_refused(tmp_path):
    with (
        spawn_vendors(tmp_path / "calls.jsonl") as vendors,
        socket.create_connection(("127.0.0.1", vendors.port)) as wire,
    ):
        wire.sendall(b"hello\r\n\r\n")
        assert wire.recv(4096).startswith(b"HTTP/1.1 400")


def test_the_contracts_can_be_had_without_the_server():
    code = (
        "import sys, lskd_toolkit.testing as t; assert not any('vendors' in m for m in sys.modules);"
        "from lskd_toolkit.testing import FakeVendors; assert FakeVendors.__name__ in t.__all__"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
