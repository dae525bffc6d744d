"""Every pattern in bfloat16, results and gradients, beside its dense form of the same numbers in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
    extra_tokens,
)
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.attention.packings import inputs

LENGTHS = (1, 63, 64, 65, 300)
PATTERNS: list[AttentionPattern] = [
    FullAttention(),
    LongformerAttention(32),
    BigBirdAttention(4),
    BigBirdAttention(4, mode="hf-eval"),
    NystromformerAttention(16),
    LsgAttention(16, 16),
    LsgAttention(16, 16, 4, "pooling", num_global_tokens=3),
    LsgAttention(16, 16, 4, "stride", mask_first_token=True),
    LsgAttention(16, 24, 2, "block_stride"),
    LsgAttention(16, 16, 2, "lsh"),
    LsgAttention(16, 16, 16, "lsh"),
    LsgAttention(16, 16, 4, "bos_pooling"),
]
CASES = [(p, backend) for p in PATTERNS for backend in ("sdpa", "blocked") if backend in p.backends]


def error(found: Tensor, wanted: Tensor) -> float:
    """The norm of the difference, over that of what is wanted."""
    return float((found.double() - wanted).norm() / wanted.norm())


@pytest.mark.parametrize(("pattern", "backend"), CASES, ids=str)
def test_results_and_gradients_are_within_a_hundredth(
    pattern: AttentionPattern, backend: str
) -> None:
    packing = packing_from_lengths([length + extra_tokens(pattern) for length in LENGTHS])
    given = [(2 / 3 * x).bfloat16().detach() for x in inputs(packing)]
    towards = torch.randn(given[0].shape, generator=torch.Generator().manual_seed(1)).bfloat16()
    results = []
    for dtype, each in ((torch.bfloat16, backend), (torch.float64, "dense")):
        parts = [x.to(dtype).requires_grad_() for x in given]
        found = pattern.attend(*parts, pattern.prepare(packing, backend=each, dtype=dtype))
        assert found.dtype == dtype
        results.append([found.detach(), *torch.autograd.grad(found, parts, towards.to(dtype))])
    for ours, dense in zip(*results, strict=True):
        assert ours.dtype == torch.bfloat16
        assert error(ours, dense) <= 1e-2
