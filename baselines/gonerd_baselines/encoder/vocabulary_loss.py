"""The cross entropy over a vocabulary without the logits of all tokens.

4,096 tokens times 16 documents times 50,265 subwords are 13 GB in float32, and their gradient as many again.
Here a few hundred tokens' logits live at a time: each chunk's gradient is formed beside its loss and summed
into that of the weight. What is kept for the way back has the size of the hidden states and of the weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

__all__ = ["CHUNK", "IGNORED", "DecoderGradients", "vocabulary_loss"]

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


class DecoderGradients:
    """Those of a decoder's input (t, d), weight (v, d) and bias (v,), formed a chunk of rows at a time."""

    def __init__(self, x: Tensor, weight: Tensor, bias: Tensor) -> None:
        wide = torch.promote_types(x.dtype, torch.float32)
        self.weight, self.bias = weight, bias
        self.of_x = torch.empty_like(x)
        self.of_weight = torch.zeros_like(weight, dtype=wide)
        self.of_bias = torch.zeros_like(bias, dtype=wide)

    def add(self, begin: int, rows: Tensor, error: Tensor, dtype: torch.dtype) -> None:
        """Take in the gradient `error` (c, v) of logits of `dtype`: those of `rows` (c, d), from `begin`."""
        self.of_bias.add_(error.sum(0))
        error = error.to(dtype)
        self.of_x[begin : begin + len(rows)] = error @ self.weight.to(dtype)
        if dtype == self.of_weight.dtype:
            self.of_weight.addmm_(error.T, rows.to(dtype))
        else:
            self.of_weight.add_(error.T @ rows.to(dtype))

    def saved(self) -> tuple[Tensor, Tensor, Tensor]:
        """In the types of what they are of."""
        return self.of_x, self.of_weight.to(self.weight.dtype), self.of_bias.to(self.bias.dtype)

    @staticmethod
    def times(saved: Sequence[Tensor], upstream: Tensor) -> list[Tensor]:
        """On the way back."""
        # One over the number of tokens, which rounded to halves would bend all gradients one way.
        return [(grad.to(upstream.dtype) * upstream).to(grad.dtype) for grad in saved]


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
        gradients = DecoderGradients(x, weight, bias) if wanted else None
        for begin in range(0, len(x), chunk):
            rows, targets = x[begin : begin + chunk], labels[begin : begin + chunk, None]
            logits = functional.linear(rows, weight, bias)  # (c, v)
            narrow = logits.dtype  # half precision under autocast, whatever the weights have
            logits = logits.to(wide)
            norm = logits.logsumexp(dim=1, keepdim=True)
            total += (norm - logits.gather(1, targets)).sum()
            if gradients is not None:
                error = logits.sub_(norm).exp_()
                error.scatter_add_(1, targets, error.new_full(targets.shape, -1.0))
                gradients.add(begin, rows, error, narrow)
        if gradients is not None:
            ctx.save_for_backward(*gradients.saved())
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return (*DecoderGradients.times(ctx.saved_tensors, upstream), None, None, None)
