"""Which blocks see which in BigBird's attention (arXiv 2007.14062)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.blocks import BlockLayout
from gonerd_baselines.packing import sent

__all__ = ["middle_table", "random_blocks", "seen_blocks"]

FIXED = 5
"""Columns of the table that are no random blocks: the first, the row's neighbours and itself, the last."""


@lru_cache(maxsize=2048)
def random_blocks(blocks: int, heads: int, each: int, seed: int, layer: int) -> Tensor:
    """(h, n - 2, each) int64: what the rows 1 to n - 2 of a document of n `blocks` see beside the fixed ones.

    Uniform among the blocks that a row does not see anyway. A head's choice depends on nothing but the
    arguments and its own number: the stream of numpy's RandomState is frozen.
    """
    row = np.arange(blocks)[:, None]
    column = np.arange(blocks)[None, :]
    fixed = (abs(row - column) <= 1) | (column == 0) | (column == blocks - 1)
    chosen = []
    for head in range(heads):
        draw = np.random.RandomState((seed, layer, head, blocks)).random_sample((blocks, blocks))
        order = np.argsort(np.where(fixed, 2.0, draw), axis=1, kind="stable")
        chosen.append(np.sort(order[1:-1, :each], axis=1))
    return torch.from_numpy(np.stack(chosen))


def middle_table(blocks: int, random: Tensor | None) -> Tensor:
    """(n - 2, h, 5 + r) int64, or (n - 2, 1, 5): the blocks of a document that its middle rows see.

    In row 1 the first block stands twice (columns 0 and 1), in row n - 2 the last (columns 3 and 4).
    """
    row = torch.arange(1, blocks - 1)
    ends = torch.zeros_like(row), torch.full_like(row, blocks - 1)
    fixed = torch.stack([ends[0], row - 1, row, row + 1, ends[1]], dim=1)[:, None]
    if random is None:
        return fixed
    return torch.cat([fixed.expand(-1, len(random), -1), random.transpose(0, 1)], dim=2)


def seen_blocks(
    layout: BlockLayout, whole_up_to: int, heads: int, each: int, seed: int, layer: int
) -> Tensor:
    """(h, n, w) bool, or (1, n, w) without random blocks (`each` 0): which of its document a block sees.

    w counts from the first block of the document, up to the most blocks that one has, and is made a power of
    two, since FlexAttention is compiled anew for each. Documents of up to `whole_up_to` tokens see all of
    theirs. Rows in which alignment left no token see all, too.
    """
    device = layout.device
    width = 1 << (max(layout.rooms) - 1).bit_length()
    count, place = layout.of_block(layout.counts)[:, None], layout.place[:, None]
    column = torch.arange(width, device=device)[None, :]
    whole = layout.of_block([int(n <= whole_up_to) for n in layout.lengths])[:, None] > 0
    ends = (place == 0) | (place >= count - 1) | (column == 0) | (column == count - 1)
    seen = (whole | ends | ((place - column).abs() <= 1))[None]
    if each:
        columns = _random_columns(layout, whole_up_to, heads, each, seed, layer)
        seen = seen.expand(heads, -1, -1).scatter(2, sent(columns, device), True)
    return seen & (column < count)


def _random_columns(
    layout: BlockLayout, whole_up_to: int, heads: int, each: int, seed: int, layer: int
) -> Tensor:
    """(h, n, each) int64; rows without random blocks name block 0, which all see."""
    parts = []
    for length, count, room in zip(layout.lengths, layout.counts, layout.rooms, strict=True):
        if length <= whole_up_to:
            parts.append(torch.zeros(heads, room, each, dtype=torch.int64))
        else:
            found = random_blocks(count, heads, each, seed, layer)
            parts.append(functional.pad(found, (0, 0, 1, 1 + room - count)))
    return torch.cat(parts, dim=1)
