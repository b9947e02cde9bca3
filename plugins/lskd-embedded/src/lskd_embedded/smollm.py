"""The backend ``smollm``: SmolLM2-135M-Instruct on llama.cpp, inside this process.

The same request gives the same reply whatever was asked before, in whatever process and with however
many threads. That takes: one slot, no prompt cache (a cached prefix is computed in other batches than
a fresh one), no flash attention (on a CPU it splits the keys by thread), a seed in every request.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lskd_toolkit import ChatReply, ChatRequest, PluginError, weight_path

from .options_language import SmolLMOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context

WEIGHTS = "smollm2-135m.gguf"
MODEL = "smollm2-135m-instruct-q4_1"
WRITTEN_LIKE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""JSON as Python's ``json.dumps`` writes it: examples in a prompt look just so, and the model spends
no tokens on layout. Told to llguidance, which constrains the decoding, as a whole grammar: the
endpoint's ``response_format`` takes the same schema but lets the model play with white space."""


class SmolLM:
    """A chat backend without network, key or price."""

    endpoint = "xllamacpp"
    model = MODEL

    def __init__(self, options: SmolLMOptions | None, ctx: Context):
        self.options = options or SmolLMOptions()
        self.ctx = ctx
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="smollm")

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply to a request; the event loop stays free while it is computed.

        Raises:
            PluginError: the request holds pictures, or more tokens than the context.
        """
        return await asyncio.get_running_loop().run_in_executor(self.worker, self._reply, request)

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        """Nothing: it runs here."""
        return 0.0

    def _reply(self, request: ChatRequest) -> ChatReply:
        if any(message.sights for message in request.messages):
            raise PluginError("smollm sees no pictures; give it a text-only prompt, for example qar-small")
        options = self.options
        engine: Engine = self.ctx.model(
            f"smollm/{options.context}/{options.threads}/{options.debug}",
            lambda: Engine(weight_path(WEIGHTS), options.context, options.threads, options.debug),
        )
        return read(engine.ask(body(request)))


class Engine:
    """The native server with its one slot. ``ask`` blocks, and takes one request at a time."""

    def __init__(self, path: Path, context: int, threads: int, debug: bool = False):
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = context
        params.n_parallel = 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_gpu_layers = 0
        params.cache_prompt = False
        params.cache_ram_mib = 0
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.warmup = False
        params.verbosity = 3 if debug else 0
        # The library also listens on a port of 127.0.0.1. Nobody is told the key, so only this object asks.
        params.ui = params.endpoint_slots = False
        params.api_keys = [secrets.token_hex(16)]
        self._server = xllamacpp.Server(params)
        self._lock = threading.Lock()

    def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            return self._server.handle_chat_completions(dict(body))


def body(request: ChatRequest) -> dict[str, Any]:
    """The request in the words of llama.cpp's chat endpoint, which applies the model's own template.

    ``options`` of the request (``top_p``, ``min_p``, ``repeat_penalty``, …) go in first, so that they
    cannot undo what makes replies repeatable.
    """
    messages = [{"role": message.role, "content": message.text} for message in request.messages]
    if request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    asked = {
        **request.options,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": seed(request),
        "cache_prompt": False,
        "stream": False,
    }
    if request.stop:
        asked["stop"] = list(request.stop)
    if request.schema is not None:
        schema = {"x-guidance": WRITTEN_LIKE, **request.schema}
        asked["grammar"] = f"%llguidance {{}}\nstart: %json {json.dumps(schema)}\n"
    return asked


def seed(request: ChatRequest) -> int:
    """A seed in 32 bits from the request's own and the number of the draw: each draw another sample."""
    digest = hashlib.sha256(f"{request.seed}/{request.draw}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**32 - 1)  # the highest value means "random" to llama.cpp


def read(answer: Mapping[str, Any]) -> ChatReply:
    """llama.cpp's answer as a reply.

    Raises:
        PluginError: it answered with an error; says which, and what mends a full context.
    """
    if "error" in answer:
        error = answer["error"]
        mend = "; raise --set smollm.context=8192" if error.get("type") == "exceed_context_size_error" else ""
        raise PluginError(f"smollm: {error.get('message', error)}{mend}")
    choice, usage = answer["choices"][0], answer["usage"]
    return ChatReply(
        text=choice["message"]["content"] or "",
        status="cut" if choice["finish_reason"] == "length" else "ok",
        tokens_in=usage["prompt_tokens"],
        tokens_out=usage["completion_tokens"],
        usd=0.0,
        model=MODEL,
    )
