"""All arms, one after the other; those that a folder holds already are taken from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .folder import kept, write, write_example
from .measure import CONTROLS, Arm, Setting, Way, measure, reason_of, way
from .pairs import pairs


def ablate(
    names: Sequence[str],
    setting: Setting,
    trainings: int,
    options: Mapping[str, Mapping[str, Any]],
    folder: Path | None = None,
    tick: Callable[[int], None] = lambda scenes: None,
) -> list[Arm]:
    """The controls and then the visual prompts of these names, each measured or with the reason why not.

    Arguments:
        options: of the visual prompts that have some of their own.
        folder: where what is measured is kept, as soon as an arm is done. What is in it counts while the
            visual prompt, its behaviour and its options are the same.
        tick: called with how many scenes were shown, or need not be; `work` in all.

    Raises:
        UsageError: the folder is of other scenes, or an option is refused.
    """
    measured = kept(folder, setting) if folder else {}
    wanted = [_way(name, options.get(name, {})) for name in (*CONTROLS, *names)]
    told: list[Arm] = []
    for each in wanted:
        left = work(setting, trainings, 1)

        def step() -> None:
            nonlocal left
            left -= 1
            tick(1)

        arm = each if isinstance(each, Arm) else _brought_up(each, setting, trainings, measured, folder, step)
        tick(left)
        told.append(replace(arm, right=arm.right[:trainings]))
        if folder:
            write(folder, setting, list(measured.values()), told, pairs(told))
    return told


def work(setting: Setting, trainings: int, arms: int) -> int:
    """How many scenes that many arms are shown at most."""
    return arms * (setting.asked_about + trainings * setting.learnt_from)


def _way(name: str, options: Mapping[str, Any]) -> Way | Arm:
    try:
        return way(name, options)
    except Exception as error:  # of one plugin; the others are measured
        if options:
            raise  # what the user wrote is told before anything is measured
        return Arm(name, reason=reason_of(error))


def _brought_up(
    each: Way,
    setting: Setting,
    trainings: int,
    measured: dict[str, Arm],
    folder: Path | None,
    step: Callable[[], None],
) -> Arm:
    """The arm with all its trainings; ``measured`` holds what was measured before, and this one after."""
    before = measured.get(each.name)
    if before is not None and before.key != each.key:
        before = None
    if before is not None and len(before.right) >= trainings:
        return before
    arm = measure(each, setting, trainings, before, step)
    if not arm.reason:
        measured[each.name] = arm
        if folder and before is None and each.name not in CONTROLS:
            write_example(folder, setting, each)
    return arm
