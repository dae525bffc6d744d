"""What every attention pattern offers, and the dense form that they are all tested against.

Letters: b documents, t packed tokens, h heads, d width of a head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from gonerd.errors import ConfigError
from gonerd_baselines.packing import Packing

__all__ = ["PATTERNS", "AttentionPattern", "dense_attention", "pattern_by_name"]

PATTERNS = ("full", "local")


class AttentionPattern(Protocol):
    """Which tokens see which, how that is computed, and what it costs."""

    def prepare(self, packing: Packing) -> Any:
        """What depends on the packing only; made once a batch and shared by all layers."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor, prepared: Any) -> Tensor:
        """(h, t, d) each, the result too."""

    def dense_mask(self, packing: Packing) -> Tensor:
        """(t, t) bool, true where the row's token sees the column's: the definition of the pattern."""

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """Floating point operations of `attend` as computed, for all heads together (`width` = h d).

        A multiplication and an addition count as two; softmax and masks are left out.
        """


def dense_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Softmax attention written out with a (t, t) mask: the oracle of the tests, O(t^2) memory."""
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1) @ value


def pattern_by_name(name: str, *, window: int) -> AttentionPattern:
    """The pattern that a configuration names.

    Raises:
        ConfigError: there is no such pattern, or the window is not positive.
    """
    from gonerd_baselines.attention.full import FullAttention
    from gonerd_baselines.attention.local import LocalAttention

    if name == "full":
        return FullAttention()
    if name == "local":
        return LocalAttention(window)
    raise ConfigError(f"attention {name!r} is unknown; expected one of {', '.join(PATTERNS)}")
