"""The figures of a corpus's card beyond counts, from the same pass over its entries.

Every figure is given for the statements that were read and for those that were accepted, so that the
difference is what the filter did.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .figures_critics import Probes
from .figures_repeats import Repeats
from .figures_words import Wording, known_words, said_of

if TYPE_CHECKING:
    from .corpus import Entry, Spending, StageInfo

POPULATIONS = ("read", "accepted")


class Figures:
    """The running figures of one pass."""

    def __init__(self, stages: tuple[StageInfo, ...]) -> None:
        self._wording = {name: Wording() for name in POPULATIONS}
        self._repeats = {name: Repeats() for name in POPULATIONS}
        self._kinds: Counter[tuple[str, str, str, bool]] = Counter()
        self._probes = Probes(stages)

    def add(self, entry: Entry) -> None:
        known = known_words(entry.scene)
        passed = []
        for statement in entry.statements:
            verdict = entry.verdicts.get(statement.id)
            accepted = verdict is not None and verdict.accepted
            said = said_of(statement, known)
            self._wording["read"].add(said)
            if accepted:
                self._wording["accepted"].add(said)
                passed.append(statement)
            self._kinds[
                (statement.inference or "unnamed", statement.teacher, statement.prompt, accepted)
            ] += 1
        self._repeats["read"].add(entry.statements)
        self._repeats["accepted"].add(passed)
        self._probes.add(entry)

    def result(self, spending: Spending, rejected: int) -> dict[str, Any]:
        populations = {
            name: {**self._wording[name].result(), **self._repeats[name].result()} for name in POPULATIONS
        }
        read = populations["read"]["statements"]
        requests = sum(spending.requests.values())
        return {
            **populations,
            "kinds": self._by_kind(None if spending.usd is None or not read else spending.usd / read),
            "refused_request_share": spending.requests.get("refused", 0) / requests if requests else None,
            "rejected_output_share": rejected / (rejected + read) if rejected + read else None,
            **self._probes.result(),
        }

    def _by_kind(self, usd_each: float | None) -> list[dict[str, Any]]:
        """By inference type, teacher and prompt. What was spent is shared equally among the statements read:
        replies hold several, and rejected ones cost as much."""
        rows = []
        for inference, teacher, prompt in sorted({key[:3] for key in self._kinds}):
            accepted = self._kinds[inference, teacher, prompt, True]
            read = accepted + self._kinds[inference, teacher, prompt, False]
            rows.append({
                "inference": inference, "teacher": teacher, "prompt": prompt, "read": read,
                "accepted": accepted, "accept_rate": accepted / read,
                "usd_per_accepted": None if usd_each is None or not accepted else usd_each * read / accepted,
            })  # fmt: skip
        return rows
