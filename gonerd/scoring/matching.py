"""Which predictions are right, and what is wrong with the others: one gold entity answers one prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gonerd.scoring.spans import Batch, Ints, Spans

__all__ = ["KINDS", "Matching", "exact_hits", "matching"]

KINDS = ("exact", "boundary", "type", "both", "missed", "spurious")
"""What can become of an entity. The first five divide all gold; all but `missed` divide all predictions."""
EXACT, BOUNDARY, TYPE, BOTH, MISSED, SPURIOUS = range(len(KINDS))

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Matching:
    """The kind of each entity, and its partner on the other side."""

    gold_kind: Ints
    found_kind: Ints
    partner: Ints
    """By gold entity, the place of the prediction that answers it; -1 where none does, or an exact one."""


def exact_hits(gold: Spans, found: Spans) -> tuple[Bools, Bools]:
    """Of each side, which entities have one of the same start, end and label on the other.

    A second copy counts only where the other side has a second one, too.
    """
    start, end, label = (
        np.concatenate([getattr(gold, name), getattr(found, name)])
        for name in ("start", "end", "label")
    )
    size, wanted = len(start), len(gold)
    side = np.arange(size) >= wanted
    order = np.lexsort((side, label, end, start))
    start, end, label, side = start[order], end[order], label[order], side[order]
    new = np.ones(size, dtype=bool)
    new[1:] = (np.diff(start) != 0) | (np.diff(end) != 0) | (np.diff(label) != 0)
    group = np.cumsum(new) - 1
    groups = int(group[-1]) + 1 if size else 0
    from_found = np.bincount(group, weights=side, minlength=groups).astype(np.int64)
    from_gold = np.bincount(group, minlength=groups) - from_found
    rank = np.arange(size) - np.flatnonzero(new)[group]
    rank -= np.where(side, from_gold[group], 0)
    hits = np.zeros(size, dtype=bool)
    hits[order] = rank < np.minimum(from_gold, from_found)[group]
    return hits[:wanted], hits[wanted:]


def matching(batch: Batch) -> Matching:
    """Pair what is left after the exact matches, by overlap, each entity once.

    Pairs of the same span come first (`type`), then those of one label, then the rest (`both`); among equals
    the larger overlap, the closer boundaries, the earlier place, the label's name. Neither the order of
    predictions nor that of documents plays a part.
    """
    gold, found = batch.gold, batch.found
    gold_hit, found_hit = exact_hits(gold, found)
    gold_kind = np.where(gold_hit, EXACT, MISSED).astype(np.int64)
    found_kind = np.where(found_hit, EXACT, SPURIOUS).astype(np.int64)
    partner = np.full(len(gold), -1, dtype=np.int64)
    left, right = _overlapping(gold, found, ~gold_hit, ~found_hit)
    same_label = gold.label[left] == found.label[right]
    same_span = (gold.start[left] == found.start[right]) & (gold.end[left] == found.end[right])
    kind = np.where(same_span, TYPE, np.where(same_label, BOUNDARY, BOTH))
    overlap = np.minimum(gold.end[left], found.end[right]) - np.maximum(
        gold.start[left], found.start[right]
    )
    distance = np.abs(gold.start[left] - found.start[right]) + np.abs(
        gold.end[left] - found.end[right]
    )
    rank = np.where(same_span, 0, np.where(same_label, 1, 2))
    names = batch.label_ranks[found.label[right]], batch.label_ranks[gold.label[left]]
    places = found.end[right], found.start[right], gold.end[left], gold.start[left]
    order = np.lexsort((*names, *places, distance, -overlap, rank))
    free_gold, free_found = set(left.tolist()), set(right.tolist())
    for one, other, what in zip(
        left[order].tolist(), right[order].tolist(), kind[order].tolist(), strict=True
    ):
        if one in free_gold and other in free_found:
            free_gold.remove(one)
            free_found.remove(other)
            gold_kind[one] = found_kind[other] = what
            partner[one] = other
    return Matching(gold_kind, found_kind, partner)


def _overlapping(gold: Spans, found: Spans, of_gold: Bools, of_found: Bools) -> tuple[Ints, Ints]:
    """All pairs of entities that share a character, as places on both sides.

    Either side may overlap itself: the furthest end so far, unlike the ends, never goes back.
    """
    wanted, others = np.flatnonzero(of_gold), np.flatnonzero(of_found)
    wanted = wanted[np.argsort(gold.start[wanted], kind="stable")]
    furthest = np.maximum.accumulate(gold.end[wanted]) if len(wanted) else gold.end[:0]
    begin = np.searchsorted(furthest, found.start[others], side="right")
    stop = np.searchsorted(gold.start[wanted], found.end[others], side="left")
    sizes = np.maximum(0, stop - begin)
    right = np.repeat(others, sizes)
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    left = wanted[np.repeat(begin, sizes) + within]
    touching = gold.end[left] > found.start[right]
    return left[touching], right[touching]
