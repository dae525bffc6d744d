"""MinHash signatures, and the pairs of them that share a band: candidates for near-duplicates."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import ceil, comb, log, log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import ConfigError
from gonerd.shingles import hashed_shingles

__all__ = [
    "Banding",
    "Codes",
    "Pairs",
    "Signatures",
    "banding_for",
    "distinct",
    "pairs_of_codes",
    "signed",
]

Matrix = NDArray[np.uint32]
"""[documents, slots]"""
Pairs = NDArray[np.int64]
"""[pairs, 2]: positions, the smaller first."""
Codes = NDArray[np.int64]
"""Pairs as one number each (`pairs_of_codes`)."""

SEED = 1
MISSED = 1e-3
"""Of the pairs that are exactly as similar as the threshold, the share that may be missed."""
MISJUDGED = 1e-6
"""Of these, the share whose signatures may agree too little to be looked at."""
MOST_SLOTS, MOST_ROWS = 160, 16
TOGETHER = 256
"""Texts signed at once."""
COMPARED = 1 << 14
"""Pairs of signatures compared at once."""
HELD = 1 << 22
"""Pairs that may be held, with repetitions, before repetitions are dropped."""


@dataclass(frozen=True, slots=True)
class Banding:
    """A signature of `bands` times `rows` slots; two that agree on all rows of a band are candidates."""

    threshold: float
    rows: int
    bands: int

    @property
    def slots(self) -> int:
        """Numbers of 32 bits in a signature."""
        return self.rows * self.bands

    def recall(self, similarity: float) -> float:
        """The share of the pairs of this Jaccard similarity that become candidates, on average."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)

    @property
    def least_agreement(self) -> int:
        """Slots that the signatures of a candidate must agree on.

        A pair at the threshold has fewer with a probability of at most one in a million.
        """
        below, slots, t = 0.0, self.slots, self.threshold
        for agreeing in range(slots + 1):
            below += comb(slots, agreeing) * t**agreeing * (1 - t) ** (slots - agreeing)
            if below > MISJUDGED:
                return agreeing
        return slots


def banding_for(threshold: float) -> Banding:
    """The longest bands, so the fewest candidates, that find 99.9% of the pairs at the threshold.

    Raises:
        ConfigError: the threshold is not from 0.1 to 1.
    """
    if not 0.1 <= threshold <= 1:
        raise ConfigError(f"threshold {threshold:g}: expected a Jaccard similarity from 0.1 to 1")
    fitting = [
        banding
        for rows in range(1, MOST_ROWS + 1)
        if (banding := Banding(threshold, rows, _bands(threshold**rows))).slots <= MOST_SLOTS
    ]
    return fitting[-1]


def _bands(agreeing: float) -> int:
    return 1 if agreeing >= 1 - MISSED else ceil(log(MISSED) / log1p(-agreeing))


class Signatures:
    """The signatures of documents by position: `4 * banding.slots` bytes each, whatever the length."""

    def __init__(self, banding: Banding) -> None:
        self.banding = banding
        self._slots = bytearray()

    def __len__(self) -> int:
        return len(self._slots) // (4 * self.banding.slots)

    @property
    def matrix(self) -> Matrix:
        """[documents, slots]; nothing may be added while it is in use."""
        return np.frombuffer(self._slots, np.uint32).reshape(-1, self.banding.slots)

    def add(self, texts: Iterable[str]) -> None:
        """Sign `texts`."""
        texts = iter(texts)
        while some := list(islice(texts, TOGETHER)):
            self._slots += signed(some, self.banding)

    def load(self, signatures: bytes) -> None:
        """Take over what `signed` gave."""
        self._slots += signatures

    def candidates(self, chosen: Sequence[int] | NDArray[Any] | None = None) -> Pairs:
        """Pairs that share a band and agree as the threshold lets expect, in order.

        With `chosen`, ascending positions, only pairs among these.
        """
        which = np.arange(len(self)) if chosen is None else np.asarray(chosen, np.int64)
        found: list[Codes] = []
        held, limit = 0, HELD
        for codes in self.sharing(which):
            found.append(codes)
            held += len(codes)
            if held > limit:
                found = [distinct(found)]
                held = len(found[0])
                limit = max(HELD, 2 * held)
        pairs = which[pairs_of_codes(distinct(found))]
        return pairs[self.agreement(pairs) >= self.banding.least_agreement]

    def sharing(
        self, which: NDArray[np.int64], groups: NDArray[np.int64] | None = None
    ) -> Iterator[Codes]:
        """Codes of the pairs among `which` that share a band, again for each band that they share.

        With `groups`, a number for each of `which`, what shares a band with its own group alone is left
        out; the numbers may change between the bands.
        """
        matrix = self.matrix
        groups = np.arange(len(which)) if groups is None else groups
        for band in range(self.banding.bands):
            columns = matrix[:, band * self.banding.rows : (band + 1) * self.banding.rows]
            yield from _pairs_of_equals(_keys(columns)[which], groups)

    def agreement(self, pairs: Pairs) -> NDArray[np.int64]:
        """On how many slots the signatures of each pair agree."""
        matrix = self.matrix
        counts = [
            (matrix[part[:, 0]] == matrix[part[:, 1]]).sum(1)
            for start in range(0, len(pairs), COMPARED)
            for part in [pairs[start : start + COMPARED]]
        ]
        return np.concatenate(counts) if counts else np.zeros(0, np.int64)


def signed(texts: Sequence[str], banding: Banding) -> bytes:
    """The signatures of `texts`, one behind the other."""
    from rensa import RMinHash

    if not texts:
        return b""
    hashed = hashed_shingles(texts)
    ends = np.cumsum([0, *map(len, hashed)]).astype(np.uint64)
    made = RMinHash.digest_matrix_from_flat_token_hashes(
        np.concatenate(hashed), ends, banding.slots, SEED
    )
    return array("I", chain.from_iterable(made.to_rows())).tobytes()


def _keys(columns: Matrix) -> NDArray[np.uint64]:
    """One number for each row; different rows share one by chance alone."""
    keys = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def _pairs_of_equals(keys: NDArray[np.uint64], groups: NDArray[np.int64]) -> Iterator[Codes]:
    """The pairs of positions with equal keys, but for keys that are all in one of `groups`."""
    order = np.argsort(keys, kind="stable")  # ties stay in the order of their positions
    ordered, group = keys[order], groups[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))
    several = np.minimum.reduceat(group, starts) < np.maximum.reduceat(group, starts)
    kept = np.repeat(several, np.diff(starts, append=len(keys)))
    order, ordered = order[kept], ordered[kept]
    firsts: NDArray[np.int64] = np.arange(len(order))
    for apart in range(1, len(order)):
        firsts = firsts[firsts + apart < len(order)]
        firsts = firsts[ordered[firsts] == ordered[firsts + apart]]
        if not len(firsts):
            return
        yield (order[firsts] << 32) | order[firsts + apart]


def pairs_of_codes(codes: Codes) -> Pairs:
    """The pairs of positions, which are coded as `(smaller << 32) | larger`."""
    return np.stack([codes >> 32, codes & 0xFFFFFFFF], axis=1)


def distinct(parts: Sequence[Codes]) -> Codes:
    """The codes of all parts in order, each once."""
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
