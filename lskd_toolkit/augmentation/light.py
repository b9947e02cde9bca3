"""Brightness, contrast and saturation of a picture before anything is drawn on it: the colour of a mark is
which region it means, so a mark's colour never changes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from .sample import Refused, Sample

PALE = 0.5
"""Below this saturation a colour may not be told from another."""
DIM, GLARING = 0.6, 1.6
"""Outside of these brightness changes what is dark and what is bright."""

_COLOURS = re.compile(
    r"\b(?:black|white|gr[ae]y|red|green|blue|yellow|orange|purple|pink|brown|violet|turquoise|teal|cyan|magenta|"
    r"maroon|beige|tan|gold(?:en)?|silver|blond|blonde|brunette|colou?r(?:s|ful|ed)?)(?:ish)?\b",
    re.IGNORECASE,
)
_LIGHTS = re.compile(
    r"\b(?:dark(?:er|ness)?|bright(?:er|ly)?|dim(?:ly)?|night|sunny|sunlit|lit|gloomy|glow(?:s|ing)?|overcast|"
    r"twilight|dusk|dawn|pale|shadows?|shade)\b",
    re.IGNORECASE,
)


def photometric(
    sample: Sample, brightness: float = 1.0, contrast: float = 1.0, saturation: float = 1.0
) -> Sample | Refused:
    """The sample in another light. Factors of 1 change nothing, of 0 take all away; hue is never changed.

    Refused where a text or label names a colour and ``saturation`` is below `PALE`, or speaks of light and
    ``brightness`` is outside of `DIM` to `GLARING`.

    Raises:
        ValueError: a factor is negative.
    """
    if min(brightness, contrast, saturation) < 0:
        raise ValueError("brightness, contrast and saturation are factors from 0 up")
    words = " ".join((*sample.texts, *(region.label for region in sample.regions)))
    colour, light = _COLOURS.search(words), _LIGHTS.search(words)
    if colour and saturation < PALE:
        return Refused(f"it speaks of colour, which would be gone: “{colour[0]}”")
    if light and not DIM <= brightness <= GLARING:
        return Refused(f"it speaks of light, which would be another: “{light[0]}”")
    from PIL import Image, ImageEnhance

    image = Image.fromarray(sample.pixels)
    for enhancer, factor in (
        (ImageEnhance.Brightness, brightness),
        (ImageEnhance.Contrast, contrast),
        (ImageEnhance.Color, saturation),
    ):
        if factor != 1:
            image = enhancer(image).enhance(factor)
    return replace(sample, pixels=np.asarray(image))
