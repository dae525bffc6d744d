"""Attention over packed tokens: one pattern a file, all behind the same small interface."""

from gonerd_baselines.attention.backend import AUTO, BACKENDS
from gonerd_baselines.attention.bigbird import BigBirdAttention
from gonerd_baselines.attention.dense import dense_attention
from gonerd_baselines.attention.full import FullAttention
from gonerd_baselines.attention.layer import LayerShape, SelfAttention
from gonerd_baselines.attention.longformer import LongformerAttention, LongformerSelfAttention
from gonerd_baselines.attention.lsg import LsgAttention
from gonerd_baselines.attention.nystromformer import (
    NystromformerAttention,
    NystromformerSelfAttention,
)
from gonerd_baselines.attention.pattern import (
    AttentionPattern,
    Plan,
    extra_tokens,
    pools_extra_tokens,
)

__all__ = [
    "AUTO",
    "BACKENDS",
    "AttentionPattern",
    "BigBirdAttention",
    "FullAttention",
    "LayerShape",
    "LongformerAttention",
    "LongformerSelfAttention",
    "LsgAttention",
    "NystromformerAttention",
    "NystromformerSelfAttention",
    "Plan",
    "SelfAttention",
    "dense_attention",
    "extra_tokens",
    "pools_extra_tokens",
]
