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
from collections.abc import Callable
from typing import Any

from .batches import CHECKS, KINDS_OF_BATCHES
from .listing import describes_itself, lists_light, refuses_unknown_options
from .others import OTHERS
from .subject import Subject


def contracts(kind: str, name: str, **options: Any) -> list[Callable[[], None]]:
    """Every contract of the kind as a function without arguments, named by what it checks. ``options``
    are those that the component is tested with."""
    subject = Subject(kind, name, options)
    own = CHECKS if kind in KINDS_OF_BATCHES else OTHERS.get(kind, ())
    checks = (lists_light, describes_itself, refuses_unknown_options, *own)
    return [functools.update_wrapper(functools.partial(check, subject), check) for check in checks]


def check_component(kind: str, name: str, **options: Any) -> None:
    """Run every contract.

    Raises:
        AssertionError: a contract is broken; says which, and what to do.
    """
    for check in contracts(kind, name, **options):
        check()


def _checker(kind: str) -> Callable[..., None]:
    def check(name: str, **options: Any) -> None:
        check_component(kind, name, **options)

    check.__name__ = check.__qualname__ = f"check_{kind}"
    check.__doc__ = f"Run every contract of the {kind} ``name`` with these options."
    return check


check_source = _checker("source")
check_proposer = _checker("proposer")
check_refiner = _checker("refiner")
check_visual_prompt = _checker("visual_prompt")
check_verbalizer = _checker("verbalizer")
check_vqa = _checker("vqa")
check_backend = _checker("backend")
check_teacher = _checker("teacher")
check_critic = _checker("critic")
check_student = _checker("student")
