"""What a student's relations between tokens lack of its teacher's (MiniLMv2, arXiv 2012.15828).

The relations of queries, keys or values A are softmax(A A^T / sqrt(d_r)) over the tokens of a document, in
relation heads of d_r numbers each into which the whole width is split anew: so widths and numbers of heads
may differ. The loss is KL(teacher || student), the mean over relation heads, the sum over query, key and
value.

With a `reach`, a token's relations are only with those at most so many tokens away: the ones that windowed
attention lets it see. That costs O(n reach), and for documents of up to reach + 1 tokens it is the same.

Relations of some rows live at a time; their gradient is formed beside the loss and summed into that of A, so
that (n, n) of a long document never stand whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gonerd.errors import ConfigError
from gonerd_baselines.attention.documents import split_documents
from gonerd_baselines.attention.longformer import pairs_in_window
from gonerd_baselines.encoder.taps import Projections

__all__ = ["NUMBERS", "relation_divergence", "relation_flops", "require_relation_heads"]

NUMBERS = 1 << 23
"""Relations of one model that exist at a time, of all heads and of query, key and value together."""

KINDS = 3
"""Query, key and value."""


def require_relation_heads(heads: int, *, student_width: int, teacher_width: int) -> None:
    """Raise ConfigError where a width can't be split into so many relation heads."""
    for name, width in (("student", student_width), ("teacher", teacher_width)):
        if heads < 1 or width % heads:
            raise ConfigError(
                f"the {name}'s hidden size {width} can't be divided among {heads} relation heads"
            )


def relation_divergence(
    student: Projections,
    teacher: Projections,
    lengths: Sequence[int],
    *,
    heads: int,
    reach: int | None = None,
    numbers: int = NUMBERS,
) -> Tensor:
    """The sum over t packed tokens, a number in single precision at least; gradients go to the student alone.

    Args:
        student: (t, width) each.
        teacher: (t, its width) each.
        lengths: tokens of each document.
        heads: relation heads, which divide both widths.
        reach: tokens on either side that a token has relations with; None is all of its document.
        numbers: relations of one model that exist at a time.

    Raises:
        ConfigError: the heads don't divide a width, or the reach is below 1.
    """
    require_relation_heads(
        heads, student_width=student.query.shape[1], teacher_width=teacher.query.shape[1]
    )
    if reach is not None and reach < 1:
        raise ConfigError(f"reach is {reach}, expected 1 token or more")
    own = _split(student, heads)
    wanted = torch.is_grad_enabled() and own.requires_grad
    found: Tensor = _Relations.apply(  # type: ignore[no-untyped-call]  # torch gives it no types
        own, _split(teacher, heads).detach(), tuple(lengths), reach, numbers, wanted
    )
    return found / heads


def relation_flops(
    lengths: Sequence[int], *, student_width: int, teacher_width: int, reach: int | None = None
) -> float:
    """Operations over documents of `lengths` tokens: both models' products, and two of the gradient."""
    pairs = sum(n * n if reach is None else pairs_in_window(n, reach) for n in lengths)
    return float(2 * KINDS * pairs * (teacher_width + 3 * student_width))


def _split(x: Projections, heads: int) -> Tensor:
    """(3 heads, t, d_r)."""
    together = torch.stack([x.query, x.key, x.value])  # (3, t, width)
    parts = together.view(*together.shape[:2], heads, -1)
    return parts.transpose(1, 2).flatten(0, 1)


class _Relations(torch.autograd.Function):
    """The sum over heads, too."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        teacher: Tensor,
        lengths: tuple[int, ...],
        reach: int | None,
        numbers: int,
        wanted: bool,
    ) -> Tensor:
        wide = torch.promote_types(x.dtype, torch.float32)
        total = torch.zeros((), dtype=wide, device=x.device)
        gradient = torch.zeros_like(x, dtype=wide) if wanted else None
        grads = split_documents(x if gradient is None else gradient, lengths, dim=1)
        documents = zip(
            split_documents(x, lengths, dim=1),
            split_documents(teacher, lengths, dim=1),
            grads,
            strict=True,
        )
        for own, other, into in documents:
            for rows, keys in _chunks(own.shape[1], reach, numbers // len(x)):
                seen = None
                if reach is not None and own.shape[1] > reach + 1:
                    seen = _seen(rows, keys, reach, device=x.device)
                total += _added(own, other, rows, keys, seen, into if wanted else None)
        if gradient is not None:
            ctx.save_for_backward(gradient.to(x.dtype))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return ((gradient.to(upstream.dtype) * upstream).to(gradient.dtype), *(None,) * 5)


def _added(
    own: Tensor,
    other: Tensor,
    rows: slice,
    keys: slice,
    seen: Tensor | None,
    into: Tensor | None,
) -> Tensor:
    """The divergence of some rows (heads, n, d_r each); their part of the gradient is added `into`."""
    scores = _relations(own, rows, keys, seen)
    wished = _relations(other, rows, keys, seen)
    share = wished.exp()
    difference = wished.sub_(scores).mul_(share)
    if seen is not None:
        difference.masked_fill_(~seen, 0)  # minus infinity on both sides
    total = difference.sum()
    if into is not None:
        # Of the scores A A^T / sqrt(d_r), in which the rows stand on both sides.
        error = scores.exp_().sub_(share).mul_(own.shape[2] ** -0.5).to(own.dtype)
        into[:, rows] += error @ own[:, keys]
        into[:, keys] += error.transpose(1, 2) @ own[:, rows]
    return total


def _relations(x: Tensor, rows: slice, keys: slice, seen: Tensor | None) -> Tensor:
    """(heads, rows, keys): logarithms, minus infinity where nothing is seen."""
    scores = x[:, rows] @ x[:, keys].transpose(1, 2)
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32)).mul_(x.shape[2] ** -0.5)
    if seen is not None:
        scores.masked_fill_(~seen, float("-inf"))
    return scores.log_softmax(2)


def _chunks(tokens: int, reach: int | None, numbers: int) -> list[tuple[slice, slice]]:
    """Rows of a document, and the columns that they have relations with.

    With a reach rows come by the reach at most, so that their columns are three times as many at most.
    """
    if reach is None or tokens <= reach + 1:
        step = max(1, numbers // tokens)
    else:
        step = max(1, min(reach, numbers // (3 * reach)))
    found = []
    for begin in range(0, tokens, step):
        end = min(begin + step, tokens)
        keys = slice(0, tokens)
        if reach is not None:
            keys = slice(max(0, begin - reach), min(tokens, end + reach))
        found.append((slice(begin, end), keys))
    return found


def _seen(rows: slice, keys: slice, reach: int, *, device: torch.device) -> Tensor:
    """(rows, keys) bool."""
    row = torch.arange(rows.start, rows.stop, device=device)
    key = torch.arange(keys.start, keys.stop, device=device)
    return (row[:, None] - key[None, :]).abs() <= reach
