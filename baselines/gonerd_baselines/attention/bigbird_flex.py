"""BigBird's blocks for FlexAttention, on a row in which every document begins with a block of its own.

A block of the pattern is a block of the kernel, so that hardly a pair asks the mask. `align` blocks together
are one where the kernel wants larger ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.blocks import BlockLayout
from gonerd_baselines.attention.flex import BLOCK, flex_attend, padded
from gonerd_baselines.packing import Packing, numbers_on

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask

__all__ = ["FlexBlocks", "attend_blocks", "flex_blocks"]


@dataclass(frozen=True, slots=True)
class FlexBlocks:
    """The pairs of blocks that meet in a layout, and what their scores are added."""

    mask: BlockMask
    places: Tensor | None
    """(n s,) int64: where a place's token lies in the packed row, any for padding; None without padding."""
    back: Tensor
    """(t,) int64: the place of a packed token."""
    score_mod: Any


def attend_blocks(query: Tensor, key: Tensor, value: Tensor, blocks: FlexBlocks) -> Tensor:
    """(h, t, d) each, the result too."""
    places = blocks.places
    if places is not None:
        # All documents at once: of a real batch's many, starting kernels would take longest.
        query, key, value = (_taken(x, places) for x in (query, key, value))
    size = blocks.mask.BLOCK_SIZE[0]
    options = None
    if query.device.type == "cuda" and size % BLOCK:
        # Kernels take tiles of 128 tokens by themselves, and refuse smaller blocks.
        options = {"fwd_BLOCK_M": size, "fwd_BLOCK_N": size}
    found = flex_attend(
        query, key, value, blocks.mask, score_mod=blocks.score_mod, kernel_options=options
    )
    return found if places is None else _taken(found, blocks.back)


def _taken(x: Tensor, places: Tensor) -> Tensor:
    """(h, t, d) to the tokens at `places`, a token's heads together in memory."""
    return x.transpose(0, 1).index_select(0, places).transpose(0, 1)


def flex_blocks(
    layout: BlockLayout, packing: Packing, seen: Tensor, added: Tensor | None
) -> FlexBlocks:
    """Of the documents of `packing` in `layout`.

    `seen` (h, n, w) or (1, n, w) bool, columns counted from the document's first block.

    `added` (n,): what is added to the scores of a block's queries with the first block of their document.
    """
    size, align, device = layout.size, layout.align, seen.device
    place, begin = layout.place, layout.of_block(layout.begins)
    room = layout.of_block(layout.rooms)
    filled = (place + 1) * size <= layout.of_block(layout.lengths)
    column = torch.arange(seen.shape[2], device=device)[None, :]
    whole = seen & filled[(begin[:, None] + column).clamp(max=layout.blocks - 1)]
    # In the kernel's blocks: `align` rows by `align` columns.
    heads, few = len(seen), layout.blocks // align
    shape = (heads, few, align, seen.shape[2] // align, align)
    some, every = seen.view(shape).any(4).any(2), whole.view(shape).all(4).all(2)
    total = padded(layout.blocks * size, size * align)
    local = _Local(begin[::align] // align, room[::align] // align, total // (size * align))
    mask = _block_mask(local, some & ~every, every, size * align, _mask_mod(layout, seen, total))
    token = place[:, None] * size + torch.arange(size, device=device)
    own = token < layout.of_block(packing.lengths)[:, None]
    firsts = list(accumulate(packing.lengths[:-1], initial=0))
    places = (layout.of_block(firsts)[:, None] + token).where(own, 0).flatten()
    back = numbers_on(device, layout.begins)[packing.document] * size + packing.position
    return FlexBlocks(
        mask,
        None if len(places) == packing.tokens else places,
        back,
        None if added is None else _score_mod(begin, added, size, total),
    )


@dataclass(frozen=True, slots=True)
class _Local:
    """Blocks of the kernel: n of them hold documents, `total` are in the padded row."""

    begin: Tensor
    """(n,) int64: the first block of a block's document."""
    room: Tensor
    """(n,) int64: how many its document has."""
    total: int

    def transposed(self, pairs: Tensor) -> Tensor:
        """(h, n, w) with columns for rows: which blocks of its document see block n."""
        number = torch.arange(len(self.begin), device=pairs.device)
        row = torch.arange(pairs.shape[2], device=pairs.device)[None, :]
        at = (self.begin[:, None] + row).clamp(max=len(number) - 1)
        found = pairs[:, at, (number - self.begin)[:, None]]
        return found & (row < self.room[:, None])

    def listed(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Counts (1, h, total) and numbers (1, h, total, w) of the true columns of each row."""
        order = torch.argsort(pairs.to(torch.int8), dim=-1, descending=True, stable=True)
        counts = pairs.sum(-1)
        ranks = torch.arange(pairs.shape[2], device=pairs.device)
        numbers = (order + self.begin[:, None]).masked_fill(ranks >= counts[..., None], 0)
        rows = self.total - len(self.begin)
        counts = functional.pad(counts, (0, rows))
        numbers = functional.pad(numbers, (0, 0, 0, rows))
        return counts[None].to(torch.int32), numbers[None].to(torch.int32)


def _block_mask(
    local: _Local, partial: Tensor, every: Tensor, size: int, mask_mod: Any
) -> BlockMask:
    """From columns that count from a document's begin: a hundredth of all pairs, which are never sorted."""
    from torch.nn.attention.flex_attention import BlockMask

    return BlockMask(
        (local.total * size, local.total * size),
        *local.listed(partial),
        *local.listed(every),
        *local.listed(local.transposed(partial)),
        *local.listed(local.transposed(every)),
        BLOCK_SIZE=(size, size),
        mask_mod=mask_mod,
    )


def _mask_mod(layout: BlockLayout, seen: Tensor, total: int) -> Any:
    """Asked of pairs of tokens in blocks that are not seen whole."""
    size, rest = layout.size, total - layout.blocks * layout.size
    blocks = rest // size
    begin = functional.pad(layout.of_block(layout.begins), (0, blocks), value=-1)
    token = torch.arange(size, device=seen.device) + layout.place[:, None] * size
    filled = token < layout.of_block(layout.lengths)[:, None]
    valid = functional.pad(filled.flatten(), (0, rest))
    table = functional.pad(seen, (0, 0, 0, blocks))
    last, per_head = seen.shape[2] - 1, int(len(seen) > 1)

    def mask_mod(_: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        row, other = query // size, key // size
        column = (other - begin[row]).clamp(0, last)
        return table[head * per_head, row, column] & (begin[row] == begin[other]) & valid[key]

    return mask_mod


def _score_mod(begin: Tensor, added: Tensor, size: int, total: int) -> Any:
    blocks = total // size - len(begin)
    first, more = functional.pad(begin, (0, blocks), value=-1), functional.pad(added, (0, blocks))

    def score_mod(score: Tensor, _: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
        row = query // size
        return score + torch.where(first[row] == key // size, more[row], 0.0)

    return score_mod
