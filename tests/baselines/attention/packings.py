"""Packed documents and random numbers for them, shared by the tests of all patterns."""

from __future__ import annotations

import torch
from torch import Tensor

from gonerd_baselines.packing import Packing, packing_from_lengths

HEADS, WIDTH = 3, 8
PACKINGS = [(1,), (63,), (64,), (65,), (200,), (1, 63, 64, 65, 200), (5, 1, 1, 130, 2), (64, 64)]


def inputs(packing: Packing, seed: int = 0) -> list[Tensor]:
    """Query, key and value, (h, t, d) each, that want gradients."""
    generator = torch.Generator().manual_seed(seed)
    # Three times as large as usual: near-uniform attention would let a wrong mask pass.
    return [
        (3 * torch.randn(HEADS, packing.tokens, WIDTH, generator=generator)).requires_grad_()
        for _ in range(3)
    ]


def some_global(lengths: tuple[int, ...]) -> Tensor:
    """(t,) bool: of every other document the first token, and one from the middle of it."""
    packing = packing_from_lengths(lengths)
    sizes = torch.tensor(lengths)[packing.document]
    chosen = packing.document % 2 == 0
    return chosen & ((packing.position == 0) | (packing.position == sizes // 2))
