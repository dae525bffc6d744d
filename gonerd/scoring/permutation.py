"""Whether one model is better than another on the same documents: a paired permutation test, Holm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gonerd.scoring.confidence import Floats
from gonerd.scoring.document_counts import Counted

__all__ = ["PERMUTATIONS", "holm", "permutation_p", "permutation_p_of_pairs"]

PERMUTATIONS = 10_000

SWAPS_AT_ONCE = 2_000_000
ROUNDING = 1e-12
"""Two differences that are nearer are the same: sums in another order."""


def permutation_p(
    one: Counted, other: Counted, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Floats:
    """Two-sided p of the difference of F1 for each column of counts; both are (documents, columns, 3).

    Under the null hypothesis the two answers to a document could as well be swapped, all of a document's
    entities together. p = (c + 1) / (n + 1), where c of n random swaps differ at least as much as found.
    """
    documents, columns = one.shape[:2]
    change = (other - one).reshape(documents, columns * 3).astype(np.float64)
    sums = [table.sum(axis=0).astype(np.float64) for table in (one, other)]
    found = np.abs(_f1(sums[0]) - _f1(sums[1]))
    as_large = np.zeros(columns)
    for swaps in _swaps(documents, permutations, seed):
        moved = (swaps @ change).reshape(-1, columns, 3)
        differences = np.abs(_f1(sums[0] + moved) - _f1(sums[1] - moved))
        as_large += (differences >= found - ROUNDING).sum(axis=0)
    return (as_large + 1) / (permutations + 1)


def permutation_p_of_pairs(
    tables: Sequence[Counted], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Floats:
    """The p of each two models as `permutation_p` gives it, (models, models) with 1 on the diagonal.

    `tables` are (documents, 3) each, of the same documents. All pairs share the swaps of one drawing: what
    they move between two models is the difference of what they take from each, so that a matrix product
    for each model serves all its pairs.
    """
    models = len(tables)
    counts = np.stack(
        [table.astype(np.float64) for table in tables], axis=1
    )  # documents, models, 3
    part = 2 * counts[..., 0]
    whole = part + counts[..., 1] + counts[..., 2]
    parts, wholes = part.sum(axis=0), whole.sum(axis=0)
    f1 = _divided(parts, wholes)
    as_large = np.zeros((models, models))
    for swaps in _swaps(len(counts), permutations, seed):
        # models before permutations, so that each model's are side by side in memory
        taken_part, taken_whole = (swaps @ part).T.copy(), (swaps @ whole).T.copy()
        for one in range(models - 1):
            others = slice(one + 1, None)
            moved_part = taken_part[others] - taken_part[one]
            moved_whole = taken_whole[others] - taken_whole[one]
            ones = _divided(parts[one] + moved_part, wholes[one] + moved_whole)
            theirs = _divided(parts[others, None] - moved_part, wholes[others, None] - moved_whole)
            found = np.abs(f1[one] - f1[others])[:, None]
            as_large[one, others] += (np.abs(ones - theirs) >= found - ROUNDING).sum(axis=1)
    p = (as_large + as_large.T + 1) / (permutations + 1)
    np.fill_diagonal(p, 1.0)
    return p


def holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p values that hold for all of `values` together, in their order."""
    adjusted = [1.0] * len(values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda place: values[place])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted


def _swaps(documents: int, permutations: int, seed: int) -> Iterator[Floats]:
    """Which documents are swapped in each permutation, some at a time: (rows, documents) of 0 and 1."""
    random = np.random.default_rng(seed)
    width = -(-documents // 8)
    most = max(1, SWAPS_AT_ONCE // max(1, documents))
    for begin in range(0, permutations, most):
        rows = min(most, permutations - begin)
        bits = np.frombuffer(random.bytes(rows * width), dtype=np.uint8).reshape(rows, width)
        yield np.unpackbits(bits, axis=1, count=documents).astype(np.float64)


def _f1(sums: Floats) -> Floats:
    tp, fp, fn = sums[..., 0], sums[..., 1], sums[..., 2]
    return _divided(2 * tp, 2 * tp + fp + fn)


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(whole.shape), where=whole > 0)
