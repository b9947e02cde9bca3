"""A round of mining: a critic is trained, measured, and asked what it would like to know."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import digest
from ..config import Part, RunConfig
from ..critique.calibration import Calibration
from ..critique.mining import Candidate, append_round, measured, picked, queue_of, rounds_of, swaps
from ..critique.shares import FRACTIONS, role
from ..errors import UsageError
from ..labelling import Labelled
from ..labelling.queue import write_queue
from .critics import judge_statements, learns, train_critic

if TYPE_CHECKING:
    from ..corpus.view import CorpusView
    from ..images.picture import Picture
    from ..records import Scene, Statement


def mine(
    config: RunConfig,
    corpus: CorpusView,
    labelled: Sequence[Labelled],
    picture: Callable[[Scene], Picture],
    *,
    out: Path,
    queue: Path,
    trained: Callable[[Path], Part],
    count: int = 50,
    pool: int = 2000,
    share: float = 0.6,
    calibration: Calibration | None = None,
    training: Callable[[int, int, Mapping[str, float]], None] = lambda step, steps, metrics: None,
    judging: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Train ``config.critic[0]`` on the labels of a ``share`` of the images, put it in ``out``, and add a
    point to the run's learning curve. Write to ``queue`` which ``count`` statements of those images to label
    next, picked among ``pool``. What it says of itself.

    The curve is measured on the images that calibrate; those that choose the threshold and those that test
    are left alone. ``trained`` makes of the folder a critic that judges.

    Raises:
        UsageError: there are no labels to learn from or to measure by.
    """
    lessons = [each for each in labelled if learns(each.scene.image, share, config.seed)]
    fractions = FRACTIONS if calibration is None else calibration.fractions
    apart = [
        each
        for each in labelled
        if not learns(each.scene.image, share, config.seed)
        and not each.labels[0].synthetic
        and role(each.scene.image.sha256, seed=config.seed, fractions=fractions) == "calibrate"
    ]
    if not lessons:
        raise UsageError(f"there are no labels to begin with; make some with: lskd label {corpus.folder}")
    earlier = rounds_of(corpus.folder)
    told = train_critic(
        config.critic[0], lessons, picture, out,
        seed=config.seed, device=config.device, overwrite=True, progress=training,
    )  # fmt: skip
    part = trained(out)
    known = {(each.scene.image.id, each.statement.id) for each in labelled}
    asked, population = _pool(corpus, config.seed, share, known, pool)
    other = swaps(asked, config.seed)
    every = [
        *((each.scene, each.statement) for each in apart), *asked, *(swapped for _, swapped in other)
    ]  # fmt: skip
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        judging(done, len(every))

    judged = judge_statements(part, every, picture, seed=config.seed, device=config.device, advance=advance)
    point = measured(apart, judged[: len(apart)], config.seed)
    scores = [float("nan") if isinstance(own, str) else own.score for own in judged[len(apart) :]]
    swapped = dict(zip((at for at, _ in other), scores[len(asked) :], strict=True))
    candidates = [
        Candidate(scene, statement, score, swapped.get(at, float("nan")))
        for at, ((scene, statement), score) in enumerate(zip(asked, scores, strict=False))
        if not math.isnan(score)
    ]
    chosen = picked(candidates, count, 0.5)
    write_queue(queue, queue_of(chosen, population, config.seed))
    probed = [each for each in candidates if not math.isnan(each.swapped)]
    found = {
        "round": len(earlier) + 1, "critic": str(out), "component": told["component"],
        "labels": len(lessons), "images": told["labels"]["images"], **point,
        "judged": len(candidates), "failed": len(asked) - len(candidates),
        "probed": len(probed), "fooled": sum(each.swapped >= each.score for each in probed),
        "picked": len(chosen), "queue": str(queue),
    }  # fmt: skip
    append_round(corpus.folder, found)
    return found


def _pool(
    corpus: CorpusView, seed: int, share: float, known: set[tuple[str, int]], most: int
) -> tuple[list[tuple[Scene, Statement]], int]:
    """Statements without a label on images that may be learned from, at most ``most`` by lot, and of how
    many they are."""
    lots: list[tuple[str, str, int]] = []
    for entry in corpus.entries():
        if learns(entry.scene.image, share, seed):
            lots += [
                (digest(["mine", seed, entry.scene.image.sha256, each.id]), entry.scene.image.id, each.id)
                for each in entry.statements
                if (entry.scene.image.id, each.id) not in known
            ]
    chosen: dict[str, set[int]] = {}
    for _, image, number in sorted(lots)[:most]:
        chosen.setdefault(image, set()).add(number)
    found = []
    for image, numbers in sorted(chosen.items()):
        entry = corpus.entry(image)
        found += [(entry.scene, each) for each in entry.statements if each.id in numbers]
    return found, len(lots)
