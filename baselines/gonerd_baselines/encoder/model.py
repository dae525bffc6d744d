"""The encoder: embeddings and post-norm layers of BERT's shape (arXiv 1810.04805) over packed tokens.

Modules carry the names that they have in transformers, so that checkpoints need no translation here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.adapters.onednn import OneDnnLinear
from gonerd.errors import InputError
from gonerd_baselines.attention import AUTO, AttentionPattern, Plan
from gonerd_baselines.attention.backend import auto_with_dropout
from gonerd_baselines.attention.lsg import MOST_GLOBAL_TOKENS
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.half_precision import Embedding, LayerNorm
from gonerd_baselines.encoder.prepended import prepended
from gonerd_baselines.packing import Packing

__all__ = ["Encoder"]

_GELU = {"gelu": "none", "gelu_new": "tanh"}
"""How each GELU is approximated, in torch's words."""


ROWS = 1024
"""Tokens that pass the feed-forward part together on a CPU without gradients: what is between its two
matrices, four times as wide, then stays in the cache, and memory does not grow with it."""


class Encoder(nn.Module):
    """Tokens of packed documents to their contexts: (t,) int64 to (t, hidden_size)."""

    def __init__(self, config: EncoderConfig, *, attention_backend: str = AUTO) -> None:
        super().__init__()
        self.config = config
        self.attention_backend = attention_backend
        self.ran: Counter[str] = Counter()
        """Documents by the attention backend that computed them in the first layer, in the last call."""
        self.embeddings = Embeddings(config)
        self.encoder = Layers(config)
        self.apply(self._initialize)

    def forward(
        self,
        ids: Tensor,
        packing: Packing,
        *,
        token_types: Tensor | None = None,
        global_tokens: Tensor | None = None,
    ) -> Tensor:
        """`ids` and `token_types` (t,) int64; `global_tokens` (t,) bool, for patterns that have such.

        Raises:
            InputError: a document has more tokens than there are positions.
            ConfigError: the attention backend can't compute what is asked here.
        """
        longest = max(packing.lengths)
        if longest > self.config.max_length:
            raise InputError(
                f"a document has {longest} tokens, more than the {self.config.max_length} "
                "that the encoder has positions for"
            )
        x = self.embeddings(ids, packing, token_types)
        count = self.config.extra_tokens
        if not count:
            return self._layers(x, packing, global_tokens).to(self.dtype)
        # `global_tokens` needs no places for them: patterns that have learned ones refuse others.
        longer = prepended(packing, count, pooled=self.config.pools_extra_tokens)
        x = longer.put_on(x, self.embeddings.learned(count, documents=len(packing.lengths)))
        x = self._layers(x, longer.packing, global_tokens)
        return longer.taken_off(x).to(self.dtype)

    @property
    def dtype(self) -> torch.dtype:
        """Of the parameters; in training on a CPU, what passes from layer to layer is never in halves."""
        return self.embeddings.word_embeddings.weight.dtype

    def _layers(self, x: Tensor, packing: Packing, global_tokens: Tensor | None) -> Tensor:
        kind = x.device.type
        halves = torch.is_autocast_enabled(
            kind
        )  # then queries and keys are, whatever the weights are
        dtype = torch.get_autocast_dtype(kind) if halves else self.dtype
        plans = self._plans(packing, dtype, global_tokens)
        return self.encoder(x, plans)  # type: ignore[no-any-return]  # torch types a module's call as Any

    def _plans(
        self, packing: Packing, dtype: torch.dtype, global_tokens: Tensor | None
    ) -> list[Plan]:
        """One for each layer; equal patterns share theirs."""
        made: dict[Any, Plan] = {}
        for pattern in self.config.attention:
            if pattern not in made:
                made[pattern] = pattern.prepare(
                    packing,
                    backend=self._backend(pattern, packing.document.device),
                    dtype=dtype,
                    global_tokens=global_tokens,
                )
        self.ran = Counter(made[self.config.attention[0]].ran)
        return [made[pattern] for pattern in self.config.attention]

    def _backend(self, pattern: AttentionPattern, device: torch.device) -> str:
        layer: Any = self.encoder.layer[0]
        if self.attention_backend == AUTO and layer.attention.self.dropout:
            return auto_with_dropout(pattern.kind, str(device))
        return self.attention_backend

    def _initialize(self, module: nn.Module) -> None:
        """BERT's first weights."""
        if isinstance(module, nn.Linear | nn.Conv2d | nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


class Embeddings(nn.Module):
    """The sum of a token's, its position's and its type's embedding, normed."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.first_position = config.first_position
        self.word_embeddings = Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = Embedding(config.type_vocab_size, config.hidden_size)
        if config.extra_tokens:
            self.global_embeddings = Embedding(MOST_GLOBAL_TOKENS, config.hidden_size)
        self.LayerNorm = LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def learned(self, count: int, *, documents: int) -> Tensor:
        """(documents count, hidden_size): the first learned tokens, once for each document."""
        x = self.LayerNorm(self.global_embeddings.weight[:count], wide=True)
        return self.dropout(x.repeat(documents, 1))  # type: ignore[no-any-return]  # as above

    def forward(self, ids: Tensor, packing: Packing, token_types: Tensor | None) -> Tensor:
        x = self.word_embeddings(ids)
        x = x + self.position_embeddings(packing.position + self.first_position)
        if token_types is None:
            x = x + self.token_type_embeddings.weight[0]
        else:
            x = x + self.token_type_embeddings(token_types)
        return self.dropout(self.LayerNorm(x, wide=True))  # type: ignore[no-any-return]  # as above


class Layers(nn.Module):
    """All layers, one after another."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(config, index) for index in range(len(config.attention)))

    def forward(self, x: Tensor, plans: list[Plan]) -> Tensor:
        for layer, plan in zip(self.layer, plans, strict=True):
            x = layer(x, plan)
        return x


class Layer(nn.Module):
    """Attention, then the feed-forward part; what comes in is added, then normed."""

    def __init__(self, config: EncoderConfig, index: int) -> None:
        super().__init__()
        self.attention = _Attention(config, index)
        self.intermediate = _Intermediate(config)
        self.output = _Output(config, config.intermediate_size)

    def forward(self, x: Tensor, plan: Plan) -> Tensor:
        x = self.attention(x, plan)
        if torch.is_grad_enabled() or x.device.type != "cpu" or len(x) <= ROWS:
            return self._feed_forward(x)
        found = torch.empty_like(x)
        for begin in range(0, len(x), ROWS):
            rows = slice(begin, begin + ROWS)
            found[rows] = self._feed_forward(x[rows])
        return found

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.output(self.intermediate(x), x)  # type: ignore[no-any-return]  # as above


class _Attention(nn.Module):
    def __init__(self, config: EncoderConfig, index: int) -> None:
        super().__init__()
        self.self = config.attention[index].self_attention(config.layer_shape)
        self.output = _Output(config, config.hidden_size)

    def forward(self, x: Tensor, plan: Plan) -> Tensor:
        found = self.self(x.to(self.output.dense.weight.dtype), plan)
        return self.output(found, x)  # type: ignore[no-any-return]  # as above


class _Intermediate(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dense = OneDnnLinear(config.hidden_size, config.intermediate_size)
        self.dense.gelu = _GELU.get(config.hidden_act)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dense(x.to(self.dense.weight.dtype))
        return x if self.dense.gelu else functional.relu(x)


class _Output(nn.Module):
    def __init__(self, config: EncoderConfig, inputs: int) -> None:
        super().__init__()
        self.dense = OneDnnLinear(inputs, config.hidden_size)
        self.LayerNorm = LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(self.dropout(self.dense(x)), residual, wide=True)  # type: ignore[no-any-return]  # as above
