"""Lists of English words that figures are counted by."""

from __future__ import annotations

from collections.abc import Mapping

_WOMEN = """
she her hers herself woman women girl girls lady ladies female females mother wife daughter sister
actress waitress bride grandmother aunt queen
"""
_MEN = """
he him his himself man men boy boys guy guys gentleman gentlemen male males father husband son brother
actor waiter groom grandfather uncle king
"""
_NOT_SAID = """
person persons people someone somebody everyone human humans child children kid kids baby adult adults
they them their theirs themselves
"""
_FUNCTION = """
about above after again against also although always among and another any are around away because been
before behind being below beside between both but can cannot could did does doing done down during each
either else ever every few for from front gets got had has have having here how however into its itself
just kind left let like likely looks made make makes may maybe might more most much must near neither
next nor not now off often one onto only other others our out over own perhaps possibly probably rather
right same seem seems several shall should since some something sort still such than that the then there
therefore these thing things this those though through thus too towards under until upon use used using
usually very want wants was way well were what when where whether which while who whom whose why will
with within without would yet you your
"""

PEOPLE: Mapping[str, frozenset[str]] = {
    "of women": frozenset(_WOMEN.split()),
    "of men": frozenset(_MEN.split()),
    "of people, no gender said": frozenset(_NOT_SAID.split()),
}
"""Words that speak of people. ``actor`` and ``king`` count as of men, as they are mostly meant."""
FUNCTION = frozenset(_FUNCTION.split()).union(*PEOPLE.values())
"""Words without content of their own, or that speak of people in general: descriptors need not say them."""
