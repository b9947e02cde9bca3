"""The critic ``blip2``: BLIP-2's first stage learns from labels what people accept. ``text-only`` is the same
with its eyes shut: what it can do, the words give away."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch.nn import functional
from transformers import PreTrainedTokenizerBase

from lskd_toolkit import Context, Example, Judgement, Labelled, Picture, Scene, Statement, UsageError

from .. import checkpoint
from ..data.album import Album
from ..data.fingerprint import fingerprint
from ..data.split import hold_out
from ..data.tokens import tokenize
from ..data.views import Recipe, Shown, View, full_text, show, shown_at_scoring, usable
from ..data.words import build
from ..nets.blip2_critic import ACCEPT, Blip2Critic
from ..nets.config import tiny
from ..nets.pretrained import pretrained
from ..nets.sight import check_sight
from ..options_critics import Blip2CriticOptions
from ..released.critic import adopt_released
from ..training.critic_loop import CriticPlan, deal_evenly, fit_critic
from ..training.critic_losses import two_sided
from ..training.loop import seeded
from .lacking import unjudged
from .lessons import blank, check_lessons, priors_of, targets_of
from .pairs import Head, score_pairs
from .priors import at_prior

METRICS = "metrics.jsonl"
"""One JSON line every few steps: step, the loss and its parts, the rate."""


class Blip2CriticPart:
    """Trains and judges. See `lskd_toolkit.protocols.TrainableCritic` for the contract."""

    name = "blip2"
    blind = False

    def __init__(self, options: Blip2CriticOptions | None, ctx: Context):
        self._options = options or Blip2CriticOptions()
        self._device, self._seed = ctx.device, ctx.seed
        self._prompt = ctx.part("visual_prompt")
        self._held: tuple[Blip2Critic, PreTrainedTokenizerBase, dict[str, Any]] | None = None
        folder = self._options.folder
        if folder:
            key = self._options.key()["folder"]
            self._held = ctx.model(
                f"transformers/{self.name}/{key}", lambda: _loaded(Path(folder), ctx.device)
            )
            if not self.blind and self._held[2]["pointing"] != fingerprint(self._prompt):
                warnings.warn(
                    f"the critic of {folder} was trained with another visual prompt; its scores mean little "
                    "unless --visual-prompt is the one of its training",
                    stacklevel=2,
                )

    # --- training ---------------------------------------------------------------------------------

    def train(
        self,
        labelled: Sequence[Labelled],
        picture: Callable[[Scene], Picture],
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Mapping[str, float]:
        """Learn from the labels and save under ``folder/model``; ``folder/metrics.jsonl`` has the course.

        The metrics: ``steps`` and the ``step_kept``, ``statements`` trained on and ``statements_held_out``
        to choose the step, ``statements_unusable`` (they mention a region that their scene lacks),
        ``texts_cut``, ``prior_trained`` and ``prior_natural`` (shares to accept), ``loss_first`` and
        ``loss_last`` (means over a tenth of the steps), ``loss_held_out``.

        Raises:
            LskdError: there is nothing to learn.
            WeightsMissing: the base model cannot be had.
        """
        options, preset = self._options, self._options.preset
        kept = [each for each in labelled if usable(Example(each.scene, each.statement))]
        targets = targets_of(kept, options.soft)
        check_lessons(kept, targets.accept.tolist(), "that can be shown")
        identities = [each.scene.image.sha256 for each in kept]
        aside = hold_out(identities, options.validation, self._seed)
        seen = [at for at, image in enumerate(identities) if image not in aside]
        unseen = [at for at, image in enumerate(identities) if image in aside]
        accept = targets.accept[seen].tolist()
        check_lessons([kept[at] for at in seen], accept, "beside those held out to choose the best step")
        priors = priors_of([kept[at] for at in seen], accept, options.balance)
        album = Album(
            [Example(each.scene, each.statement) for each in kept], picture, self._prompt,
            Recipe(preset.image_size, 1.0, options.mentioned_only, options.max_regions),
            preset.variants, self._seed,
        )  # fmt: skip
        shut: Callable[[View], View] = blank if self.blind else lambda view: view
        plan = CriticPlan(
            preset.steps, preset.rate, preset.floor, preset.warmup, options.weight_decay, options.max_tokens,
            preset.freeze_eye, options.answer, options.rationale, options.log_every,
        )  # fmt: skip
        with seeded(self._seed, self._device), (folder / METRICS).open("w", encoding="utf-8") as log:

            def report(step: int, metrics: Mapping[str, float]) -> None:
                log.write(json.dumps({"step": step, **metrics}) + "\n")
                log.flush()
                progress(step, plan.steps, metrics)

            model, tokenizer = self._begin([full_text(kept[at].statement) for at in seen])
            plain = [shut(album.plain(at)) for at in unseen]

            def missed() -> float | None:
                if not plain:
                    return None
                logits = score_pairs(
                    model, tokenizer, plain, _head(model), options.max_tokens, options.score_batch
                ).values[:, :2]
                return float(functional.cross_entropy(logits, two_sided(targets.accept[unseen])))

            losses, step_kept = fit_critic(
                model, tokenizer, _dealt(seen, accept, preset.batch, options.balance, self._seed),
                lambda at: shut(album.next(at)), targets, missed, plan, report,
            )  # fmt: skip
            last = missed()
        facts = {
            "image_size": preset.image_size, "max_tokens": options.max_tokens, "blind": self.blind,
            "pointing": fingerprint(self._prompt),
            "prior_trained": priors.trained, "prior_natural": priors.natural,
        }  # fmt: skip
        self._held = (model, tokenizer, facts)
        tenth = max(1, plan.steps // 10)
        texts = [full_text(each.statement).lower() for each in kept]
        metrics = {
            "steps": plan.steps, "step_kept": step_kept,
            "statements": len(seen), "statements_held_out": len(unseen),
            "statements_unusable": len(labelled) - len(kept),
            "texts_cut": tokenize(tokenizer, texts, options.max_tokens).cut,
            "prior_trained": priors.trained, "prior_natural": priors.natural,
            "loss_first": sum(losses[:tenth]) / tenth, "loss_last": sum(losses[-tenth:]) / tenth,
            **({} if last is None else {"loss_held_out": last}),
        }  # fmt: skip
        checkpoint.save(folder, model, tokenizer, {**facts, "metrics": metrics}, checkpoint.CRITIC)
        return metrics

    def _begin(self, texts: Sequence[str]) -> tuple[Blip2Critic, PreTrainedTokenizerBase]:
        """The net and the tokenizer that training starts from."""
        options, image_size = self._options, self._options.preset.image_size
        tokenizer: PreTrainedTokenizerBase
        if options.size == "tiny":
            tokenizer = build(texts, options.vocabulary)
            model = Blip2Critic(tiny(len(tokenizer), image_size, options.max_tokens))
            name = "the tiny critic"
        else:
            name = options.base
            model, tokenizer = pretrained(Blip2Critic, name, f"{self.name}.base")
        model.to(self._device)
        check_sight(model, image_size, name, f"{self.name}.base")
        return model, tokenizer

    def adopt(self, checkpoint: Path, folder: Path, prior: float) -> Mapping[str, float]:
        """Make of the released critic's checkpoint one of ours. See `adopt_released`.

        Raises:
            UsageError: the checkpoint is refused.
            WeightsMissing: the base model cannot be had.
        """
        if self.blind:
            raise UsageError("the released critic looks at the picture; import it with: --critic blip2")
        return adopt_released(checkpoint, folder, self._options, self._prompt, prior)

    # --- judging ----------------------------------------------------------------------------------

    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        """The score is P(accept) at the share of acceptable statements among what the labels were drawn from.
        Parts ``answer`` and ``rationale``: the share of annotators expected to call each right.

        A statement is read whole and shown with the regions that it mentions, however many. One that
        mentions a region which its scene lacks scores 0.

        Raises:
            UsageError: the critic was not trained.
        """
        if self._held is None:
            raise UsageError(
                f"the critic {self.name!r} has not been trained: lskd critic train RUN --critic {self.name} "
                "--out critics/mine, then --critic critics/mine"
            )
        model, tokenizer, facts = self._held
        views: list[View] = []
        for picture, scene, said in zip(pictures, scenes, statements, strict=True):
            views += self._views(picture, scene, [s for s in said if not unjudged(s, scene, self.name)])
        scored = score_pairs(
            model, tokenizer, views, _head(model), int(facts["max_tokens"]), self._options.score_batch
        )
        rows = zip(scored.values.tolist(), scored.cut, strict=True) if views else iter(())
        return [
            [unjudged(s, scene, self.name) or self._judged(s, *next(rows), facts) for s in said]
            for scene, said in zip(scenes, statements, strict=True)
        ]

    def _views(self, picture: Picture, scene: Scene, said: Sequence[Statement]) -> list[View]:
        """Every statement on its drawing; statements that mention the same regions share one."""
        assert self._held is not None
        drawn: dict[tuple[int, ...], Shown] = {}
        views = []
        for statement in said:
            text = full_text(statement)
            order = shown_at_scoring(text, scene, "mentioned", self._options.max_regions)
            if order not in drawn:
                drawn[order] = show(scene, picture, self._prompt, order, int(self._held[2]["image_size"]))
            view = drawn[order].view(text)
            views.append(blank(view) if self.blind else view)
        return views

    def _judged(
        self, statement: Statement, row: Sequence[float], cut: bool, facts: Mapping[str, Any]
    ) -> Judgement:
        odds = row[ACCEPT] - row[1 - ACCEPT]
        return Judgement(
            statement.id,
            at_prior(odds, facts["prior_trained"], facts["prior_natural"]),
            self.name,
            {"answer": float(np.clip(row[2], 0, 1)), "rationale": float(np.clip(row[3], 0, 1))},
            f"read to its first {facts['max_tokens']} tokens" if cut else "",
        )


class TextOnlyCritic(Blip2CriticPart):
    """`Blip2CriticPart` that is shown grey in training and in judging alike."""

    name = "text-only"
    blind = True


def _head(model: Blip2Critic) -> Head:
    """All that the critic says, ``(B, 4)``: two logits, answer, rationale."""
    return lambda states: model.opinion(states).stacked()


def _dealt(seen: Sequence[int], accept: Sequence[float], batch: int, balance: bool, seed: int) -> Any:
    return ([seen[at] for at in some] for some in deal_evenly(accept, batch, balance, seed))


def _loaded(folder: Path, device: str) -> tuple[Blip2Critic, PreTrainedTokenizerBase, dict[str, Any]]:
    model, tokenizer, facts = checkpoint.load(folder, checkpoint.CRITIC)
    model.to(device)  # type: ignore[arg-type]
    return model, tokenizer, facts
