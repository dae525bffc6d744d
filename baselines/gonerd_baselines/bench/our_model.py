"""A row in our encoder: its attention pattern, random weights, and the heads that are timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.attention import AUTO, AttentionPattern, FullAttention, LongformerAttention
from gonerd_baselines.bench.peer import LABELS
from gonerd_baselines.bench.row import Row
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.packing import Packing

__all__ = ["PATTERNS", "OurModel", "encoder_config", "patterns_of"]


def patterns_of(row: Row) -> tuple[AttentionPattern, ...]:
    """The pattern of each layer, with the sizes of the published checkpoint.

    Raises:
        ConfigError: our encoder has no such attention.
    """
    if row.attention not in PATTERNS:
        raise ConfigError(f"row {row.name!r}: our encoder has no {row.attention} attention")
    return tuple(PATTERNS[row.attention](row, layer) for layer in range(row.layers))


PATTERNS: Mapping[str, Callable[[Row, int], AttentionPattern]] = {
    "full": lambda _, __: FullAttention(),
    "longformer": lambda _, __: LongformerAttention(512),
}
"""By `Row.attention`: the pattern of a row's layer."""


def encoder_config(row: Row) -> EncoderConfig:
    """The encoder's sizes; DistilBERT's has one token type more than the original, which has none."""
    first = row.of_family.first_position
    return EncoderConfig(
        attention=patterns_of(row),
        vocab_size=row.vocabulary,
        hidden_size=row.width,
        num_attention_heads=row.heads,
        intermediate_size=row.feed_forward,
        hidden_act=row.activation,
        max_position_embeddings=row.positions + first,
        first_position=first,
        type_vocab_size=row.token_types,
        layer_norm_eps=row.norm_eps,
    )


class OurModel(nn.Module):
    """The encoder and a head, over packed tokens: (t,) to (t, labels) or (t, vocabulary)."""

    def __init__(self, row: Row, head: str, *, attention_backend: str = AUTO) -> None:
        super().__init__()
        self.encoder = Encoder(encoder_config(row), attention_backend=attention_backend)
        if head == "token":
            self.head: nn.Module = nn.Linear(row.width, LABELS)
        else:
            self.head = _MaskedLanguageModel(row, self.encoder.embeddings.word_embeddings.weight)

    def forward(self, ids: Tensor, packing: Packing) -> Tensor:
        """`ids` (t,) int64."""
        return self.head(self.encoder(ids, packing))  # type: ignore[no-any-return]  # torch types it as Any


class _MaskedLanguageModel(nn.Module):
    """BERT's: a dense layer, a norm, and the table of words as the last layer."""

    def __init__(self, row: Row, words: Tensor) -> None:
        super().__init__()
        self.dense = nn.Linear(row.width, row.width)
        self.norm = nn.LayerNorm(row.width, eps=row.norm_eps)
        self.words = words
        self.bias = nn.Parameter(torch.zeros(row.vocabulary))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(functional.gelu(self.dense(x)))
        return functional.linear(x, self.words, self.bias)
