"""Draws by seed that depend on nothing but the documents' ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["drawn", "shuffled"]


def shuffled(ids: Iterable[str], *, seed: int, purpose: str) -> list[str]:
    """`ids` in an order that seed and purpose fix, whatever order they come in."""
    return sorted(
        ids, key=lambda id_: hashlib.sha256(f"{seed}\n{purpose}\n{id_}".encode()).digest()
    )


def drawn(ids: Iterable[str], share: float, *, seed: int, purpose: str) -> frozenset[str]:
    """The nearest whole number to `share` (0 to 1) of `ids`, each as likely as any other to be among them.

    Draws for different purposes have nothing to do with each other.
    """
    order = shuffled(ids, seed=seed, purpose=purpose)
    return frozenset(order[: int(share * len(order) + 0.5)])
