"""What every attention pattern offers to the encoder, and the names of the ways to compute one.

Letters: b documents, t packed tokens, h heads, d width of a head, n tokens of one document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from gonerd_baselines.attention.backend import AUTO
from gonerd_baselines.attention.layer import LayerShape
from gonerd_baselines.packing import Packing

__all__ = ["AttentionPattern", "Plan", "extra_tokens", "pools_extra_tokens"]


class Plan(Protocol):
    """What an attention needs of a batch beside its tokens; made once and shared by layers alike."""

    @property
    def ran(self) -> Counter[str]:
        """How many documents each backend computes."""


class AttentionPattern(Protocol):
    """Which tokens see which in one layer, how that is computed, and what it costs.

    A frozen dataclass: equal patterns share their plan, and its fields are what config.json holds.
    """

    kind: ClassVar[str]
    """Its name in config.json and in `--to`."""
    backends: ClassVar[tuple[str, ...]]
    """The ways of `backend.BACKENDS` in which it can be computed."""

    def self_attention(self, shape: LayerShape) -> nn.Module:
        """The module of a layer: `forward(x (t, h d), plan)` gives (t, h d), before the output projection."""

    def prepare(
        self,
        packing: Packing,
        *,
        backend: str = AUTO,
        dtype: torch.dtype = torch.float32,
        global_tokens: Tensor | None = None,
    ) -> Plan:
        """The plan of a batch whose numbers have `dtype`.

        `backend` is one of `backends`, or "auto"; `global_tokens` (t,) bool are the tokens that see all of
        their document and are seen by all of it.

        Raises:
            ConfigError: the backend can't compute this pattern here, or there are no global tokens in it.
        """

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, plan: Any, *, dropout: float = 0.0
    ) -> Tensor:
        """(h, t, d) each, the result too."""

    def bias(self, packing: Packing, *, global_tokens: Tensor | None = None) -> Tensor:
        """What is added to the scores, (t, t) or (h, t, t): the pattern's definition, its tests' oracle.

        0 where the row's token sees the column's, minus infinity where not.

        Raises:
            ConfigError: the pattern is no softmax under a mask; its backend dense is then the definition.
        """

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """Floating point operations of scores and weighted sum as the pattern defines them.

        For documents of `lengths` tokens and all heads together (`width` = h d); a multiplication and an
        addition count as two; softmax, projections and what a backend computes in vain are left out.
        """


def extra_tokens(pattern: AttentionPattern) -> int:
    """Learned tokens that the encoder puts before each document, where a pattern has such."""
    return getattr(pattern, "extra_tokens", 0)


def pools_extra_tokens(pattern: AttentionPattern) -> bool:
    """Whether the first of them takes the place of the document's first token at the end."""
    return getattr(pattern, "pools_extra_tokens", False)
