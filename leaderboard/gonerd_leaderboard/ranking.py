"""Ranks that say what is not known: an interval of ranks, and groups that can't be told apart."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gonerd_leaderboard.result import Interval

__all__ = ["Rank", "ranks"]


@dataclass(frozen=True, slots=True)
class Rank:
    """A place by F1, the places that the intervals allow, and the tie group, all from 1."""

    place: int
    best: int
    worst: int
    group: int


def ranks(scores: Sequence[tuple[float, Interval]]) -> list[Rank]:
    """Rank (F1, interval) pairs, highest F1 first; one rank per pair, in their order.

    An entry is surely above another where its whole interval is, so `best` is 1 plus the entries
    surely above and `worst` leaves out those surely below. A tie group is led by the best entry
    that no earlier group took and holds those that follow while their intervals overlap the
    leader's. Overlapping intervals are a cautious test: paired tests tell more apart.
    """
    n = len(scores)
    lows = sorted(interval.low for _, interval in scores)
    highs = sorted(interval.high for _, interval in scores)
    f1s = sorted(-f1 for f1, _ in scores)
    groups = _groups(scores)
    return [
        Rank(
            place=1 + bisect_left(f1s, -f1),
            best=1 + n - bisect_right(lows, interval.high),
            worst=n - bisect_left(highs, interval.low),
            group=group,
        )
        for (f1, interval), group in zip(scores, groups, strict=True)
    ]


def _groups(scores: Sequence[tuple[float, Interval]]) -> list[int]:
    order = sorted(range(len(scores)), key=lambda i: (-scores[i][0], -scores[i][1].high))
    groups = [0] * len(scores)
    leader: Interval | None = None
    group = 0
    for i in order:
        interval = scores[i][1]
        if leader is None or not leader.overlaps(interval):
            leader = interval
            group += 1
        groups[i] = group
    return groups
