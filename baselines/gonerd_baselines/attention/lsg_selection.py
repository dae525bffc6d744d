"""LSG attention's sparse tokens (arXiv 2210.15497): what stands for the tokens that a block can't see itself.

Each way makes r / `sparsity_factor` sparse keys and values of a row of r tokens: some pick tokens (norm,
stride, block_stride), some mix them (pooling, bos_pooling, lsh). Results are those of lsg-converter 0.1.9.

A row is some blocks long, and a block holds tokens of one document only; what fills it up is dead.
Letters: h heads, r tokens of a row, m = r / `sparsity_factor` sparse tokens, d width of a head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from gonerd_baselines.attention.lsg import LsgAttention

__all__ = ["AlignedRow", "SparseTokens", "hyperplanes", "sparse_tokens"]


@dataclass(frozen=True, slots=True)
class AlignedRow:
    """Tokens whose documents begin where blocks begin."""

    live: Tensor
    """(r,) bool: what may be a key; not padding, and not the first token where that is masked."""
    leader: Tensor
    """(1,) or (r,) int64: place of the first token of a place's document."""
    zeros: bool
    """Whether dead places hold zeros."""


@dataclass(frozen=True, slots=True)
class SparseTokens:
    """Keys and values in the order of their blocks."""

    key: Tensor
    """(h, m, d)"""
    value: Tensor
    """(h, m, d)"""
    seen: Tensor
    """(1, m) or (h, m) bool: there is a token behind it."""


def sparse_tokens(
    pattern: LsgAttention, row: AlignedRow, query: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """Of query, key, value (h, n, d) with r - `block_size` < n <= r; padding at the end may be left out."""
    if pattern.sparsity_factor == 1:
        r = len(row.live)
        return SparseTokens(_padded(key, r), _padded(value, r), row.live[None])
    return _WAYS[pattern.selection](pattern, row, query, key, value)


def _norm(
    pattern: LsgAttention, row: AlignedRow, _: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """The tokens with the longest keys of each chunk, the longest last."""
    size, r = pattern.chunk, len(row.live)
    with torch.no_grad():
        # Norms in half precision have ties, which would leave the choice to the sort.
        norm = torch.linalg.vector_norm(_at_least_float(key), dim=-1)
        norm = functional.pad(norm, (0, r - norm.shape[1])).masked_fill(~row.live, -1.0)
        kept = size // pattern.sparsity_factor
        place = norm.view(len(norm), -1, size).topk(kept, dim=-1).indices.flip(-1)
        place = place + torch.arange(0, r, size, device=key.device)[:, None]
    return _picked(place.flatten(1), row, key, value)


def _stride(
    pattern: LsgAttention, row: AlignedRow, _: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """Every f-th token, each head from another one on."""
    f = pattern.sparsity_factor
    place = torch.arange(0, len(row.live), f, device=key.device)
    head = torch.arange(len(key), device=key.device)[:, None]
    return _picked(place + head % f, row, key, value)


def _block_stride(
    pattern: LsgAttention, row: AlignedRow, _: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """A stretch of each block, each head the next one."""
    size, kept = pattern.block_size, pattern.step
    begin = torch.arange(0, len(row.live), size, device=key.device)[:, None]
    head = torch.arange(len(key), device=key.device)[:, None, None]
    within = (torch.arange(kept, device=key.device) + head * kept) % size
    return _picked((begin + within).flatten(1), row, key, value)


def _pooling(
    pattern: LsgAttention, row: AlignedRow, _: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """The mean of f tokens in a row."""
    f = pattern.sparsity_factor
    count = row.live.view(-1, f).sum(1)

    def mean(x: Tensor) -> Tensor:
        total = _alive(x, row).view(len(x), -1, f, x.shape[-1]).sum(2)
        return total / (count + 1e-6).to(x.dtype)[:, None]

    return SparseTokens(mean(key), mean(value), (count > 0)[None])


def _bos_pooling(
    pattern: LsgAttention, row: AlignedRow, query: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """The mean of f tokens in a row, weighted as the document's first token attends to them."""
    f, r = pattern.sparsity_factor, len(row.live)
    # In halves a score would be off by a few hundredths, which the softmax makes as many of a weight.
    k, v = (_at_least_float(_padded(x, r)) for x in (key, value))
    scores = (k * query[:, row.leader]).sum(-1) / key.shape[-1] ** 0.5  # (h, r)
    scores = scores.masked_fill(~row.live, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores.view(len(k), -1, f), dim=-1).view(len(k), r, 1)

    def mean(x: Tensor) -> Tensor:
        return (weights * x).view(len(x), -1, f, x.shape[-1]).sum(2)

    seen = row.live.view(-1, f).any(1)[None]
    return SparseTokens(mean(k).to(key.dtype), mean(v).to(value.dtype), seen)


def _lsh(
    pattern: LsgAttention, row: AlignedRow, _: Tensor, key: Tensor, value: Tensor
) -> SparseTokens:
    """The means of tokens whose keys point the same way, by hyperplanes drawn with `lsh_seed`."""
    size, r, heads, width = pattern.chunk, len(row.live), len(key), key.shape[-1]
    k, v = (
        _at_least_float(_alive(x, row)).view(heads, -1, size, width) for x in (key, value)
    )  # (h, c, size, d)
    count = row.live.view(1, r // size, size, 1).expand(heads, -1, -1, -1).to(k.dtype)
    for planes, buckets in hyperplanes(pattern, heads, width):
        k, v, count = _in_buckets(k, v, count, planes.to(k), buckets)
    count = count.flatten(1, 2)
    k, v = (x.flatten(1, 2) / (count + 1e-8) for x in (k, v))
    return SparseTokens(k.to(key.dtype), v.to(value.dtype), count[..., 0] > 0)


def _in_buckets(
    key: Tensor, value: Tensor, count: Tensor, planes: Tensor, buckets: int
) -> tuple[Tensor, Tensor, Tensor]:
    """One round of hashing: sums of keys, of values (h, c, x, d) and counts (h, c, x, 1) by bucket."""
    with torch.no_grad():
        # Padding and empty buckets of the round before are zeros: they go to bucket 0 and add nothing.
        side = functional.normalize(key, dim=-1) @ planes[:, None]
        bucket = torch.cat([side, -side], dim=-1).argmax(-1, keepdim=True)  # (h, c, x, 1)

    def total(x: Tensor) -> Tensor:
        empty = x.new_zeros(*x.shape[:2], buckets, x.shape[-1])
        return empty.scatter_add(2, bucket.expand_as(x), x)

    return total(key), total(value), total(count)


def hyperplanes(pattern: LsgAttention, heads: int, width: int) -> list[tuple[Tensor, int]]:
    """Normals (h, d, half the buckets) of each round, and its number of buckets; the same for a seed."""
    size = pattern.chunk
    rounds = (size,) * pattern.lsh_num_pre_rounds + (size // pattern.sparsity_factor,)
    drawn = _drawn(pattern.lsh_seed, heads, width, rounds)
    return list(zip(drawn, rounds, strict=True))


@lru_cache(maxsize=16)
def _drawn(seed: int, heads: int, width: int, rounds: tuple[int, ...]) -> list[Tensor]:
    # On the CPU whatever the device: a model must hash alike everywhere.
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(heads, width, buckets // 2, generator=generator) for buckets in rounds]


def _picked(place: Tensor, row: AlignedRow, key: Tensor, value: Tensor) -> SparseTokens:
    """The tokens at `place` (h, m)."""
    heads, tokens, width = key.shape
    head = torch.arange(heads, device=key.device)
    line = (place.clamp(max=tokens - 1).T * heads + head).flatten()

    def picked(x: Tensor) -> Tensor:
        # Whole lines of (tokens, heads), as projections lay them: a gather over d takes six times as long.
        lines = x.transpose(0, 1).reshape(tokens * heads, width)
        return lines.index_select(0, line).view(-1, heads, width).transpose(0, 1)

    return SparseTokens(picked(key), picked(value), row.live[place])


def _alive(x: Tensor, row: AlignedRow) -> Tensor:
    """(h, r, d) with zeros in dead places."""
    x = _padded(x, len(row.live))
    return x if row.zeros else x.masked_fill(~row.live[:, None], 0.0)


def _padded(x: Tensor, tokens: int) -> Tensor:
    return functional.pad(x, (0, 0, 0, tokens - x.shape[1])) if x.shape[1] < tokens else x


def _at_least_float(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


_WAYS: dict[str, Callable[[LsgAttention, AlignedRow, Tensor, Tensor, Tensor], SparseTokens]] = {
    "norm": _norm,
    "stride": _stride,
    "block_stride": _block_stride,
    "pooling": _pooling,
    "bos_pooling": _bos_pooling,
    "lsh": _lsh,
}
