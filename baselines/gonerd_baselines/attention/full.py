"""Every token sees every token of its document: cost grows with the square of the length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from gonerd.errors import ConfigError
from gonerd_baselines.attention.backend import AUTO, checked_backend, refuse_dropout
from gonerd_baselines.attention.dense import bias_from_seen, dense_attention, same_document
from gonerd_baselines.attention.documents import attend_varlen, by_document, laid, sdpa, starts_of
from gonerd_baselines.attention.flex import block_mask, document_blocks, flex_attend
from gonerd_baselines.attention.layer import LayerShape, SelfAttention
from gonerd_baselines.packing import Packing

__all__ = ["FullAttention"]


@dataclass(frozen=True, slots=True)
class FullAttention:
    """BERT's and RoBERTa's attention, with no token from another document."""

    kind: ClassVar[str] = "full"
    backends: ClassVar[tuple[str, ...]] = ("dense", "sdpa", "flex", "varlen")

    def self_attention(self, shape: LayerShape) -> SelfAttention:
        """Projections and nothing more."""
        return SelfAttention(shape, self)

    def prepare(
        self,
        packing: Packing,
        *,
        backend: str = AUTO,
        dtype: torch.dtype = torch.float32,
        global_tokens: Tensor | None = None,
    ) -> FullPlan:
        """On CUDA in half precision "auto" is varlen, else sdpa."""
        if global_tokens is not None:
            raise ConfigError("full attention has no global tokens: every token sees all")
        device = str(packing.document.device)
        if backend == AUTO:
            half = dtype in (torch.float16, torch.bfloat16)
            backend = "varlen" if half and device.startswith("cuda") else "sdpa"
        backend = checked_backend(backend, kind=self.kind, possible=self.backends, device=device)
        return FullPlan(packing, backend, self._made(packing, backend))

    def _made(self, packing: Packing, backend: str) -> Any:
        if backend == "dense":
            return self.bias(packing)
        if backend == "varlen":
            return starts_of(packing)
        if backend == "flex":
            blocks = document_blocks(packing)
            document = blocks.document

            def mask_mod(_: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
                return document[query] == document[key]

            return block_mask(blocks.touch, blocks.same, mask_mod)
        return None

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, plan: FullPlan, *, dropout: float = 0.0
    ) -> Tensor:
        """(h, t, d) each, the result too."""
        if plan.backend == "dense":
            return dense_attention(query, key, value, plan.made, dropout=dropout)
        if plan.backend == "sdpa":
            documents = by_document(plan.packing.lengths, query, key, value)
            return laid([sdpa(*each, dropout=dropout) for each in documents])
        refuse_dropout(plan.backend, dropout)
        if plan.backend == "flex":
            return flex_attend(query, key, value, plan.made)
        return attend_varlen(query, key, value, plan.made, max(plan.packing.lengths))

    def bias(self, packing: Packing, *, global_tokens: Tensor | None = None) -> Tensor:
        """(t, t): 0 within a document."""
        del global_tokens
        return bias_from_seen(same_document(packing))

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """4 n^2 width for a document of n tokens."""
        return sum(4 * length * length * width for length in lengths)


@dataclass(frozen=True, slots=True)
class FullPlan:
    """The packing, and what the backend makes of it."""

    packing: Packing
    backend: str
    made: Any
    """dense: the bias; varlen: where documents begin; flex: the block mask."""

    @property
    def ran(self) -> Counter[str]:
        """All documents by one backend."""
        return Counter({self.backend: len(self.packing.lengths)})
