"""The cross entropy over a vocabulary without the logits of all tokens.

4,096 tokens times 16 documents times 50,265 subwords are 13 GB in float32, and their gradient as many again.
Here a few hundred tokens' logits live at a time: each chunk's gradient is formed beside its loss and summed
into that of the weight. What is kept for the way back has the size of the hidden states and of the weight.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

__all__ = ["CHUNK", "IGNORED", "vocabulary_loss"]

CHUNK = 1024
"""Tokens whose logits exist at a time."""

IGNORED = -100
"""The label of a token that counts in no loss, as in transformers."""


def vocabulary_loss(
    x: Tensor, weight: Tensor, bias: Tensor, labels: Tensor, *, chunk: int = CHUNK
) -> Tensor:
    """The mean cross entropy of `softmax(x weight^T + bias)` over the labelled tokens; 0 where none is.

    x (t, d), weight (v, d), bias (v,), labels (t,) int64 with IGNORED. Logits of half precision are
    summed in float32. The gradient is exact, and can't be differentiated again.
    """
    counted = labels != IGNORED
    # Within the function gradients seem wanted whenever a parameter is read, also where none are recorded.
    wanted = torch.is_grad_enabled() and any(part.requires_grad for part in (x, weight, bias))
    found: Tensor = _ChunkedLoss.apply(  # type: ignore[no-untyped-call]  # torch gives it no types
        x[counted], weight, bias, labels[counted], chunk, wanted
    )
    return found / counted.sum().clamp(min=1)


class _ChunkedLoss(torch.autograd.Function):
    """The sum over n labelled tokens."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        labels: Tensor,
        chunk: int,
        wanted: bool,
    ) -> Tensor:
        wide = torch.promote_types(x.dtype, torch.float32)
        total = torch.zeros((), dtype=wide, device=x.device)
        if wanted:
            sums = (
                torch.empty_like(x),
                torch.zeros_like(weight, dtype=wide),
                torch.zeros_like(bias, dtype=wide),
            )
        for begin in range(0, len(x), chunk):
            rows, targets = x[begin : begin + chunk], labels[begin : begin + chunk, None]
            logits = functional.linear(rows, weight, bias)  # (c, v)
            narrow = logits.dtype  # half precision under autocast, whatever the weights have
            logits = logits.to(wide)
            norm = logits.logsumexp(dim=1, keepdim=True)
            total += (norm - logits.gather(1, targets)).sum()
            if wanted:
                error = logits.sub_(norm).exp_()
                error.scatter_add_(1, targets, error.new_full(targets.shape, -1.0))
                sums[2].add_(error.sum(0))
                error = error.to(narrow)
                sums[0][begin : begin + chunk] = error @ weight.to(narrow)
                if narrow == wide:
                    sums[1].addmm_(error.T, rows.to(narrow))
                else:
                    sums[1].add_(error.T @ rows.to(narrow))
        if wanted:
            ctx.save_for_backward(sums[0], sums[1].to(weight.dtype), sums[2].to(bias.dtype))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        # One over the number of tokens, which rounded to halves would bend all gradients one way.
        grads = [
            (saved.to(upstream.dtype) * upstream).to(saved.dtype) for saved in ctx.saved_tensors
        ]
        return (*grads, None, None, None)
