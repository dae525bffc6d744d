"""A row in our encoder: its attention pattern, random weights, and the head that is timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gonerd_baselines.attention import (
    AUTO,
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.bench.peer import LABELS
from gonerd_baselines.bench.row import Row
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.encoder.heads import Model, build_head

__all__ = ["PATTERNS", "encoder_config", "our_model", "patterns_of"]


def patterns_of(row: Row) -> tuple[AttentionPattern, ...]:
    """The pattern of each layer, with the sizes of the published checkpoint."""
    return tuple(PATTERNS[row.attention](row, layer) for layer in range(row.layers))


PATTERNS: Mapping[str, Callable[[Row, int], AttentionPattern]] = {
    "full": lambda _, __: FullAttention(),
    "longformer": lambda _, __: LongformerAttention(512),
    "bigbird": lambda _, layer: BigBirdAttention(layer=layer),
    "lsg": lambda _, __: LsgAttention(),
    "nystromformer": lambda row, _: NystromformerAttention(None if row.published_full else 64),
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


def our_model(row: Row, head: str, *, attention_backend: str = AUTO) -> Model:
    """The encoder with a head, in evaluation: (t,) packed tokens to (t, labels) or (t, vocabulary)."""
    config = encoder_config(row)
    layout = "bert" if row.family == "distilbert" else row.family
    encoder = Encoder(config, attention_backend=attention_backend)
    return Model(encoder, build_head(layout, head, config, LABELS)).eval()
