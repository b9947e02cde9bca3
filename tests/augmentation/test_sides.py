"""Left and right in words: exchanged where they are sides, refused where they may be anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit.augmentation import Refused, swap_sides
from lskd_toolkit.mentions import find

SWAPPED = [
    ("[0] is on the left of [1].", "[0] is on the right of [1]."),
    ("[0] is left of [1]", "[0] is right of [1]"),
    ("[2] is at the top left, large", "[2] is at the top right, large"),
    ("[0] is next to [1], to the right", "[0] is next to [1], to the left"),
    ("On the left, [0] smiles.", "On the right, [0] smiles."),
    ("LEFT HAND", "RIGHT HAND"),
    ("Left shoe", "Right shoe"),
    ("[0] raises her right hand.", "[0] raises her left hand."),
    ("[0]'s left arm is broken.", "[0]'s right arm is broken."),
    ("the dog’s lower right leg", "the dog’s lower left leg"),
    ("The leftmost person is [3].", "The rightmost person is [3]."),
    ("a left-handed batter", "a right-handed batter"),
    ("the left-hand side", "the right-hand side"),
    ("[1] leans leftwards.", "[1] leans rightwards."),
    ("From left to right: [0], [1].", "From right to left: [0], [1]."),
    ("her left and right hands", "her right and left hands"),
    ("The car is turning left.", "The car is turning right."),
    ("the wall on the left and the door on the right", "the wall on the right and the door on the left"),
    ("in the upper left corner of the photo", "in the upper right corner of the photo"),
    ("[0] turns the knob clockwise.", "[0] turns the knob counterclockwise."),
    ("The stage left door", None),
    ("a bright light, upright leftovers, human rights", "a bright light, upright leftovers, human rights"),
    ("reading a book, a sign of anger", "reading a book, a sign of anger"),
]
REFUSED = [
    ("Turn right now!", "right now"),
    ("That's right.", "right"),
    ("All right, [0] goes.", "right"),
    ("the right person for the job", "right person"),
    ("[0] is on the right track.", "right track"),
    ("He is in the right.", "right"),
    ("the right of way", "right of way"),
    ("He has the right to speak.", "right to speak"),
    ("right side up", "right side up"),
    ("his right-hand man", "right-hand man"),
    ("[0] looks right at [1].", "right at"),
    ("[0] left the room.", "left the room"),
    ("He left half of it.", "left half"),
    ("There is one slice left.", "slice left"),
    ("There are two turns left.", "two turns left"),
    ("They lay left side by side.", "side by side"),
    ("What is left of the cake?", "left of the cake"),
    ("[0] has left his left shoe behind.", "left his"),
    ("left-wing politics", "left-wing"),
    ("The sign on the left is new.", "sign"),
    ('The shirt reads "Go home".', "reads"),
    ('It is a "STOP" for [0].', "STOP"),
    ("It is three o'clock.", "o'clock"),
    ("People usually shake with their right hand.", "usually"),
    ("[0] drives on the left.", "drives"),
    ("the ship's starboard side", "starboard"),
]


@pytest.mark.parametrize(("text", "other"), SWAPPED)
def test_a_side_becomes_the_other(text, other):
    if other is None:
        assert isinstance(swap_sides(text), Refused)
    else:
        assert swap_sides(text) == other
        assert swap_sides(other) == text


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_may_be_no_side_is_refused_with_the_words(text, words):
    refused = swap_sides(text)
    assert isinstance(refused, Refused), refused
    assert words in refused.reason


def test_other_spellings_come_back_as_the_usual_one():
    for word in ("anticlockwise", "counter-clockwise"):
        assert swap_sides(swap_sides(f"turned {word}")) == "turned counterclockwise"


WORDS = (
    *("left", "right", "Left", "the", "his", "on", "to", "of", "[0]", "[12]", "[0,3]", "'s", "hand", "side"),
    *("is", "and", "in", "at", "turn", "top", ",", ".", "far", "leftmost", "right-hand", "clockwise"),
    *("person", "way", "now", "from", "looks", "up", "stands", "just"),
)
words = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@given(words)
def test_twice_is_the_identity_and_mentions_stay(text):
    once = swap_sides(text)
    if isinstance(once, Refused):
        return
    assert swap_sides(once) == text
    assert find(once) == find(text)


@given(words)
def test_no_left_or_right_is_ever_left_as_it_is(text):
    once = swap_sides(text)
    if not isinstance(once, Refused):
        for before, after in zip(text.lower().split(), once.lower().split(), strict=True):
            if "left" in before or "right" in before:
                assert before != after
