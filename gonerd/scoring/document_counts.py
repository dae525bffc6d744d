"""Counts by document and label, on disk: all that intervals and comparisons need, and all that is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

import numpy as np
import numpy.typing as npt

from gonerd.database import nameless_database, sorted_lines
from gonerd.scoring.confidence import Ratio
from gonerd.scoring.counts import Counts
from gonerd.scoring.matching import Bools
from gonerd.scoring.spans import Batch, Ints, Spans

__all__ = [
    "Counted",
    "DocumentCounts",
    "document_f1",
    "f1_figure",
    "in_any_order",
    "piece_sizes",
    "precision_figure",
    "recall_figure",
    "total_counts",
]


Counted = npt.NDArray[np.int32]

DOCUMENTS_AT_ONCE = 4096
"""Whose counts, with what intervals make of them, take some megabytes."""


class DocumentCounts:
    """tp, fp and fn of each document and label."""

    def __init__(self) -> None:
        self.documents = 0
        self._database = nameless_database()
        self._database.execute("CREATE TABLE part (documents INTEGER, counts BLOB)")

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
        part = np.stack([tp, fp, fn], axis=-1).astype(np.int32)
        self._database.execute("INSERT INTO part VALUES (?, ?)", (len(part), part.tobytes()))
        self.documents += len(part)

    def is_same(self, other: DocumentCounts) -> bool:
        """Whether the counts are those of `other`, document by document."""
        pairs = zip_longest(self._parts(), other._parts())
        return all(
            one is not None and another is not None and np.array_equal(one, another)
            for one, another in pairs
        )

    def table(self, labels: Sequence[int]) -> Counted:
        """All counts, (documents, labels, 3), the labels in the order of their numbers `labels`."""
        parts = [_with_labels(part, labels) for part in self._parts()]
        return np.concatenate([np.zeros((0, len(labels), 3), dtype=np.int32), *parts])

    @property
    def sizes(self) -> list[int]:
        """Of the tables of `sorted_tables`, in documents."""
        return piece_sizes(self.documents)

    def sorted_tables(self, labels: Sequence[int]) -> Iterator[Counted]:
        """Yield `in_any_order` of `table`, some documents at a time."""
        width = 3 * len(labels)
        rows = (
            row.tobytes()
            for part in self._parts()
            # numbers from the last column to the first, their bytes from the largest to the smallest
            for row in _with_labels(part, labels).reshape(len(part), width)[:, ::-1].astype(">i4")
        )
        ordered = sorted_lines(rows)
        for size in self.sizes:
            flat = np.frombuffer(b"".join(islice(ordered, size)), dtype=">i4")
            yield flat.reshape(size, width)[:, ::-1].astype(np.int32).reshape(size, len(labels), 3)

    def _parts(self) -> Iterator[Counted]:
        for documents, counts in self._database.execute(
            "SELECT documents, counts FROM part ORDER BY rowid"
        ):
            yield np.frombuffer(counts, dtype=np.int32).reshape(documents, -1, 3)


def piece_sizes(documents: int) -> list[int]:
    """How many are taken together; intervals depend on it, as draws are made piece by piece."""
    whole, rest = divmod(documents, DOCUMENTS_AT_ONCE)
    return [DOCUMENTS_AT_ONCE] * whole + ([rest] if rest or not whole else [])


def in_any_order(table: Counted) -> Counted:
    """The table with its documents sorted, so that their order plays no part in what is drawn from it."""
    if not table.size:
        return table
    order: Ints = np.lexsort(table.reshape(len(table), -1).T)
    return np.take(table, order, axis=0)


def document_f1(table: Counted) -> list[float]:
    """The F1 of each document that holds anything, gold or found; of a table (documents, 3)."""
    tp, wrong = table[:, 0], table[:, 1] + table[:, 2]
    some = tp + wrong > 0
    values: list[float] = (2 * tp[some] / (2 * tp[some] + wrong[some])).tolist()
    return values


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


def _with_labels(part: Counted, labels: Sequence[int]) -> Counted:
    """The part's labels in this order; of one that came later than the part, nothing."""
    table = np.zeros((len(part), len(labels), 3), dtype=np.int32)
    for place, label in enumerate(labels):
        if label < part.shape[1]:
            table[:, place] = part[:, label]
    return table


def _columns(part: Counted, whole: Counted) -> Counted:
    return np.stack([part, whole], axis=1)


def _by_label(spans: Spans, chosen: Bools, documents: int, labels: int) -> Ints:
    places = spans.document[chosen] * labels + spans.label[chosen]
    return np.bincount(places, minlength=documents * labels).reshape(documents, labels)
