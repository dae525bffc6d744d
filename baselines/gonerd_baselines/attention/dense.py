"""Softmax attention written out: the oracle of every pattern's tests, O(t^2) memory."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.packing import Packing

__all__ = ["bias_from_seen", "dense_attention", "same_document"]


def dense_attention(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor, *, dropout: float = 0.0
) -> Tensor:
    """(h, t, d) each, the result too; `bias` (t, t) or (h, t, t) is added to the scores."""
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    weights = torch.softmax(scores + bias.to(scores.dtype), dim=-1)
    return functional.dropout(weights, dropout) @ value


def same_document(packing: Packing) -> Tensor:
    """(t, t) bool: both tokens stand in the same document."""
    return packing.document[:, None] == packing.document[None, :]


def bias_from_seen(seen: Tensor) -> Tensor:
    """0 where `seen` is true, minus infinity elsewhere."""
    return torch.zeros(seen.shape, device=seen.device).masked_fill_(~seen, float("-inf"))
