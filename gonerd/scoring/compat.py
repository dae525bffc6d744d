"""The score as the paper took it: seqeval on sequences that were cut, with their own support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from gonerd.dataset.rows import COMMON_WINDOW
from gonerd.scoring.counts import ratio
from gonerd.scoring.spans import Batch, Ints, Spans

__all__ = ["NOTE", "PaperCompat", "Reader"]

NOTE = (
    "entities as seqeval reads them (default mode) from tags cut at the common window "
    f"({COMMON_WINDOW:,} subwords of the reference tokenizer), as arXiv 2311.13657 cut them at its model's "
    "limit; gold beyond is not counted, predictions off word boundaries are moved to the nearest ones"
)

Reader = Literal["seqeval", "spans"]
Range = tuple[int, int, str]
"""First word, one past the last, label."""
Tallies = tuple[Counter[str], Counter[str], Counter[str]]
"""By label: what is in the gold, what was found, what is in both."""


class PaperCompat:
    """seqeval's counts, added up over batches of documents: nothing else is kept of them."""

    def __init__(self, reader: Reader = "seqeval") -> None:
        """Count what seqeval reads from tags, or the spans that they would be written from.

        Both are the same for tags that were written from spans, and spans take a tenth of the time.
        """
        self._read = _by_seqeval if reader == "seqeval" else _from_spans
        self._right = Counter[str]()
        self._found = Counter[str]()
        self._wanted = Counter[str]()

    def add(self, batch: Batch, labels: Sequence[str], window_ends: Ints) -> None:
        """Count a batch; `window_ends` says at which character of the line each document is cut."""
        cuts = np.searchsorted(batch.word_ends, window_ends, side="right")
        counters = self._wanted, self._found, self._right
        for counter, tally in zip(counters, self._read(batch, labels, cuts), strict=True):
            counter.update(tally)

    def as_json(self) -> dict[str, Any]:
        """Micro-averaged and by type, as seqeval's report has them."""
        by_type = {
            label: _scores(self._right[label], self._found[label], self._wanted[label])
            for label in sorted(self._wanted.keys() | self._found.keys())
        }
        total = _scores(self._right.total(), self._found.total(), self._wanted.total())
        return {**total, "by_type": by_type, "note": NOTE}


def _by_seqeval(batch: Batch, labels: Sequence[str], cuts: Ints) -> Tallies:
    # strict mode is the part of seqeval that needs no sklearn, which takes a second or two to import; of
    # tags that are IOB2, as these are, both modes read the same
    from seqeval.scheme import IOB2, Entities

    gold_tags, found_tags = [], []
    numbers = {label: number for number, label in enumerate(labels)}
    sides = (_ranges(side, labels, cuts) for side in (batch.gold, batch.found))
    for gold, found in zip(*sides, strict=True):
        places = _places(gold, found)
        gold_tags.append(_tags(gold, places, numbers))
        found_tags.append(_tags(found, places, numbers))
    wanted, others = (
        {entity.to_tuple() for read in Entities(tags, IOB2).entities for entity in read}
        for tags in (gold_tags, found_tags)
    )
    tallies = [
        Counter(labels[int(number)] for _, number, _, _ in entities)
        for entities in (wanted, others, wanted & others)
    ]
    return tallies[0], tallies[1], tallies[2]


def _from_spans(batch: Batch, labels: Sequence[str], cuts: Ints) -> Tallies:
    """An entity is one number, made of its first word, the one past its last, and its label."""
    words, kinds = len(batch.word_ends) + 1, len(labels)
    wanted, others = (
        (first * words + stop) * kinds + label
        for first, stop, label in (
            _flat_arrays(side, labels, cuts) for side in (batch.gold, batch.found)
        )
    )
    tallies = []
    for entities in (wanted, others, np.intersect1d(wanted, others, assume_unique=True)):
        counts = np.bincount(entities % kinds if kinds else entities, minlength=kinds)
        named = zip(labels, counts.tolist(), strict=False)
        tallies.append(Counter({label: count for label, count in named if count}))
    return tallies[0], tallies[1], tallies[2]


def _flat_arrays(spans: Spans, labels: Sequence[str], cuts: Ints) -> tuple[Ints, Ints, Ints]:
    """First words, ones past the last and labels of the flat entities of all documents."""
    stop = np.minimum(spans.stop, cuts[spans.document])
    left = spans.first < stop
    order = np.argsort(spans.first[left], kind="stable")
    first, stop, label = (part[left][order] for part in (spans.first, stop, spans.label))
    if np.all(stop[:-1] <= first[1:]):
        return first, stop, label
    numbers = {name: number for number, name in enumerate(labels)}
    flat = [
        (first, stop, numbers[name])
        for some in _ranges(spans, labels, cuts)
        for first, stop, name in some
    ]
    table = np.array(flat, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _ranges(spans: Spans, labels: Sequence[str], cuts: Ints) -> list[list[Range]]:
    """The flat entities of each document in words, cut where the document is."""
    ends = cuts.tolist()
    ranges: list[list[Range]] = [[] for _ in ends]
    for document, first, stop, label in zip(
        *(part.tolist() for part in (spans.document, spans.first, spans.stop, spans.label)),
        strict=True,
    ):
        stop = min(stop, ends[document])
        if first < stop:
            ranges[document].append((first, stop, labels[label]))
    return [_flat(some) for some in ranges]


def _flat(ranges: list[Range]) -> list[Range]:
    """Without overlaps, which tags can't say: the longest stays, the first among equals."""
    ranges.sort()
    if all(a[1] <= b[0] for a, b in pairwise(ranges)):
        return ranges
    kept: list[Range] = []
    taken: set[int] = set()
    for first, stop, label in sorted(ranges, key=lambda r: (r[0] - r[1], r)):
        inside = range(first, stop)
        if taken.isdisjoint(inside):
            taken.update(inside)
            kept.append((first, stop, label))
    return sorted(kept)


def _places(gold: list[Range], found: list[Range]) -> dict[int, int]:
    """Places for the words at which something begins or ends; no entity comes to lie on another."""
    edges = {edge for first, stop, _ in (*gold, *found) for edge in (first, stop)}
    return {edge: place for place, edge in enumerate(sorted(edges))}


def _tags(ranges: list[Range], places: dict[int, int], numbers: Mapping[str, int]) -> list[str]:
    """Tags with the numbers of labels: seqeval takes hyphens off the ends of names."""
    tags = ["O"] * len(places)
    for first, stop, label in ranges:
        begin, end = places[first], places[stop]
        tags[begin] = f"B-{numbers[label]}"
        if end - begin > 1:
            tags[begin + 1 : end] = [f"I-{numbers[label]}"] * (end - begin - 1)
    return tags


def _scores(right: int, found: int, wanted: int) -> dict[str, float]:
    return {
        "precision": ratio(right, found),
        "recall": ratio(right, wanted),
        "f1": ratio(2 * right, found + wanted),
        "support": wanted,
    }
