"""Make ``released_critic.json``: what the original critic says with small weights that a formula gives.

    python make_released_critic.py ORIGINAL > released_critic.json

ORIGINAL is a checkout of github.com/jamespark3922/localized-skd (the file was made at bc29769), whose classes
are imported and run as they are: `Blip2Critic`, the Q-Former, the EVA eye and the interpolation of its
positions. It needs Python 3.11 with torch, transformers 4.30.2, omegaconf and numpy below 2.
What the original imports but does not need here (helpers of timm, downloads, logging, the CLIP eye) is a
placeholder; sizes, tokenizer and weights are ours.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import sys
import types
from functools import partial
from pathlib import Path

import torch
import transformers  # noqa: F401  looks for the real timm, so before its placeholder
from formula import images, texts, weight

SIZES = {
    "image": 72, "patch": 14, "base_grid": 3, "eye_width": 44, "eye_layers": 3, "eye_heads": 4,
    "eye_mlp_ratio": 4.3637, "width": 32, "layers": 4, "heads": 4, "inner": 64, "queries": 6,
    "cross_attention_every": 2, "vocabulary": 61, "positions": 32, "longest": 16,
}  # fmt: skip
"""72 pixels are not a whole number of patches, and the eye's positions come as 3 x 3 and are needed as 5 x 5:
as in the original, where they are 480 pixels, 16 x 16 and 34 x 34."""
LENGTHS = [5, 16, 9]
GAINS = [1.0, 0.03]
"""Of the eye's weights alone: what it gives is then so small that the norm after it shows its epsilon."""


def original(root: Path) -> types.SimpleNamespace:
    """The original's own modules."""

    def placeholder(name: str, **symbols: object) -> None:
        module = types.ModuleType(name)
        module.__dict__.update(symbols)
        sys.modules[name] = module

    def package(name: str) -> None:
        module = types.ModuleType(name)
        module.__path__ = [str(root / name.replace(".", "/"))]
        sys.modules[name] = module

    def unused(*_: object, **__: object) -> None:
        raise AssertionError("not needed with weights from a formula")

    for name in (
        "lavis",
        "lavis.common",
        "lavis.models",
        "lavis.models.blip2_models",
        "lavis.models.blip_models",
    ):
        package(name)
    placeholder("timm")
    placeholder("timm.models")
    placeholder(
        "timm.models.layers",
        drop_path=unused, to_2tuple=lambda x: (x, x), trunc_normal_=torch.nn.init.trunc_normal_,
    )  # fmt: skip
    placeholder("timm.models.registry", register_model=lambda made: made)
    placeholder(
        "lavis.common.dist_utils", download_cached_file=unused, is_dist_avail_and_initialized=lambda: False
    )
    placeholder("lavis.common.utils", is_url=unused, get_abs_path=unused)
    placeholder("lavis.common.logger", MetricLogger=None)
    placeholder("lavis.models.clip_vit", create_clip_vit_L=unused)
    sys.path.insert(0, str(root))
    base = importlib.import_module("lavis.models.base_model")
    sys.modules["lavis.models"].BaseModel = base.BaseModel
    return types.SimpleNamespace(
        critic=importlib.import_module("lavis.models.blip2_models.blip2_critic").Blip2Critic,
        blip2=importlib.import_module("lavis.models.blip2_models.blip2"),
        former=importlib.import_module("lavis.models.blip2_models.Qformer"),
        eye=importlib.import_module("lavis.models.eva_vit"),
    )


class Words:
    """A tokenizer that has made up its mind: whatever it is asked, the texts of the formula."""

    def __init__(self) -> None:
        self.input_ids, self.attention_mask = map(
            torch.from_numpy, texts(LENGTHS, SIZES["longest"], SIZES["vocabulary"])
        )

    def __len__(self) -> int:
        return SIZES["vocabulary"]

    def __call__(self, *_: object, **__: object) -> Words:
        return self

    def to(self, _: object) -> Words:
        return self


def small(theirs: types.SimpleNamespace) -> torch.nn.Module:
    """The original critic at our sizes, its eye frozen as when it was trained."""

    class Small(theirs.critic):
        @classmethod
        def init_tokenizer(cls, truncation_side="right"):
            return Words()

        @classmethod
        def init_Qformer(cls, num_query_token, vision_width, cross_attention_freq=2):  # noqa: N802
            config = theirs.former.BertConfig(
                vocab_size=SIZES["vocabulary"], hidden_size=SIZES["width"], num_hidden_layers=SIZES["layers"],
                num_attention_heads=SIZES["heads"], intermediate_size=SIZES["inner"],
                max_position_embeddings=SIZES["positions"],
            )  # fmt: skip
            config.encoder_width = vision_width
            config.add_cross_attention = True
            config.cross_attention_freq = cross_attention_freq
            config.query_length = num_query_token
            queries = torch.nn.Parameter(torch.zeros(1, num_query_token, config.hidden_size))
            return theirs.former.BertLMHeadModel(config), queries

        def init_vision_encoder(self, model_name, img_size, drop_path_rate, use_grad_checkpoint, precision):
            eye = theirs.eye.VisionTransformer(
                img_size=img_size, patch_size=SIZES["patch"], use_mean_pooling=False,
                embed_dim=SIZES["eye_width"], depth=SIZES["eye_layers"], num_heads=SIZES["eye_heads"],
                mlp_ratio=SIZES["eye_mlp_ratio"], qkv_bias=True,
                norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            )  # fmt: skip
            return eye, theirs.blip2.LayerNorm(eye.num_features)

    return Small(
        img_size=SIZES["image"], vit_precision="fp32", num_query_token=SIZES["queries"],
        cross_attention_freq=SIZES["cross_attention_every"], max_txt_len=SIZES["longest"],
    )  # fmt: skip


def saved_names(model: torch.nn.Module) -> list[str]:
    """Names in a checkpoint by the rule of the original's runner: all but the parameters that were frozen."""
    frozen = {name for name, each in model.named_parameters() if not each.requires_grad}
    return [name for name in model.state_dict() if name not in frozen]


@torch.no_grad()
def fill(model: torch.nn.Module, theirs: types.SimpleNamespace, gain: float) -> dict[str, list[int]]:
    """Give what is saved, and the eye, the weights of the formula. Shapes by name, of the eye as it is before
    its positions are interpolated."""
    state, shapes = model.state_dict(), {}
    names = [*saved_names(model), *(name for name in state if name.startswith("visual_encoder."))]
    for name in names:
        shape = tuple(state[name].shape)
        if state[name].is_floating_point():
            if name == "visual_encoder.pos_embed":
                shape = (1, 1 + SIZES["base_grid"] ** 2, SIZES["eye_width"])
                given = {"pos_embed": torch.from_numpy(weight(name, shape, gain))}
                theirs.eye.interpolate_pos_embed(model.visual_encoder, given)
                state[name].copy_(given["pos_embed"])
            else:
                of_eye = name.startswith("visual_encoder.")
                state[name].copy_(torch.from_numpy(weight(name, shape, gain if of_eye else 1.0)))
        shapes[name] = list(shape)
    return shapes


@torch.no_grad()
def said(model: torch.nn.Module) -> dict[str, object]:
    """The critic's prediction as its own ``predict`` gives it, and what its three heads were given to say."""
    outputs: dict[str, torch.Tensor] = {}
    for name in ("itm_head", "qa_head", "r_head"):
        head = getattr(model, name)
        head.register_forward_hook(lambda _m, _i, out, name=name: outputs.__setitem__(name, out))
    pixels = torch.from_numpy(images(len(LENGTHS), SIZES["image"]))
    labels = torch.zeros(len(LENGTHS))
    asked = {"image": pixels, "text_input": [""] * len(LENGTHS), "label": labels.long(),
             "qa_label": labels, "r_label": labels}  # fmt: skip
    prediction = model.forward(asked, is_train=True)["prediction"]
    heads = {name: made.mean(dim=1).squeeze(-1).tolist() for name, made in outputs.items()}
    return {"prediction": prediction.tolist(), **heads}


def main() -> None:
    theirs = original(Path(sys.argv[1]).resolve())
    cases = []
    with contextlib.redirect_stdout(sys.stderr):  # the original tells of its interpolation
        for gain in GAINS:
            model = small(theirs).eval()
            shapes = fill(model, theirs, gain)
            cases.append({"gain": gain, **said(model)})
    saved = saved_names(model)
    told = {
        "original": "github.com/jamespark3922/localized-skd, lavis/models/blip2_models/blip2_critic.py",
        "torch": torch.__version__, "sizes": SIZES, "lengths": LENGTHS, "cases": cases,
        "saved": {name: shapes[name] for name in saved},
        "eye": {name: shape for name, shape in shapes.items() if name not in saved},
    }  # fmt: skip
    lines = json.dumps(told, indent=1)
    # One line for each innermost list.
    print(re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", lines))


if __name__ == "__main__":
    main()
