"""The spans of a window that its logits say are the answer most likely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScoredSpan", "best_spans"]


@dataclass(frozen=True, slots=True, order=True)
class ScoredSpan:
    """Ordered as answers are chosen: the higher score first, then what stands and ends further left."""

    _order: float
    first: int
    """The answer's first token."""
    last: int
    """The answer's last token; none of it is behind."""

    @property
    def score(self) -> float:
        """The sum of both logits."""
        return -self._order


def best_spans(
    begins: NDArray[Any],
    ends: NDArray[Any],
    segments: NDArray[Any],
    *,
    longest: int,
    count: int,
) -> list[ScoredSpan]:
    """The `count` spans whose logits have the highest sums, or as many as there are, the best first.

    All spans are looked at, not those of the best begins and ends alone, in O(t longest).

    Args:
        begins: (t,) logits of each token to be the first.
        ends: (t,) logits of each token to be the last.
        segments: (t,) int: a span lies in one segment; below 0, no span begins or ends at this token.
        longest: tokens of a span at most.
        count: how many are wanted.
    """
    t = len(begins)
    if not t:
        return []
    longest = min(longest, t)
    behind = np.arange(t)[:, None] + np.arange(longest)  # (t, longest): the last token of each span
    inside = behind < t
    behind = np.minimum(behind, t - 1)
    sums = begins.astype(np.float64)[:, None] + ends.astype(np.float64)[behind]
    allowed = inside & (segments[behind] == segments[:, None]) & (segments[:, None] >= 0)
    sums = np.where(allowed, sums, -np.inf).ravel()
    possible = int(allowed.sum())
    count = min(count, possible)
    if not count:
        return []
    if count < possible:
        # All that equal the last one that counts are sorted with it, so that ties don't hang on numpy.
        limit = np.partition(sums, len(sums) - count)[len(sums) - count]
        chosen = np.flatnonzero(sums >= limit)
    else:
        chosen = np.flatnonzero(allowed.ravel())
    spans = sorted(
        ScoredSpan(
            -float(sums[place]), int(place) // longest, int(place) // longest + int(place) % longest
        )
        for place in chosen
    )
    return spans[:count]
