"""All contracts of a component, for a plugin's own tests.

In one line::

    def test_contracts():
        check_proposer("mine")

or one test each::

    @pytest.mark.parametrize("check", contracts("proposer", "mine"), ids=lambda check: check.__name__)
    def test_contract(check):
        check()
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any
from unittest import SkipTest

from ..components import KINDS
from ..images import as_picture
from . import backends, batches, exporters, listing, models, sources, students, teachers, visual_prompts
from .subject import Subject

Check = Callable[[Subject], None]

CHECKS: dict[str, tuple[Check, ...]] = {
    **dict.fromkeys(batches.KINDS_OF_BATCHES, batches.CHECKS),
    "teacher": (*batches.CHECKS, *teachers.CHECKS),
    "source": sources.CHECKS,
    "visual_prompt": visual_prompts.CHECKS,
    "backend": backends.CHECKS,
    "student": students.CHECKS,
    "exporter": exporters.CHECKS,
    **models.CHECKS,
}
"""What each kind has to keep, beside being listed properly."""


def contracts(
    kind: str, name: str, /, *, pictures: Sequence[Any] = (), **options: Any
) -> list[Callable[[], None]]:
    """Every contract of the kind as a function without arguments, named by what it checks.

    Arguments:
        pictures: what it is tried on beside odd pictures, as anything that `open_picture` opens; scenes
            of the small world if none are given. Give some that the component has something to say of.
        options: those that it is tested with; ``parts={…}`` as in run.yaml.

    Each function raises AssertionError where the contract is broken, saying what to do, and
    unittest.SkipTest, which pytest takes for a skip, where the component's weights are not here.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind; there are {', '.join(KINDS)}")
    subject = Subject(kind, name, options, tuple(as_picture(picture) for picture in pictures))
    checks: tuple[Check, ...] = (*listing.CHECKS, *CHECKS.get(kind, ()))
    return [functools.update_wrapper(functools.partial(_run, check, subject), check) for check in checks]


def _run(check: Check, subject: Subject) -> None:
    """The check, an error of the component's own told as a broken contract."""
    try:
        check(subject)
    except (AssertionError, SkipTest):
        raise
    except Exception as error:
        wanted = (check.__doc__ or "").partition("\n")[0]
        raise AssertionError(
            f"{subject.kind} {subject.name!r}: raises {error!r} in {check.__name__}: {wanted}"
        ) from error


def check_component(kind: str, name: str, /, **given: Any) -> None:
    """Run every contract (see `contracts` for what can be given).

    Raises:
        AssertionError: a contract is broken; says which, and what to do.
        unittest.SkipTest: its weights are not in the cache.
    """
    for check in contracts(kind, name, **given):
        check()


def _checker(kind: str) -> Callable[..., None]:
    def check(name: str, /, **given: Any) -> None:
        check_component(kind, name, **given)

    check.__name__ = check.__qualname__ = f"check_{kind}"
    check.__doc__ = f"Run every contract of the {kind} ``name``; see `contracts` for what can be given."
    return check


check_source = _checker("source")
check_proposer = _checker("proposer")
check_refiner = _checker("refiner")
check_visual_prompt = _checker("visual_prompt")
check_verbalizer = _checker("verbalizer")
check_vlm = _checker("vlm")
check_vqa = _checker("vqa")
check_depth = _checker("depth")
check_encoder = _checker("encoder")
check_backend = _checker("backend")
check_teacher = _checker("teacher")
check_critic = _checker("critic")
check_student = _checker("student")
check_exporter = _checker("exporter")
