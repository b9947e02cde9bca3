"""Why an image has the results it has: each stage's row, and what changed where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..config import read_yaml, resolve
from ..errors import UsageError
from ..plugins import plugins
from ..store import Store
from .differences import all_keys, differences
from .stages import plan_stages


def explain(folder: Path, image: str) -> dict[str, Any]:
    """The image's state and each stage's, as plain values.

    The configuration asked about is the folder's run.yaml as it stands now, so an edit of it shows
    what it would redo before anything is run.

    Raises:
        UsageError: the run knows no image of that id.
    """
    with Store(folder, readonly=True) as store:
        entry = store.known(image)
        if entry is None:
            raise UsageError(f"{folder} knows no image {image!r}; list them: lskd stats {folder} --json")
        stages = []
        plan = plan_stages(resolve(read_yaml(folder / "run.yaml"), plugins()))
        known = all_keys(store, plan)
        for planned in plan:
            stored = [s for s, _ in store.stages("WHERE key=?", planned.key.key)]
            row = store.get(stored[0], [entry.content]).get(entry.content) if stored else None
            changes: list[str] = []
            if row is None and entry.status == "ok":
                former = next(
                    (s for s in store.former_stages(planned.key) if store.get(s, [entry.content])), None
                )
                if former is not None:
                    changes = differences(known, former, planned.key)
                elif entry.previous:
                    changes = [f"its bytes changed: sha256 {entry.previous[:12]} became {entry.sha256[:12]}"]
                else:
                    changes = ["not worked on yet"]
            stages.append(
                {
                    "stage": planned.name,
                    "status": "missing" if row is None else row.status,
                    "reason": "" if row is None else row.reason,
                    "key": planned.key.key,
                    "parts": planned.key.parts,
                    "changes": changes,
                }
            )
        return {
            "image": entry.id, "status": entry.status, "reason": entry.reason, "sha256": entry.sha256,
            "chunk": entry.chunk, "stages": stages,
        }  # fmt: skip
