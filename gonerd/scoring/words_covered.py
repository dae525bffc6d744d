"""Scores by the word: how many words lie in entities of a label, on either side and on both."""

from __future__ import annotations

import numpy as np

from gonerd.scoring.counts import Counts
from gonerd.scoring.spans import Batch, Ints, Spans

__all__ = ["word_counts"]


def word_counts(batch: Batch) -> Counts:
    """A word counts once for each label that covers it; B and I are not told apart.

    What two sets share is what each covers less what both cover together, so no pairs are needed.
    """
    line = int(batch.word_begins[-1])
    gold, found = (_places(side, line) for side in (batch.gold, batch.found))
    in_gold, in_found = _covered(*gold), _covered(*found)
    together = _covered(*(np.concatenate(pair) for pair in zip(gold, found, strict=True)))
    both = in_gold + in_found - together
    return Counts(both, in_found - both, in_gold - both)


def _places(spans: Spans, line: int) -> tuple[Ints, Ints]:
    """Words of each entity on a line that holds the words once for each label."""
    begin = spans.label * (line + 1)
    return begin + spans.first, begin + spans.stop


def _covered(first: Ints, stop: Ints) -> int:
    if not len(first):
        return 0
    order = np.argsort(first, kind="stable")
    first, stop = first[order], stop[order]
    before = np.concatenate([[0], np.maximum.accumulate(stop)[:-1]])
    return int(np.maximum(0, stop - np.maximum(first, before)).sum())
