"""Learned tokens that stand before each document while the layers run, and are taken off again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd_baselines.packing import Packing, packing_from_lengths

__all__ = ["Prepended", "prepended"]


@dataclass(frozen=True, slots=True)
class Prepended:
    """A packing with e more tokens at the beginning of each of b documents: t + b e tokens."""

    packing: Packing
    order: Tensor
    """(t + b e,) int64: for each place, its row in [extra tokens of all documents, then their own]."""
    kept: Tensor
    """(t,) int64: the place whose numbers are a token's at the end."""

    def put_on(self, x: Tensor, extra: Tensor) -> Tensor:
        """(t, ...) and (b e, ...) to (t + b e, ...)."""
        return torch.cat([extra, x]).index_select(0, self.order)

    def taken_off(self, x: Tensor) -> Tensor:
        """(t + b e, ...) to (t, ...)."""
        return x.index_select(0, self.kept)


def prepended(packing: Packing, count: int, *, pooled: bool) -> Prepended:
    """With `pooled`, a document's first extra token takes the place of its first own one at the end."""
    documents = len(packing.lengths)
    longer = packing_from_lengths(
        [length + count for length in packing.lengths], device=str(packing.document.device)
    )
    extra = longer.position < count
    place = torch.arange(longer.tokens, device=packing.document.device)
    order = torch.where(
        extra,
        longer.document * count + longer.position,
        place + (documents - 1 - longer.document) * count,
    )
    kept = place[: packing.tokens] + (packing.document + 1) * count
    if pooled:
        kept = torch.where(packing.first, kept - count, kept)
    return Prepended(longer, order, kept)
