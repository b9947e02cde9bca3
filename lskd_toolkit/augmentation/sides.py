"""Left and right in words: exchanged as a mirror does it, or refused where that cannot be done safely.

"Right" is also correct, "left" is also gone, and what is written on a sign cannot be mirrored at all. So a
word is exchanged only where its neighbours say that it is a side, and any other "left" or "right" refuses
the whole text: an augmentation lost costs nothing, a false sentence teaches something false. All tests are
blind to which of the two words it is, so that exchanging twice gives the text again.
"""

from __future__ import annotations

import re

from .sample import Refused

_SIDE = r"(?:left|right)"
_OWNER = (
    r"(?:the|his|her|hers|its|their|my|your|our|one|a|an|each|either|another|\[[\d,\s]+\]['’]s|\w+['’]s?)"
)
_WHERE = (
    r"(?:far|very|extreme|upper|lower|top|bottom|middle|near|back|front|rear|immediate|outer|inner|bent|raised|"
    r"outstretched|extended|bare|free|whole|other|centre|center)"
)
_TO = (
    r"(?:on|to|at|in|from|toward|towards|near|by|into|onto|with|of|along|across|over|around|down|up|behind|under|"
    r"above|below|beside|facing|and|or|using|off|between)"
)
_PART = (
    r"(?:hands?|arms?|legs?|foot|feet|eyes?|ears?|shoulders?|elbows?|knees?|wrists?|ankles?|thumbs?|index|"
    r"fingers?|cheeks?|nostril|eyebrow|brow|temple|jaw|breast|chest|hips?|thighs?|calf|calves|heel|toes?|palms?|"
    r"fists?|forearms?|paws?|hoof|hooves|horns?|antler|wings?|fins?|claws?|flank|side|sides|half|corners?|edges?|"
    r"lane|lanes|bank|shore|border|margin|third|quarter|quadrant|background|foreground|shoes?|boots?|gloves?|"
    r"sleeves?|socks?|skate|ski|pockets?|lapel|headlights?|taillights?|headlamp|pedal|rail|curb|kerb|sidewalk)"
)
_CLOSE = r"(?=\s*(?:$|[.,;:!?)\]\"”'’]|[-–—]{1,2}\s))"
_ON = (
    r"(?=\s+(?:and|or|but|of|is|are|was|were|has|have|had|while|as|who|which|that|where|because|since|so|looks?|"
    r"seems?|appears?|wears?|holds?|stands?|sits?|wearing|holding|standing|sitting|looking|with|from|towards?|"
    r"there|a|an|the|when|if|then|can|could|will|would|may|might|must|should|does|did|do|than|also|near|next|beside|"
    r"behind|above|below|under|in)\b|\s+\[)"
)
_TURN = (
    r"(?:turn|turns|turned|turning|looks?|looked|looking|glanc(?:e|es|ed|ing)|gaz(?:e|es|ed|ing)|fac(?:e|es|ed|ing)|"
    r"leans?|leaned|leaning|mov(?:e|es|ed|ing)|points?|pointed|pointing|swerv(?:e|es|ed|ing)|veers?|veered|veering|"
    r"bends?|bending|bent|heads?|headed|heading|swings?|swinging|steps?|stepped|stepping|tilts?|tilted|tilting|"
    r"shifts?|shifted|shifting|slid(?:e|es|ing)|steers?|steering)"
)
_NOT = r"(?!\s+(?:of\s+way|of\s+way\b|side\s+up|hand\s+man|hand\s+woman|hand\s+prints?|half\s+hour)\b)"
_FRAME = r"(?:stage|camera|screen|frame|house|picture|image)"
_AT = r"(?:on|to|from|towards?|at|onto|off|near)"
_HOW = r"(?:(?:just|slightly|far|directly|immediately|to)\s+)*"
_BE = r"(?:is|are|was|were|stands?|sits?|lies|standing|sitting|lying)"

SIDES = re.compile(
    "|".join(
        (
            # from left to right, left-to-right
            rf"\b{_SIDE}(?:-|\s+)to(?:-|\s+){_SIDE}\b",
            # left and right, the left or the right
            rf"\b{_SIDE}\s+(?:and|or|nor)\s+(?:(?:the|his|her|its|their)\s+)?{_SIDE}(?:{_CLOSE}|{_ON}|\s+{_PART}\b)",
            # leftmost, right-hand side, left-handed, rightwards, left-facing
            rf"\b{_SIDE}-?most\b",
            rf"\b{_SIDE}-hand(?:ed|er|edness)?\b(?!\s+(?:man|men|woman|women)\b)",
            rf"\b{_SIDE}wards?\b",
            rf"\b{_SIDE}-(?:facing|side|turning|footed|leaning|pointing)\b",
            # the left hand, his lower right leg, [1]'s left side; with left foot; left hand (as a label)
            rf"(?:\b{_OWNER}\s+|(?<=['’]s)\s+|\b{_TO}\s+|^\s*)(?:{_WHERE}[\s-]+)*{_SIDE}{_NOT}\s+{_PART}\b"
            rf"(?!\s+(?:up|by\s+side)\b)",
            # on the left, to his far right, at the top right of
            rf"\b{_AT}\s+{_OWNER}\s+(?:{_WHERE}[\s-]+)*{_SIDE}{_NOT}(?:{_CLOSE}|{_ON})",
            # top left, upper right corner
            rf"\b(?:upper|lower|top|bottom|far)[\s-]+{_SIDE}{_NOT}(?:{_CLOSE}|{_ON}|\s+{_PART}\b)",
            # [0] is left of [1], [0] is right of the door, just left of it
            rf"(?<=\])\s+{_BE}\s+{_HOW}{_SIDE}\s+of\b(?!\s+way\b)",
            rf"(?<=\])\s+{_HOW}{_SIDE}\s+of\s+(?=\[)",
            rf"\b(?:just|slightly|directly|immediately|far)\s+{_SIDE}\s+of\b(?!\s+way\b)",
            # turning left; camera right
            rf"\b{_TURN}\s+(?:(?:further|sharply|slightly|hard)\s+)*{_SIDE}"
            rf"(?:{_CLOSE}|(?=\s+(?:and|or|while|towards?)\b))",
            rf"\b{_FRAME}[\s-]+{_SIDE}(?:{_CLOSE}|{_ON})",
        )
    ),
    re.IGNORECASE,
)
"""Where left and right are sides. Each match may hold one of the words or two."""

_WORD = re.compile(r"left|right", re.IGNORECASE)
_ANY = re.compile(
    r"(?<![a-z])(?:left|right)(?![a-z])|(?:left|right)(?:most|wards?|y|ie|ist)\b", re.IGNORECASE
)
_TURNS = re.compile(r"\b(?:(?:counter|anti)-?)?clockwise\b", re.IGNORECASE)

_READ = re.compile(
    r"\b(?:written|writing\s+(?:on|says|reads)|lettering|letters\b|inscriptions?|captioned|logos?|signs?\b(?!\s+of\b)|signage|"
    r"billboards?|license\s+plates?|licence\s+plates?|number\s+plates?|jersey\s+numbers?|headlines?|subtitles?|"
    r"watermarks?|graffiti|spell(?:s|ed|ing)|labell?ed|o['’]clock|dial|keyboards?|alphabet|scoreboards?|"
    r"numerals?|the\s+text|the\s+words?|name\s*tags?)\b"
    r"|\b(?:reads?|reading|says?|saying|said|titled|marked|named|called|word)\s*[,:]?\s*[\"“‘'`]",
    re.IGNORECASE,
)
"""What can be read in the picture: a mirror makes it unreadable."""
_SHOUTED = re.compile(r"[\"“][A-Z0-9][A-Z0-9 .,!?&'-]+[\"”]")

_CUSTOM = re.compile(
    r"\b(?:usually|typically|commonly|customar(?:y|ily)|custom|tradition(?:al|ally)?|generally|always|normally|"
    r"conventional(?:ly)?|most\s+(?:people|countries)|by\s+law|salut(?:e|es|ed|ing)|wedding|engagement|pledge|"
    r"allegiance|anthem|oath|driv(?:e|es|ing|er|er['’]s)|steering\s+wheel|traffic|handshakes?|"
    r"shak(?:e|es|ing)\s+hands)\b",
    re.IGNORECASE,
)
"""Customs that know left from right: hands that swear, sides that cars drive on."""

_REMAINING = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|no|few|fewer|many|several|some|any|more|last|"
    rf"only|much|little|enough)\s+\w+\s+{_SIDE}{_CLOSE}",
    re.IGNORECASE,
)
"""Two turns left: what remains. (Two men on the left have more words between.)"""
_NAMED = re.compile(r"\b(?:starboard|port\s+(?:side|bow)|driver['’]s\s+side)\b", re.IGNORECASE)
"""Sides with names of their own."""


def swap_sides(text: str) -> str | Refused:
    """The text as it is true of the mirrored picture, or why it cannot be told.

    Twice is the identity, but for "anticlockwise" and "counter-clockwise", which come back as
    "counterclockwise".
    """
    unreadable = _READ.search(text) or _SHOUTED.search(text)
    if unreadable:
        return Refused(
            f"it speaks of what can be read, which a mirror makes unreadable: {_quoted(text, unreadable)}"
        )
    named = _NAMED.search(text)
    if named:
        return Refused(f"a mirrored one has that side elsewhere: {_quoted(text, named)}")
    remaining = _REMAINING.search(text)
    if remaining:
        return Refused(f"it may say what remains: {_quoted(text, remaining)}")
    sides: list[tuple[int, int]] = []
    for match in SIDES.finditer(text):
        sides += [
            (match.start() + word.start(), match.start() + word.end()) for word in _WORD.finditer(match[0])
        ]
    starts = {start for start, _ in sides}
    for match in _ANY.finditer(text):
        if match.start() not in starts:
            return Refused(f"{match[0]!r} may mean something else than a side: {_quoted(text, match)}")
    if sides:
        custom = _CUSTOM.search(text)
        if custom:
            return Refused(f"it may speak of a custom that a mirror does not change: {_quoted(text, custom)}")
    swapped, end = "", 0
    for start, after in sides:
        swapped += text[end:start] + _other(text[start:after])
        end = after
    return _TURNS.sub(lambda match: _turned(match[0]), swapped + text[end:])


def _other(word: str) -> str:
    return _cased("right" if word.lower() == "left" else "left", word)


def _turned(word: str) -> str:
    return _cased("counterclockwise" if word.lower() == "clockwise" else "clockwise", word)


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.capitalize() if like[0].isupper() else word


def _quoted(text: str, match: re.Match[str]) -> str:
    """The match with some of what is around it."""
    start, end = max(0, match.start() - 20), min(len(text), match.end() + 20)
    return f"“{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}”"
