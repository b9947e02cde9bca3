"""What people say about statements: labels, how they are drawn, how far annotators agree."""

from .labels import FILE, Label, LabelFile, Problem, append_labels, read_labels, words_sha256
from .matching import Labelled, accepted, matched, right

__all__ = [
    "FILE",
    "Label",
    "LabelFile",
    "Labelled",
    "Problem",
    "accepted",
    "append_labels",
    "matched",
    "read_labels",
    "right",
    "words_sha256",
]
