"""BigBird's middle rows over gathered blocks of keys, and its first and last rows over all keys.

A few rows at a time: their keys are gathered into the same small buffers, which stay in a processor's cache.
In training they are gathered again for the gradient, so that no more than q, k, v and the result is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from gonerd_baselines.attention.blocks import BlockLayout
from gonerd_baselines.attention.documents import sdpa, split_documents

__all__ = ["BlockedRows", "attend_blocked"]

AT_ONCE = {"cpu": (2, 12), "cuda": (64, 256)}
"""Heads and rows whose keys are gathered together. Measured on a CPU at 12 heads of 64 and 16,384 tokens: 2
heads, whose keys and values take 16 MB and stay in the cache, are a tenth faster than all 12 with as many blocks."""


@dataclass(frozen=True, slots=True)
class BlockedRows:
    """The middle rows of all documents of a layout, r rows that see c blocks of s keys each."""

    layout: BlockLayout
    table: Tensor
    """(r, h, c) or (r, 1, c) int64: the blocks that each row sees, numbers of the layout."""
    bias: Tensor
    """(r, 1, 1, c s), added to the scores of a row's all queries."""

    def runs(self) -> Iterator[tuple[int, int]]:
        """The first block and the number of the middle rows of each document."""
        for begin, count in zip(self.layout.begins, self.layout.counts, strict=True):
            yield begin + 1, count - 2


def attend_blocked(
    query: Tensor, key: Tensor, value: Tensor, rows: BlockedRows, *, dropout: float = 0.0
) -> list[list[Tensor]]:
    """(h, t, d) each; the result are the pieces (.., h, d) of each document, one after another."""
    layout, size = rows.layout, rows.layout.size
    q, k, v = (layout.spread(x) for x in (query, key, value))
    found: Tensor = _MiddleRows.apply(q, k, v, rows, dropout)  # type: ignore[no-untyped-call]  # torch's
    middles = split_documents(found, [count * size for _, count in rows.runs()])
    documents: list[list[Tensor]] = []
    for begin, length, count, middle in zip(
        layout.begins, layout.lengths, layout.counts, middles, strict=True
    ):
        # Without the padding of the last block, so that no mask is needed.
        inside = slice(begin * size, begin * size + length)
        of_document = q[:, inside]
        tail = (count - 1) * size
        ends = torch.cat([of_document[:, :size], of_document[:, tail:]], dim=1)
        outer = sdpa(ends, k[:, inside], v[:, inside], dropout=dropout).transpose(0, 1)
        documents.append([outer[:size], middle, outer[size:]])
    return documents


class _MiddleRows(torch.autograd.Function):
    """(h, n s, d) each; gives (r s, h, d) for the r middle rows."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, v: Tensor, rows: BlockedRows, dropout: float
    ) -> Tensor:
        ctx.save_for_backward(q, k, v)
        ctx.rows, ctx.dropout = rows, dropout
        ctx.noise = _generator(q.device).get_state() if dropout else None
        heads, _, width = q.shape
        size = rows.layout.size
        found = q.new_empty(len(rows.table), size, heads, width)
        by_row, found_by_row = _by_row(q, size), found.transpose(1, 2)
        gathering = _Gathering(rows, q)
        for group in gathering.groups:
            keys, values = (x[group].reshape(-1, size * width) for x in (k, v))
            for blocks, at in gathering.runs:
                index = gathering.index(at, group)
                found_by_row[at, group] = functional.scaled_dot_product_attention(
                    by_row[blocks, group],
                    gathering.gather(keys, index, 0),
                    gathering.gather(values, index, 1),
                    attn_mask=gathering.bias[at],
                    dropout_p=dropout,
                )
        return found.view(-1, heads, width)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v = (x.detach() for x in ctx.saved_tensors)
        size = ctx.rows.layout.size
        heads, _, width = q.shape
        d_q, d_k, d_v = (torch.empty_like(x) for x in (q, k, v))
        by_row, d_by_row = _by_row(q, size), _by_row(d_q.zero_(), size)
        d_found = gradient.reshape(-1, size, heads, width).transpose(1, 2)
        gathering = _Gathering(ctx.rows, q)
        with _drawn_again(q.device, ctx.noise):
            for group in gathering.groups:
                both = [x[group].reshape(-1, size * width) for x in (k, v)]
                d_both = [torch.zeros_like(x) for x in both]
                for blocks, at in gathering.runs:
                    index = gathering.index(at, group)
                    parts = [
                        by_row[blocks, group],
                        *(gathering.gather(x, index, n) for n, x in enumerate(both)),
                    ]
                    d_by_row[blocks, group], *d_parts = _gradients(
                        parts, gathering.bias[at], ctx.dropout, d_found[at, group]
                    )
                    for whole, part in zip(d_both, d_parts, strict=True):
                        whole.index_add_(0, index, part.reshape(-1, size * width))
                for x, whole in zip((d_k, d_v), d_both, strict=True):
                    x[group] = whole.view(x[group].shape)
        return d_q, d_k, d_v, None, None


def _by_row(x: Tensor, size: int) -> Tensor:
    """(h, n s, d) to (n, h, s, d), a view."""
    return x.view(x.shape[0], -1, size, x.shape[2]).transpose(0, 1)


def _gradients(
    parts: Sequence[Tensor], bias: Tensor, dropout: float, d_found: Tensor
) -> tuple[Tensor, ...]:
    """Those of queries, keys and values, computed forward once more."""
    query, key, value = (x.detach().requires_grad_() for x in parts)
    with torch.enable_grad():
        found = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, dropout_p=dropout
        )
    return torch.autograd.grad(found, (query, key, value), d_found)


class _Gathering:
    """Which heads and rows are computed together, and the buffers into which their keys are gathered."""

    def __init__(self, rows: BlockedRows, x: Tensor) -> None:
        self.rows = rows
        self.size, self.heads, self.width = rows.layout.size, x.shape[0], x.shape[2]
        self.heads_at_once, self.rows_at_once = AT_ONCE[
            "cuda" if x.device.type == "cuda" else "cpu"
        ]
        # Blocks of a group's heads in one list, as they lie in memory.
        head = torch.arange(self.heads, device=x.device)[:, None] % self.heads_at_once
        self.flat = rows.table + head * rows.layout.blocks  # (r, h, c)
        self.bias = rows.bias.to(x.dtype)
        most = self.rows_at_once * min(self.heads_at_once, self.heads) * self.flat.shape[2]
        self.buffers = [x.new_empty(most, self.size * self.width) for _ in range(2)]

    @property
    def groups(self) -> Iterator[slice]:
        """The heads that are computed together."""
        for head in range(0, self.heads, self.heads_at_once):
            yield slice(head, head + self.heads_at_once)

    @property
    def runs(self) -> Iterator[tuple[slice, slice]]:
        """The rows that are computed together: their blocks in the layout, their places among all rows."""
        row = 0
        for begin, count in self.rows.runs():
            for offset in range(0, count, self.rows_at_once):
                end = min(offset + self.rows_at_once, count)
                yield slice(begin + offset, begin + end), slice(row + offset, row + end)
            row += count

    def index(self, at: slice, group: slice) -> Tensor:
        """The blocks that these rows see, among those of the group's heads."""
        return self.flat[at, group].reshape(-1)

    def gather(self, blocks: Tensor, index: Tensor, buffer: int) -> Tensor:
        """(g n, s d) for the g heads of a group to (rows, g, c s, d)."""
        into = self.buffers[buffer][: len(index)]
        torch.index_select(blocks, 0, index, out=into)
        heads = len(blocks) // self.rows.layout.blocks
        return into.view(-1, heads, self.flat.shape[2] * self.size, self.width)


def _generator(device: torch.device) -> torch.Generator:
    """Where dropout on this device draws from."""
    if device.type == "cuda":
        return torch.cuda.default_generators[device.index or 0]
    return torch.default_generator


@contextmanager
def _drawn_again(device: torch.device, state: Tensor | None) -> Iterator[None]:
    """Draw the dropout of `state` once more, and go on afterwards as if nothing had been drawn."""
    if state is None:
        yield
        return
    generator = _generator(device)
    now = generator.get_state()
    generator.set_state(state)
    try:
        yield
    finally:
        generator.set_state(now)
