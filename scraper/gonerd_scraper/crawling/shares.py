"""How a limited number of pages is shared out among the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gonerd_scraper.crawling.items import Item

__all__ = ["Shares", "apportioned"]


class Shares:
    """Bounds the pages of each source by its share of `total`; without weights, first come, first served.

    An item beyond its source's share is set aside. When nothing else is left to do, what the other
    sources did not use is shared out among those that have items set aside.
    """

    def __init__(self, total: int | None, weights: Mapping[str, float]) -> None:
        self._total = total if weights else None
        self._weights = weights
        self._taken = Counter[str]()
        self._aside: dict[str, list[Item]] = {}
        self._allowed = Counter(apportioned(total, weights) if total is not None else {})

    def admits(self, item: Item) -> bool:
        """Whether the item's source has a page left; where not, the item is set aside."""
        if self._total is None or self._taken[item.source] < self._allowed[item.source]:
            return True
        self._aside.setdefault(item.source, []).append(item)
        return False

    def left(self, source: str, most: int) -> int:
        """How many of `most` pages of `source` its share leaves room for."""
        if self._total is None:
            return most
        return min(most, max(0, self._allowed[source] - self._taken[source]))

    def count(self, source: str) -> None:
        """One page of `source` was taken."""
        self._taken[source] += 1

    def left_over(self) -> list[Item]:
        """Share out again what nobody used; return the items that were set aside, if there is any of it."""
        if self._total is None or self._taken.total() >= self._total:
            return []
        others = sum(count for name, count in self._taken.items() if name not in self._aside)
        weights = {name: self._weights.get(name, 0.0) for name in self._aside}
        self._allowed = Counter(apportioned(self._total - others, weights))
        items = [item for aside in self._aside.values() for item in aside]
        self._aside = {}
        return items


def apportioned(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """`total` in whole parts by `weights`, largest remainders first; equal parts where all weigh nothing."""
    whole = sum(weights.values())
    exact = {
        name: total * (weight / whole if whole else 1 / len(weights))
        for name, weight in weights.items()
    }
    parts = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[: total - sum(parts.values())]:
        parts[name] += 1
    return parts
