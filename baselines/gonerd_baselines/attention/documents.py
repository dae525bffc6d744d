"""Scaled dot product attention a document at a time, over a packed row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.packing import Packing, numbers_on

__all__ = ["attend_varlen", "by_document", "laid", "sdpa", "split_documents", "starts_of"]


def split_documents(x: Tensor, lengths: Sequence[int], *, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of the documents in a packed tensor, along the dimension of its tokens."""
    return torch.split(x, list(lengths), dim=dim)


def by_document(lengths: Sequence[int], *tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Views of the documents: for each, its part (h, n, d) of every (h, t, d) tensor."""
    return list(zip(*(split_documents(x, lengths, dim=1) for x in tensors), strict=True))


def laid(parts: Sequence[Tensor]) -> Tensor:
    """(h, n, d) each to (h, t, d), with tokens outermost in memory, so that `layer.joined` copies nothing."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat([part.transpose(0, 1) for part in parts]).transpose(0, 1)


def sdpa(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None, *, dropout: float = 0.0
) -> Tensor:
    """(h, n, d) queries, (h, u, d) keys and values; `bias` is added to the scores (h, n, u)."""
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
    sizes = numbers_on(packing.document.device, [0, *packing.lengths])
    return sizes.cumsum(0).to(torch.int32)


def attend_varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    starts: Tensor,
    longest: int,
    *,
    reach: int | None = None,
    keys: tuple[Tensor, int] | None = None,
) -> Tensor:
    """Flash attention over packed sequences, CUDA and half precision only.

    (h, t, d) queries, (h, u, d) keys and values; with `reach`, a token sees so many on either side.
    `keys` says where sequences of keys start and how long the longest is, if not as those of queries.
    """
    from torch.nn.attention.varlen import varlen_attn

    window = (-1, -1) if reach is None else (reach, reach)
    width = query.shape[2]
    q, k, v = (x.transpose(0, 1).contiguous() for x in (query, key, value))
    if width % 8:  # which no kernel takes; zeros change no score
        q, k, v = (functional.pad(x, (0, -width % 8)) for x in (q, k, v))
    starts_k, longest_k = (starts, longest) if keys is None else keys
    found = varlen_attn(
        q, k, v, starts, starts_k, longest, longest_k, scale=width**-0.5, window_size=window
    )
    return found[..., :width].transpose(0, 1)  # type: ignore[call-overload]  # a pair only where the log-sum-exp is asked for
