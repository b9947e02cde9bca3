"""Options of the source ``visual-genome``."""

from __future__ import annotations

from .options_annotated import AnnotatedOptions


class VisualGenomeOptions(AnnotatedOptions):
    """``annotations`` are ``objects.json`` or ``region_descriptions.json``, and ``image_data.json`` with the
    images' sizes; told by what they hold, in any order."""
