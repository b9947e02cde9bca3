"""Mentions of regions in text: ``[3]``, or several at once ``[0, 2]``.

In the released corpus a text is a list of tokens in which a mention is a nested list of ids:
``["Why", "is", [3], "waving", "?"]``. `tokenize` and `detokenize` go between the two. For a text in
its normal form (`normalise`) the way there and back changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

Token = str | list[int]

MAX_ID = 999
"""A longer number in brackets is a year or a footnote, not a region."""

_MENTION = re.compile(r"(?<![\w\[])\[\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\](?!\])")
_TOKEN = re.compile(
    r"(?P<mention>(?<![\w\[])\[\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*\](?!\]))"
    r"|(?P<clitic>(?<=\])['’](?:s|re|ll|ve|d|m)\b)"
    r"|(?P<word>\w+(?:[.,:'’\-/&@]\w+)*)"
    r"|(?P<space>\s+)"
    r"|(?P<mark>.)",
    re.DOTALL,
)
GLUE = "\u2060"
"""Word joiner: a token that begins with it stood close to the one before, against the usual rule."""
_CLITICS = {
    clitic.replace("'", mark) for clitic in ("'s", "n't", "'re", "'ll", "'ve", "'d", "'m") for mark in "'’"
}
_TYPED_QUOTES = {"``": '"', "''": '"'}
"""Quotes as treebank tokenizers write them. Ours never makes such a token."""
_CLOSING = set(".,;:!?)]}%’”…")
_OPENING = set("([{$#“‘")


def find(text: str) -> list[int]:
    """Every id that the text mentions, in order of first mention."""
    seen: dict[int, None] = {}
    if "[" not in text:
        return []
    for match in _MENTION.finditer(text):
        for number in match[1].split(","):
            seen.setdefault(int(number))
    return list(seen)


def unknown(text: str, ids: Iterable[int]) -> list[int]:
    """The mentioned ids that are not among ``ids``."""
    known = set(ids)
    return [i for i in find(text) if i not in known]


def renumber(text: str, mapping: Mapping[int, int]) -> str:
    """The text with each mentioned id replaced.

    Raises:
        KeyError: a mentioned id has no new number; dropping it silently would change what is said.
    """
    return _replaced(text, lambda i: mapping[i])


def _replaced(text: str, new: Callable[[int], int]) -> str:
    def one(match: re.Match[str]) -> str:
        return "[" + ", ".join(str(new(int(number))) for number in match[1].split(",")) + "]"

    return _MENTION.sub(one, text)


def without(text: str) -> str:
    """The text in small letters with every mention as ``[]``: for comparing wording alone."""
    return " ".join(_MENTION.sub("[]", text).casefold().split())


def normalise(text: str) -> str:
    """One space between words, none at the ends, mentions written ``[0, 2]``. Doing it twice changes
    nothing more."""
    return " ".join(_replaced(text.replace(GLUE, ""), lambda i: i).split())


def tokenize(text: str) -> list[Token]:
    """Words, marks and mentions, as in the released corpus.

    Words keep their inner apostrophes and hyphens (``don't``, ``half-open``). Where the spacing of the
    text is not the usual one, the token says so by a leading `GLUE`, so that nothing is lost.
    """
    tokens: list[Token] = []
    before: Token = ""
    spaced, quotes = False, 0
    for match in _TOKEN.finditer(normalise(text)):
        piece = match[0]
        if match.lastgroup == "space":
            spaced = True
            continue
        token: Token = piece
        if match.lastgroup == "mention":
            token = [int(number) for number in piece.strip("[]").split(",")]
        glue = ""
        if tokens and spaced == _joins(before, token, quotes):
            glue = f"{GLUE} " if spaced else GLUE
        if glue and isinstance(token, list):
            tokens.append(glue)
        tokens.append(glue + token if isinstance(token, str) else token)
        quotes += token == '"'
        before, spaced = token, False
    return tokens


def detokenize(tokens: Sequence[Token | int]) -> str:
    """The text of tokens, ours or the released corpus's (where words stand apart from their marks, ``do``
    ``n't``, and a mention may be nested more than once)."""
    text, quotes, glued = "", 0, False
    previous: Token = ""
    for each in tokens:
        token: Token = _TYPED_QUOTES.get(each, each) if isinstance(each, str) else _flat(each)
        if isinstance(token, str) and token.startswith(GLUE):
            # `GLUE` alone says that the next token stands close, with a space that it stands apart.
            text += " " if token[1:2] == " " else ""
            token, glued = token[1:].strip(), True
            if not token:
                continue
        elif text and not glued and not _joins(previous, token, quotes):
            text += " "
        text += "[" + ", ".join(str(i) for i in token) + "]" if isinstance(token, list) else token
        quotes += token == '"'
        previous, glued = token, False
    return text


def _flat(ids: int | list[int]) -> list[int]:
    return [ids] if isinstance(ids, int) else [i for each in ids for i in _flat(each)]


def _joins(before: Token, token: Token, quotes: int) -> bool:
    """Whether a token usually stands close to the one before it. ``quotes`` counts the straight double
    quotes so far: an odd one opens, an even one closes."""
    if isinstance(token, str) and (
        token[:1] in _CLOSING or token.casefold() in _CLITICS or (token == '"' and quotes % 2)
    ):
        return True
    return isinstance(before, str) and (before[-1:] in _OPENING or (before == '"' and quotes % 2 == 1))
