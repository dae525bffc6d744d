"""A convolution of each head's numbers along packed documents, one filter of k tokens a head.

On a CPU it is blocks of tokens times a band matrix. That takes a third of conv2d's time forwards; backwards
oneDNN's gradient of a filter of 65 is wrong by a tenth (torch 2.13), and right only in four times the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.documents import by_document, laid, split_documents

__all__ = ["add_convolved", "convolved"]

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
    reach = weight.shape[2] // 2
    return functional.conv2d(value[None], weight, padding=(reach, 0), groups=weight.shape[0])[0]


def _add(to: Tensor, value: Tensor, weight: Tensor) -> None:
    size = weight.shape[2]
    tap = torch.arange(_BLOCK + size - 1) - torch.arange(_BLOCK)[:, None]
    band = weight.view(-1, size)[:, tap.clamp(0, size - 1)]
    band = band.masked_fill((tap < 0) | (tap >= size), 0.0).to(
        value.dtype
    )  # (h, block, block + k - 1)
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
