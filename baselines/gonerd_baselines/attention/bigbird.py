"""BigBird's attention (arXiv 2007.14062): blocks that see their neighbours, two ends and a few at random.

A document is cut into n blocks from its own first token on. Its first and last block see all and are seen by
all; every other row of queries sees itself, its two neighbours, the two ends and, in mode "random", as many
more blocks as `num_random_blocks`, different ones in every head and layer, the same ones in training and in
evaluation, as in Google's code.

Mode "hf-eval" is what transformers computes in evaluation: it has no random blocks there, and all three
places for them show block 0. So block 0 counts 1 + 3 times in the softmax of the middle rows, as if their
scores with it were larger by log 4.

A short document is computed with full attention: in mode "hf-eval" one of up to (5 + 2 `num_random_blocks`)
blocks, 704 tokens. So it is in transformers, but there for a whole batch, by its padded length, and for all
batches that come after. In mode "random" it is one of up to (5 + 3 `num_random_blocks`) blocks, 896 tokens:
up to there full attention takes less time, and sees more.

Backend `blocked` gathers the blocks that a row sees; flex meets pairs of blocks on the same layout.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from gonerd.errors import ConfigError
from gonerd_baselines.attention.backend import AUTO, checked_backend, refuse_dropout
from gonerd_baselines.attention.bigbird_blocked import BlockedRows, attend_blocked
from gonerd_baselines.attention.bigbird_blocks import (
    FIXED,
    middle_table,
    random_blocks,
    seen_blocks,
)
from gonerd_baselines.attention.bigbird_flex import FlexBlocks, attend_blocks, flex_blocks
from gonerd_baselines.attention.blocks import BlockLayout
from gonerd_baselines.attention.dense import bias_from_seen, dense_attention
from gonerd_baselines.attention.documents import by_document, sdpa, split_documents
from gonerd_baselines.attention.flex import BLOCK as FLEX_BLOCK
from gonerd_baselines.attention.layer import LayerShape, SelfAttention
from gonerd_baselines.packing import Packing, sent

__all__ = ["BigBirdAttention"]

MODES = ("random", "hf-eval")


@dataclass(frozen=True, slots=True)
class BigBirdAttention:
    """The pattern of one layer."""

    block_size: int = 64
    """Tokens of a block."""
    num_random_blocks: int = 3
    """Random blocks that a middle row sees; in mode "hf-eval" how often block 0 counts beside once."""
    mode: str = "random"
    """One of MODES."""
    seed: int = 0
    """Decides the random blocks, together with `layer`."""
    layer: int = 0
    """The number of the layer, so that layers of one seed differ; without effect in mode "hf-eval"."""

    kind: ClassVar[str] = "bigbird"
    backends: ClassVar[tuple[str, ...]] = ("dense", "sdpa", "blocked", "flex")

    def __post_init__(self) -> None:
        for name, least in (("block_size", 1), ("num_random_blocks", 0), ("seed", 0), ("layer", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected {least} or more")
        if self.mode not in MODES:
            raise ConfigError(
                f"BigBird's mode {self.mode!r} is unknown; expected one of {', '.join(MODES)}"
            )

    @property
    def whole_up_to(self) -> int:
        """Tokens of the longest document that is computed with full attention."""
        times = 2 if self.mode == "hf-eval" else 3
        return (FIXED + times * self.num_random_blocks) * self.block_size

    @property
    def random_blocks(self) -> int:
        """Those that a middle row truly sees: none in mode "hf-eval"."""
        return self.num_random_blocks if self.mode == "random" else 0

    @property
    def first_block_bias(self) -> float:
        """What is added to a middle row's scores with block 0."""
        return math.log(1 + self.num_random_blocks) if self.mode == "hf-eval" else 0.0

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
    ) -> BigBirdPlan:
        """On a CPU "auto" is sdpa up to `whole_up_to` tokens and blocked above; on CUDA it is flex.

        With backend blocked a document of up to `whole_up_to` tokens is one block, which sees itself.
        Gradients by flex are computed with blocks of 128 tokens, which cost up to 3 times as much as those of
        64: CUDA's kernels for them take no smaller ones.
        """
        del dtype
        if global_tokens is not None:
            raise ConfigError(
                "BigBird's attention has no global tokens but its first and last block; expected none"
            )
        device = str(packing.document.device)
        chosen = [backend] * len(packing.lengths)
        if backend == AUTO and device.startswith("cuda"):
            chosen = ["flex"] * len(packing.lengths)
        elif backend == AUTO:
            # Measured at 12 heads of 64: from the first length that isn't computed whole, sdpa with a mask
            # takes 1.4 (hf-eval) to 2 times (random) as long as blocked, and with more tokens ever longer.
            chosen = ["sdpa" if n <= self.whole_up_to else "blocked" for n in packing.lengths]
        for name in set(chosen):
            checked_backend(name, kind=self.kind, possible=self.backends, device=device)
        whole = self.whole_up_to
        blocked = tuple(
            index
            for index, (n, name) in enumerate(zip(packing.lengths, chosen, strict=True))
            if name == "blocked" and n > whole
        )
        return BigBirdPlan(packing, tuple(chosen), blocked)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, plan: BigBirdPlan, *, dropout: float = 0.0
    ) -> Tensor:
        """(h, t, d) each, the result too."""
        backend, heads = plan.chosen[0], query.shape[0]
        if backend == "dense":
            bias = plan.once(("dense", heads), lambda: self.bias(plan.packing, heads=heads))
            return dense_attention(query, key, value, bias, dropout=dropout)
        if backend == "flex":
            refuse_dropout(backend, dropout)
            # The kernels of gradients take no smaller blocks.
            trains = any(x.requires_grad for x in (query, key, value))
            align = FLEX_BLOCK // math.gcd(FLEX_BLOCK, self.block_size) if trains else 1
            blocks = plan.once(("flex", heads, align), lambda: self._flex(plan, heads, align))
            return attend_blocks(query, key, value, blocks)
        return self._attend_documents(query, key, value, plan, dropout=dropout)

    def _attend_documents(
        self, query: Tensor, key: Tensor, value: Tensor, plan: BigBirdPlan, *, dropout: float
    ) -> Tensor:
        """Short documents and those of backend sdpa one by one, the long ones together in blocks."""
        lengths, heads, long = plan.packing.lengths, query.shape[0], plan.blocked
        documents = by_document(lengths, query, key, value)
        found: dict[int, Tensor] = {}
        if long:
            rows = plan.once(("blocked", heads), lambda: self._rows(plan, heads))
            if len(long) == len(lengths):
                return attend_blocked(query, key, value, rows, dropout=dropout).transpose(0, 1)
            parts = zip(*(documents[index] for index in long), strict=True)
            q, k, v = (torch.cat(part, dim=1) for part in parts)
            together = attend_blocked(q, k, v, rows, dropout=dropout)
            pieces = split_documents(together, [lengths[index] for index in long])
            found.update(zip(long, pieces, strict=True))
        biases = plan.once(("sdpa", heads), lambda: self._biases(plan, heads))
        if len(lengths) == 1:
            return sdpa(query, key, value, biases[0], dropout=dropout)
        for index, bias in biases.items():
            q, k, v = documents[index]
            found[index] = sdpa(q, k, v, bias, dropout=dropout).transpose(0, 1)
        return torch.cat([found[index] for index in range(len(lengths))]).transpose(0, 1)

    def _biases(self, plan: BigBirdPlan, heads: int) -> dict[int, Tensor | None]:
        """By document, (n, n) or (h, n, n), of those that are computed alone."""
        long = set(plan.blocked)
        device = plan.packing.document.device
        return {
            index: None
            if n <= self.whole_up_to
            else self._document_bias(BlockLayout((n,), self.block_size, device=device), heads)
            for index, n in enumerate(plan.packing.lengths)
            if index not in long
        }

    def _rows(self, plan: BigBirdPlan, heads: int) -> BlockedRows:
        """The middle rows of the long documents."""
        lengths = plan.packing.lengths
        device, size = plan.packing.document.device, self.block_size
        long = tuple(lengths[index] for index in plan.blocked)
        layout = BlockLayout(long, size, device=device)
        tables, biases = [], []
        for begin, count, length in zip(layout.begins, layout.counts, long, strict=True):
            table = middle_table(count, self._random(count, heads))
            bias = torch.zeros(count - 2, table.shape[2], size)
            bias[:, 0] = self.first_block_bias
            bias[0, 1], bias[-1, 3] = float("-inf"), float("-inf")
            bias[:, 4, length - (count - 1) * size :] = float("-inf")
            tables.append(table + begin)
            biases.append(bias.flatten(1))
        return BlockedRows(
            layout,
            sent(torch.cat(tables), device),
            sent(torch.cat(biases)[:, None, None], device),
        )

    def _random(self, blocks: int, heads: int) -> Tensor | None:
        each = self.random_blocks
        return random_blocks(blocks, heads, each, self.seed, self.layer) if each else None

    def _seen(self, layout: BlockLayout, heads: int) -> Tensor:
        each = self.random_blocks
        return seen_blocks(layout, self.whole_up_to, heads, each, self.seed, self.layer)

    def _flex(self, plan: BigBirdPlan, heads: int, align: int) -> FlexBlocks:
        device, lengths = plan.packing.document.device, plan.packing.lengths
        layout = BlockLayout(lengths, self.block_size, align, device)
        added = None
        if self.first_block_bias:
            long = layout.of_block([int(n > self.whole_up_to) for n in lengths]) > 0
            middle = (layout.place > 0) & (layout.place < layout.of_block(layout.counts) - 1)
            added = (long & middle) * self.first_block_bias
        return flex_blocks(layout, plan.packing, self._seen(layout, heads), added)

    def bias(
        self, packing: Packing, *, global_tokens: Tensor | None = None, heads: int = 12
    ) -> Tensor:
        """(h, t, t), or (t, t) in mode "hf-eval": 0, or log 4 where a middle row sees block 0."""
        del global_tokens
        device, tokens = packing.document.device, packing.tokens
        shape = (heads, tokens, tokens) if self.mode == "random" else (tokens, tokens)
        found = torch.full(shape, float("-inf"), device=device)
        begin = 0
        for n in packing.lengths:
            layout = BlockLayout((n,), self.block_size, device=device)
            here = slice(begin, begin + n)
            found[..., here, here] = self._document_bias(layout, heads)
            begin += n
        return found

    def _document_bias(self, layout: BlockLayout, heads: int) -> Tensor:
        """(h, n, n) or (n, n) for the one document of n tokens in `layout`."""
        (length,), size = layout.lengths, self.block_size
        bias = bias_from_seen(self._seen(layout, heads))
        if length > self.whole_up_to:
            bias[:, 1:-1, 0] = self.first_block_bias
        tokens = bias.repeat_interleave(size, 1).repeat_interleave(size, 2)[:, :length, :length]
        return tokens if self.mode == "random" else tokens[0]

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """4 width for each pair that meets; block 0 counts once in mode "hf-eval", too."""
        return sum(4 * width * self._pairs(length) for length in lengths)

    def _pairs(self, length: int) -> int:
        if length <= self.whole_up_to:
            return length * length
        size, n = self.block_size, -(-length // self.block_size)
        last = length - (n - 1) * size
        # Two rows lie beside an end, and see it as their neighbour; all see the last block.
        middle = (n - 2) * (FIXED - 1 + self.random_blocks) - 2
        return (size + last) * length + size * (middle * size + (n - 2) * last)


@dataclass(frozen=True, slots=True)
class BigBirdPlan:
    """The packing, the backend of each document, and what the backends make of it for so many heads."""

    packing: Packing
    chosen: tuple[str, ...]
    blocked: tuple[int, ...]
    """The documents whose rows see gathered blocks."""
    made: dict[Any, Any] = field(default_factory=dict)

    @property
    def ran(self) -> Counter[str]:
        """Documents by backend."""
        return Counter(self.chosen)

    def once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """What `make` makes, the first time; layers of equal pattern share it."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]
