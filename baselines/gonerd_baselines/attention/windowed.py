"""A row of packed tokens cut into blocks that see their neighbour blocks, and a few tokens beside."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.dense import bias_from_seen
from gonerd_baselines.packing import Packing

__all__ = ["WindowedRow", "attend_windowed", "windowed_row"]


@dataclass(frozen=True, slots=True)
class WindowedRow:
    """N blocks of w tokens; each sees 3 w keys, and the g global tokens of its documents."""

    reach: int
    bias: Tensor
    """(n, 1, w, g + 3w): 0 where the query sees the key, minus infinity where not."""
    beside: Tensor | None
    """(n, g) int64: places of the global tokens of a block's documents; what it has less is masked."""


def windowed_row(packing: Packing, reach: int, global_tokens: Tensor | None = None) -> WindowedRow:
    """The row of `packing`: tokens see `reach` neighbours on either side and `global_tokens` (t,) bool."""
    w = reach
    pad = -packing.tokens % w
    # A document of its own for the padding: its queries see something, so that no softmax is 0/0.
    query = functional.pad(packing.document, (0, pad), value=-1)
    key = functional.pad(query, (w, w), value=-1)
    same = query.view(-1, w, 1) == key.unfold(0, 3 * w, w)[:, None, :]  # (n, w, 3w)
    row = torch.arange(w, device=query.device)[:, None]
    distance = torch.arange(3 * w, device=query.device)[None, :] - w - row
    seen = same & (distance.abs() <= w)
    if global_tokens is None:
        return WindowedRow(w, bias_from_seen(seen)[:, None], None)
    beside, document = _beside(query.view(-1, w), packing.document, global_tokens)
    columns = query.view(-1, w, 1) == document[:, None, :]  # (n, w, g)
    # A global token has a column of its own: it must not count again as a neighbour.
    local = functional.pad(~global_tokens, (w, w + pad), value=True).unfold(0, 3 * w, w)
    seen = torch.cat([columns, seen & local[:, None, :]], dim=2)
    return WindowedRow(w, bias_from_seen(seen)[:, None], beside)


def _beside(blocks: Tensor, document: Tensor, global_tokens: Tensor) -> tuple[Tensor, Tensor]:
    """(n, g) each: places of the global tokens that blocks (n, w) of documents need, and their documents.

    Where a block needs fewer than g, place 0 stands in, with a document that no token has.
    """
    places = global_tokens.nonzero()[:, 0]
    owners = document[places]
    # In the last block the padding's -1 stands behind the last document.
    first, last = blocks[:, 0].contiguous(), blocks.amax(1)
    begin = torch.searchsorted(owners, first)
    count = torch.searchsorted(owners, last, right=True) - begin
    column = torch.arange(int(count.max()), device=blocks.device)[None, :]
    index = (begin[:, None] + column).clamp(max=len(places) - 1)
    none = column >= count[:, None]
    return places[index].masked_fill(none, 0), owners[index].masked_fill(none, -2)


def attend_windowed(
    query: Tensor, key: Tensor, value: Tensor, row: WindowedRow, *, dropout: float = 0.0
) -> Tensor:
    """(h, t, d) each, the result too."""
    w = row.reach
    heads, tokens, width = query.shape
    pad = -tokens % w
    q = functional.pad(query, (0, 0, 0, pad)).view(heads, -1, w, width)
    k, v = (_keys_of_blocks(x, row, pad) for x in (key, value))
    found = functional.scaled_dot_product_attention(
        q.transpose(0, 1),
        k.transpose(0, 1),
        v.transpose(0, 1),
        attn_mask=row.bias.to(query.dtype),
        dropout_p=dropout,
    )
    return found.transpose(0, 1).reshape(heads, -1, width)[:, :tokens]


def _keys_of_blocks(x: Tensor, row: WindowedRow, pad: int) -> Tensor:
    """(h, t, d) to (h, n, g + 3w, d): the tokens beside, then each block between its two neighbours.

    Three slices and not `unfold`, whose gradient takes five times as long on a CPU.
    """
    w = row.reach
    heads, _, width = x.shape
    blocks = functional.pad(x, (0, 0, w, w + pad)).view(heads, -1, w, width)
    parts = [blocks[:, :-2], blocks[:, 1:-1], blocks[:, 2:]]
    if row.beside is not None:
        parts.insert(0, x[:, row.beside])
    return torch.cat(parts, dim=2)
