"""LSG attention (arXiv 2210.15497): local blocks, sparse tokens further off, learned global tokens.

A document stands behind `num_global_tokens` learned tokens, which see all and are seen by all. A block of
`block_size` tokens sees itself, its two neighbour blocks, and beyond them, on either side,
`sparse_block_size` sparse tokens; each of these stands for `sparsity_factor` tokens (see lsg_selection).
Documents of up to two blocks get full attention. Cost grows with the length.

Everything is as in lsg-converter 0.1.9 for a document alone in its batch, but for one thing: there, in
bos_pooling, the padding of the last block is seen (the mean of its mask overflows), here it isn't.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.attention.backend import AUTO, checked_backend, refuse_dropout
from gonerd_baselines.attention.dense import bias_from_seen, dense_attention
from gonerd_baselines.attention.documents import by_document, laid, sdpa
from gonerd_baselines.attention.layer import LayerShape, SelfAttention
from gonerd_baselines.attention.lsg_blocks import (
    attend_blocks,
    attend_whole,
    block_ranges,
    row_of,
)
from gonerd_baselines.attention.lsg_row import LsgRow, document_seen, lsg_row
from gonerd_baselines.attention.lsg_selection import sparse_tokens
from gonerd_baselines.packing import Packing

__all__ = ["MOST_GLOBAL_TOKENS", "SPARSITY_TYPES", "LsgAttention"]

SPARSITY_TYPES = ("none", "norm", "pooling", "stride", "block_stride", "lsh", "bos_pooling")
MOST_GLOBAL_TOKENS = 512
"""Rows of the table of learned global tokens, in every checkpoint."""


@dataclass(frozen=True, slots=True)
class LsgAttention:
    """Names and defaults are those of lsg-converter, but for `lsh_seed`."""

    block_size: int = 128
    """Tokens of a block."""
    sparse_block_size: int = 128
    """Sparse tokens seen on either side; 0 for none."""
    sparsity_factor: int = 2
    """Tokens that a sparse token stands for; 0 for no sparse tokens."""
    sparsity_type: str = "norm"
    """How sparse tokens are made, one of SPARSITY_TYPES."""
    num_global_tokens: int = 1
    """Learned tokens before each document, at most 512."""
    mask_first_token: bool = False
    """Whether no token sees the document's first one, whose place the first global token takes at the end."""
    pool_with_global: bool = True
    """Whether the first token's output is the first global token's."""
    lsh_num_pre_rounds: int = 1
    """Rounds of hashing before the one that makes the sparse tokens."""
    adaptive: bool = True
    """Whether documents of more than two blocks need not be whole blocks."""
    lsh_seed: int = 0
    """Decides the hyperplanes of lsh; there they are drawn anew at each call."""

    kind: ClassVar[str] = "lsg"
    backends: ClassVar[tuple[str, ...]] = ("dense", "sdpa", "blocked", "flex")

    def __post_init__(self) -> None:
        if self.sparsity_type not in SPARSITY_TYPES:
            raise ConfigError(
                f"sparsity_type {self.sparsity_type!r} is unknown; "
                f"expected one of {', '.join(SPARSITY_TYPES)}"
            )
        for name in ("sparse_block_size", "sparsity_factor", "lsh_num_pre_rounds"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if self.block_size < 1:
            raise ConfigError(f"block_size is {self.block_size}, expected 1 or more")
        if not 1 <= self.num_global_tokens <= MOST_GLOBAL_TOKENS:
            raise ConfigError(
                f"num_global_tokens is {self.num_global_tokens}, expected 1 to {MOST_GLOBAL_TOKENS}"
            )
        if self.mask_first_token and not self.pool_with_global:
            raise ConfigError(
                "mask_first_token needs pool_with_global: a token that none sees has no use"
            )
        if self.sparse:
            self._check_sparse()

    def _check_sparse(self) -> None:
        size, sparse, factor = self.block_size, self.sparse_block_size, self.sparsity_factor
        if size % factor:
            raise ConfigError(f"block_size {size} can't be divided by sparsity_factor {factor}")
        if self.step % 2 and self.step > 1:
            raise ConfigError(
                f"block_size {size} / sparsity_factor {factor} is {self.step}, expected 1 or even"
            )
        if 4 * sparse <= 3 * self.step:
            raise ConfigError(
                f"sparse_block_size is {sparse}, expected more than {3 * self.step / 4:g}, three "
                "quarters of block_size / sparsity_factor"
            )
        if self.selection not in ("norm", "lsh") or factor == 1:
            return
        if size % self.chunk or self.chunk % factor:
            raise ConfigError(
                f"sparsity_type {self.sparsity_type} makes sparse tokens of {self.chunk} tokens at a time, "
                f"expected a divisor of block_size {size} and a multiple of sparsity_factor {factor}"
            )
        if self.selection == "lsh" and self.chunk == factor:
            raise ConfigError(
                f"sparsity_type lsh can't hash {factor} tokens into one bucket; expected a "
                f"block_size of more than sparsity_factor {factor}"
            )

    @property
    def sparse(self) -> bool:
        """Whether there are sparse tokens at all."""
        return (
            self.sparsity_type != "none" and self.sparse_block_size > 0 and self.sparsity_factor > 0
        )

    @property
    def step(self) -> int:
        """Sparse tokens of a block."""
        return self.block_size // self.sparsity_factor

    @property
    def chunk(self) -> int:
        """Tokens among which norm chooses and lsh hashes."""
        return min(self.block_size, self.sparse_block_size)

    @property
    def selection(self) -> str:
        """`sparsity_type`; lsh with one bucket for a whole sparse block is bos_pooling."""
        one = self.sparsity_factor == self.sparse_block_size
        return "bos_pooling" if self.sparsity_type == "lsh" and one else self.sparsity_type

    @property
    def extra_tokens(self) -> int:
        """Learned tokens that the encoder puts before each document, and takes off again."""
        return self.num_global_tokens

    @property
    def pools_extra_tokens(self) -> bool:
        """Whether the first of them takes the place of the document's first token at the end."""
        return self.pool_with_global

    def is_long(self, tokens: int) -> bool:
        """Whether a document of `tokens` tokens (global ones left out) has more than two blocks."""
        return tokens > 2 * self.block_size

    def self_attention(self, shape: LayerShape) -> SelfAttention:
        """Projections and nothing more: global tokens have no projections of their own."""
        return SelfAttention(shape, self)

    def prepare(
        self,
        packing: Packing,
        *,
        backend: str = AUTO,
        dtype: torch.dtype = torch.float32,
        global_tokens: Tensor | None = None,
    ) -> LsgPlan:
        """Of documents that begin with their `num_global_tokens` learned tokens.

        On a CPU "auto" is sdpa for documents of up to two blocks and blocked for others, on CUDA flex.

        Raises:
            InputError: a document is no longer than its global tokens, or not of whole blocks while
                `adaptive` is off.
        """
        del dtype
        if global_tokens is not None:
            raise ConfigError(
                "lsg attention has learned global tokens only; expected no others to be marked"
            )
        lengths = [length - self.num_global_tokens for length in packing.lengths]
        if min(lengths) < 1:
            raise InputError(
                f"a document of {min(packing.lengths)} tokens has none beside the "
                f"{self.num_global_tokens} global ones of lsg attention"
            )
        odd = [n for n in lengths if self.is_long(n) and n % self.block_size]
        if odd and not self.adaptive:
            raise InputError(
                f"a document has {odd[0]} tokens; with adaptive off, expected a multiple of "
                f"block_size {self.block_size}, or at most two blocks"
            )
        device = str(packing.document.device)
        chosen = [backend] * len(lengths)
        if backend == AUTO and device.startswith("cuda"):
            chosen = ["flex"] * len(lengths)
        elif backend == AUTO:
            chosen = ["blocked" if self.is_long(n) else "sdpa" for n in lengths]
        for name in set(chosen):
            checked_backend(name, kind=self.kind, possible=self.backends, device=device)
        row = lsg_row(self, packing) if chosen[0] == "flex" else None
        return LsgPlan(packing, tuple(chosen), row)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, plan: LsgPlan, *, dropout: float = 0.0
    ) -> Tensor:
        """(h, t, d) each, the result too; t counts the global tokens."""
        if plan.row is not None:
            refuse_dropout("flex", dropout)
            return plan.row.attend(self, query, key, value)
        documents = by_document(plan.packing.lengths, query, key, value)
        found = [
            self._document(backend, *document, dropout=dropout)
            for document, backend in zip(documents, plan.chosen, strict=True)
        ]
        return laid(found)

    def _document(
        self, backend: str, query: Tensor, key: Tensor, value: Tensor, *, dropout: float
    ) -> Tensor:
        tokens = query.shape[1] - self.num_global_tokens
        if not self.is_long(tokens) and backend != "dense":
            return attend_whole(self, query, key, value, dropout=dropout)
        sparse = None
        if self.sparse and self.is_long(tokens):
            own = (x[:, self.num_global_tokens :] for x in (query, key, value))
            sparse = sparse_tokens(self, row_of(self, tokens, str(query.device)), *own)
        if backend == "blocked":
            return attend_blocks(self, query, key, value, sparse, dropout=dropout)
        bias = bias_from_seen(document_seen(self, tokens, sparse, device=str(query.device)))
        if sparse is not None:
            key, value = torch.cat([key, sparse.key], 1), torch.cat([value, sparse.value], 1)
        attention = dense_attention if backend == "dense" else sdpa
        return attention(query, key, value, bias, dropout=dropout)

    def bias(self, packing: Packing, *, global_tokens: Tensor | None = None) -> Tensor:
        """There is none over tokens alone.

        Raises:
            ConfigError: always; the backend dense is the oracle.
        """
        del packing, global_tokens
        raise ConfigError(
            "lsg attention has no bias over tokens: its sparse keys are made of the numbers; "
            "expected the backend dense as the oracle"
        )

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """4 width for each pair of a token and a token or sparse token that it sees.

        `lengths` without the global tokens, whose pairs count; making sparse tokens is left out.
        """
        return sum(4 * width * self._pairs(length) for length in lengths)

    def _pairs(self, tokens: int) -> int:
        g, skipped = self.num_global_tokens, int(self.mask_first_token)
        if not self.is_long(tokens):
            return (g + tokens) * (g + tokens - skipped)
        return g * (g + tokens - skipped) + sum(
            block.queries * (g + block.keys) for block in block_ranges(self, tokens)
        )


@dataclass(frozen=True, slots=True)
class LsgPlan:
    """The packing, the backend of each document, and the row of flex."""

    packing: Packing
    chosen: tuple[str, ...]
    row: LsgRow | None

    @property
    def ran(self) -> Counter[str]:
        """Documents by backend."""
        return Counter(self.chosen)
