"""Contracts of teachers, beside those of every kind that works on batches."""

from __future__ import annotations

from .. import mentions
from .batches import reference
from .subject import Subject


def lists_what_it_mentions(subject: Subject) -> None:
    """A statement's ``regions`` are the ids of its text: students and judges point at no others."""
    for taught in reference(subject):
        for statement in taught.statements:
            text = "\n".join((statement.question, statement.answer, statement.rationale))
            mentioned = tuple(mentions.find(text))
            subject.require(
                tuple(statement.regions) == mentioned,
                f"statement {statement.id} lists the regions {list(statement.regions)} and mentions "
                f"{list(mentioned)}; list every [k] of question, answer, rationale in order of first mention",
            )


CHECKS = (lists_what_it_mentions,)
