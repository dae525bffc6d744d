"""Every token sees every token of its document: cost grows with the square of the length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.packing import Packing

__all__ = ["FullAttention"]


@dataclass(frozen=True, slots=True)
class FullAttention:
    """One call of scaled dot product attention per document."""

    def prepare(self, packing: Packing) -> tuple[int, ...]:
        """The documents' lengths are all that is needed."""
        return packing.lengths

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, prepared: tuple[int, ...]
    ) -> Tensor:
        """(h, t, d) each, the result too."""
        parts = zip(
            *(torch.split(x, list(prepared), dim=1) for x in (query, key, value)), strict=True
        )
        return torch.cat(
            [
                functional.scaled_dot_product_attention(q[None], k[None], v[None])[0]
                for q, k, v in parts
            ],
            dim=1,
        )

    def dense_mask(self, packing: Packing) -> Tensor:
        """(t, t) bool: both tokens stand in the same document."""
        return packing.document[:, None] == packing.document[None, :]

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """Scores and weighted sum, 2 n^2 width each, for a document of n tokens."""
        return sum(4 * length * length * width for length in lengths)
