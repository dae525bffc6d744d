"""What became of a model's predictions under an annotator's hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gonerd.schema import Entity

__all__ = ["FATES", "fates"]

FATES = ("stayed", "relabelled", "moved", "removed", "added")
"""predictions = stayed + relabelled + moved + removed; entities = stayed + relabelled + moved + added."""


def fates(predicted: Iterable[Entity], annotated: Iterable[Entity]) -> Counter[str]:
    """How many predictions stayed as they were, got another label, moved, or went, and what was added.

    A prediction moved where no entity has its span but one overlaps it: pairs with the longest overlap
    first, each prediction and each entity in one pair only. Both are taken as sets.
    """
    before, after = set(predicted), set(annotated)
    counts = Counter(dict.fromkeys(FATES, 0))
    stayed = before & after
    counts["stayed"] = len(stayed)
    before -= stayed
    after -= stayed
    for mine, kind in ((_same_span, "relabelled"), (_overlap, "moved")):
        pairs = sorted(
            (-length, was, now) for was in before for now in after if (length := mine(was, now)) > 0
        )
        for _, was, now in pairs:
            if was in before and now in after:
                counts[kind] += 1
                before.remove(was)
                after.remove(now)
    counts["removed"] = len(before)
    counts["added"] = len(after)
    return counts


def _same_span(one: Entity, other: Entity) -> int:
    return int((one.start, one.end) == (other.start, other.end))


def _overlap(one: Entity, other: Entity) -> int:
    return min(one.end, other.end) - max(one.start, other.start)
