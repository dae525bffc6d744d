"""The self-attention of one layer: projections around an attention pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from gonerd.adapters.onednn import OneDnnLinear

if TYPE_CHECKING:
    from gonerd_baselines.attention.pattern import AttentionPattern

__all__ = ["LayerShape", "SelfAttention", "heads_of", "joined"]


@dataclass(frozen=True, slots=True)
class LayerShape:
    """What an attention has to know of the layer that it stands in."""

    hidden_size: int
    num_attention_heads: int
    attention_dropout: float = 0.0
    """Share of attention weights set to 0 in training."""

    @property
    def head_size(self) -> int:
        """D, the width of a head."""
        return self.hidden_size // self.num_attention_heads


class SelfAttention(nn.Module):
    """Query, key and value of all tokens, then the pattern. Names of parameters are transformers'."""

    def __init__(self, shape: LayerShape, pattern: AttentionPattern) -> None:
        super().__init__()
        self.shape = shape
        self.pattern = pattern
        self.query, self.key, self.value = (
            OneDnnLinear(shape.hidden_size, shape.hidden_size) for _ in range(3)
        )

    @property
    def dropout(self) -> float:
        """The share that holds now: 0 in evaluation."""
        return self.shape.attention_dropout if self.training else 0.0

    def forward(self, x: Tensor, plan: Any) -> Tensor:
        """(t, h d) to (t, h d)."""
        heads = self.shape.num_attention_heads
        q, k, v = (heads_of(f(x), heads) for f in (self.query, self.key, self.value))
        return joined(self.attended(q, k, v, plan))

    def attended(self, query: Tensor, key: Tensor, value: Tensor, plan: Any) -> Tensor:
        """(h, t, d) each, the result too; where a subclass adds what its pattern has beside."""
        return self.pattern.attend(query, key, value, plan, dropout=self.dropout)


def heads_of(x: Tensor, heads: int) -> Tensor:
    """(t, h d) to (h, t, d), without a copy."""
    return x.view(x.shape[0], heads, -1).transpose(0, 1)


def joined(x: Tensor) -> Tensor:
    """(h, t, d) to (t, h d), the inverse of `heads_of`."""
    return x.transpose(0, 1).reshape(x.shape[1], -1)
