"""A convolution of each head's numbers along packed documents, one filter of k tokens a head.

On a CPU it is blocks of tokens times a band matrix. That takes a third of conv2d's time forwards; backwards
oneDNN's gradient of a filter of 65 is wrong by a tenth (torch 2.13), and right only in four times the time.
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
    line = heads * width
    windows = row.as_strided(
        (heads, _BLOCK + 2 * reach, blocks, width), (width, line, _BLOCK * line, 1)
    )
    found = torch.bmm(_band(weight), windows.reshape(heads, -1, blocks * width))
    found = found.view(heads, _BLOCK, blocks, width).permute(2, 1, 0, 3)
    return found.reshape(-1, heads, width)[:tokens].transpose(0, 1)


def _band(weight: Tensor) -> Tensor:
    """(h, block, block + k - 1): what each token of a block takes of those around it."""
    size, device = weight.shape[2], weight.device
    tap = torch.arange(_BLOCK + size - 1, device=device)
    tap = tap - torch.arange(_BLOCK, device=device)[:, None]
    band = weight.view(-1, size)[:, tap.clamp(0, size - 1)]
    return band.masked_fill((tap < 0) | (tap >= size), 0.0)


def _add(to: Tensor, value: Tensor, weight: Tensor) -> None:
    size = weight.shape[2]
    band = _band(weight).to(value.dtype)
    for own, window, part in _blocks(value.shape[1], size // 2):
        to[:, own].baddbmm_(band[part], value[:, window])


def _blocks(tokens: int, reach: int) -> Iterator[tuple[slice, slice, tuple[slice, slice, slice]]]:
    """A block's tokens, those that it is made of, and the part of a band matrix between them."""
    for start in range(0, tokens, _BLOCK):
        end = min(start + _BLOCK, tokens)
        first, last = max(start - reach, 0), min(end + reach, tokens)
        rows, columns = slice(end - start), slice(first - start + reach, last - start + reach)
        yield slice(start, end), slice(first, last), (slice(None), rows, columns)


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
    for own, window, part in _blocks(value.shape[1], size // 2):
        band[part] += gradient[:, own] @ value[:, window].transpose(1, 2)
    return band.as_strided((heads, _BLOCK, size), (_BLOCK * columns, columns + 1, 1)).sum(1)
