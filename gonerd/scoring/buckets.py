"""Counts by what documents and entities are like: each entity falls into one bucket of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gonerd.dataset.positions import BLOCK
from gonerd.schema import Document
from gonerd.scoring.counts import Counts
from gonerd.scoring.matching import Bools
from gonerd.scoring.spans import Ints

__all__ = [
    "ENTITY_LENGTHS",
    "PLACES",
    "SEEN",
    "UNKNOWN",
    "BucketCounts",
    "length_place",
    "place",
    "source_of",
    "year_of",
]

EDGES = tuple(range(0, 8 * BLOCK + 1, BLOCK))
PLACES = (*(f"{a}-{b - 1}" for a, b in pairwise(EDGES)), f"{EDGES[-1]}+")
"""Words of a document, or before an entity, in steps of 512."""

LENGTH_EDGES = (1, 2, 3, 4, 5, 10)
ENTITY_LENGTHS = ("1", "2", "3", "4", "5-9", "10+")
"""Words of an entity."""

SEEN = ("seen", "unseen")
"""Whether the surface form occurs in the train split with the same label."""

UNKNOWN = "unknown"


class BucketCounts:
    """True and false positives and negatives by bucket; `order` is that of the buckets, else by name."""

    def __init__(self, order: Sequence[str] = ()) -> None:
        self._order = order
        self._counts: dict[str, Counts] = {}

    def add(
        self, names: Sequence[str], places: tuple[Ints, Ints], hits: tuple[Bools, Bools]
    ) -> None:
        """Count entities, gold and found: `places` are those in `names` of each one's bucket."""
        (of_gold, of_found), (gold_hit, found_hit) = places, hits
        size = len(names)
        tp, fn = (np.bincount(of_gold[chosen], minlength=size) for chosen in (gold_hit, ~gold_hit))
        fp = np.bincount(of_found[~found_hit], minlength=size)
        for name, *counts in zip(names, tp.tolist(), fp.tolist(), fn.tolist(), strict=True):
            if any(counts):
                self._counts[name] = self._counts.get(name, Counts()) + Counts(*counts)

    def total(self) -> Counts:
        """The counts of all buckets."""
        return sum(self._counts.values(), Counts())

    def as_json(self) -> dict[str, dict[str, float]]:
        """The buckets that hold anything, in their order."""
        names = self._order or sorted(self._counts)
        return {name: self._counts[name].as_json() for name in names if name in self._counts}

    def is_only(self, name: str) -> bool:
        """Whether nothing stands in any other bucket."""
        return self._counts.keys() <= {name}


def place(words: Ints) -> Ints:
    """The place in `PLACES` of numbers of words."""
    return np.minimum(words // BLOCK, len(PLACES) - 1)


def length_place(words: Ints) -> Ints:
    """The place in `ENTITY_LENGTHS` of numbers of words; an entity without any counts as one."""
    return np.searchsorted(LENGTH_EDGES, np.maximum(words, 1), side="right") - 1


def source_of(document: Document) -> str:
    """Where the document comes from, as its meta says."""
    return str(document.meta.get("source") or "") or UNKNOWN


def year_of(document: Document) -> str:
    """The year of the document's date."""
    year = str(document.meta.get("date") or "")[:4]
    return year if len(year) == 4 and year.isascii() and year.isdigit() else UNKNOWN
