"""How a limited number of pages is shared out among the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gonerd_scraper.crawling.items import Item

__all__ = ["Shares", "apportioned"]


class Shares:
    """Bounds the pages of a crawl by `total`, and those of each source by its share of that.

    Without weights, whoever comes first counts. An item beyond the bounds is set aside. When nothing else
    is left to do, what is not used up is shared out among the sources that have items set aside.
    """

    def __init__(self, total: int | None, weights: Mapping[str, float]) -> None:
        self._total = total
        self._weights = weights
        self._taken = Counter[str]()
        self._aside: dict[str, list[Item]] = {}
        self._allowed = apportioned(total, weights) if total is not None else {}

    @property
    def left(self) -> int | None:
        """How many pages are left of all; None: no limit."""
        return None if self._total is None else max(0, self._total - self._taken.total())

    def left_for(self, source: str) -> int | None:
        """How many are left for one source."""
        left = self.left
        if left is None or not self._weights:
            return left
        return max(0, min(left, self._allowed.get(source, 0) - self._taken[source]))

    def admits(self, item: Item) -> bool:
        """Whether the item's source has a page left; where not, the item is set aside."""
        if self.left_for(item.source) != 0:
            return True
        self._aside.setdefault(item.source, []).append(item)
        return False

    def count(self, source: str, pages: int = 1) -> None:
        """Pages of `source` were taken, or given back (-1)."""
        self._taken[source] += pages

    def left_over(self) -> list[Item]:
        """Share out again what nobody used; return the items that were set aside, if there is any of it."""
        if self._total is None or not self.left:
            return []
        others = sum(count for name, count in self._taken.items() if name not in self._aside)
        weights = {name: self._weights.get(name, 0.0) for name in self._aside}
        self._allowed = apportioned(self._total - others, weights)
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
