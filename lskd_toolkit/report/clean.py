"""Text from images and models as it may stand in a page: data, never markup and never invisible."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_STRAY = re.compile("[\ud800-\udfff]")


def clean(value: Any) -> Any:
    """The same text without control characters, marks that turn its direction, and halves of pairs.

    Anything that is not plain text, and markup of our own, is given back as it is.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _STRAY.sub("\ufffd", _UNSEEN.sub("", value))
