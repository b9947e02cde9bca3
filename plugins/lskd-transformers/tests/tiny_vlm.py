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


def tokenizer(extra: tuple[str, ...] = (), **more) -> PreTrainedTokenizerFast:
    """Words for tokens, split at spaces."""
    special = ["<pad>", "</s>", "<s>", "<unk>", "<image>", *extra]
    vocabulary = {word: at for at, word in enumerate([*special, *WORDS])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.decoder = decoders.Fuse()
    made.add_special_tokens(special)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", bos_token="<s>", unk_token="<unk>",
        additional_special_tokens=["<image>", *extra],
        **more, clean_up_tokenization_spaces=False,
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


CHAT = (
    "{% for m in messages %}{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}IMAGE {% else %}{{ c['text'] }} {% endif %}{% endfor %}{% endfor %}answer :"
)


def llama(**more) -> dict:
    """Settings of a language model in the manner of Llama."""
    return {"vocab_size": 80, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 512,
            "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, **more}  # fmt: skip


def llava(folder: Path) -> Path:
    """A LLaVA: CLIP's eyes, a Llama."""
    torch.manual_seed(5)
    config = hf.LlavaConfig(
        vision_config={"model_type": "clip_vision_model", **VISION},
        text_config={"model_type": "llama", **llama()}, image_token_index=4, image_seq_length=4,
        vision_feature_select_strategy="default", vision_feature_layer=-1,
    )  # fmt: skip
    processor = hf.LlavaProcessor(
        _clip_images(), tokenizer(), patch_size=14, vision_feature_select_strategy="default",
        num_additional_image_tokens=1, chat_template=CHAT.replace("IMAGE", "<image>"),
    )  # fmt: skip
    _saved(_loud(hf.LlavaForConditionalGeneration(config)), processor, folder)
    return folder


def idefics3(folder: Path) -> Path:
    """An Idefics 3, which SmolVLM is built like."""
    torch.manual_seed(6)
    marks = ("<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
    words = tokenizer(marks)
    config = hf.Idefics3Config(
        vision_config={**VISION, "image_size": 56}, text_config=llama(vocab_size=90, model_type="llama"),
        image_token_id=words.convert_tokens_to_ids("<image>"), scale_factor=2,
    )  # fmt: skip
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    seen = Idefics3ImageProcessorPil(
        size={"longest_edge": 56}, max_image_size={"longest_edge": 56}, do_image_splitting=False
    )
    processor = hf.Idefics3Processor(
        seen, words, image_seq_len=4, chat_template=CHAT.replace("IMAGE", "<image>")
    )
    _saved(_loud(hf.Idefics3ForConditionalGeneration(config)), processor, folder)
    return folder


def qwen2vl(folder: Path) -> Path:
    """A Qwen2-VL: pictures of any size, as many tokens as they need."""
    torch.manual_seed(7)
    marks = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
    words = tokenizer(marks)
    number = words.convert_tokens_to_ids
    turns = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e4}
    config = hf.Qwen2VLConfig(
        text_config=llama(vocab_size=90, rope_parameters=turns),
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2,
                       "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3},
        image_token_id=number(marks[0]), video_token_id=number(marks[1]),
        vision_start_token_id=number(marks[2]), vision_end_token_id=number(marks[3]),
    )  # fmt: skip
    from lskd_transformers.vlm.processors import NoVideos, blind_to_videos
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    seen = Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=56 * 56)
    template = CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    processor = blind_to_videos(hf.Qwen2VLProcessor)(seen, words, NoVideos(), chat_template=template)
    _saved(_loud(hf.Qwen2VLForConditionalGeneration(config)), processor, folder)
    return folder


def florence2(folder: Path) -> Path:
    """A Florence-2: DaViT's eyes, a BART, tokens for places."""
    torch.manual_seed(8)
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    places = tuple(f"<loc_{at}>" for at in range(1000))
    words = tokenizer(places, extra_special_tokens={"image_token": "<image>"})
    config = hf.Florence2Config(
        text_config={"model_type": "bart", "vocab_size": 1100, "d_model": 32, "encoder_layers": 2,
                     "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
                     "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 128,
                     "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, "decoder_start_token_id": 1,
                     "forced_eos_token_id": None, "dropout": 0.0},
        vision_config={"embed_dim": [16, 16, 32, 32], "depths": [1, 1, 1, 1], "num_heads": [2, 2, 2, 2],
                       "num_groups": [2, 2, 2, 2], "window_size": 4, "projection_dim": 32,
                       "drop_path_rate": 0.0},
        image_token_id=4,
    )  # fmt: skip
    seen = CLIPImageProcessorPil(
        size={"height": 64, "width": 64}, do_center_crop=False, crop_size={"height": 64, "width": 64}
    )
    seen.image_seq_length = 5
    processor = hf.Florence2Processor(seen, words, num_additional_image_tokens=0)
    net = _loud(hf.Florence2ForConditionalGeneration(config))
    with torch.no_grad():  # of a thousand places one would nearly always be said
        net.get_input_embeddings().weight[words.convert_tokens_to_ids(WORDS)] *= 3
    _saved(net, processor, folder)
    return folder


def kosmos2(folder: Path) -> Path:
    """A Kosmos-2: CLIP's eyes, a language model with tokens for patches."""
    torch.manual_seed(9)
    words = tokenizer(tuple(f"<seen_{at}>" for at in range(64)))
    processor = hf.Kosmos2Processor(_clip_images(), words)
    config = hf.Kosmos2Config(
        text_config={"vocab_size": 80 + 1100, "embed_dim": 32, "layers": 2, "ffn_dim": 48,
                     "attention_heads": 2, "max_position_embeddings": 256, "pad_token_id": 0,
                     "eos_token_id": 1, "bos_token_id": 2, "dropout": 0.0,
                     "attention_dropout": 0.0, "activation_dropout": 0.0},
        vision_config=VISION, latent_query_num=64,
    )  # fmt: skip
    _saved(_loud(hf.Kosmos2ForConditionalGeneration(config)), processor, folder)
    return folder


def _clip_images():
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    side = {"height": SIDE, "width": SIDE}
    return CLIPImageProcessorPil(size=side, crop_size=side, do_center_crop=False)


def _loud(net):
    """The net with weights so large that what it sees makes a difference."""
    for module in net.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d | torch.nn.Conv3d):
            torch.nn.init.normal_(module.weight, std=0.25)
    return net


def _saved(net, processor, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    net.eval().save_pretrained(folder, safe_serialization=True)
    processor.save_pretrained(folder)


if __name__ == "__main__":
    print(globals()[sys.argv[1]](Path(sys.argv[2])))
