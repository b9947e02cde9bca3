"""Whether the counts of a corpus add up: what came in is what was kept and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def adds_up(stats: Mapping[str, Any]) -> list[str]:
    """Every sum that does not hold, as a line of words; an empty list when all of them do."""
    images, regions, statements = stats["images"], stats["regions"], stats["statements"]
    wrong: list[str] = []

    def check(what: str, whole: int, parts: Iterable[int]) -> None:
        parts = list(parts)
        if whole != sum(parts):
            wrong.append(f"{what}: {whole} is not {' + '.join(map(str, parts))}")

    check("images found = ok + refused + duplicate", images["found"],
          (images["ok"], images["refused"], images["duplicate"]))  # fmt: skip
    check("refused images = those with a reason", images["refused"], images["refused_by_reason"].values())
    check("usable images = entries", images["ok"], (images["entries"],))
    check("duplicate images = those that entries name", images["duplicate"], (images["named_duplicates"],))
    check("images by outcome", images["entries"], images["outcomes"].values())
    check("regions proposed = kept + dropped", regions["proposed"], (regions["kept"], regions["dropped"]))
    check("dropped regions = those with a reason", regions["dropped"], regions["dropped_by_reason"].values())
    check("descriptors = those of every verbalizer", stats["descriptors"]["total"],
          stats["descriptors"]["by_verbalizer"].values())  # fmt: skip
    check("statements read = accepted + left out", statements["read"],
          (statements["accepted"], statements["left_out"]))  # fmt: skip
    check("statements left out = those with a reason", statements["left_out"],
          statements["left_out_by_reason"].values())  # fmt: skip
    check("statements left out = those with a cause", statements["left_out"],
          statements["left_out_by_cause"].values())  # fmt: skip
    check("statements by type", statements["read"], (t["read"] for t in statements["by_type"].values()))
    check("scored statements = the histogram", statements["scored"],
          (*stats["scores"]["accepted"], *stats["scores"]["left_out"]))  # fmt: skip
    check("rejected output = that with a reason", stats["rejected"]["total"],
          stats["rejected"]["by_reason"].values())  # fmt: skip
    if figures := stats.get("figures"):
        for name in ("read", "accepted"):
            check(f"statements {name} = those with figures", statements[name], (figures[name]["statements"],))
            check(f"statements {name} by type and teacher", statements[name],
                  (kind[name] for kind in figures["kinds"]))  # fmt: skip
        check("usable images = those of every licence", images["ok"],
              (each["images"] for each in images["licences"]))  # fmt: skip
    if export := stats.get("export"):
        what = "accepted" if export["statements"] == "accepted" else "read"
        check(f"rows written = statements {what}", statements[what], export["by_split"].values())
    for name, ids in stats["inconsistent"].items():
        if ids:
            wrong.append(f"{name}: {', '.join(ids)}")
    for stage in stats["stages"]:
        for status in ("failed", "skipped"):
            said, found = (
                stage["rows"].get(status, 0),
                stats["failures"].get(stage["name"], {}).get(status, 0),
            )
            if said != found:
                wrong.append(f"stage {stage['name']}: {said} rows {status}, {found} images with that failure")
    return wrong
