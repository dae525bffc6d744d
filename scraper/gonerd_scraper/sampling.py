"""A seeded sample in which each kind of source has the share that is asked for."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b

from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document

__all__ = ["Sample", "quotas", "sample_documents"]


@dataclass(frozen=True, slots=True)
class Sample:
    """Documents ordered by id; how many were asked for, drawn and available of each kind of source."""

    documents: tuple[Document, ...]
    asked: int
    drawn: Mapping[str, int]
    available: Mapping[str, int]

    @property
    def short(self) -> bool:
        """Fewer were drawn than asked for."""
        return len(self.documents) < self.asked


def sample_documents(
    documents: Iterable[Document], *, n: int, weights: Mapping[str, float], seed: int
) -> Sample:
    """Draw `n` documents, or as many as keep the shares; the order of `documents` does not matter.

    `weights` gives kinds of source (`meta["source"]`) their share; what is left goes to the other
    kinds by how many documents they have. Each document's lot is a hash of seed and id, so that a
    larger sample contains a smaller one of the same shares. At most `n` documents of each kind are
    in memory.

    Raises:
        ConfigError: a weight is not a share, or the weights add up to more than 1.
        InputError: there is no document at all, or none of a kind that has a weight.
    """
    _require_shares(weights)
    held: dict[str, list[tuple[int, str, Document]]] = {}
    available: Counter[str] = Counter()
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise InputError(f"id {document.id!r} stands in the documents twice")
        seen.add(document.id)
        kind = str(document.meta.get("source", ""))
        available[kind] += 1
        heap = held.setdefault(kind, [])
        heapq.heappush(heap, (-_lot(seed, document.id), document.id, document))
        if len(heap) > n:
            heapq.heappop(heap)
    if not available:
        raise InputError("there is no document to draw from")
    for kind, weight in weights.items():
        if weight and not available[kind]:
            found = ", ".join(
                f"{name or 'none'} {count}" for name, count in sorted(available.items())
            )
            raise InputError(
                f"no document has the source {kind!r}, which is to have a share of {weight:g}; found {found}"
            )
    wanted = quotas(n, weights=weights, available=available)
    chosen = [
        document
        for kind, heap in held.items()
        for _, _, document in sorted(heap, key=lambda entry: (-entry[0], entry[1]))[
            : wanted.get(kind, 0)
        ]
    ]
    return Sample(
        tuple(sorted(chosen, key=lambda document: document.id)),
        n,
        dict(sorted(wanted.items())),
        dict(sorted(available.items())),
    )


def quotas(n: int, *, weights: Mapping[str, float], available: Mapping[str, int]) -> dict[str, int]:
    """How many to draw of each kind: at most `n` in all, never more than there are, in the wanted ratio.

    The largest total is taken at which every kind's quota (by largest remainders) can be met.
    """
    shares = _shares(weights, available)
    low, high = 0, min(n, sum(available.values()))
    while (
        low < high
    ):  # a smaller total is met wherever a larger one is, up to one document of rounding
        middle = (low + high + 1) // 2
        wanted = _apportioned(middle, shares)
        if all(count <= available.get(kind, 0) for kind, count in wanted.items()):
            low = middle
        else:
            high = middle - 1
    return _apportioned(low, shares)


def _shares(weights: Mapping[str, float], available: Mapping[str, int]) -> dict[str, Fraction]:
    others = {kind: count for kind, count in available.items() if kind not in weights}
    given = {kind: Fraction(str(weight)) for kind, weight in weights.items() if weight}
    left = 1 - sum(given.values())
    total = sum(others.values())
    if not total or left <= 0:  # the weights are then relative to each other
        whole = sum(given.values())
        return {kind: weight / whole for kind, weight in given.items()}
    return given | {kind: left * Fraction(count, total) for kind, count in others.items()}


def _apportioned(n: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers that add up to `n`, by largest remainders; ties go to the name that sorts first."""
    exact = {kind: n * share for kind, share in shares.items()}
    whole = {kind: int(value) for kind, value in exact.items()}
    rest = n - sum(whole.values())
    for kind in sorted(exact, key=lambda kind: (whole[kind] - exact[kind], kind))[:rest]:
        whole[kind] += 1
    return whole


def _lot(seed: int, name: str) -> int:
    return int.from_bytes(blake2b(f"{seed}\n{name}".encode(), digest_size=8).digest())


def _require_shares(weights: Mapping[str, float]) -> None:
    for kind, weight in weights.items():
        if not 0 <= weight <= 1:
            raise ConfigError(f"weight {kind}={weight:g}: expected a share from 0 to 1")
    if sum(weights.values()) > 1 + 1e-9:
        raise ConfigError(f"the weights add up to {sum(weights.values()):g}, expected at most 1")
