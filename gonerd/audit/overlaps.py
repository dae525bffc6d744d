"""Pairs of texts that share much, found exactly: an index of all shingles instead of signatures.

Two measures of the sets of 5-word shingles: Jaccard (shared over all) says that two texts are versions of
each other, containment (shared over those of the shorter) that one stands inside the other. A text can be
the smaller one of such a pair only if enough of its shingles occur elsewhere at all, which few do; one of
its rarest of these must then be shared, so only what holds one of them is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gonerd.shingles import Hashes, hashed_shingles

__all__ = ["Overlaps", "overlaps_of"]

Numbers = NDArray[np.int64]

SHORTEST = 20
"""Shingles of a text (24 words) below which to stand inside another says nothing."""
SORTING = 8
"""What a shingle costs more where two sets are intersected than where holders are counted."""
TOGETHER = 256
"""Texts hashed at once."""


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs by position, the shorter text first, and their measures; row by row."""

    shorter: Numbers
    longer: Numbers
    jaccard: NDArray[np.float64]
    containment: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.shorter)


def overlaps_of(texts: Sequence[str], *, jaccard: float, containment: float) -> Overlaps:
    """All pairs with at least this Jaccard similarity or, from 24 words on, this containment.

    Memory: about 45 bytes for each shingle of all texts. Time grows with the words, and with the square of
    how many versions of one text there are.
    """
    index = _Index(texts)
    found = [
        rows
        for position in index.suspects(min(jaccard, containment))
        for rows in [_pairs(index, position, jaccard, containment)]
        if len(rows[0])
    ]
    if not found:
        return Overlaps(*(np.zeros(0, np.int64),) * 2, *(np.zeros(0),) * 2)
    return Overlaps(*(np.concatenate(column) for column in zip(*found, strict=True)))


class _Index:
    """Shingles that at least two texts hold, numbered from the rarest: texts by shingle and back."""

    def __init__(self, texts: Sequence[str]) -> None:
        sets = list(_sets(texts))
        self.sizes: Numbers = np.array([len(own) for own in sets], np.int64)
        every = np.concatenate([*sets, np.zeros(0, np.uint64)])
        holders = np.repeat(np.arange(len(sets), dtype=np.int32), self.sizes)
        del sets
        order = np.argsort(every, kind="stable")
        every, holders = every[order], holders[order]
        del order
        starts = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]])[: len(every)])
        counts = np.diff(starts, append=len(every))
        ranked = np.argsort(counts, kind="stable")
        ranked = ranked[counts[ranked] > 1]
        self.starts: Numbers = starts[ranked]
        self.ends: Numbers = self.starts + counts[ranked]
        self._holders: NDArray[np.int32] = holders
        lengths = self.ends - self.starts
        numbers = np.repeat(np.arange(len(ranked)), lengths)
        texts_of = self.holders(np.arange(len(ranked)))
        by_text = np.argsort(texts_of, kind="stable")  # within a text from the rarest on
        self._numbers: Numbers = numbers[by_text]
        self.shared: Numbers = np.bincount(texts_of, minlength=len(self.sizes))
        """For each text, how many of its shingles another one holds."""
        self._ends: Numbers = np.cumsum(self.shared)

    def shingles(self, text: int) -> Numbers:
        """The numbers of a text's shingles that another one holds, from the rarest on."""
        end = self._ends[text]
        return self._numbers[end - self.shared[text] : end]

    def holders(self, shingles: Numbers) -> NDArray[np.int32]:
        """The texts that hold these shingles, again for each."""
        starts, lengths = self.starts[shingles], self.ends[shingles] - self.starts[shingles]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        places = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
        held: NDArray[np.int32] = self._holders[places]
        return held

    def suspects(self, least: float) -> list[int]:
        """The texts that can be the shorter one of a pair that shares `least` of its shingles."""
        enough = self.shared >= np.ceil(least * self.sizes - 1e-9)
        return [int(text) for text in np.flatnonzero(enough & (self.sizes > 0))]


def _sets(texts: Sequence[str]) -> Iterator[Hashes]:
    for start in range(0, len(texts), TOGETHER):
        yield from map(np.unique, hashed_shingles(texts[start : start + TOGETHER]))


def _pairs(
    index: _Index, text: int, jaccard: float, containment: float
) -> tuple[Numbers, Numbers, NDArray[np.float64], NDArray[np.float64]]:
    own, size = index.shingles(text), int(index.sizes[text])
    least = jaccard if size < SHORTEST else min(jaccard, containment)
    need = int(np.ceil(least * size - 1e-9))
    rare = index.holders(own[: max(0, len(own) - need + 1)])
    candidates: Numbers = np.unique(rare).astype(np.int64)
    longer = index.sizes[candidates] > size
    longer |= (index.sizes[candidates] == size) & (candidates > text)
    candidates = candidates[longer]
    shared = _shared(index, own, candidates)
    similar = shared / (size + index.sizes[candidates] - shared)
    inside = shared / size
    wanted = similar >= jaccard
    if size >= SHORTEST:
        wanted |= inside >= containment
    candidates = candidates[wanted]
    return np.full(len(candidates), text), candidates, similar[wanted], inside[wanted]


def _shared(index: _Index, own: Numbers, candidates: Numbers) -> Numbers:
    """How many of the shingles `own` each candidate holds, by whichever of two ways costs less."""
    one_by_one = int((index.shared[candidates] + len(own)).sum()) * SORTING
    if not len(candidates):
        return np.zeros(0, np.int64)
    if one_by_one < int((index.ends[own] - index.starts[own]).sum()):
        counts = [
            len(np.intersect1d(own, index.shingles(int(other)), assume_unique=True))
            for other in candidates
        ]
        return np.array(counts, np.int64)
    return np.bincount(index.holders(own), minlength=len(index.sizes))[candidates]
