"""Which keys a query of LSG attention sees, as intervals of blocks, and the row that FlexAttention computes.

A key, whether a token, a global token or a sparse token, is seen by the queries of one or two runs of blocks.
So a mask over [tokens | sparse tokens] needs four numbers a key and one a query; only which tokens stand
behind the sparse ones depends on the numbers.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.flex import BLOCK, MaskMod, block_mask, flex_attend, padded
from gonerd_baselines.attention.lsg_blocks import windows
from gonerd_baselines.attention.lsg_selection import AlignedRow, SparseTokens, sparse_tokens
from gonerd_baselines.packing import Packing, numbers_on

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask

    from gonerd_baselines.attention.lsg import LsgAttention

__all__ = ["LsgRow", "document_seen", "lsg_row"]

FAR = 1 << 30
"""More blocks than there can be."""


@dataclass(frozen=True, slots=True)
class Runs:
    """For each of u keys the blocks whose queries see it: from low to high, ends included; (2, u) each."""

    low: Tensor
    high: Tensor

    def hold(self, block: Tensor) -> Tensor:
        """(q, u) bool for the blocks (q,) of queries."""
        inside = (self.low[:, None] <= block[:, None]) & (block[:, None] <= self.high[:, None])
        return inside.any(0)

    def kept(self, keep: Tensor) -> Runs:
        """Keys outside `keep` (u,) are seen by none."""
        return Runs(self.low.where(keep, FAR), self.high.where(keep, -FAR))


def _local_runs(block: Tensor) -> Runs:
    """Of tokens that stand in `block` (u,)."""
    none = torch.full_like(block, FAR)
    return Runs(torch.stack([block - 1, none]), torch.stack([block + 1, -none]))


def _sparse_runs(pattern: LsgAttention, slot: Tensor) -> Runs:
    """Of sparse tokens by their number in the document, (u,).

    `windows` turned round: block i sees slots from begin + i step on, so slot s is seen by the i for which
    begin + i step <= s < begin + i step + size.
    """
    step, size = pattern.step, pattern.sparse_block_size
    begins = numbers_on(slot.device, [begin for begin, _ in windows(pattern, 0)])
    high = torch.div(slot - begins[:, None], step, rounding_mode="floor")
    low = torch.div(slot - begins[:, None] - size, step, rounding_mode="floor") + 1
    return Runs(low, high)


def document_seen(
    pattern: LsgAttention, tokens: int, sparse: SparseTokens | None, *, device: str
) -> Tensor:
    """(1 or h, g + n, g + n + m) bool for a document of n tokens: LSG attention's definition.

    Rows and the first columns are the g global tokens, then the document's own; then come sparse tokens.
    """
    g = pattern.num_global_tokens
    place = torch.arange(tokens, device=device)
    seen = torch.ones(g + tokens, g + tokens, dtype=torch.bool, device=device)
    block = place // pattern.block_size
    if pattern.is_long(tokens):
        seen[g:, g:] = _local_runs(block).hold(block)
    if pattern.mask_first_token:
        seen[:, g] = False
    if sparse is None:
        return seen[None]
    runs = _sparse_runs(pattern, torch.arange(sparse.key.shape[1], device=device))
    further = functional.pad(runs.hold(block), (0, 0, g, 0))  # global tokens see none
    further = further & sparse.seen[:, None]
    return torch.cat([seen.expand(len(further), -1, -1), further], dim=2)


@dataclass(frozen=True, slots=True)
class LsgRow:
    """A packed row laid out anew for FlexAttention: each document begins where a block begins.

    A document's global tokens stand behind its own, in what its last block leaves free. r places; u keys,
    which are the r places and then r / `sparsity_factor` sparse tokens.
    """

    places: Tensor
    """(r,) int64: where a place's token lies in the packed row; 0 for padding."""
    back: Tensor
    """(t,) int64: the place of a packed token."""
    aligned: AlignedRow
    mask: BlockMask
    mask_mod: MaskMod
    """For sparse tokens of which none is empty."""

    def attend(self, pattern: LsgAttention, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(h, t, d) each, the result too."""
        q, k, v = (
            x.transpose(0, 1).index_select(0, self.places).transpose(0, 1)
            for x in (query, key, value)
        )
        mask = self.mask
        if pattern.sparse:
            sparse = sparse_tokens(pattern, self.aligned, q, k, v)
            mask = self._mask_without_empty(sparse.seen.expand(len(k), -1))
            k, v = torch.cat([k, sparse.key], dim=1), torch.cat([v, sparse.value], dim=1)
        found = flex_attend(q, k, v, mask).transpose(0, 1)
        return found.index_select(0, self.back).transpose(0, 1)  # as the next projection reads it

    def _mask_without_empty(self, seen: Tensor) -> BlockMask:
        """With `seen` (h, m): which sparse tokens there are."""
        tokens = len(self.places)
        some = functional.pad(
            seen, (tokens, self.mask.seq_lengths[1] - tokens - seen.shape[1]), value=True
        )
        static = self.mask_mod

        def mask_mod(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
            return static(batch, head, query, key) & some[head, key]

        mask = copy(self.mask)
        mask.mask_mod = mask_mod
        return mask


def lsg_row(pattern: LsgAttention, packing: Packing) -> LsgRow:
    """Of documents that begin with their global tokens, as for `LsgAttention.prepare`."""
    device, g, size = packing.document.device, pattern.num_global_tokens, pattern.block_size
    unit = lcm(BLOCK, size)
    lengths = [length - g for length in packing.lengths]
    sizes = [-(-length // unit) * unit for length in packing.lengths]
    total = -(-padded(sum(sizes)) // unit) * unit
    # The rest of the row is one more document, without tokens, whose places see their neighbours.
    room, own = numbers_on(device, [*sizes, total - sum(sizes)]), numbers_on(device, [*lengths, 0])
    number = torch.arange(len(room), device=device)
    document = torch.repeat_interleave(number, room, output_size=total)
    begins = room.cumsum(0) - room
    begin, length = begins[document], own[document]
    offset = torch.arange(total, device=device) - begin
    packed = numbers_on(device, [*packing.lengths, 0])
    origin = (packed.cumsum(0) - packed)[document]
    rest = document == len(lengths)
    token, is_global = offset < length, (offset >= length) & (offset < length + g) & ~rest
    places = torch.where(token, origin + g + offset, origin + offset - length)
    places = places.where(token | is_global, 0)
    # Reckoned, not looked for among `places`: a GPU would have to be asked how many are used.
    at = packing.position
    back = begins[packing.document] + torch.where(at < g, own[packing.document] + at, at - g)
    live = token & ~((offset == 0) & pattern.mask_first_token)
    aligned = AlignedRow(live, begin.clamp(max=total - 1), zeros=False)

    block = torch.div(offset, size, rounding_mode="floor")
    everywhere = is_global | (token & (length <= 2 * size))
    near = _local_runs(block)
    runs = Runs(near.low.where(~everywhere, -FAR), near.high.where(~everywhere, FAR))
    keys = _Keys(
        document=document,
        runs=runs.kept(live | is_global | rest),
        to_global=live | is_global,
        sure=torch.ones_like(token),
    )
    if pattern.sparse:
        keys = keys.followed_by(_sparse_keys(pattern, document, begin, length))
    queries = _Queries(document, block.masked_fill(is_global, -FAR // 2), is_global)
    some, whole, mask_mod = _meetings(queries, keys)
    return LsgRow(places, back, aligned, block_mask(some, whole, mask_mod), mask_mod)


@dataclass(frozen=True, slots=True)
class _Queries:
    """Of r places, (r,) each."""

    document: Tensor
    block: Tensor
    is_global: Tensor


@dataclass(frozen=True, slots=True)
class _Keys:
    """Of u keys, (u,) each but for the runs."""

    document: Tensor
    runs: Runs
    to_global: Tensor
    """Global tokens see it."""
    sure: Tensor
    """It isn't a sparse token that may be empty."""

    def followed_by(self, other: _Keys) -> _Keys:
        """Both, and as many that none sees as whole blocks need."""
        pad = -(len(self.document) + len(other.document)) % BLOCK

        def joined(x: Tensor, y: Tensor, value: int) -> Tensor:
            return functional.pad(torch.cat([x, y], dim=-1), (0, pad), value=value)

        return _Keys(
            document=joined(self.document, other.document, int(self.document[-1])),
            runs=Runs(
                joined(self.runs.low, other.runs.low, FAR),
                joined(self.runs.high, other.runs.high, -FAR),
            ),
            to_global=joined(self.to_global, other.to_global, 0),
            sure=joined(self.sure, other.sure, 0),
        )


def _sparse_keys(pattern: LsgAttention, document: Tensor, begin: Tensor, length: Tensor) -> _Keys:
    """The sparse tokens of a row whose places have a `document`, that's `begin` and `length`, (r,) each."""
    factor, size = pattern.sparsity_factor, pattern.block_size
    owner, begin, length = (x[::factor] for x in (document, begin, length))
    slot = torch.arange(len(owner), device=owner.device) - begin // factor
    place = slot * factor
    runs = _sparse_runs(pattern, slot).kept((length > 2 * size) & (place // size * size < length))
    sure = (place + factor <= length // size * size) & (
        slot >= pattern.step * pattern.mask_first_token
    )
    sure = sure & (pattern.selection != "lsh")
    return _Keys(owner, runs, torch.zeros_like(sure), sure)


def _meetings(queries: _Queries, keys: _Keys) -> tuple[Tensor, Tensor, MaskMod]:
    """Which blocks of queries and keys hold pairs that meet, which nothing else; and of pairs whether."""
    q, k = queries, keys
    document, block, is_global = q.document, q.block, q.is_global
    owner, to_global = k.document, k.to_global
    low, high = k.runs.low[0], k.runs.high[0]
    low_beyond, high_beyond = k.runs.low[1], k.runs.high[1]

    def mask_mod(_: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
        at = block[query]
        near = (low[key] <= at) & (at <= high[key])
        far = (low_beyond[key] <= at) & (at <= high_beyond[key])
        seen = near | far | (is_global[query] & to_global[key])
        return (document[query] == owner[key]) & seen

    # A block of queries stands in one document, one of sparse tokens may stand in several.
    of = document[::BLOCK][:, None]
    first, last = owner[::BLOCK], owner[BLOCK - 1 :: BLOCK]
    least = block.masked_fill(is_global, FAR).view(-1, BLOCK).amin(1)[:, None]
    most = block.masked_fill(is_global, -FAR).view(-1, BLOCK).amax(1)[:, None]
    with_global = is_global.view(-1, BLOCK).any(1)[:, None]
    lows, highs = k.runs.low.view(2, 1, -1, BLOCK), k.runs.high.view(2, 1, -1, BLOCK)
    some = ((most >= lows.amin(-1)) & (least <= highs.amax(-1))).any(0)
    some = some | (with_global & to_global.view(-1, BLOCK).any(1))
    whole = ((least >= lows.amax(-1)) & (most <= highs.amin(-1))).any(0)
    whole = whole & ~with_global & k.sure.view(-1, BLOCK).all(1)
    return some & (first <= of) & (of <= last), whole & (first == of) & (last == of), mask_mod
