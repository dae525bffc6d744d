"""What a student's vocabulary distribution lacks of its teacher's, without the logits of all tokens.

The sum over tokens of T^2 KL(softmax(t/T) || softmax(s/T)) (arXiv 1503.02531, and DistilBERT's script). As
in `encoder.vocabulary_loss`, a few hundred tokens' logits of both live at a time, and the gradient of the
student's is formed beside the loss: T (softmax(s/T) - softmax(t/T)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from gonerd_baselines.encoder.vocabulary_loss import DecoderGradients

__all__ = ["CHUNK", "Decoded", "output_divergence"]

CHUNK = 512
"""Tokens whose logits exist at a time, of student and teacher."""

EPSILON = 1e-7
"""Added to a standard deviation, as the reference of arXiv 2403.01427 does."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Logits that are not computed yet: `x` (t, d), `weight` (v, d), `bias` (v,) of a language head."""

    x: Tensor
    """What the head's decoder reads."""
    weight: Tensor
    bias: Tensor


def output_divergence(
    student: Decoded,
    teacher: Decoded,
    *,
    temperature: float,
    standardized: bool = False,
    chunk: int = CHUNK,
) -> Tensor:
    """The sum over t tokens, a number in single precision at least; gradients go to the student alone.

    Widths may differ, the vocabulary is the same. With `standardized`, each token's logits are first brought
    to mean 0 and standard deviation 1 over the vocabulary (arXiv 2403.01427). The gradient is exact, and
    can't be differentiated again.
    """
    parts = (student.x, student.weight, student.bias)
    # Within the function gradients seem wanted whenever a parameter is read, also where none are recorded.
    wanted = torch.is_grad_enabled() and any(part.requires_grad for part in parts)
    fixed = (teacher.x.detach(), teacher.weight.detach(), teacher.bias.detach())
    return _Divergence.apply(  # type: ignore[no-any-return, no-untyped-call]  # torch gives it no types
        *parts, *fixed, temperature, standardized, chunk, wanted
    )


class _Divergence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        teacher_x: Tensor,
        teacher_weight: Tensor,
        teacher_bias: Tensor,
        temperature: float,
        standardized: bool,
        chunk: int,
        wanted: bool,
    ) -> Tensor:
        wide = torch.promote_types(x.dtype, torch.float32)
        total = torch.zeros((), dtype=wide, device=x.device)
        gradients = DecoderGradients(x, weight, bias) if wanted else None
        for begin in range(0, len(x), chunk):
            rows = x[begin : begin + chunk]
            logits = functional.linear(rows, weight, bias)  # (c, v)
            narrow = logits.dtype  # half precision under autocast, whatever the weights have
            logits, spread = _tempered(logits.to(wide), temperature, standardized)
            scores = logits.log_softmax(1)
            standard = logits.mul_(temperature) if standardized and wanted else None
            del logits
            wished = functional.linear(
                teacher_x[begin : begin + chunk], teacher_weight, teacher_bias
            )
            wished = _tempered(wished.to(wide), temperature, standardized)[0].log_softmax(1)
            share = wished.exp()
            total += wished.sub_(scores).mul_(share).sum() * temperature**2
            del wished
            if gradients is not None:
                error = scores.exp_().sub_(share).mul_(temperature)
                del share
                if standard is not None and spread is not None:
                    error = _through_standardizing(error, standard, spread)
                gradients.add(begin, rows, error, narrow)
        if gradients is not None:
            ctx.save_for_backward(*gradients.saved())
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return (*DecoderGradients.times(ctx.saved_tensors, upstream), *(None,) * 7)


def _tempered(
    logits: Tensor, temperature: float, standardized: bool
) -> tuple[Tensor, Tensor | None]:
    """(c, v) logits by T, and the (c, 1) standard deviation if they were divided by it; in place."""
    if not standardized:
        return logits.div_(temperature), None
    spread, mean = torch.std_mean(logits, dim=1, keepdim=True)
    return logits.sub_(mean).div_((spread + EPSILON) * temperature), spread


def _through_standardizing(error: Tensor, standard: Tensor, spread: Tensor) -> Tensor:
    """From the gradient of standardized logits (c, v) to that of the logits.

    For z = (s - m) / (d + e) with the unbiased deviation d of v numbers s:
    ds = (dz - mean(dz) - z sum(dz z) (d + e) / ((v - 1) d)) / (d + e).
    """
    along = (error * standard).sum(1, keepdim=True) / (standard.shape[1] - 1)
    error = error - error.mean(1, keepdim=True)
    # A deviation of 0, all logits alike, has no gradient.
    ratio = torch.where(spread > 0, (spread + EPSILON) / spread, 0)
    return (error - standard * along * ratio) / (spread + EPSILON)
