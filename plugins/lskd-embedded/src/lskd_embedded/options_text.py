"""Options of the verbalizer `text`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lskd_toolkit import Options, runtime


class TextOptions(Options):
    """Options of the verbalizer `text`."""

    min_score: float = Field(
        0.75, ge=0.0, le=1.0, description="Mean certainty of its characters below which a line is left out."
    )
    sure: float = Field(0.9, ge=0.0, le=1.0, description="Certainty below which a line only 'seems to say'.")
    min_height: float = Field(
        8.0, ge=1.0, description="Height in pixels of the image below which a line is left out."
    )
    min_letters: int = Field(
        2, ge=1, description="Different letters or digits that a line needs: cup rims, buttons and wheels "
        "look like one O, or several.",
    )  # fmt: skip
    max_lines: int = Field(
        12, ge=1, le=200, description="Most lines of an image: the largest and surest are kept."
    )
    script: Literal["any", "latin"] = Field(
        "any",
        description="Characters to choose among: all that the weights know (Latin, Chinese, Japanese), "
        "or letters of the Latin alphabet, digits and punctuation only.",
    )  # fmt: skip
    side: int = Field(
        800,
        ge=320,
        le=4096,
        description="Pixels of the longer side at which writing is looked for; "
        "more finds smaller writing, and more that is none.",
    )
    batch: int = runtime(8, "Lines read at once.", ge=1, le=256)
    threads: int = runtime(
        0, "Threads of one network; 0: as many as OMP_NUM_THREADS says, else as there are cores.", ge=0
    )
