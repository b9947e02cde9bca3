"""BLIP-2's first-stage net with everything its training needs."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from transformers import Blip2PreTrainedModel, Blip2QFormerModel, Blip2VisionModel
from transformers import initialization as init
from transformers.models.blip_2.modeling_blip_2 import Blip2TextEmbeddings

from .config import TEMPERATURE, Blip2ItmConfig
from .lm_head import LmHead, Predictions
from .masks import text_after_queries, text_alone, together
from .stem import ConvStem

MATCH = 1
"""Index of "fits" among the two outputs of the matching head, as in the original."""

LN_EPS = 1e-5
"""Epsilon of the norm between eye and Q-Former in the original; the library uses the eye's 1e-6, which
moves image features by 6e-4 where activations are small."""


class Blip2Itm(Blip2PreTrainedModel):
    """Eye, Q-Former and the heads of the three first-stage losses.

    Parameters carry the names of the library's `Blip2ForImageTextRetrieval`, so its checkpoints load;
    ``temp`` (the contrastive temperature) and ``cls`` (the language-modelling head), which that class
    lacks, are saved with the rest.

    ``Q`` queries, ``E`` the contrastive width, ``L`` visual tokens of width ``D``.
    """

    config: Blip2ItmConfig
    config_class = Blip2ItmConfig
    main_input_name = "pixel_values"
    _keep_in_fp32_modules = ["query_tokens", "qformer"]  # noqa: RUF012
    _supports_flash_attn = False

    def __init__(self, config: Blip2ItmConfig):
        super().__init__(config)
        former, width = config.qformer_config, config.qformer_config.hidden_size
        self.vision_model = Blip2VisionModel._from_config(config.vision_config)
        if config.stem == "conv":
            self.vision_model.embeddings.patch_embedding = ConvStem(config.vision_config.hidden_size)
        self.vision_model.post_layernorm.eps = LN_EPS
        self.query_tokens = nn.Parameter(torch.zeros(1, config.num_query_tokens, width))
        self.embeddings = Blip2TextEmbeddings(former)
        self.qformer = Blip2QFormerModel._from_config(former)
        self.vision_projection = nn.Linear(width, config.image_text_hidden_size)
        self.text_projection = nn.Linear(width, config.image_text_hidden_size)
        self.itm_head = nn.Linear(width, 2)
        self.temp = nn.Parameter(torch.tensor(TEMPERATURE))
        self.cls = LmHead(width, former.vocab_size, former.layer_norm_eps)
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, Blip2Itm):
            init.normal_(module.query_tokens, mean=0.0, std=module.config.query_spread)
            init.constant_(module.temp, TEMPERATURE)
        elif isinstance(module, Predictions):
            init.zeros_(module.bias)

    def get_input_embeddings(self) -> nn.Module:
        return self.embeddings.word_embeddings

    # --- the eye ----------------------------------------------------------------------------------

    def see(self, pixels: torch.Tensor) -> torch.Tensor:
        """``(B, 3, S, S)`` normalised pixels to ``(B, L, D)`` features.

        Positions are interpolated where ``S`` is not the size of the configuration.
        """
        features: torch.Tensor = self.vision_model(pixels, interpolate_pos_encoding=True).last_hidden_state
        return features

    # --- contrast ---------------------------------------------------------------------------------

    def embed_images(self, features: torch.Tensor) -> torch.Tensor:
        """``(B, L, D)`` features to ``(B, Q, E)``, each query of length 1."""
        states = self._qformer(self.query_tokens.expand(len(features), -1, -1), None, features)
        return functional.normalize(self.vision_projection(states), dim=-1)

    def embed_texts(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``(B, T)`` token ids and 0/1 mask to ``(B, E)`` of length 1: the first token's embedding."""
        words = self.embeddings(input_ids=ids)
        states = self.qformer(query_embeds=words, query_length=0, attention_mask=text_alone(mask))
        return functional.normalize(self.text_projection(states.last_hidden_state[:, 0]), dim=-1)

    @property
    def temperature(self) -> torch.Tensor:
        """The contrastive temperature, kept from zero."""
        return self.temp.clamp(min=0.01)

    # --- matching ---------------------------------------------------------------------------------

    def match(self, features: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``(B, L, D)`` features and ``(B, T)`` texts to ``(B, 2)`` logits, the mean over the queries."""
        logits: torch.Tensor = self.itm_head(self.match_states(features, ids, mask)).mean(dim=1)
        return logits

    def match_states(self, features: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The queries' states ``(B, Q, width)`` in the matching pass, from which heads are read."""
        queries = self.query_tokens.expand(len(features), -1, -1)
        words = self.embeddings(input_ids=ids, query_embeds=queries)
        states = self._qformer(words, together(mask, queries.shape[1]), features)
        return states[:, : queries.shape[1]]

    # --- language modelling -----------------------------------------------------------------------

    def continue_text(self, features: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``(B, L, D)`` features and ``(B, T)`` texts to ``(B, T, V)`` logits of each next token."""
        queries = self.query_tokens.expand(len(features), -1, -1)
        words = self.embeddings(input_ids=ids, query_embeds=queries)
        states = self._qformer(words, text_after_queries(mask, queries.shape[1]), features)
        logits: torch.Tensor = self.cls(states[:, queries.shape[1] :], self.embeddings.word_embeddings.weight)
        return logits

    def _qformer(
        self, words: torch.Tensor, mask: torch.Tensor | None, features: torch.Tensor
    ) -> torch.Tensor:
        states: torch.Tensor = self.qformer(
            query_embeds=words,
            query_length=self.config.num_query_tokens,
            attention_mask=mask,
            encoder_hidden_states=features,
        ).last_hidden_state
        return states
