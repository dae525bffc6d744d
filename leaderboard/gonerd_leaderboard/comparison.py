"""Models held against each other document by document: what is more than chance, what students keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from gonerd.scoring.confidence import Quotient, intervals
from gonerd.scoring.document_counts import Counted, f1_figure, total_counts
from gonerd.scoring.permutation import PERMUTATIONS, holm, permutation_p_of_pairs

__all__ = ["Retention", "Significance", "retention_ranges", "significance_of"]

AT_ONCE = 64
"""Students whose intervals are drawn together: some 15 MB."""

TEST = "paired approximate randomization over documents, two-sided, Holm over all pairs"


@dataclass(frozen=True, slots=True)
class Retention:
    """F1 of a student over that of its teacher; no range where not both were counted by document."""

    share: float
    low: float | None = None
    high: float | None = None
    """None, too, where the interval has no upper end."""


@dataclass(frozen=True, slots=True)
class Significance:
    """Differences of F1 between some rows of a board, and the p of each."""

    rows: tuple[int, ...]
    differences: tuple[tuple[float, ...], ...]
    p: tuple[tuple[float | None, ...], ...]
    """Holm-corrected; None on the diagonal."""
    samples: int = PERMUTATIONS
    test: str = TEST

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "rows": self.rows,
            "test": self.test,
            "samples": self.samples,
            "differences": self.differences,
            "p": self.p,
        }


def significance_of(rows: Sequence[int], tables: Sequence[Counted]) -> Significance:
    """The tests of all pairs; `tables` are (documents, 3), of the same documents in the same order."""
    plain = permutation_p_of_pairs(tables)
    pairs = list(combinations(range(len(rows)), 2))
    corrected: list[list[float | None]] = [[None] * len(rows) for _ in rows]
    for (one, other), p in zip(pairs, holm([float(plain[pair]) for pair in pairs]), strict=True):
        corrected[one][other] = corrected[other][one] = p
    f1s = [total_counts(table).f1 for table in tables]
    return Significance(
        rows=tuple(rows),
        differences=tuple(tuple(one - other for other in f1s) for one in f1s),
        p=tuple(map(tuple, corrected)),
    )


def retention_ranges(
    pairs: Sequence[tuple[Counted, Counted]],
) -> list[tuple[float | None, float | None]]:
    """The paired interval of each (student, teacher): both are drawn with the same documents."""
    ranges: list[tuple[float | None, float | None]] = []
    for begin in range(0, len(pairs), AT_ONCE):
        figures = [
            Quotient(np.concatenate([f1_figure(table).columns for table in pair], axis=1))
            for pair in pairs[begin : begin + AT_ONCE]
        ]
        ranges += [(low, high if math.isfinite(high) else None) for low, high in intervals(figures)]
    return ranges
