"""A row of packed tokens cut into blocks, whose keys are a window around each and a few tokens beside.

The keys of neighbouring blocks overlap. They are not copied: a block's are a view that begins a block further
on than those of the block before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.dense import bias_from_seen
from gonerd_baselines.packing import Packing

__all__ = ["WindowedRow", "attend_windowed", "windowed_row"]

BLOCK = 64
"""Queries of a block. The fewer, the fewer keys in vain: 64 take 0.7 of the time of 256 (window 512, CPU)."""


@dataclass(frozen=True, slots=True)
class WindowedRow:
    """N blocks of m queries; each sees m + 2w keys, and the g global tokens of its documents."""

    reach: int
    """W, the neighbours on one side."""
    block: int
    """M."""
    bias: Tensor
    """(n, 1, m, g + m + 2w): 0 where the query sees the key, minus infinity where not."""
    beside: Tensor | None
    """(n, g) int64: places of the global tokens of a block's documents; what it has less is masked."""


def windowed_row(packing: Packing, reach: int, global_tokens: Tensor | None = None) -> WindowedRow:
    """The row of `packing`: tokens see `reach` neighbours on either side and `global_tokens` (t,) bool."""
    w = reach
    # With tokens beside, keys have to be copied: then the more the smaller the blocks are.
    m = BLOCK if global_tokens is None else max(BLOCK, w)
    pad = -packing.tokens % m
    # A document of its own for the padding: its queries see something, so that no softmax is 0/0.
    query = functional.pad(packing.document, (0, pad), value=-1)
    key = functional.pad(query, (w, w), value=-1)
    same = query.view(-1, m, 1) == key.unfold(0, m + 2 * w, m)[:, None, :]  # (n, m, m + 2w)
    row = torch.arange(m, device=query.device)[:, None]
    distance = torch.arange(m + 2 * w, device=query.device)[None, :] - w - row
    seen = same & (distance.abs() <= w)
    if global_tokens is None:
        return WindowedRow(w, m, bias_from_seen(seen)[:, None], None)
    beside, document = _beside(query.view(-1, m), packing.document, global_tokens)
    columns = query.view(-1, m, 1) == document[:, None, :]  # (n, m, g)
    # A global token has a column of its own: it must not count again as a neighbour.
    local = functional.pad(~global_tokens, (w, w + pad), value=True).unfold(0, m + 2 * w, m)
    seen = torch.cat([columns, seen & local[:, None, :]], dim=2)
    return WindowedRow(w, m, bias_from_seen(seen)[:, None], beside)


def _beside(blocks: Tensor, document: Tensor, global_tokens: Tensor) -> tuple[Tensor, Tensor]:
    """(n, g) each: places of the global tokens that blocks (n, w) of documents need, and their documents.

    Where a block needs fewer than g, place 0 stands in, with a document that no token has.
    """
    places = global_tokens.nonzero()[:, 0]
    owners = document[places]
    # In the last block the padding's -1 stands behind the last document.
    first, last = blocks[:, 0].contiguous(), blocks.amax(1)
    begin = torch.searchsorted(owners, first)
    count = torch.searchsorted(owners, last, right=True) - begin
    column = torch.arange(int(count.max()), device=blocks.device)[None, :]
    index = (begin[:, None] + column).clamp(max=len(places) - 1)
    none = column >= count[:, None]
    return places[index].masked_fill(none, 0), owners[index].masked_fill(none, -2)


def attend_windowed(
    query: Tensor, key: Tensor, value: Tensor, row: WindowedRow, *, dropout: float = 0.0
) -> Tensor:
    """(h, t, d) each, the result too."""
    heads, tokens, width = query.shape
    # Tokens before heads: so the projections lie in memory, and none of this is copied.
    q, k, v = (x.transpose(0, 1) for x in (query, key, value))
    q = functional.pad(q, (0, 0, 0, 0, 0, -tokens % row.block))
    q = q.reshape(-1, row.block, heads, width).transpose(1, 2)
    found = functional.scaled_dot_product_attention(
        q,
        _keys_of_blocks(k, row),
        _keys_of_blocks(v, row),
        attn_mask=row.bias.to(query.dtype),
        dropout_p=dropout,
    )
    return found.transpose(1, 2).reshape(-1, heads, width)[:tokens].transpose(0, 1)


def _keys_of_blocks(x: Tensor, row: WindowedRow) -> Tensor:
    """(t, h, d) to (n, h, g + m + 2w, d): the tokens beside, then the window around the block."""
    local: Tensor = _Windows.apply(x, row.reach, row.block)  # type: ignore[no-untyped-call]
    local = local.transpose(1, 2)
    if row.beside is None:
        return local
    return torch.cat([x[row.beside].transpose(1, 2), local], dim=2)


class _Windows(torch.autograd.Function):
    """(t, h, d) to (n, m + 2w, h, d), overlapping views; `unfold` has a gradient five times as slow."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, reach: int, block: int) -> Tensor:
        tokens, heads, width = x.shape
        blocks = -(-tokens // block)
        ctx.reach, ctx.block, ctx.tokens = reach, block, tokens
        edge = blocks * block - tokens + reach
        row = functional.pad(x.reshape(tokens, -1), (0, 0, reach, edge))
        line = heads * width
        return row.as_strided(
            (blocks, block + 2 * reach, heads, width), (block * line, line, width, 1)
        )

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """The sum of what all windows say of a token: of each a block's length at a time."""
        blocks, keys, heads, width = gradient.shape
        parts = -(-keys // ctx.block)
        row = gradient.new_zeros(blocks + parts - 1, ctx.block, heads, width)
        for part in range(parts):
            some = gradient[:, part * ctx.block : (part + 1) * ctx.block]
            row[part : part + blocks, : some.shape[1]] += some
        return row.view(-1, heads, width)[ctx.reach : ctx.reach + ctx.tokens], None, None
