"""BigBird's middle rows over gathered blocks of keys, and its first and last rows over all keys.

A few rows at a time: their keys are gathered into the same small buffers, which stay in a processor's cache.
In training all is computed again for the gradient, so that no more than q, k, v and the result is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from gonerd_baselines.attention.blocks import BlockLayout

__all__ = ["BlockedRows", "attend_blocked"]

AT_ONCE = {"cpu": (2, 12), "cuda": (64, 256)}
"""Heads and rows whose keys are gathered together. Measured on a CPU at 12 heads of 64 and 16,384 tokens: 2
heads, whose keys and values take 16 MB and stay in the cache, are a tenth faster than all 12."""

FEW_ROWS = 56
"""On a CPU more heads are taken together as long as they have no more rows than that. At 1,024 tokens that is
half the calls, each of which wakes the other cores, and 3% less time (by the clock, two cores); with twice as
many the gathered keys no longer stay in the cache."""


@dataclass(frozen=True, slots=True)
class BlockedRows:
    """The middle rows of all documents of a layout, r rows that see c blocks of s keys each."""

    layout: BlockLayout
    table: Tensor
    """(r, h, c) or (r, 1, c) int64: the blocks that each row sees, numbers of the layout."""
    bias: Tensor
    """(r, 1, 1, c s), added to the scores of a row's all queries."""


def attend_blocked(
    query: Tensor, key: Tensor, value: Tensor, rows: BlockedRows, *, dropout: float = 0.0
) -> Tensor:
    """(h, t, d) each; the result is (t, h, d)."""
    found: Tensor = _BlockedAttention.apply(query, key, value, rows, dropout)  # type: ignore[no-untyped-call]  # torch's
    return found


class _BlockedAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, v: Tensor, rows: BlockedRows, dropout: float
    ) -> Tensor:
        ctx.save_for_backward(q, k, v)
        ctx.rows, ctx.dropout = rows, dropout
        ctx.noise = _generator(q.device).get_state() if dropout else None
        found = q.new_empty(q.shape[1], q.shape[0], q.shape[2])
        by_head = found.transpose(0, 1)
        gathering = _Gathering(rows, q)
        for group in gathering.groups:
            blocks = gathering.spread(k[group], v[group])
            for tokens, at in gathering.runs:
                keys, values = gathering.gather(blocks, gathering.index(at, group))
                gathering.by_row(by_head[group, tokens])[:] = _attend(
                    gathering.by_row(q[group, tokens]), keys, values, gathering.bias[at], dropout
                )
        for whole, first, last in gathering.documents:
            outer = _attend(
                _joined(q, first, last), k[None, :, whole], v[None, :, whole], None, dropout
            )
            by_head[:, first], by_head[:, last] = _parted(outer, first)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v = (x.detach() for x in ctx.saved_tensors)
        d_q, d_k, d_v = (torch.empty_like(x) for x in (q, k, v))
        d_found = gradient.transpose(0, 1)
        gathering = _Gathering(ctx.rows, q)
        with _drawn_again(q.device, ctx.noise):
            for group in gathering.groups:
                blocks = gathering.spread(k[group], v[group])
                d_keys, d_values = (
                    blocks.new_zeros(len(blocks), blocks.shape[1] // 2) for _ in range(2)
                )
                for tokens, at in gathering.runs:
                    index = gathering.index(at, group)
                    keys, values = gathering.gather(blocks, index)
                    d_query, d_key, d_value = _gradients(
                        gathering.by_row(q[group, tokens]),
                        keys,
                        values,
                        gathering.bias[at],
                        ctx.dropout,
                        gathering.by_row(d_found[group, tokens]),
                    )
                    gathering.by_row(d_q[group, tokens])[:] = d_query
                    d_keys.index_add_(0, index, d_key.reshape(len(index), -1))
                    d_values.index_add_(0, index, d_value.reshape(len(index), -1))
                gathering.pack(d_keys, d_k[group])
                gathering.pack(d_values, d_v[group])
            for whole, first, last in gathering.documents:
                d_outer, d_key, d_value = _gradients(
                    _joined(q, first, last),
                    k[None, :, whole],
                    v[None, :, whole],
                    None,
                    ctx.dropout,
                    _joined(d_found, first, last),
                )
                d_q[:, first], d_q[:, last] = _parted(d_outer, first)
                d_k[:, whole] += d_key[0]
                d_v[:, whole] += d_value[0]
        return d_q, d_k, d_v, None, None


def _attend(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, dropout: float
) -> Tensor:
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=bias, dropout_p=dropout
    )


def _gradients(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    dropout: float,
    d_found: Tensor,
) -> tuple[Tensor, ...]:
    """Those of queries, keys and values, computed forward once more."""
    parts = [x.detach().requires_grad_() for x in (query, key, value)]
    with torch.enable_grad():
        found = _attend(parts[0], parts[1], parts[2], bias, dropout)
    return torch.autograd.grad(found, parts, d_found)


def _joined(x: Tensor, first: slice, last: slice) -> Tensor:
    """(h, t, d) to (1, h, f + l, d): the first and the last block of a document."""
    return torch.cat([x[:, first], x[:, last]], dim=1)[None]


def _parted(x: Tensor, first: slice) -> tuple[Tensor, Tensor]:
    """The inverse of `_joined`."""
    return x[0, :, : first.stop - first.start], x[0, :, first.stop - first.start :]


class _Gathering:
    """Which heads and rows are computed together, and the buffers into which their keys are gathered."""

    def __init__(self, rows: BlockedRows, x: Tensor) -> None:
        self.layout = rows.layout
        self.heads, self.width, self.size = x.shape[0], x.shape[2], rows.layout.size
        heads, self.rows_at_once = AT_ONCE["cuda" if x.device.type == "cuda" else "cpu"]
        if x.device.type == "cpu":
            heads = max(heads, FEW_ROWS // len(rows.table))
        self.heads_at_once = _evenly(self.heads, heads)
        # Blocks of a group's heads in one list, as they lie in memory.
        head = torch.arange(self.heads, device=x.device)[:, None] % self.heads_at_once
        self.flat = rows.table + head * self.layout.blocks  # (r, h, c)
        # A CPU takes it in single precision beside halves, which would round log 4 to 1.383.
        cpu = x.device.type == "cpu"
        self.bias = rows.bias.to(torch.promote_types(x.dtype, torch.float32) if cpu else x.dtype)
        most = min(self.rows_at_once, len(rows.table)) * self.heads_at_once * self.flat.shape[2]
        # A token's key lies before its value, so that both are gathered at once.
        self.gathered = x.new_empty(most, self.size * 2 * self.width)
        tokens = self.layout.blocks * self.size
        self.laid_out = x.new_empty(self.heads_at_once, tokens, 2 * self.width)
        layout = self.layout
        for begin, count, length in zip(layout.begins, layout.counts, layout.lengths, strict=True):
            # The padding of a document's last block is masked, and must be finite.
            self.laid_out[:, begin * self.size + length : (begin + count) * self.size] = 0.0

    @property
    def groups(self) -> Iterator[slice]:
        """The heads that are computed together."""
        for head in range(0, self.heads, self.heads_at_once):
            yield slice(head, min(head + self.heads_at_once, self.heads))

    @property
    def documents(self) -> Iterator[tuple[slice, slice, slice]]:
        """The tokens of each document, of its first and of its last block."""
        begin = 0
        for length, count in zip(self.layout.lengths, self.layout.counts, strict=True):
            end, last = begin + length, begin + (count - 1) * self.size
            yield slice(begin, end), slice(begin, begin + self.size), slice(last, end)
            begin = end

    @property
    def runs(self) -> Iterator[tuple[slice, slice]]:
        """The tokens of the rows that are computed together, and the rows' places among all rows."""
        row = 0
        for _, first, last in self.documents:
            step = _evenly((last.start - first.stop) // self.size, self.rows_at_once) * self.size
            for begin in range(first.stop, last.start, step):
                end = min(begin + step, last.start)
                yield slice(begin, end), slice(row, row + (end - begin) // self.size)
                row += (end - begin) // self.size

    def by_row(self, x: Tensor) -> Tensor:
        """(g, r s, d) to (r, g, s, d), a view."""
        return x.view(x.shape[0], -1, self.size, x.shape[2]).transpose(0, 1)

    def spread(self, key: Tensor, value: Tensor) -> Tensor:
        """(g, t, d) each to (g n, s 2 d): the layout's blocks, in memory that the next group takes."""
        into = self.laid_out[: len(key)]
        for at, (whole, _, _) in zip(self.layout.begins, self.documents, strict=True):
            begin = at * self.size
            here = into[:, begin : begin + whole.stop - whole.start]
            here[..., : self.width], here[..., self.width :] = key[:, whole], value[:, whole]
        return into.view(-1, self.size * 2 * self.width)

    def pack(self, blocks: Tensor, into: Tensor) -> None:
        """(g n, s d), one number for each of key or value, back to tokens: written to `into` (g, t, d)."""
        laid_out = blocks.view(len(into), -1, self.width)
        for at, (whole, _, _) in zip(self.layout.begins, self.documents, strict=True):
            begin = at * self.size
            into[:, whole] = laid_out[:, begin : begin + whole.stop - whole.start]

    def index(self, at: slice, group: slice) -> Tensor:
        """The blocks that these rows see, among those of the group's heads."""
        return self.flat[at, group].reshape(-1)

    def gather(self, blocks: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, (r, g, c s, d) each, in memory that the next rows take."""
        into = self.gathered[: len(index)]
        torch.index_select(blocks, 0, index, out=into)
        heads = len(blocks) // self.layout.blocks
        both = into.view(-1, heads, self.flat.shape[2] * self.size, 2 * self.width)
        return both[..., : self.width], both[..., self.width :]


def _evenly(count: int, most: int) -> int:
    """How many of `count` things a part holds, of the fewest parts of up to `most` that are alike."""
    return -(-count // -(-count // most))


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
