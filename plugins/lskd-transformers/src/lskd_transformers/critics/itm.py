"""The critic ``itm``: how surely a BLIP-2 image-text model matches a statement with the pointed-at image."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from lskd_toolkit import Context, Judgement, Picture, Scene, Statement

from .. import checkpoint
from ..data.fingerprint import fingerprint
from ..data.views import Shown, View, compose, full_text, show, shown_at_scoring
from ..loading import TYPES
from ..nets.blip2_itm import Blip2Itm
from ..nets.pretrained import pretrained
from ..nets.sight import check_sight
from ..options_similarity import ItmOptions
from .lacking import unjudged
from .pairs import log_odds, match_logits, score_pairs
from .priors import at_prior


@dataclass(frozen=True, slots=True)
class Matcher:
    """A net with what it must be shown: square drawings of ``image_size`` pixels, at most ``max_tokens``.
    ``pointing`` is the fingerprint of the visual prompt that it was trained with, empty if none is known."""

    net: Blip2Itm
    tokenizer: PreTrainedTokenizerBase
    image_size: int
    max_tokens: int
    pointing: str = ""


class ItmCritic:
    """Judges without labels: P(match), with and without the rationale."""

    def __init__(self, options: ItmOptions | None, ctx: Context):
        self.options = options or ItmOptions()
        self._prompt = ctx.part("visual_prompt")
        o = self.options
        name = f"itm/{o.folder or o.base}/{o.dtype}/{o.image_size}"
        self._matcher: Matcher = ctx.model(f"transformers/{name}", lambda: _matcher(o, ctx.device))
        if self._matcher.pointing and self._matcher.pointing != fingerprint(self._prompt):
            warnings.warn(
                f"the student of {o.folder} was trained with another visual prompt; its scores mean little "
                "unless --visual-prompt is the one of its training",
                stacklevel=2,
            )

    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        """The score is the part that the option ``text`` names. Parts, of which the second is missing where
        there is no rationale:

        - ``question-answer``: P(match) of question and answer alone;
        - ``whole``: of the rationale too.

        A statement that mentions a region which its scene lacks scores 0.
        """
        views: list[View] = []
        for picture, scene, said in zip(pictures, scenes, statements, strict=True):
            views += self._views(picture, scene, [s for s in said if not unjudged(s, scene, "itm")])
        m = self._matcher
        scored = score_pairs(m.net, m.tokenizer, views, match_logits(m.net), m.max_tokens, self.options.batch)
        odds = zip(log_odds(scored.values), scored.cut, strict=True) if views else iter(())
        return [
            [unjudged(s, scene, "itm") or self._judged(s, [next(odds) for _ in _texts(s)]) for s in said]
            for scene, said in zip(scenes, statements, strict=True)
        ]

    def _views(self, picture: Picture, scene: Scene, said: Sequence[Statement]) -> list[View]:
        """The texts of every statement on its drawing; statements that show the same regions share one."""
        o, drawn = self.options, dict[tuple[int, ...], Shown]()
        views = []
        for statement in said:
            order = shown_at_scoring(full_text(statement), scene, o.show, o.max_regions)
            if order not in drawn:
                drawn[order] = show(scene, picture, self._prompt, order, self._matcher.image_size)
            views += [drawn[order].view(text) for text in _texts(statement).values()]
        return views

    def _judged(self, statement: Statement, found: Sequence[tuple[float, bool]]) -> Judgement:
        o = self.options
        parts = {
            part: at_prior(odds, o.trained_prior, o.prior)
            for part, (odds, _) in zip(_texts(statement), found, strict=True)
        }
        cut = any(was for _, was in found)
        return Judgement(
            statement.id,
            parts.get(o.text, parts["question-answer"]),
            "itm",
            parts,
            f"read to its first {self._matcher.max_tokens} tokens" if cut else "",
        )


def _texts(statement: Statement) -> dict[str, str]:
    """What is read of a statement, by the part that it makes."""
    texts = {"question-answer": compose(statement.question, statement.answer)}
    if statement.rationale.strip():
        texts["whole"] = full_text(statement)
    return texts


def _matcher(options: ItmOptions, device: str) -> Matcher:
    """The student of the folder, or the base model with a fresh look at whether it can see.

    Raises:
        WeightsMissing: the base cannot be had.
        LskdError: the folder's student is damaged, or the base is blind.
    """
    if options.folder:
        net, tokenizer, facts = checkpoint.load(Path(options.folder), checkpoint.STUDENT)
        made = Matcher(
            net, tokenizer, int(facts["image_size"]), int(facts["max_tokens"]), str(facts["pointing"])
        )
    else:
        base, words = pretrained(Blip2Itm, options.base, "itm.base")
        check_sight(base, options.image_size, options.base, "itm.base")
        made = Matcher(base, words, options.image_size, options.max_tokens)
    made.net.to(torch.device(device)).eval()
    made.net.vision_model.to(TYPES[options.dtype])
    return made
