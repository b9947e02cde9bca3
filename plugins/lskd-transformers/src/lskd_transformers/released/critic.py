"""The released critic as a folder that the critic ``blip2`` is taken up from.

Source: ``lavis/models/blip2_models/blip2_critic.py`` of the released code: what each head says is averaged
over the queries, and the score is the probability of the class 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformers.utils import logging

from .. import checkpoint
from ..data.fingerprint import fingerprint
from ..nets.blip2_critic import Blip2Critic
from ..nets.pretrained import pretrained
from ..nets.sight import check_sight
from ..options_critics import PRESETS, Blip2CriticOptions
from .overlay import CRITIC, lay
from .reading import read

if TYPE_CHECKING:
    from lskd_toolkit.protocols import VisualPrompt

TRAINED_PRIOR = 0.5
"""Share of statements to accept in its training: the training file is called balanced. With the same share as
the natural one its scores are told as the released code tells them."""

OPTION = "blip2.base"


def adopt_released(
    path: Path, folder: Path, options: Blip2CriticOptions, prompt: VisualPrompt, prior: float
) -> dict[str, float]:
    """Read the checkpoint, lay it over the base model of the options and save both under ``folder/model``.

    ``prior`` is the share of acceptable statements that scores are told for. Counts of what was laid.

    Raises:
        UsageError: the checkpoint is refused.
        WeightsMissing: the base model cannot be had.
    """
    logging.set_verbosity_error()  # what the base lacks, the checkpoint brings or is refused
    state = read(path)  # first: the base is the larger
    model, tokenizer = pretrained(Blip2Critic, options.base, OPTION)
    laid = lay(state, model, CRITIC, path, OPTION)
    image_size = options.image_size or PRESETS["base"].image_size
    check_sight(model, image_size, options.base, OPTION)
    facts = {
        "image_size": image_size, "max_tokens": options.max_tokens, "blind": False,
        "pointing": fingerprint(prompt), "prior_trained": TRAINED_PRIOR, "prior_natural": prior,
    }  # fmt: skip
    checkpoint.save(folder, model.eval(), tokenizer, facts, checkpoint.CRITIC)
    return {
        "tensors_of_the_checkpoint": laid, "tensors_of_the_base": len(model.state_dict()) - laid,
        "image_size": image_size, "prior_trained": TRAINED_PRIOR, "prior_natural": prior,
    }  # fmt: skip
