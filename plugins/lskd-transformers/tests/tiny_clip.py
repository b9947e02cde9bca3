"""CLIP and its kin at tiny size, with processors of the library's own classes.

python plugins/lskd-transformers/tests/tiny_clip.py clip FOLDER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers as hf
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast
from transformers.models.chinese_clip.image_processing_pil_chinese_clip import ChineseCLIPImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

SIDE = 32
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,'-"
WORDS = {"vocab_size": 80, "max_position_embeddings": 64, "eos_token_id": 1, "bos_token_id": 2,
         "pad_token_id": 0}  # fmt: skip
TOWER = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}


def tokenizer() -> PreTrainedTokenizerFast:
    """Letters for tokens, so that no two labels are one text."""
    vocabulary = {token: at for at, token in enumerate(["<pad>", "</s>", "<s>", "<unk>", *LETTERS])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", bos_token="<s>", unk_token="<unk>",
        model_max_length=64,
    )  # fmt: skip


def clip(folder: Path) -> Path:
    """A CLIP."""
    torch.manual_seed(1)
    net = hf.CLIPModel(
        hf.CLIPConfig(
            text_config={**TOWER, **WORDS},
            vision_config={**TOWER, "image_size": SIDE, "patch_size": 8},
            projection_dim=24,
        )
    )
    side = {"height": SIDE, "width": SIDE}
    images = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=side)
    _saved(net, hf.CLIPProcessor(images, tokenizer()), folder)
    return folder


def siglip(folder: Path) -> Path:
    """A SigLIP."""
    torch.manual_seed(2)
    net = hf.SiglipModel(
        hf.SiglipConfig(
            text_config={**TOWER, **WORDS}, vision_config={**TOWER, "image_size": SIDE, "patch_size": 8}
        )
    )
    torch.nn.init.constant_(net.logit_bias, -1.0)
    torch.nn.init.constant_(net.logit_scale, 2.0)
    images = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    _saved(net, hf.SiglipProcessor(images, tokenizer()), folder)
    return folder


def siglip2(folder: Path) -> Path:
    """A SigLIP 2 that looks at pictures in their own proportions."""
    torch.manual_seed(3)
    net = hf.Siglip2Model(
        hf.Siglip2Config(
            text_config={**TOWER, **WORDS}, vision_config={**TOWER, "num_patches": 16, "patch_size": 8}
        )
    )
    torch.nn.init.constant_(net.logit_bias, -1.0)
    torch.nn.init.constant_(net.logit_scale, 2.0)
    images = Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    _saved(net, hf.Siglip2Processor(images, tokenizer()), folder)
    return folder


def altclip(folder: Path) -> Path:
    """An AltCLIP."""
    torch.manual_seed(4)
    net = hf.AltCLIPModel(
        hf.AltCLIPConfig(
            text_config={**TOWER, **WORDS, "max_position_embeddings": 67, "project_dim": 24},
            vision_config={**TOWER, "image_size": SIDE, "patch_size": 8},
            projection_dim=24,
        )
    )
    side = {"height": SIDE, "width": SIDE}
    images = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=side)
    _saved(net, hf.AltCLIPProcessor(images, tokenizer()), folder)
    return folder


def chinese_clip(folder: Path) -> Path:
    """A Chinese CLIP."""
    torch.manual_seed(5)
    net = hf.ChineseCLIPModel(
        hf.ChineseCLIPConfig(
            text_config={**TOWER, **WORDS},
            vision_config={**TOWER, "image_size": SIDE, "patch_size": 8},
            projection_dim=24,
        )
    )
    side = {"height": SIDE, "width": SIDE}
    images = ChineseCLIPImageProcessorPil(size=side, crop_size=side, do_center_crop=False)
    _saved(net, hf.ChineseCLIPProcessor(images, tokenizer()), folder)
    return folder


def _saved(net, processor, folder: Path) -> None:
    for module in net.modules():  # at its usual size what is seen would make no difference
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight, std=0.25)
    folder.mkdir(parents=True, exist_ok=True)
    net.eval().save_pretrained(folder, safe_serialization=True)
    processor.save_pretrained(folder)


if __name__ == "__main__":
    print(globals()[sys.argv[1]](Path(sys.argv[2])))
