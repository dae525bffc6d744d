"""Longformer's attention (arXiv 2004.05150): neighbours on both sides, and a few tokens that see all.

A token sees the neighbours within `attention_window` / 2 and the global tokens of its document, in one
softmax. A global token sees all of its document, with projections of its own. Cost grows with the length.

Backend `blocked` cuts the row into blocks whose queries meet the keys of the window around them and of the
global tokens of their documents, and a mask takes away what lies too far or in another document
(windowed.py). Where a document is short that computes more than it saves, so "auto" takes `sdpa` for it,
with the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.attention.backend import AUTO, checked_backend, refuse_dropout
from gonerd_baselines.attention.dense import bias_from_seen, dense_attention, same_document
from gonerd_baselines.attention.documents import (
    attend_varlen,
    sdpa,
    split_documents,
    starts_of,
)
from gonerd_baselines.attention.flex import BLOCK, block_mask, document_blocks, flex_attend
from gonerd_baselines.attention.layer import LayerShape, SelfAttention, heads_of, joined
from gonerd_baselines.attention.short_and_long import (
    GlobalRows,
    ShortAndLong,
    global_rows,
    short_and_long,
)
from gonerd_baselines.packing import Packing

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask

__all__ = ["LongformerAttention", "LongformerSelfAttention"]

SDPA_UP_TO = 4
"""On a CPU, documents of up to so many times w tokens are computed whole: there it is faster, measured."""


@dataclass(frozen=True, slots=True)
class LongformerAttention:
    """The pattern of one layer; the rows of global tokens are `LongformerSelfAttention`'s."""

    attention_window: int = 512
    """Tokens seen on both sides together; an even number. 512 means 256 on either side."""

    kind: ClassVar[str] = "longformer"
    backends: ClassVar[tuple[str, ...]] = ("dense", "sdpa", "blocked", "flex", "varlen")

    def __post_init__(self) -> None:
        if self.attention_window < 2 or self.attention_window % 2:
            raise ConfigError(
                f"attention_window is {self.attention_window}, expected an even number of tokens, 2 or more"
            )

    @property
    def reach(self) -> int:
        """W, the tokens seen on one side."""
        return self.attention_window // 2

    def self_attention(self, shape: LayerShape) -> LongformerSelfAttention:
        """With the global tokens' own projections."""
        return LongformerSelfAttention(shape, self)

    def prepare(
        self,
        packing: Packing,
        *,
        backend: str = AUTO,
        dtype: torch.dtype = torch.float32,
        global_tokens: Tensor | None = None,
    ) -> LongformerPlan:
        """On a CPU "auto" is sdpa for short documents and blocked for long ones.

        On CUDA it is varlen where there are no global tokens and numbers have half precision, else flex.
        """
        lengths = packing.lengths
        device = str(packing.document.device)
        rows = global_rows(packing, global_tokens)
        if rows is None:
            global_tokens = None
        chosen = [backend] * len(lengths)
        if backend == AUTO and device.startswith("cuda"):
            half = dtype in (torch.float16, torch.bfloat16)
            chosen = ["varlen" if half and global_tokens is None else "flex"] * len(lengths)
        elif backend == AUTO:
            chosen = ["sdpa" if n <= SDPA_UP_TO * self.reach else "blocked" for n in lengths]
        for name in set(chosen):
            checked_backend(name, kind=self.kind, possible=self.backends, device=device)
        if "varlen" in chosen and global_tokens is not None:
            raise ConfigError(
                "attention backend varlen has no global tokens; expected flex or blocked"
            )
        return LongformerPlan(
            packing=packing,
            chosen=tuple(chosen),
            rows=rows,
            made=self._made(packing, chosen, global_tokens, rows),
        )

    def _made(
        self,
        packing: Packing,
        chosen: list[str],
        global_tokens: Tensor | None,
        rows: GlobalRows | None,
    ) -> Any:
        if chosen[0] == "dense":
            return self.bias(packing, global_tokens=global_tokens)
        if chosen[0] == "varlen":
            return starts_of(packing)
        if chosen[0] == "flex":
            return self._block_mask(packing, global_tokens)
        return short_and_long(packing, chosen, self.reach, global_tokens, rows)

    def _block_mask(self, packing: Packing, global_tokens: Tensor | None) -> BlockMask:
        blocks = document_blocks(packing)
        document, reach = blocks.document, self.reach
        some = blocks.touch & (blocks.gap <= reach)
        if global_tokens is None:

            def mask_mod(_: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
                near = (query - key).abs() <= reach
                return near & (document[query] == document[key])

        else:
            marked = functional.pad(global_tokens, (0, len(document) - len(global_tokens)))
            holds = marked.view(-1, BLOCK).any(1)
            some = some | (blocks.touch & holds[None, :])

            def mask_mod(_: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
                near = ((query - key).abs() <= reach) | marked[key]
                return near & (document[query] == document[key])

        return block_mask(some, blocks.same & (blocks.span <= reach), mask_mod)

    def attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        plan: LongformerPlan,
        *,
        dropout: float = 0.0,
    ) -> Tensor:
        """(h, t, d) each, the result too; rows of global tokens are computed like all others."""
        made = plan.made
        if isinstance(made, ShortAndLong):
            return made.attend(query, key, value, dropout=dropout)
        backend = plan.chosen[0]
        if backend == "dense":
            return dense_attention(query, key, value, made, dropout=dropout)
        refuse_dropout(backend, dropout)
        if backend == "flex":
            return flex_attend(query, key, value, made)
        longest = max(plan.packing.lengths)
        return attend_varlen(query, key, value, made, longest, reach=self.reach)

    def bias(self, packing: Packing, *, global_tokens: Tensor | None = None) -> Tensor:
        """(t, t): 0 for neighbours and global tokens of the same document, minus infinity elsewhere."""
        near = (packing.position[:, None] - packing.position[None, :]).abs() <= self.reach
        if global_tokens is not None:
            near = near | global_tokens[None, :]
        return bias_from_seen(near & same_document(packing))

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """4 width for each pair of neighbours; global tokens left out."""
        return sum(4 * width * pairs_in_window(length, self.reach) for length in lengths)


def pairs_in_window(length: int, reach: int) -> int:
    """How many pairs of n tokens lie at most `reach` apart, a token and itself included."""
    reach = min(reach, length - 1)
    return length * (2 * reach + 1) - reach * (reach + 1)


@dataclass(frozen=True, slots=True)
class LongformerPlan:
    """The packing, the backend of each document, and what the backends make of it."""

    packing: Packing
    chosen: tuple[str, ...]
    rows: GlobalRows | None
    """None where there are no global tokens."""
    made: Any

    @property
    def ran(self) -> Counter[str]:
        """Documents by backend."""
        return Counter(self.chosen)


class LongformerSelfAttention(SelfAttention):
    """With projections of their own for the rows of global tokens."""

    def __init__(self, shape: LayerShape, pattern: LongformerAttention) -> None:
        super().__init__(shape, pattern)
        self.query_global, self.key_global, self.value_global = (
            nn.Linear(shape.hidden_size, shape.hidden_size) for _ in range(3)
        )

    def forward(self, x: Tensor, plan: LongformerPlan) -> Tensor:
        """(t, h d) to (t, h d)."""
        found = super().forward(x, plan)
        rows = plan.rows
        if rows is None:
            return found
        queries = self.query_global(x.index_select(0, rows.places)).split(rows.counts)
        parts = split_documents(x, plan.packing.lengths)
        made = [
            self._rows_of(part, query)
            for part, query in zip(parts, queries, strict=True)
            if len(query)
        ]
        return found.index_copy(0, rows.places, torch.cat(made))

    def _rows_of(self, x: Tensor, query: Tensor) -> Tensor:
        """(g, h d) for the queries (g, h d) of the g global tokens of a document x (n, h d).

        With few of them their projection of the keys is absorbed into the queries, (q Wk) x^T instead of
        q (Wk x)^T: the n keys and values are never formed. The keys' bias is the same for a row's all
        scores, and drops out of the softmax.
        """
        heads, size = self.shape.num_attention_heads, self.shape.head_size
        q = heads_of(query, heads)  # (h, g, d)
        if q.shape[1] * heads > self.shape.hidden_size:
            k, v = heads_of(self.key_global(x), heads), heads_of(self.value_global(x), heads)
            return joined(sdpa(q, k, v, dropout=self.dropout))
        w_k = self.key_global.weight.view(heads, size, -1)
        w_v = self.value_global.weight.view(heads, size, -1)
        scores = (q @ w_k / size**0.5) @ x.T  # (h, g, n)
        weights = functional.dropout(torch.softmax(scores, dim=-1), self.dropout)
        seen = (weights @ x) @ w_v.transpose(1, 2)  # (h, g, d)
        shares = weights.sum(-1, keepdim=True)  # 1, but under dropout
        return joined(seen + shares * self.value_global.bias.view(heads, 1, size))
