"""The report of a run: one static page, opened from disk."""

from .write import write_report

__all__ = ["write_report"]
