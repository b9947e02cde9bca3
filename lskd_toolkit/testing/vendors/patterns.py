"""A text that a regular expression matches, chosen by a random generator."""

from __future__ import annotations

import importlib
import random
import string
from functools import lru_cache
from typing import Any

_PARSER: Any = importlib.import_module("re._parser")
REPEATS = 4
"""How much longer than its least length a repetition gets at most."""
_LETTERS = string.ascii_lowercase


@lru_cache(maxsize=1024)
def _parsed(pattern: str) -> Any:
    return _PARSER.parse(pattern)


def matching(pattern: str, choose: random.Random) -> str:
    """A text that ``re.search(pattern, text)`` finds.

    Raises:
        ValueError: the pattern looks ahead or behind, which this does not work out.
    """
    return _sequence(_parsed(pattern), choose, {})


def _sequence(parts: Any, choose: random.Random, groups: dict[int, str]) -> str:
    return "".join(_part(str(kind), value, choose, groups) for kind, value in parts)


def _part(kind: str, value: Any, choose: random.Random, groups: dict[int, str]) -> str:
    if kind == "LITERAL":
        return chr(value)
    if kind == "NOT_LITERAL":
        return choose.choice([c for c in _LETTERS if ord(c) != value])
    if kind == "ANY":
        return choose.choice(_LETTERS)
    if kind == "IN":
        return _one_of(value, choose)
    if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = value
        times = choose.randint(least, min(int(most), max(least, 1) + REPEATS))
        return "".join(_sequence(inner, choose, groups) for _ in range(times))
    if kind == "BRANCH":
        return _sequence(choose.choice(value[1]), choose, groups)
    if kind in ("SUBPATTERN", "ATOMIC_GROUP"):
        number, inner = (value[0], value[3]) if kind == "SUBPATTERN" else (None, value)
        text = _sequence(inner, choose, groups)
        if number is not None:
            groups[number] = text
        return text
    if kind == "GROUPREF":
        return groups.get(value, "")
    if kind == "AT":
        return ""
    raise ValueError(f"cannot write a text for {kind} in a pattern")


def _one_of(items: Any, choose: random.Random) -> str:
    """A character of a class, a letter where letters are in it: what is written should read like words."""
    allowed: set[str] = set()
    refuse = False
    for kind, value in items:
        name = str(kind)
        if name == "NEGATE":
            refuse = True
        elif name == "LITERAL":
            allowed.add(chr(value))
        elif name == "RANGE":
            allowed.update(chr(c) for c in range(value[0], min(value[1], value[0] + 200) + 1))
        else:
            allowed.update(_category(str(value)))
    if refuse:
        allowed = set(string.ascii_letters + string.digits + " ,") - allowed
    letters = sorted(allowed & set(_LETTERS))
    return choose.choice(letters or sorted(allowed))


def _category(name: str) -> str:
    whole = string.ascii_letters + string.digits + " ,."
    test = {"DIGIT": str.isdigit, "SPACE": str.isspace, "WORD": str.isalnum}[name.rsplit("_", 1)[-1]]
    return "".join(c for c in whole if test(c) != ("NOT" in name))
