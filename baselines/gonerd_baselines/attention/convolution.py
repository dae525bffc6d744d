"""A convolution of each head's numbers along packed documents, one filter of k tokens a head.

On a CPU it is a band matrix times blocks of tokens, all heads and many blocks in one product. That takes a
third of conv2d's time forwards; backwards oneDNN's gradient of a filter of 65 is wrong by a tenth (torch
2.13), and right only in four times the time.
On a GPU without gradients it is all blocks at once times that matrix: twice the operations, in matrix units,
where conv2d reads a filter's 65 tokens for each number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.documents import by_document, laid, split_documents

__all__ = ["add_convolved", "blocks_at_once", "convolved"]

_BLOCK = 64
"""Tokens of a block: fastest with filters of 65, measured."""

_BLOCKS = 8
"""Of one product, whose copied tokens stay in the cache: 3 MB at 12 heads of 64. A product for each block
wakes the other cores again and again: 198 changes of thread at 512 tokens, with this 12."""


def convolved(
    value: Tensor, weight: Tensor, lengths: Sequence[int], apart: Tensor | None = None
) -> Tensor:
    """(h, t, d) with zeros beyond each document's ends; `weight` (h, 1, k, 1).

    With `apart` all documents at once, in a row where (k - 1) / 2 zeros stand between them and where a token
    has the place that `apart` (t,) says.
    """
    if apart is None:
        parts = split_documents(value, lengths, dim=1)
        return laid([_alone(part, weight) for part in parts])
    heads, tokens, width = value.shape
    gaps = weight.shape[2] // 2 * (len(lengths) - 1)
    row = value.new_zeros(tokens + gaps, heads, width).index_copy(0, apart, value.transpose(0, 1))
    found = _alone(row.transpose(0, 1), weight)
    return found.transpose(0, 1).index_select(0, apart).transpose(0, 1)


def add_convolved(to: Tensor, value: Tensor, weight: Tensor, lengths: Sequence[int]) -> None:
    """Add `convolved` to (h, t, d) in place, on a CPU and where no gradient is wanted."""
    for part, document in by_document(lengths, to, value):
        _add(part, document, weight)


def _alone(value: Tensor, weight: Tensor) -> Tensor:
    """(h, n, d) of one document."""
    if value.device.type == "cpu":
        found: Tensor = _Banded.apply(value, weight.to(value.dtype))  # type: ignore[no-untyped-call]
        return found
    if not torch.is_grad_enabled():
        return blocks_at_once(value, weight.to(value.dtype))
    reach = weight.shape[2] // 2
    return functional.conv2d(value[None], weight, padding=(reach, 0), groups=weight.shape[0])[0]


def blocks_at_once(value: Tensor, weight: Tensor) -> Tensor:
    """(h, n, d) of one document and (h, 1, k, 1) to (h, n, d), tokens outermost in memory."""
    heads, tokens, width = value.shape
    reach, blocks = weight.shape[2] // 2, -(-tokens // _BLOCK)
    edges = (0, 0, 0, 0, reach, reach + blocks * _BLOCK - tokens)
    row = functional.pad(value.transpose(0, 1), edges).contiguous()  # (t, h, d)
    found = torch.bmm(_band(weight), _overlapping(row, blocks))
    found = found.view(heads, _BLOCK, blocks, width).permute(2, 1, 0, 3)
    return found.reshape(-1, heads, width)[:tokens].transpose(0, 1)


def _band(weight: Tensor) -> Tensor:
    """(h, 1, k, 1) to (h, block, block + k - 1): what each token of a block takes of those around it."""
    heads, size = weight.shape[0], weight.shape[2]
    # Rows one shorter than a filter with its zeros: so each row has the filter a place further right.
    line = functional.pad(weight.reshape(heads, 1, size), (0, _BLOCK)).expand(-1, _BLOCK, -1)
    columns = _BLOCK + size - 1
    return line.reshape(heads, -1)[:, : _BLOCK * columns].view(heads, _BLOCK, columns)


def _overlapping(row: Tensor, blocks: int) -> Tensor:
    """(blocks block + k - 1, h, d) to (h, block + k - 1, blocks d): each block with those around it."""
    tokens, heads, width = row.shape
    each = tokens - (blocks - 1) * _BLOCK
    line = heads * width
    windows = row.as_strided((heads, each, blocks, width), (width, line, _BLOCK * line, 1))
    return windows.reshape(heads, each, -1)


def _add(to: Tensor, value: Tensor, weight: Tensor) -> None:
    heads, width = value.shape[0], value.shape[2]
    band = _band(weight).to(value.dtype)
    for own, windows in _windows(value, weight.shape[2]):
        made = torch.bmm(band, windows).view(heads, _BLOCK, -1, width)
        made = made.transpose(1, 2)  # (h, blocks, block, d)
        into = to[:, own]
        whole, rest = divmod(into.shape[1], _BLOCK)
        into[:, : whole * _BLOCK].view(heads, whole, _BLOCK, width).add_(made[:, :whole])
        if rest:
            into[:, whole * _BLOCK :] += made[:, whole, :rest]


def _windows(value: Tensor, size: int) -> Iterator[tuple[slice, Tensor]]:
    """Some blocks' tokens, and what they are made of, zeros beyond the ends: (h, block + k - 1, blocks d)."""
    heads, tokens, width = value.shape
    reach = size // 2
    for start in range(0, tokens, _BLOCKS * _BLOCK):
        end = min(start + _BLOCKS * _BLOCK, tokens)
        blocks = -(-(end - start) // _BLOCK)
        first, last = max(start - reach, 0), min(end + reach, tokens)
        row = value.new_zeros(blocks * _BLOCK + size - 1, heads, width)
        row[first - start + reach : last - start + reach] = value[:, first:last].transpose(0, 1)
        yield slice(start, end), _overlapping(row, blocks)


class _Banded(torch.autograd.Function):
    """(h, n, d) and (h, 1, k, 1) to (h, n, d)."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(value, weight)
        heads, tokens, width = value.shape
        found = value.new_zeros(tokens, heads, width).transpose(0, 1)
        _add(found, value, weight)
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        value, weight = ctx.saved_tensors
        of_value = of_weight = None
        if ctx.needs_input_grad[0]:
            heads, tokens, width = value.shape
            of_value = value.new_zeros(tokens, heads, width).transpose(0, 1)
            _add(of_value, gradient, weight.flip(2))
        if ctx.needs_input_grad[1]:
            of_weight = (
                _of_filter(gradient, value, weight.shape[2]).view_as(weight).to(weight.dtype)
            )
        return of_value, of_weight


def _of_filter(gradient: Tensor, value: Tensor, size: int) -> Tensor:
    """(h, k): the gradient of the band matrix, summed along its k diagonals; in single precision at least."""
    heads, columns = value.shape[0], _BLOCK + size - 1
    exact = torch.promote_types(value.dtype, torch.float32)
    band = value.new_zeros(heads, _BLOCK, columns, dtype=exact)
    for own, windows in _windows(value, size):
        some = gradient[:, own]
        some = functional.pad(some, (0, 0, 0, -some.shape[1] % _BLOCK))
        some = some.reshape(heads, -1, _BLOCK, some.shape[2]).transpose(1, 2)
        band += some.flatten(2) @ windows.transpose(1, 2)
    return band.as_strided((heads, _BLOCK, size), (_BLOCK * columns, columns + 1, 1)).sum(1)
