"""Where two annotators differ, what each of them marked there, and which differences come up most often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from gonerd.schema import Document, Entity
from gonerd_annotation.categories import category

__all__ = ["Difference", "Disagreements", "differences"]

Kind = Literal["type", "boundary", "type and boundary", "missing"]

CONTEXT = 40
"""Characters shown on either side of an example."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two entities that mean the same passage, or one without a partner; not both are None."""

    kind: Kind
    first: Entity | None
    second: Entity | None


def differences(first: Iterable[Entity], second: Iterable[Entity]) -> Iterator[Difference]:
    """What is left after the entities that agree, each entity once, in the order of the text.

    Entities that overlap are paired, those with most characters in common first. Cost: O(n log n) and the
    number of pairs that overlap.
    """
    one, other = set(first), set(second)
    mine, theirs = sorted(one - other), sorted(other - one)
    paired: list[tuple[Entity | None, Entity | None]] = []
    free, other_free = set(mine), set(theirs)
    for left, right in sorted(_overlapping(mine, theirs), key=_least_alike):
        if left in free and right in other_free:
            free.remove(left)
            other_free.remove(right)
            paired.append((left, right))
    paired += [(entity, None) for entity in free]
    paired += [(None, entity) for entity in other_free]
    for a, b in sorted(paired, key=_place):
        yield Difference(_kind(a, b), a, b)


@dataclass(slots=True)
class _Found:
    count: int = 0
    documents: set[str] = field(default_factory=set[str])
    annotators: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter[str](), Counter[str]())
    )
    example: dict[str, Any] = field(default_factory=dict[str, Any])


Side = tuple[str, str]
"""Category and text of what one annotator marked; both empty where nothing."""


class Disagreements:
    """Differences counted by what the two annotators marked, whichever of them marked which."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self._found: dict[tuple[str, Side, Side], _Found] = {}

    def add(self, document: Document, difference: Difference, names: tuple[str, str]) -> None:
        """Count one difference of the annotators `names` in `document`."""
        sides = [_side(document, entity) for entity in (difference.first, difference.second)]
        order = (0, 1) if sides[0] >= sides[1] else (1, 0)  # nothing, being empty, stands last
        key = (difference.kind, sides[order[0]], sides[order[1]])
        found = self._found.setdefault(key, _Found())
        self.kinds[difference.kind] += 1
        found.count += 1
        found.documents.add(document.id)
        for counter, place in zip(found.annotators, order, strict=True):
            counter[names[place]] += 1
        if not found.example:
            marked = [e for e in (difference.first, difference.second) if e is not None]
            start, end = min(e.start for e in marked), max(e.end for e in marked)
            around = document.text[max(0, start - CONTEXT) : end + CONTEXT]
            found.example = {
                "document": document.id,
                "start": start,
                "end": end,
                "context": " ".join(around.split()),
            }

    def most_frequent(self, top: int) -> list[dict[str, Any]]:
        """The `top` differences by count, then by text."""
        ranked = sorted(self._found.items(), key=lambda item: (-item[1].count, item[0]))
        return [
            {
                "kind": kind,
                "count": found.count,
                "documents": len(found.documents),
                "marked": [
                    {
                        "label": name or None,
                        "text": text or None,
                        "annotators": dict(sorted(who.items())),
                    }
                    for (name, text), who in zip(sides, found.annotators, strict=True)
                ],
                "example": found.example,
            }
            for (kind, *sides), found in ranked[:top]
        ]


def _side(document: Document, entity: Entity | None) -> Side:
    return ("", "") if entity is None else (category(entity), document.mention(entity))


def _kind(first: Entity | None, second: Entity | None) -> Kind:
    if first is None or second is None:
        return "missing"
    if (first.start, first.end) == (second.start, second.end):
        return "type"
    return "boundary" if category(first) == category(second) else "type and boundary"


def _overlapping(mine: list[Entity], theirs: list[Entity]) -> Iterator[tuple[Entity, Entity]]:
    begin = 0
    for left in mine:  # by start; what ends before this one starts is done with
        while begin < len(theirs) and theirs[begin].end <= left.start:
            begin += 1
        for place in range(begin, len(theirs)):
            right = theirs[place]
            if right.start >= left.end:
                break
            if right.end > left.start:
                yield left, right


def _least_alike(pair: tuple[Entity, Entity]) -> tuple[int, int, int, Entity, Entity]:
    left, right = pair
    common = min(left.end, right.end) - max(left.start, right.start)
    lower, upper = sorted(pair)
    return -common, left.end - left.start + right.end - right.start, lower.start, lower, upper


def _place(pair: tuple[Entity | None, Entity | None]) -> tuple[Entity, ...]:
    return tuple(sorted(entity for entity in pair if entity is not None))
