"""What a student's distribution over labels lacks of its teacher's: few labels, so nothing is spared."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["tag_divergence"]

EPSILON = 1e-7
"""Added to a standard deviation, as the reference of arXiv 2403.01427 does."""


def tag_divergence(
    student: Tensor, teacher: Tensor, *, temperature: float, standardized: bool = False
) -> Tensor:
    """The sum over t tokens of T^2 KL(softmax(teacher/T) || softmax(student/T)), logits (t, labels) each.

    In single precision at least. With `standardized`, each token's logits are first brought to mean 0 and
    standard deviation 1 over the labels (arXiv 2403.01427).
    """
    own, other = (_tempered(x, temperature, standardized) for x in (student, teacher.detach()))
    found = functional.kl_div(own, other, reduction="sum", log_target=True)
    return found * temperature**2


def _tempered(logits: Tensor, temperature: float, standardized: bool) -> Tensor:
    x = logits.to(torch.promote_types(logits.dtype, torch.float32))
    if standardized:
        spread, mean = torch.std_mean(x, dim=1, keepdim=True)
        x = (x - mean) / (spread + EPSILON)
    return (x / temperature).log_softmax(1)
