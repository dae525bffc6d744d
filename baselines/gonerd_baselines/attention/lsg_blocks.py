"""LSG attention a block of queries at a time, each against exactly the keys that it sees.

No block is padded and hardly one is masked: the first and last blocks of a document simply see fewer keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gonerd_baselines.attention.dense import bias_from_seen
from gonerd_baselines.attention.documents import laid, sdpa
from gonerd_baselines.attention.lsg_selection import AlignedRow, SparseTokens

if TYPE_CHECKING:
    from gonerd_baselines.attention.lsg import LsgAttention

__all__ = [
    "BlockRange",
    "attend_blocks",
    "attend_whole",
    "block_ranges",
    "row_of",
    "windows",
]


@dataclass(frozen=True, slots=True)
class BlockRange:
    """A block's queries and what they see, as half-open ranges; global tokens left out."""

    query: tuple[int, int]
    local: tuple[int, int]
    """Tokens; the first one stays out where it is masked."""
    sparse: tuple[tuple[int, int], ...]
    """Sparse tokens to the left and to the right."""
    masked: bool
    """Whether some of the sparse tokens may be empty."""

    @property
    def queries(self) -> int:
        """How many."""
        return self.query[1] - self.query[0]

    @property
    def keys(self) -> int:
        """How many, local and sparse."""
        return sum(end - begin for begin, end in (self.local, *self.sparse))


def windows(pattern: LsgAttention, block: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The sparse tokens that a block of a long document sees, left and right, wherever it begins and ends."""
    step, size = pattern.step, pattern.sparse_block_size
    # With one sparse token a block, lsg-converter's right side begins two too early: they are seen twice.
    early = 2 if step == 1 else 0
    left, right = (block - 1) * step, (block + 2) * step - early
    return (left - size, left), (right, right + size)


@lru_cache(maxsize=4096)
def block_ranges(pattern: LsgAttention, tokens: int) -> tuple[BlockRange, ...]:
    """The blocks of a document of `tokens` tokens, more than two blocks."""
    size, first = pattern.block_size, int(pattern.mask_first_token)
    count = -(-tokens // size)
    stretches, doubtful = _sparse_places(pattern, tokens) if pattern.sparse else ([], [])
    found = []
    for block in range(count):
        sides = windows(pattern, block) if pattern.sparse else ()
        sparse = tuple(part for side in sides for part in _common(side, stretches))
        masked = any(_common(part, doubtful) for part in sparse)
        begin = block * size
        found.append(
            BlockRange(
                query=(begin, min(begin + size, tokens)),
                local=(max(begin - size, first), min(begin + 2 * size, tokens)),
                sparse=sparse,
                masked=masked,
            )
        )
    return tuple(found)


Stretches = list[tuple[int, int]]


def _sparse_places(pattern: LsgAttention, tokens: int) -> tuple[Stretches, Stretches]:
    """Where a document's sparse tokens lie, and the stretches where some may be empty."""
    size, factor, first = pattern.block_size, pattern.sparsity_factor, int(pattern.mask_first_token)
    last = -(-tokens // factor)
    if factor == 1:
        return [(first, last)], []
    if pattern.selection in ("pooling", "bos_pooling"):
        return [(0, last)], []
    if pattern.selection == "norm":
        # In a chunk with fewer tokens than it may keep, what is kept in vain comes first.
        kept, (whole, rest) = pattern.chunk // factor, divmod(tokens, pattern.chunk)
        end = whole * kept
        return [(0, end), (end + max(kept - rest, 0), end + kept)][: 2 if rest else 1], []
    end = -(-tokens // size) * pattern.step
    if pattern.selection == "lsh":
        return [(0, end)], [(0, end)]
    # Each head takes other tokens: one may find some where another finds none.
    return [(0, end)], [(0, pattern.step * first), (tokens // size * pattern.step, end)]


def _common(window: tuple[int, int], stretches: Stretches) -> Stretches:
    """The parts of `window` within the stretches."""
    parts = [(max(window[0], begin), min(window[1], end)) for begin, end in stretches]
    return [(begin, end) for begin, end in parts if begin < end]


@lru_cache(maxsize=256)
def row_of(pattern: LsgAttention, tokens: int, device: str) -> AlignedRow:
    """The row of one document of `tokens` tokens."""
    place = torch.arange(-(-tokens // pattern.block_size) * pattern.block_size, device=device)
    live = (place < tokens) & (place >= int(pattern.mask_first_token))
    leader = torch.zeros(1, dtype=torch.int64, device=device)
    return AlignedRow(live, leader, zeros=not pattern.mask_first_token)


def attend_whole(
    pattern: LsgAttention, query: Tensor, key: Tensor, value: Tensor, *, dropout: float = 0.0
) -> Tensor:
    """Queries that see all keys (h, n, d) of their document, but for a first token that is masked."""
    if pattern.mask_first_token:
        g = pattern.num_global_tokens
        key, value = (torch.cat([x[:, :g], x[:, g + 1 :]], dim=1) for x in (key, value))
    return sdpa(query, key, value, dropout=dropout)


def attend_blocks(
    pattern: LsgAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    sparse: SparseTokens | None,
    *,
    dropout: float = 0.0,
) -> Tensor:
    """(h, n, d) each, of one document of more than two blocks that begins with its global tokens."""
    g, size = pattern.num_global_tokens, pattern.block_size
    blocks = block_ranges(pattern, query.shape[1] - g)
    keys_of = _keys_joined if torch.is_grad_enabled() else _keys_gathered
    found = [attend_whole(pattern, query[:, :g], key, value, dropout=dropout)]
    queries = torch.split(query[:, g:], size, dim=1)
    keys = keys_of(pattern, key, value, sparse)
    for q, block, (k, v) in zip(queries, blocks, keys, strict=True):
        bias = _bias(block, sparse.seen, g) if sparse is not None and block.masked else None
        found.append(sdpa(q, k, v, bias, dropout=dropout))
    return laid(found)


def _keys_gathered(
    pattern: LsgAttention, key: Tensor, value: Tensor, sparse: SparseTokens | None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Keys and values of each block, which hold until those of the next are taken; without gradients.

    They are gathered into the same memory, which stays in the cache. To join a block's parts would wake the
    other cores for each of them: 224 changes of thread instead of 88 at 1,024 tokens.
    """
    tokens = key.shape[1] - pattern.num_global_tokens
    rows = [x.transpose(0, 1) for x in (key, value)]
    if sparse is not None:
        others = (x.transpose(0, 1) for x in (sparse.key, sparse.value))
        rows = [torch.cat(pair) for pair in zip(rows, others, strict=True)]
    blocks = _places(pattern, tokens, str(key.device))
    most = max(len(places) for places in blocks)
    memory = [row.new_empty(most, *row.shape[1:]) for row in rows]
    for places in blocks:
        k, v = (
            torch.index_select(row, 0, places, out=into[: len(places)]).transpose(0, 1)
            for row, into in zip(rows, memory, strict=True)
        )
        yield k, v


@lru_cache(maxsize=64)  # an entry takes 40 bytes a token
def _places(pattern: LsgAttention, tokens: int, device: str) -> list[Tensor]:
    """Where the keys of each block stand in a row [global tokens | tokens | sparse tokens]."""
    g = pattern.num_global_tokens
    found = []
    for block in block_ranges(pattern, tokens):
        local = (g + block.local[0], g + block.local[1])
        sparse = ((g + tokens + low, g + tokens + high) for low, high in block.sparse)
        ranges = [torch.arange(*ends) for ends in ((0, g), local, *sparse)]
        found.append(torch.cat(ranges).to(device))
    return found


def _keys_joined(
    pattern: LsgAttention, key: Tensor, value: Tensor, sparse: SparseTokens | None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Keys and values of each block, in memory of their own: a gradient has to find them."""
    g = pattern.num_global_tokens
    keys, values = (_Pieces(x, pattern.block_size, begin=g) for x in (key, value))
    if sparse is not None:
        cell = pattern.step if pattern.step > 1 else pattern.sparse_block_size
        sparse_keys, sparse_values = (_Pieces(x, cell) for x in (sparse.key, sparse.value))
    for block in block_ranges(pattern, key.shape[1] - g):
        k, v = [key[:, :g], *keys.within(block.local)], [value[:, :g], *values.within(block.local)]
        if sparse is not None:
            for window in block.sparse:
                k += sparse_keys.within(window)
                v += sparse_values.within(window)
        yield laid(k), laid(v)


class _Pieces:
    """A tensor (h, x, d) cut once: the gradient of a slice is as long as what it is cut from."""

    def __init__(self, x: Tensor, size: int, *, begin: int = 0) -> None:
        self.size = size
        self.pieces = torch.split(x[:, begin:], size, dim=1)

    def within(self, window: tuple[int, int]) -> list[Tensor]:
        """The parts of pieces between two places."""
        begin, end = window
        found = []
        for index in range(begin // self.size, -(-end // self.size)):
            piece, origin = self.pieces[index], index * self.size
            low, high = max(begin - origin, 0), min(end - origin, piece.shape[1])
            found.append(piece if high - low == piece.shape[1] else piece[:, low:high])
        return found


def _bias(block: BlockRange, seen: Tensor, global_tokens: int) -> Tensor:
    """(1, h or 1, 1, keys): minus infinity at empty sparse tokens."""
    sure = global_tokens + block.local[1] - block.local[0]
    parts = [seen.new_ones(len(seen), sure), *(seen[:, begin:end] for begin, end in block.sparse)]
    # Four dimensions: with three, torch leaves its fast kernel.
    return bias_from_seen(torch.cat(parts, dim=1))[None, :, None]
