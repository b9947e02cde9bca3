"""Exporter ``preferences``: an accepted statement beside a rejected one, as TRL's DPO reads pairs.

A folder that ``datasets.load_dataset(FOLDER)`` reads: ``SPLIT/metadata.jsonl`` with a pair a line, and the
pictures with the regions drawn in that the pair is about.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image

from ..drawing.numbered import draw_numbered
from ..records import Statement
from ..store.durable import writing
from .card import write_card
from .options import PreferenceOptions
from .splits import split_of

if TYPE_CHECKING:
    from .corpus import Entry, Verdict
    from .view import CorpusView

NAME = "metadata.jsonl"
BELOW = "below"
"""How the reason of a statement begins that critics rejected. What was left out for another reason (said
twice, a near-duplicate, over a quota) is no worse than what was kept."""


class PreferencesExporter:
    """Writes pairs and pictures, and a card, ``README.md``, that counts what could not be paired."""

    def __init__(self, options: PreferenceOptions | None, ctx: Any):
        self.options = options or PreferenceOptions()

    def export(self, corpus: CorpusView, folder: Path) -> Sequence[Path]:
        counts = Counter[str]()
        paths = {name: folder / name / NAME for name in self.options.splits}
        pictures: set[Path] = set()
        with ExitStack() as opened:
            files = {
                name: opened.enter_context(
                    opened.enter_context(writing(path)).open("w", encoding="ascii", newline="\n")
                )
                for name, path in paths.items()
            }
            for entry in corpus.entries():
                image = entry.scene.image
                split = split_of(image.sha256, self.options.splits, self.options.split_seed)
                found = list(pairs(entry, self.options, counts))
                for pair in found:
                    place = f"images/{image.sha256[:16]}-{'-'.join(map(str, pair['regions']))}.png"
                    path = folder / split / place
                    if path not in pictures:
                        _draw(corpus, entry, pair["regions"], path)
                        pictures.add(path)
                    files[split].write(json.dumps({"images_file_names": [place], **pair}) + "\n")
        for path in paths.values():
            if not path.stat().st_size:  # a split without rows cannot be loaded
                path.unlink()
        for stale in {*folder.glob("*/images/*.png")} - pictures:
            stale.unlink()
        said = [
            f"{counts['pairs']} pairs of an accepted and a rejected statement of the same image, regions and "
            "inference type.",
            f"{counts['unpaired accepted']} accepted and {counts['unpaired rejected']} rejected statements "
            f"have no counterpart, or one that scores less than {self.options.margin:g} apart; "
            f"{counts['left out']} were left out for other reasons than their score.",
        ]
        card = write_card(corpus, folder, self.options, pairs=said)
        return [*sorted(path for path in paths.values() if path.exists()), card]


def pairs(
    entry: Entry, options: PreferenceOptions, counts: Counter[str] | None = None
) -> Iterator[Mapping[str, Any]]:
    """The pairs of one image, the widest margins first; no statement is in two. ``counts`` is added to."""
    counts = Counter() if counts is None else counts
    good, bad = defaultdict(list), defaultdict(list)
    for statement in entry.statements:
        verdict = entry.verdicts.get(statement.id)
        if verdict is None:
            continue
        if verdict.accepted:
            good[_alike(statement, options)].append((verdict, statement))
        elif verdict.reason.startswith(BELOW):
            bad[_alike(statement, options)].append((verdict, statement))
        else:
            counts["left out"] += 1
    found = []
    for key, accepted in good.items():
        accepted.sort(key=lambda each: (-each[0].score, each[1].id))
        rejected = sorted(bad.get(key, ()), key=lambda each: (each[0].score, each[1].id))
        for chosen, refused in zip(accepted, rejected, strict=False):
            margin = chosen[0].score - refused[0].score
            if margin >= options.margin:
                found.append((-margin, chosen[1].id, refused[1].id, chosen, refused))
    found.sort(key=lambda each: each[:3])
    kept = found if options.most is None else found[: options.most]
    counts["pairs"] += len(kept)
    counts["unpaired accepted"] += sum(map(len, good.values())) - len(kept)
    counts["unpaired rejected"] += sum(map(len, bad.values())) - len(kept)
    for *_, chosen, refused in kept:
        yield _row(entry, options, chosen, refused)


def _alike(statement: Statement, options: PreferenceOptions) -> tuple[Any, ...]:
    """What both must have in common."""
    key = (tuple(sorted(statement.regions)), statement.inference)
    return (*key, statement.question.casefold().strip()) if options.by == "question" else key


def _row(
    entry: Entry,
    options: PreferenceOptions,
    chosen: tuple[Verdict, Statement],
    rejected: tuple[Verdict, Statement],
) -> Mapping[str, Any]:
    one = chosen[1]
    # Of one question both mention all that it does; of a whole statement all that it mentions.
    regions = sorted(set(one.regions) | set(rejected[1].regions))
    return {
        "prompt": [{"role": "user", "content": _prompt(one, regions, options)}],
        "chosen": [{"role": "assistant", "content": _said(one, options)}],
        "rejected": [{"role": "assistant", "content": _said(rejected[1], options)}],
        "score_chosen": round(chosen[0].score, 6),
        "score_rejected": round(rejected[0].score, 6),
        "image_id": entry.scene.image.id,  # TRL takes a column `image` for the picture
        "sha256": entry.scene.image.sha256,
        "regions": regions,
        "inference": one.inference,
        "chosen_statement": one.id,
        "rejected_statement": rejected[1].id,
    }


def _prompt(statement: Statement, regions: Sequence[int], options: PreferenceOptions) -> str:
    if options.by == "question":
        return statement.question
    kind = f" about its {statement.inference}" if statement.inference else ""
    named = ", ".join(f"[{region}]" for region in regions) or "the picture"
    return f"Ask a question of {named}{kind}, answer it, and give the reason."


def _said(statement: Statement, options: PreferenceOptions) -> str:
    said = [statement.answer, statement.rationale] if options.rationale else [statement.answer]
    if options.by == "statement":
        said.insert(0, statement.question)
    return "\n".join(each.strip() for each in said if each.strip())


def _draw(corpus: CorpusView, entry: Entry, regions: Sequence[int], path: Path) -> None:
    """The picture with these regions numbered, as PNG, put in place at once."""
    pixels = np.asarray(corpus.picture(entry.scene.image).pixels)
    drawn = draw_numbered(pixels, [each for each in entry.scene.regions if each.id in regions])
    with writing(path) as temporary:
        PIL.Image.fromarray(drawn).save(temporary, "png")
