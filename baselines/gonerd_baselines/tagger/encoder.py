"""A pre-norm transformer over packed tokens: pluggable attention, rotary positions (arXiv 2104.09864).

Each block has four parts, each added to what came in: attention, a convolution over three neighbours, a
reading of all places where the same word stands in the document, and a feed-forward part. All but full
attention cost time and memory in proportion to the tokens, and none has a longest length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd_baselines.attention import AttentionPattern, FullAttention, LongformerAttention
from gonerd_baselines.tagger.dropout import ByteDropout

if TYPE_CHECKING:
    from gonerd_baselines.packing import Packing
    from gonerd_baselines.tagger.config import TaggerConfig

__all__ = ["Encoder", "rotary_turn", "rotate"]

ROTARY_BASE = 10_000.0


class Encoder(nn.Module):
    """(t, width) to (t, width)."""

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config = config
        self.pattern = _pattern(config)
        self.blocks = nn.ModuleList(_Block(config, self.pattern) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, x: Tensor, packing: Packing, group: Tensor, groups: int) -> Tensor:
        """Tokens with their contexts; `group` (t,) numbers the words of each document from 0 to `groups`."""
        shared = _Shared(
            prepared=self.pattern.prepare(packing),
            turn=rotary_turn(packing.position, self.config.width // self.config.heads),
            before=(~packing.first).to(x.dtype)[:, None],
            group=group,
            groups=groups,
        )
        for block in self.blocks:
            x = block(x, shared)
        return self.norm(x)  # type: ignore[no-any-return]  # torch types a module's call as Any


class _Shared:
    """What all blocks need of a batch."""

    def __init__(
        self,
        *,
        prepared: Any,
        turn: tuple[Tensor, Tensor],
        before: Tensor,
        group: Tensor,
        groups: int,
    ) -> None:
        self.prepared = prepared
        self.turn = turn
        self.before = before  # (t, 1): 1 where the token has a predecessor in its document
        self.after = torch.cat([before[1:], before.new_zeros(1, 1)])
        self.group = group
        counts = torch.bincount(group, minlength=groups)
        self.counts = counts.to(before.dtype)[:, None]
        self.groups = groups


class _Block(nn.Module):
    def __init__(self, config: TaggerConfig, pattern: AttentionPattern) -> None:
        super().__init__()
        width = config.width
        self.pattern = pattern
        self.heads = config.heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.convolution_norm = nn.LayerNorm(width)
        self.convolution = nn.Linear(3 * width, 2 * width)
        self.hidden_norm = nn.LayerNorm(width)
        self.hidden_in = nn.Linear(width, config.hidden)
        self.hidden_out = nn.Linear(config.hidden, width)
        self.mentions = nn.Linear(2 * width, width) if config.mentions else None
        self.mentions_norm = nn.LayerNorm(width)
        self.dropout = ByteDropout(config.dropout)

    def forward(self, x: Tensor, shared: _Shared) -> Tensor:
        x = x + self.dropout(self._attend(self.attention_norm(x), shared))
        x = x + self.dropout(self._convolve(self.convolution_norm(x), shared))
        if self.mentions is not None:
            x = x + self.dropout(self.mentions(_over_mentions(self.mentions_norm(x), shared)))
        hidden = functional.gelu(self.hidden_in(self.hidden_norm(x)))
        return x + self.dropout(self.hidden_out(self.dropout(hidden)))  # type: ignore[no-any-return]  # as above

    def _attend(self, x: Tensor, shared: _Shared) -> Tensor:
        t, width = x.shape
        q, k, v = self.qkv(x).view(t, 3, self.heads, width // self.heads).permute(1, 2, 0, 3)
        out = self.pattern.attend(
            rotate(q, shared.turn), rotate(k, shared.turn), v, shared.prepared
        )
        return self.attention_out(out.transpose(0, 1).reshape(t, width))  # type: ignore[no-any-return]  # as above

    def _convolve(self, x: Tensor, shared: _Shared) -> Tensor:
        edge = x.new_zeros(1, x.shape[1])
        left = torch.cat([edge, x[:-1]]) * shared.before
        right = torch.cat([x[1:], edge]) * shared.after
        return functional.glu(self.convolution(torch.cat([left, x, right], dim=1)), dim=1)


def _pattern(config: TaggerConfig) -> AttentionPattern:
    if config.attention == "full":
        return FullAttention()
    return LongformerAttention(2 * config.window)


def _over_mentions(x: Tensor, shared: _Shared) -> Tensor:
    """(t, 2 width): mean and maximum of x over all tokens of the same word and document."""
    index = shared.group[:, None].expand_as(x)
    mean = x.new_zeros(shared.groups, x.shape[1]).scatter_add(0, index, x) / shared.counts
    top = x.new_full((shared.groups, x.shape[1]), -1e9).scatter_reduce(0, index, x, "amax")
    # embedding and not indexing: the gradient of indexing is not deterministic with several threads
    return functional.embedding(shared.group, torch.cat([mean, top], dim=1))


def rotary_turn(position: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, (t, width / 2) each, of rotary positions for a head of `width` numbers."""
    steps = torch.arange(0, width, 2, device=position.device, dtype=torch.float32) / width
    angles = position.to(torch.float32)[:, None] * ROTARY_BASE**-steps
    return angles.cos(), angles.sin()


def rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """(h, t, d) with each pair of halves turned by its angle: products then depend on distances only."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = turn
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
