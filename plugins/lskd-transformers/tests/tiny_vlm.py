"""Real architectures at tiny size, with processors of the library's own classes.

    python plugins/lskd-transformers/tests/tiny_vlm.py blip2 FOLDER

writes a model whose words mean nothing, for trying what needs one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

LINES = """a photo of the picture image question answer short write description for what is in marked
red blue dog cat person cup table left right : . ? yes no two"""
WORDS = LINES.split()
SIDE = 28
VISION = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
          "image_size": SIDE, "patch_size": 14}  # fmt: skip
QFORMER = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
           "encoder_hidden_size": 32, "cross_attention_frequency": 1, "vocab_size": 80}  # fmt: skip


def tokenizer(extra: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """Words for tokens, split at spaces."""
    special = ["<pad>", "</s>", "<s>", "<unk>", "<image>", *extra]
    vocabulary = {word: at for at, word in enumerate([*special, *WORDS])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", bos_token="<s>", unk_token="<unk>",
        additional_special_tokens=["<image>", *extra], clean_up_tokenization_spaces=False,
    )  # fmt: skip


def opt() -> hf.OPTConfig:
    return hf.OPTConfig(
        vocab_size=80, hidden_size=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=2,
        word_embed_proj_dim=32, max_position_embeddings=160, pad_token_id=0, eos_token_id=1, bos_token_id=2,
        dropout=0.0, init_std=0.6,
    )  # fmt: skip


def t5() -> hf.T5Config:
    return hf.T5Config(
        vocab_size=80, d_model=32, d_kv=16, d_ff=48, num_layers=2, num_heads=2, pad_token_id=0,
        eos_token_id=1, decoder_start_token_id=0, dropout_rate=0.0, initializer_factor=3.0,
    )  # fmt: skip


def images() -> BlipImageProcessorPil:
    return BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})


def blip2(folder: Path, language: str = "opt") -> Path:
    """A BLIP-2 over OPT or T5."""
    torch.manual_seed(3)
    config = hf.Blip2Config(
        vision_config=VISION, qformer_config=QFORMER,
        text_config=(opt() if language == "opt" else t5()).to_dict(), num_query_tokens=4, image_token_index=4,
    )  # fmt: skip
    net = hf.Blip2ForConditionalGeneration(config)
    torch.nn.init.normal_(net.query_tokens)
    for module in net.modules():  # at its usual size what is seen would make no difference
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=0.25)
    _saved(net, hf.Blip2Processor(images(), tokenizer(), num_query_tokens=4), folder)
    return folder


def instructblip(folder: Path) -> Path:
    """An InstructBLIP over T5."""
    torch.manual_seed(4)
    config = hf.InstructBlipConfig(
        vision_config=VISION, qformer_config=QFORMER, text_config=t5().to_dict(), num_query_tokens=4,
        image_token_index=4,
    )  # fmt: skip
    net = hf.InstructBlipForConditionalGeneration(config)
    torch.nn.init.normal_(net.query_tokens)
    for module in net.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=0.25)
    processor = hf.InstructBlipProcessor(images(), tokenizer(), tokenizer(), num_query_tokens=4)
    _saved(net, processor, folder)
    return folder


def _saved(net, processor, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    net.eval().save_pretrained(folder, safe_serialization=True)
    processor.save_pretrained(folder)


if __name__ == "__main__":
    print(globals()[sys.argv[1]](Path(sys.argv[2])))
