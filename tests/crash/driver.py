"""Runs a small world's loop in forked children and kills each at one instant: every commit, rename,
fsync and send, just before it and just after. Prints what became of every child as JSON.

A program of its own, because a child may only be forked while no other thread runs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lskd_toolkit.corpus import open_run
from lskd_toolkit.corpus.jsonl import JsonlExporter
from lskd_toolkit.corpus.options import JsonlOptions
from lskd_toolkit.pipeline.running import configure, run
from lskd_toolkit.store import durable
from lskd_toolkit.store.rows import to_json


def config(log: Path, asking: bool) -> Any:
    """Four images in chunks of two, a paid scripted backend that notes every call it is paid for; or two
    images that are captioned and asked about by it, before it teaches."""
    if asking:
        return configure(
            None,
            None,
            {
                "source": {"use": "smallworld", "count": 2, "size": 96},
                "proposer": "smallworld",
                "refiner": ["none"],
                "vlm": "llm",
                "vqa": "smallworld",
                "verbalizer": ["caption", "smallworld-local", {"use": "dynamic", "questions": 3}],
                "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld", "log": str(log)}}},
                "critic": "none",
                "chunk": 2,
            },
        )
    return configure(
        None,
        None,
        {
            "source": {"use": "smallworld", "count": 4},
            "proposer": "smallworld",
            "refiner": ["top"],
            "verbalizer": ["smallworld-global", "smallworld-local", "smallworld-relation"],
            "teacher": {"use": "llm", "parts": {"backend": {"use": "smallworld", "log": str(log)}}},
            "critic": "smallworld",
            "student": "smallworld",
            "chunk": 2,
        },
    )


def exported(folder: Path) -> bytes:
    with open_run(folder) as corpus:
        paths = [*JsonlExporter(JsonlOptions(), None).export(corpus, folder / "export")]
        scenes = [json.dumps(to_json(entry.scene), sort_keys=True) for entry in corpus.entries()]
    paths.append(folder / "export" / "scenes.jsonl")
    paths[-1].write_text("\n".join(sorted(scenes)), encoding="utf-8")
    return b"".join(path.read_bytes() for path in sorted(paths) if path.suffix == ".jsonl")


def instrument(kill_at: int | None) -> Callable[[], list[str]]:
    """Count the instants; die at the ``kill_at``-th."""
    seen: list[str] = []

    def instant(name: str) -> None:
        if kill_at is not None and len(seen) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen.append(name)

    def around(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            instant(f"before {name}")
            result = function(*arguments, **named)
            instant(f"after {name}")
            return result

        return watched

    from lskd_toolkit.llm import door, writer
    from lskd_toolkit.pipeline import folds
    from lskd_toolkit.store import store

    for name in ("commit", "fsync", "rename"):
        watched = around(name, getattr(durable, name))
        for module in (durable, store, writer, folds):
            if hasattr(module, name):
                setattr(module, name, watched)
    plain = door.Door._send

    async def send(self: Any, *request: Any) -> Any:
        instant("before send")
        reply = await plain(self, *request)
        instant("after send")
        return reply

    door.Door._send = send  # type: ignore[method-assign]
    return lambda: seen


def child(folder: Path, log: Path, kill_at: int | None, asking: bool) -> tuple[int, list[str]]:
    """Run in a forked child; its exit status and the instants it passed, if it lived."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            seen = instrument(kill_at)
            run(config(log, asking), folder)
            exported(folder)
            os.write(write, json.dumps(seen()).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), json.loads(text) if text else []


def calls(log: Path) -> int:
    return len(log.read_bytes().splitlines()) if log.exists() else 0


def main(work: Path, share: int, shares: int, asking: bool = False) -> None:
    reference = work / "undisturbed"
    log = work / "undisturbed.log"
    status, instants = child(reference, log, None, asking)
    assert status == 0, "the undisturbed run failed"
    truth, paid = (reference / "export").rglob("*.jsonl"), calls(log)
    expected = b"".join(path.read_bytes() for path in sorted(truth))
    outcomes = []
    for k in range(share, len(instants), shares):
        folder, log = work / f"k{k}", work / f"k{k}.log"
        killed, _ = child(folder, log, k, asking)
        resumed, _ = child(folder, log, None, asking)
        same = resumed == 0 and exported(folder) == expected
        outcomes.append(
            {"k": k, "instant": instants[k], "killed": killed, "resumed": resumed, "same": same,
             "paid": calls(log)}
        )  # fmt: skip
    print(json.dumps({"instants": instants, "paid": paid, "bytes": len(expected), "outcomes": outcomes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), "asking" in sys.argv[4:])
