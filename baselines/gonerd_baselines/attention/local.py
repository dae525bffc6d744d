"""A token sees its neighbours on both sides (Longformer's window, arXiv 2004.05150): linear cost.

The row of t tokens is cut into n blocks of `window` tokens; a block's queries meet the keys of three
blocks, its own and the two beside it, and a mask takes away what lies further than `window` or in another
document. So each query computes 3 window scores for the 2 window + 1 that it may use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.packing import Packing

__all__ = ["LocalAttention"]


@dataclass(frozen=True, slots=True)
class LocalAttention:
    """Blocked scaled dot product attention; works with any torch that has SDPA, on CPU and GPU."""

    window: int
    """Tokens seen on each side; Longformer's "window 512" is 256 here."""

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ConfigError(f"window {self.window} is too small; expected 1 token or more")

    def prepare(self, packing: Packing) -> Tensor:
        """(n, 1, w, 3w) additive mask: 0 where the query sees the key, minus infinity where not."""
        w = self.window
        pad = -packing.tokens % w
        # A document of its own for the padding: its queries see something, so that no softmax is 0/0.
        query = functional.pad(packing.document, (0, pad), value=-1)
        key = functional.pad(query, (w, w), value=-1)
        same = query.view(-1, w, 1) == key.unfold(0, 3 * w, w)[:, None, :]  # (n, w, 3w)
        row = torch.arange(w, device=query.device)[:, None]
        distance = torch.arange(3 * w, device=query.device)[None, :] - w - row
        seen = same & (distance.abs() <= w)
        mask = torch.zeros(seen.shape, device=query.device)
        return mask.masked_fill_(~seen, float("-inf"))[:, None]

    def attend(self, query: Tensor, key: Tensor, value: Tensor, prepared: Tensor) -> Tensor:
        """(h, t, d) each, the result too."""
        w = self.window
        heads, tokens, width = query.shape
        pad = -tokens % w
        q = functional.pad(query, (0, 0, 0, pad)).view(heads, -1, w, width)
        k, v = (_three_blocks(x, w, pad) for x in (key, value))
        out = functional.scaled_dot_product_attention(
            q.transpose(0, 1),
            k.transpose(0, 1),
            v.transpose(0, 1),
            attn_mask=prepared.to(query.dtype),
        )
        return out.transpose(0, 1).reshape(heads, -1, width)[:, :tokens]

    def dense_mask(self, packing: Packing) -> Tensor:
        """(t, t) bool: the same document, at most `window` tokens away."""
        same = packing.document[:, None] == packing.document[None, :]
        distance = packing.position[:, None] - packing.position[None, :]
        return same & (distance.abs() <= self.window)

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """Scores and weighted sum, 2 x 3w x width each, for every query of the padded row."""
        blocks = -(-sum(lengths) // self.window)
        return blocks * self.window * 4 * 3 * self.window * width


def _three_blocks(x: Tensor, window: int, pad: int) -> Tensor:
    """(h, t, d) to (h, n, 3 window, d): each block with the one before and the one after.

    Three slices and not `unfold`, whose gradient takes five times as long on a CPU.
    """
    heads, _, width = x.shape
    blocks = functional.pad(x, (0, 0, window, window + pad)).view(heads, -1, window, width)
    return torch.cat([blocks[:, :-2], blocks[:, 1:-1], blocks[:, 2:]], dim=2)
