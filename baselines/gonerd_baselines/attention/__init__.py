"""Attention over packed tokens: one pattern a file, all behind the same small interface."""

from gonerd_baselines.attention.full import FullAttention
from gonerd_baselines.attention.local import LocalAttention
from gonerd_baselines.attention.pattern import AttentionPattern, dense_attention, pattern_by_name

__all__ = [
    "AttentionPattern",
    "FullAttention",
    "LocalAttention",
    "dense_attention",
    "pattern_by_name",
]
