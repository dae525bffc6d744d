"""Counts by document and label: all that intervals and comparisons need, and all that is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gonerd.scoring.confidence import Ratio
from gonerd.scoring.counts import Counts, ratio
from gonerd.scoring.matching import Bools
from gonerd.scoring.spans import Batch, Ints, Spans

__all__ = [
    "Counted",
    "DocumentCounts",
    "f1_figure",
    "in_any_order",
    "macro_f1",
    "precision_figure",
    "recall_figure",
    "total_counts",
]


Counted = npt.NDArray[np.int32]


class DocumentCounts:
    """tp, fp and fn of each document and label: 12 bytes each."""

    def __init__(self) -> None:
        self._parts: list[Counted] = []

    def add(
        self, batch: Batch, labels: int, hits: tuple[Bools, Bools], inside: Ints | None = None
    ) -> None:
        """Count a batch; with `inside`, only entities that end at or before their document's value."""
        gold_hit, found_hit = hits
        sizes = len(batch.documents), labels
        of_gold, of_found = np.ones_like(gold_hit), np.ones_like(found_hit)
        if inside is not None:
            of_gold = batch.gold.end <= inside[batch.gold.document]
            of_found = batch.found.end <= inside[batch.found.document]
        tp = _by_label(batch.gold, gold_hit & of_gold, *sizes)
        fp = _by_label(batch.found, ~found_hit & of_found, *sizes)
        fn = _by_label(batch.gold, ~gold_hit & of_gold, *sizes)
        self._parts.append(np.stack([tp, fp, fn], axis=-1).astype(np.int32))

    def is_same(self, other: DocumentCounts) -> bool:
        """Whether the counts are those of `other`, document by document."""
        return all(map(np.array_equal, self._parts, other._parts))

    def table(self, labels: Sequence[int]) -> Counted:
        """All counts, (documents, labels, 3), the labels in the order of their numbers `labels`."""
        table = np.zeros((sum(map(len, self._parts)), len(labels), 3), dtype=np.int32)
        begin = 0
        for part in self._parts:
            for place, label in enumerate(labels):
                if label < part.shape[1]:
                    table[begin : begin + len(part), place] = part[:, label]
            begin += len(part)
        return table


def in_any_order(table: Counted) -> Counted:
    """The table with its documents sorted, so that their order plays no part in what is drawn from it."""
    if not table.size:
        return table
    order: Ints = np.lexsort(table.reshape(len(table), -1).T)
    return np.take(table, order, axis=0)


def macro_f1(table: Counted) -> float:
    """The mean F1 of the documents that hold anything, gold or found."""
    totals = table.sum(axis=1)
    tp, wrong = totals[:, 0], totals[:, 1] + totals[:, 2]
    some = tp + wrong > 0
    values = 2 * tp[some] / (2 * tp[some] + wrong[some])
    return ratio(math.fsum(values.tolist()), int(some.sum()))


def total_counts(table: Counted) -> Counts:
    """The counts of a table (documents, 3)."""
    tp, fp, fn = table.sum(axis=0).tolist()
    return Counts(tp, fp, fn)


def f1_figure(table: Counted) -> Ratio:
    """F1 as a ratio of sums, of a table (documents, 3)."""
    return Ratio(_columns(2 * table[:, 0], 2 * table[:, 0] + table[:, 1] + table[:, 2]))


def precision_figure(table: Counted) -> Ratio:
    """Precision, as `f1_figure`."""
    return Ratio(_columns(table[:, 0], table[:, 0] + table[:, 1]))


def recall_figure(table: Counted) -> Ratio:
    """Recall, as `f1_figure`."""
    return Ratio(_columns(table[:, 0], table[:, 0] + table[:, 2]))


def _columns(part: Counted, whole: Counted) -> Counted:
    return np.stack([part, whole], axis=1)


def _by_label(spans: Spans, chosen: Bools, documents: int, labels: int) -> Ints:
    places = spans.document[chosen] * labels + spans.label[chosen]
    return np.bincount(places, minlength=documents * labels).reshape(documents, labels)
