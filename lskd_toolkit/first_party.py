"""Which distribution of ours holds a part that is not installed: only names, for error messages."""

_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "lskd-embedded": {
        "source": ("samples",),
        "proposer": ("nanodet", "segments"),
        "verbalizer": ("objects", "colours", "relations", "scene-graph", "caption-composed", "text"),
        "backend": ("smollm",),
        "teacher": ("smollm",),
        "critic": ("grounding",),
    },
    "lskd-transformers": {"student": ("blip2-itm",), "depth": ("monocular",)},
    "lskd-yolo": {"proposer": ("yolo",)},
    "lskd-segment-anything": {"proposer": ("sam",), "refiner": ("sam",)},
    "lskd-datasets": {"source": ("huggingface",)},
    "lskd-anthropic": {"backend": ("claude",), "teacher": ("claude",)},
    "lskd-openai": {"backend": ("chatgpt",), "teacher": ("chatgpt",)},
    "lskd-langchain": {"backend": ("langchain",), "teacher": ("langchain",), "strategy": ("agent",)},
}

WHERE: dict[tuple[str, str], str] = {
    (kind, name): distribution
    for distribution, parts in _PARTS.items()
    for kind, names in parts.items()
    for name in names
}
