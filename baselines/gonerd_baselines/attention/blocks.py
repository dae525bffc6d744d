"""Packed documents laid out in blocks: each begins with a block of its own and ends with a padded one.

Letters: n blocks in the whole layout, s tokens of a block, b documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd_baselines.packing import numbers_on, sent

__all__ = ["BlockLayout"]


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """Documents of `lengths` tokens in blocks of `size` tokens, each a multiple of `align` blocks long."""

    lengths: tuple[int, ...]
    size: int
    align: int = 1
    device: torch.device | str = "cpu"

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks of each document that hold a token of it."""
        return tuple(-(-length // self.size) for length in self.lengths)

    @property
    def rooms(self) -> tuple[int, ...]:
        """Blocks that each document takes up in the layout, its alignment included."""
        return tuple(-(-count // self.align) * self.align for count in self.counts)

    @property
    def begins(self) -> tuple[int, ...]:
        """The first block of each document."""
        found, end = [], 0
        for room in self.rooms:
            found.append(end)
            end += room
        return tuple(found)

    @property
    def blocks(self) -> int:
        """N, the blocks of the whole layout."""
        return sum(self.rooms)

    def of_block(self, values: Sequence[int]) -> Tensor:
        """(n,) int64: what `values` holds of each block's document."""
        # On the processor, and then sent as a whole: a GPU has a kernel less to start.
        owned, rooms = numbers_on("cpu", values), numbers_on("cpu", self.rooms)
        return sent(owned.repeat_interleave(rooms, output_size=self.blocks), self.device)

    @property
    def place(self) -> Tensor:
        """(n,) int64: the number of each block in its own document, from 0."""
        return torch.arange(self.blocks, device=self.device) - self.of_block(self.begins)
