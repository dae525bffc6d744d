"""Operations and bytes of a forward pass, counted from a row's sizes: what no implementation can do without.

Letters: h width, f feed-forward width, n tokens of a document, v vocabulary. A multiplication and an addition
are two operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from gonerd_baselines.attention import FullAttention, LongformerAttention
from gonerd_baselines.bench.our_model import patterns_of
from gonerd_baselines.bench.peer import LABELS
from gonerd_baselines.bench.row import Row

__all__ = ["Work", "work_of"]

FEED_FORWARDS_OF_MOBILEBERT = 4


@dataclass(frozen=True, slots=True)
class Work:
    """Of a batch, in all layers."""

    linear: int
    """Operations of the linear layers."""
    attention: int
    """Operations of scores and weighted sums, as the row's pattern defines them."""
    head: int
    """Operations of the head."""
    passes: float
    """How often (tokens, h) numbers are read or written between the matrix products."""
    numbers: int
    """Tokens times h."""

    @property
    def operations(self) -> int:
        """All that multiply and add."""
        return self.linear + self.attention + self.head

    def bytes_between(self, bytes_a_number: int) -> float:
        """Traffic of what stands between the matrix products; their own is hidden behind them."""
        return self.passes * self.numbers * bytes_a_number

    def seconds(
        self, *, operations_a_second: float, bytes_a_second: float, bytes_a_number: int
    ) -> float:
        """What the machine would take at its peak: operations, then bytes, since they alternate."""
        between = self.bytes_between(bytes_a_number) / bytes_a_second
        return self.operations / operations_a_second + between

    def as_json(self) -> dict[str, float]:
        """All fields."""
        return asdict(self)


def work_of(row: Row, lengths: Sequence[int], head: str, *, full: bool = False) -> Work:
    """The work for documents of `lengths` tokens without padding; `full` where all attention is full."""
    tokens = sum(lengths)
    return Work(
        linear=2 * tokens * _linear(row),
        attention=_attention(row, lengths, full=full),
        head=2 * tokens * _head(row, head),
        passes=_passes(row),
        numbers=tokens * row.width,
    )


def _linear(row: Row) -> int:
    """Weights of the linear layers that a token meets."""
    h, f = row.width, row.feed_forward
    if row.family == "mobilebert":
        b = row.embedding  # of the bottleneck, too
        bottleneck = 2 * h * b + 2 * b * b + h * b + b * b  # in twice; q, k; v from outside; out
        return (
            row.layers * (bottleneck + FEED_FORWARDS_OF_MOBILEBERT * 2 * b * f + b * h) + 3 * b * h
        )
    if row.family == "modernbert":
        return row.layers * (4 * h * h + 3 * h * f)
    return row.layers * (4 * h * h + 2 * h * f) + row.embedding * h


def _attention(row: Row, lengths: Sequence[int], *, full: bool) -> int:
    if row.family == "modernbert":
        wide = FullAttention().flops(lengths, width=row.width)
        near = LongformerAttention(128).flops(lengths, width=row.width)
        every_third = -(-row.layers // 3)
        return every_third * wide + (row.layers - every_third) * near
    width = row.embedding if row.family == "mobilebert" else row.width
    plain = full or not row.of_family.ours
    patterns = (FullAttention(),) * row.layers if plain else patterns_of(row)
    return sum(pattern.flops(lengths, width=width) for pattern in patterns)


def _head(row: Row, head: str) -> int:
    h, v = row.width, row.vocabulary
    before = h * h if row.family == "modernbert" else 0
    if head == "token":
        return before + h * LABELS
    if row.family == "albert":
        return h * row.embedding + row.embedding * v
    return h * h + h * v


def _passes(row: Row) -> float:
    """Two times addition (3 passes) and norm (2), heads joined (2), and the activation (2 f / h).

    ModernBERT turns queries and keys (4) and gates (5 f / h); MobileBERT's four narrow feed-forward parts
    add and scale in passes of the bottleneck's width.
    """
    wide = row.feed_forward / row.width
    if row.family == "modernbert":
        return row.layers * (12 + 4 + 5 * wide)
    if row.family == "mobilebert":
        narrow = row.embedding / row.width
        return row.layers * (narrow * (2 + 5 + 4 * 5) + 4 * 2 * wide + 5)
    return row.layers * (12 + 2 * wide)
