"""Agreement on spans as F1, which needs no count of what was not marked (Hripcsak and Rothschild 2005).

Nobody is the truth here: 2 · matched / (entities of one + entities of the other) is the same from both sides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from gonerd.schema import Entity
from gonerd_annotation.categories import category

__all__ = ["Matches", "SpanCounts", "span_counts"]


@dataclass(frozen=True, slots=True)
class Matches:
    """Entities of both annotators that have a partner, and all entities of both; F1 is their ratio."""

    matched: int = 0
    entities: int = 0

    def __add__(self, other: Matches) -> Matches:
        return Matches(self.matched + other.matched, self.entities + other.entities)

    @property
    def f1(self) -> float | None:
        """The share that has a partner; None where neither annotator marked anything."""
        return self.matched / self.entities if self.entities else None


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """What two annotators' entities of one text have in common. They add up over documents."""

    exact: Mapping[str, Matches] = field(default_factory=dict[str, Matches])
    """By category: start, end and category agree."""
    overlap: Mapping[str, Matches] = field(default_factory=dict[str, Matches])
    """By category: at least one character in common with an entity of the other's of that category."""
    agnostic: Matches = Matches()
    """Start and end agree, whatever the category."""


def span_counts(first: Iterable[Entity], second: Iterable[Entity]) -> SpanCounts:
    """Compare two annotators' entities of one text; the same counts whoever comes first.

    An entity that is given twice counts once. Cost: O(n log n) in the entities of both.
    """
    one, other = set(first), set(second)
    by_type, other_by_type = _by_category(one), _by_category(other)
    exact: dict[str, Matches] = {}
    overlap: dict[str, Matches] = {}
    for name in sorted({*by_type, *other_by_type}):
        mine, theirs = by_type.get(name, set()), other_by_type.get(name, set())
        whole = len(mine) + len(theirs)
        exact[name] = Matches(2 * len(mine & theirs), whole)
        overlap[name] = Matches(_touching(mine, theirs) + _touching(theirs, mine), whole)
    spans, other_spans = ({(e.start, e.end) for e in entities} for entities in (one, other))
    agnostic = Matches(2 * len(spans & other_spans), len(spans) + len(other_spans))
    return SpanCounts(exact, overlap, agnostic)


def _by_category(entities: Iterable[Entity]) -> dict[str, set[tuple[int, int]]]:
    spans: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for entity in entities:
        spans[category(entity)].add((entity.start, entity.end))
    return spans


def _touching(spans: Collection[tuple[int, int]], others: Collection[tuple[int, int]]) -> int:
    """How many of `spans` share a character with one of `others`, which may overlap each other."""
    ordered = sorted(others)
    starts = [start for start, _ in ordered]
    furthest: list[int] = []  # the furthest end of the others up to here
    for _, end in ordered:
        furthest.append(max(end, furthest[-1] if furthest else 0))
    count = 0
    for start, end in spans:
        before = bisect_left(starts, end)
        count += bool(before) and furthest[before - 1] > start
    return count
