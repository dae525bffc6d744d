"""Scaled dot product attention a document at a time, over a packed row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.packing import Packing

__all__ = ["attend_varlen", "by_document", "sdpa", "split_documents", "starts_of"]


def split_documents(x: Tensor, lengths: Sequence[int], *, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of the documents in a packed tensor, along the dimension of its tokens."""
    return torch.split(x, list(lengths), dim=dim)


def by_document(lengths: Sequence[int], *tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Views of the documents: for each, its part (h, n, d) of every (h, t, d) tensor."""
    return list(zip(*(split_documents(x, lengths, dim=1) for x in tensors), strict=True))


def sdpa(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None, *, dropout: float = 0.0
) -> Tensor:
    """(h, n, d) each; `bias` broadcasts to (h, n, n) and is added to the scores."""
    found = functional.scaled_dot_product_attention(
        query[None],
        key[None],
        value[None],
        attn_mask=None if bias is None else bias.to(query.dtype),
        dropout_p=dropout,
    )
    return found[0]


def starts_of(packing: Packing) -> Tensor:
    """(b + 1,) int32: where each document begins in the row, and the row's end."""
    ends = torch.tensor([0, *packing.lengths], device=packing.document.device).cumsum(0)
    return ends.to(torch.int32)


def attend_varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    starts: Tensor,
    longest: int,
    *,
    reach: int | None = None,
) -> Tensor:
    """Flash attention over packed sequences, CUDA and half precision only.

    (h, t, d) each, the result too; with `reach`, a token sees as many neighbours on either side.
    """
    from torch.nn.attention.varlen import varlen_attn

    window = (-1, -1) if reach is None else (reach, reach)
    q, k, v = (x.transpose(0, 1).contiguous() for x in (query, key, value))
    found = varlen_attn(q, k, v, starts, starts, longest, longest, window_size=window)
    return found.transpose(0, 1)  # type: ignore[union-attr]  # a pair only where the log-sum-exp is asked for
