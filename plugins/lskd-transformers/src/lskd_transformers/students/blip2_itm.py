"""The student ``blip2-itm``: BLIP-2's Q-Former matches statements with pointed-at images."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from lskd_toolkit import Context, Example, LskdError, Picture, Scene

from .. import checkpoint
from ..data.album import Album
from ..data.deal import deal
from ..data.fingerprint import fingerprint
from ..data.split import hold_out
from ..data.tokens import tokenize
from ..data.views import Recipe, Shown, View, full_text, show, shown_at_scoring, usable
from ..data.words import build
from ..nets.blip2_itm import Blip2Itm
from ..nets.config import tiny
from ..nets.pretrained import pretrained
from ..nets.sight import check_sight
from ..options import Blip2ItmOptions
from ..training.loop import Plan, fit, seeded
from ..training.losses import Weights
from ..training.measure import fitness, pair_accuracy

METRICS = "metrics.jsonl"
"""One JSON line every few steps: step, loss and its parts, accuracy of the matching decisions, rate."""


class Blip2ItmStudent:
    """Trains, saves, reloads and scores. See `lskd_toolkit.components.Student` for the contract."""

    def __init__(self, options: Blip2ItmOptions | None, ctx: Context):
        self._options = options or Blip2ItmOptions()
        self._device, self._seed = ctx.device, ctx.seed
        self._prompt = ctx.part("visual_prompt")
        self._model: Blip2Itm | None = None
        self._tokenizer: PreTrainedTokenizerBase | None = None
        self._facts: dict[str, Any] = {}

    # --- training ---------------------------------------------------------------------------------

    def train(
        self,
        examples: Sequence[Example],
        picture: Callable[[Scene], Picture],
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Mapping[str, float]:
        """Train on the examples and save under ``folder/model``; ``folder/metrics.jsonl`` has the course.

        The metrics: ``steps``, ``examples`` trained on, ``examples_held_out`` and ``images`` of both,
        ``examples_unusable`` (they mention a region that their scene lacks), ``texts_cut`` (longer than
        ``max_tokens``), ``loss_first`` and ``loss_last`` (means over the first and last tenth of the
        steps), ``itm_accuracy`` and ``itm_accuracy_held_out``: how often an image's statement scores above
        one of another image, chance 0.5.

        Raises:
            LskdError: the usable statements are on fewer than two images.
            WeightsMissing: the base model cannot be had.
        """
        options, preset = self._options, self._options.preset
        kept = [example for example in examples if usable(example)]
        identities = [example.scene.image.sha256 for example in kept]
        if len(set(identities)) < 2:
            raise LskdError(
                f"a student needs statements on two images or more, there are {len(kept)} on "
                f"{len(set(identities))}; run on more images or lower the --threshold"
            )
        aside = hold_out(identities, options.validation, self._seed)
        seen = [index for index, image in enumerate(identities) if image not in aside]
        recipe = Recipe(
            preset.image_size, options.with_rationale, options.mentioned_only, options.max_regions
        )
        album = Album(kept, picture, self._prompt, recipe, preset.variants, self._seed)
        steps = preset.steps
        if options.epochs is not None:
            steps = math.ceil(options.epochs * len(seen) / preset.batch)
        plan = Plan(
            steps, preset.rate, preset.floor, preset.warmup, options.weight_decay, options.max_tokens,
            preset.freeze_eye,
            Weights(options.contrast, options.matching, options.language, options.smoothing),
            options.log_every,
        )  # fmt: skip

        folder.mkdir(parents=True, exist_ok=True)
        with seeded(self._seed, self._device), (folder / METRICS).open("w", encoding="utf-8") as log:

            def report(step: int, metrics: Mapping[str, float]) -> None:
                log.write(json.dumps({"step": step, **metrics}) + "\n")
                log.flush()
                progress(step, steps, metrics)

            model, tokenizer = self._begin([kept[index] for index in seen])
            trained_on = [identities[index] for index in seen]
            batches = ([seen[place] for place in b] for b in deal(trained_on, preset.batch, self._seed))
            losses = fit(model, tokenizer, batches, album.next, identities, plan, self._seed, report)
        self._model, self._tokenizer = model, tokenizer
        self._facts = {
            "image_size": preset.image_size,
            "max_tokens": options.max_tokens,
            "pointing": fingerprint(self._prompt),
        }

        tenth = max(1, steps // 10)
        metrics: dict[str, float] = {
            "steps": steps,
            "examples": len(seen),
            "examples_held_out": len(kept) - len(seen),
            "images": len(set(trained_on)),
            "images_held_out": len(aside),
            "examples_unusable": len(examples) - len(kept),
            "texts_cut": _cut(tokenizer, kept, options.max_tokens),
            "loss_first": sum(losses[:tenth]) / tenth,
            "loss_last": sum(losses[-tenth:]) / tenth,
        }
        for name, chosen in (
            ("itm_accuracy", seen),
            ("itm_accuracy_held_out", [i for i, image in enumerate(identities) if image in aside]),
        ):
            accuracy = pair_accuracy(chosen, identities, album.plain, self._fitness, self._seed)
            if accuracy is not None:
                metrics[name] = accuracy
        checkpoint.save(folder, model, tokenizer, {**self._facts, "metrics": metrics}, checkpoint.STUDENT)
        return metrics

    def _begin(self, examples: Sequence[Example]) -> tuple[Blip2Itm, PreTrainedTokenizerBase]:
        """The net and the tokenizer that training starts from."""
        options, image_size = self._options, self._options.preset.image_size
        tokenizer: PreTrainedTokenizerBase
        if options.size == "tiny":
            tokenizer = build((full_text(example.statement) for example in examples), options.vocabulary)
            model, name = Blip2Itm(tiny(len(tokenizer), image_size, options.max_tokens)), "the tiny student"
        else:
            model, tokenizer = pretrained(Blip2Itm, options.base, "student.base")
            name = options.base
        if options.language and tokenizer.bos_token_id is None:
            raise LskdError(f"the tokenizer of {name} has no token to begin a text with; use language=0")
        model.to(self._device)
        check_sight(model, image_size, name)
        return model, tokenizer

    # --- scoring ----------------------------------------------------------------------------------

    def load(self, folder: Path) -> None:
        """Take up the student saved under ``folder``; size, side and token limit are what it was trained
        with, whatever the options say.

        Raises:
            LskdError: none is there, or it cannot be read.
        """
        model, self._tokenizer, self._facts = checkpoint.load(folder, checkpoint.STUDENT)
        self._model = model.to(self._device)
        if self._facts["pointing"] != fingerprint(self._prompt):
            warnings.warn(
                f"the student of {folder} was trained with another visual prompt; its scores mean little "
                "unless --visual-prompt is the one of its training",
                stacklevel=2,
            )

    def score(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        texts: Sequence[Sequence[str]],
    ) -> Sequence[Sequence[float]]:
        """The log-odds of a match for each text, any real number; higher fits better.

        A text reads ``question Answer: answer Rationale: rationale`` (`data.views.compose`) and mentions
        regions by their ids in the scene. Scores rank texts of one image; one in three training pairs was
        a match, so their sigmoid is no probability.

        Raises:
            LskdError: nothing was trained or loaded, or a text mentions a region that its scene lacks.
        """
        views: list[View] = []
        for picture, scene, some in zip(pictures, scenes, texts, strict=True):
            shown: dict[tuple[int, ...], Shown] = {}
            for text in some:
                order = shown_at_scoring(text, scene, self._options.show, self._options.max_regions)
                if order not in shown:
                    shown[order] = show(scene, picture, self._prompt, order, self._side())
                views.append(shown[order].view(text))
        scores = iter(self._fitness(views))
        return [[next(scores) for _ in some] for some in texts]

    def _side(self) -> int:
        if self._model is None:
            raise LskdError("this student holds no weights; call train(…) or load(folder) first")
        return int(self._facts["image_size"])

    def _fitness(self, views: Sequence[View]) -> list[float]:
        if self._model is None or self._tokenizer is None:
            raise LskdError("this student holds no weights; call train(…) or load(folder) first")
        batch = self._options.score_batch
        return fitness(self._model, self._tokenizer, views, int(self._facts["max_tokens"]), batch)


def _cut(tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], limit: int) -> int:
    """How many statements are longer than ``limit`` tokens with their rationale."""
    texts = [full_text(example.statement).lower() for example in examples]
    return sum(tokenize(tokenizer, texts[at : at + 256], limit).cut for at in range(0, len(texts), 256))


def _show() -> None:
    """``python -m lskd_transformers.students.blip2_itm``: half a minute of squares, then new ones."""
    import tempfile

    from lskd_toolkit import create

    from ..data.views import compose
    from ..squares import COLOURS, corpus, picture_of, scene_of

    pupil = create("student", "blip2-itm", steps=150, image_size=48, mentioned_only=1.0, with_rationale=0.0)
    with tempfile.TemporaryDirectory() as folder:
        metrics = pupil.component.train(
            corpus(40), picture_of, Path(folder),
            lambda step, of, now: print(f"step {step:3}/{of}  loss {now['loss']:.2f}", flush=True),
        )  # fmt: skip
    print({name: round(value, 2) for name, value in metrics.items()})
    scene = scene_of("red", "blue", name="not seen in training")
    for k, region in enumerate(scene.regions):
        texts = [compose(f"What colour is [{k}]?", f"[{k}] is {colour}.") for colour in COLOURS]
        scores = pupil.component.score([picture_of(scene)], [scene], [texts])[0]
        ranked = sorted(zip(scores, COLOURS, strict=True), reverse=True)
        print(f"[{k}] is {region.label}:", ", ".join(f"{colour} {score:+.1f}" for score, colour in ranked))


if __name__ == "__main__":
    _show()
