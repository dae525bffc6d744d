"""Where in a document its entities stand: entities per 100 tokens, by tenth and by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["BLOCK", "TENTHS", "Density", "Positions"]

TENTHS = 10
BLOCK = 512
"""Tokens of a block: what a model of short context reads at once."""


@dataclass(frozen=True, slots=True)
class Density:
    """How many entities begin in one part of the documents, over the tokens that lie in it."""

    part: int
    """Number of the tenth or of the block, from 0."""
    tokens: int
    entities: int
    per_100: float


@dataclass(slots=True)
class Positions:
    """Counts that add up. An entity counts where its first token stands.

    Token i of n lies in tenth `10 * i // n` and in block `i // 512`.
    """

    tenths: Counter[int] = field(default_factory=Counter[int])
    """Entities that begin in each tenth."""
    tenth_tokens: Counter[int] = field(default_factory=Counter[int])
    blocks: Counter[int] = field(default_factory=Counter[int])
    block_tokens: Counter[int] = field(default_factory=Counter[int])

    def add(self, tokens: int, begins: Iterable[int]) -> None:
        """Count a document of `tokens` tokens, whose entities begin at the tokens `begins`."""
        edges = [-(-tokens * tenth // TENTHS) for tenth in range(TENTHS + 1)]
        for tenth in range(TENTHS):
            if edges[tenth + 1] > edges[tenth]:
                self.tenth_tokens[tenth] += edges[tenth + 1] - edges[tenth]
        for block in range(-(-tokens // BLOCK)):
            self.block_tokens[block] += min(BLOCK, tokens - block * BLOCK)
        for begin in begins:
            self.tenths[TENTHS * begin // tokens] += 1
            self.blocks[begin // BLOCK] += 1

    def __add__(self, other: Positions) -> Positions:
        return Positions(
            self.tenths + other.tenths,
            self.tenth_tokens + other.tenth_tokens,
            self.blocks + other.blocks,
            self.block_tokens + other.block_tokens,
        )

    def by_tenth(self) -> list[Density]:
        """The ten tenths in their order."""
        return [_density(n, self.tenth_tokens[n], self.tenths[n]) for n in range(TENTHS)]

    def by_block(self) -> list[Density]:
        """The blocks in their order, as far as the longest document goes."""
        return [self.block(number) for number in sorted(self.block_tokens)]

    def block(self, number: int) -> Density:
        """One block; without tokens where no document goes so far."""
        return _density(number, self.block_tokens[number], self.blocks[number])

    def beyond(self, block: int) -> Density:
        """All blocks from number `block` on as one part."""
        tokens = sum(times for n, times in self.block_tokens.items() if n >= block)
        entities = sum(times for n, times in self.blocks.items() if n >= block)
        return _density(block, tokens, entities)


def _density(part: int, tokens: int, entities: int) -> Density:
    return Density(part, tokens, entities, 100 * entities / tokens if tokens else 0.0)
