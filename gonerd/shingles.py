"""Shingles, the runs of five words that near-duplicates are compared by: as strings, hashes and numbers.

Words are `\\w+` of the lower-cased text. `shingles` is the definition; `hashed_shingles` takes 64-bit hashes
from arrays of code points, for signatures; `numbered_shingles` is exact among some texts, for similarities.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache
from itertools import count, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]

__all__ = [
    "SHINGLE",
    "Hashes",
    "hashed_shingles",
    "jaccard",
    "numbered_shingles",
    "shingles",
    "words",
]

SHINGLE = 5
"""Words in a run."""

WORD = re.compile(r"\w+")
UNEVEN = "\u0130", "\u03a3"
"""The letters whose lower case is two characters, or depends on what stands around them."""
BATCH = 1 << 16
"""Code points hashed at once: the arrays of a batch stay in the processor's cache."""
BASE = 0x9E3779B97F4A7C15
"""What the polynomial of a word's hash is taken at: odd, so that it has an inverse modulo 2^64."""

_ASCII_WORDS = "".join(c.lower() if c.isalnum() or c == "_" else " " for c in map(chr, range(128)))
_ASCII = _ASCII_WORDS.encode().ljust(256)


def words(text: str) -> list[str]:
    """The lower-cased words of `text`: `re.findall(r"\\w+", text.lower())`."""
    if text.isascii():  # the same, four times as fast
        return text.encode().translate(_ASCII).decode().split()
    return WORD.findall(text.lower())


def shingles(text: str) -> frozenset[str]:
    """The runs of five words; of a shorter text, all its words are one run."""
    found = words(text)
    if len(found) <= SHINGLE:
        return frozenset({" ".join(found)})
    return frozenset(map(" ".join, zip(*(found[n:] for n in range(SHINGLE)), strict=False)))


def jaccard(a: Set[str], b: Set[str]) -> float:
    """Shared shingles over all shingles."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if a or b else 1.0


def hashed_shingles(texts: Iterable[str]) -> list[Hashes]:
    """The hashes of the shingles of each text, in its order; what a text repeats stands there as often.

    Equal shingles have equal hashes; others have them by chance alone, one pair in 2^64.
    """
    return [
        hashes[start:end]
        for batch in _batches(texts)
        for hashes, ends in [_hash_batch(batch)]
        for start, end in pairwise([0, *ends])
    ]


def numbered_shingles(texts: Iterable[str]) -> list[Hashes]:
    """Each text's set of shingles as ascending numbers, which stand for the same shingle in all `texts`.

    Nothing is left to chance: words are numbered, and numbers of runs that would get too large are
    numbered anew.
    """
    numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
    found = []
    for text in texts:
        own = words(text)
        found.append(np.fromiter(map(numbers.__getitem__, own), np.uint64, len(own)))
    if not found:
        return []
    ends = np.cumsum([len(own) for own in found])
    of_words, begins, ends = _filled(np.concatenate(found), ends)
    base = size = len(numbers) + 1
    runs = of_words[: len(begins)]
    for place in range(1, SHINGLE):
        if size * base > 1 << 64:
            runs = np.unique(runs, return_inverse=True)[1].astype(np.uint64)
            size = int(runs.max()) + 1
        runs = runs * np.uint64(base) + of_words[place : place + len(begins)]
        size *= base
    return [np.unique(own) for own in np.split(runs[begins], ends[:-1])]


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _hash_batch(texts: list[str]) -> tuple[Hashes, Counts]:
    """Shingle hashes of `texts` in a row, and where those of each text end.

    A word's hash is a polynomial in its characters' values modulo 2^64. All of them are read off one
    running sum over the batch: what it gains within a word, divided by the power that the word starts at.
    """
    joined = "\n".join(texts)
    if not joined.isascii() and any(letter in joined for letter in UNEVEN):
        texts = [text.lower() for text in texts]
        joined = "\n".join(texts)
    terms = np.take(_values(), _codes(f"\n{joined}\n"))
    inside = terms != 0
    powers, inverses = _powers(-(-len(terms) // BATCH) * BATCH)
    terms *= powers[: len(terms)]
    sums = np.cumsum(terms)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    before, last = edges[::2], edges[1::2]
    of_words = _mixed((sums[last] - sums[before]) * inverses[before])
    ends = np.cumsum([len(text) + 1 for text in texts])
    return _runs(of_words, np.searchsorted(before, ends))


def _runs(of_words: Hashes, ends: Counts) -> tuple[Hashes, Counts]:
    """Hashes of the runs of five words within each text, and where they end; its words end at `ends`."""
    of_words, within, ends = _filled(of_words, ends)
    runs = len(of_words) - SHINGLE + 1
    hashes = np.zeros(runs, np.uint64)
    for place, factor in enumerate(_mixed(np.arange(1, SHINGLE + 1, dtype=np.uint64))):
        hashes += of_words[place : place + runs] * (factor | np.uint64(1))
    return _mixed(hashes[within]), ends


def _filled(of_words: Hashes, ends: Counts) -> tuple[Hashes, NDArray[np.bool_], Counts]:
    """Words with a 0 for each that a text lacks to one run, which of them begin one, and where runs end."""
    lengths = np.diff(ends, prepend=0)
    lacking = np.maximum(SHINGLE - lengths, 0)
    if lacking.any():
        of_words = np.insert(of_words, np.repeat(ends, lacking), np.uint64(0))
        ends = np.cumsum(lengths + lacking)
    begins = np.ones(len(of_words), bool)
    for back in range(1, SHINGLE):
        begins[ends - back] = False  # the last four words of a text begin no run
    runs = ends - np.arange(1, len(ends) + 1) * (SHINGLE - 1)
    return of_words, begins[: len(of_words) - SHINGLE + 1], runs


def _codes(text: str) -> NDArray[Any]:
    """The code points of `text`."""
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@lru_cache(maxsize=1)
def _values() -> Hashes:
    """For each code point a number that upper and lower case share; 0 where it belongs to no word."""
    codes = np.arange(sys.maxunicode + 1, dtype="<u4")
    every = codes.tobytes().decode("utf-32-le", "surrogatepass")
    lowered = np.frombuffer(
        every.replace(UNEVEN[0], "i").lower().encode("utf-32-le", "surrogatepass"), "<u4"
    )
    in_words = np.zeros(len(codes), bool)
    for found in WORD.finditer(every):
        in_words[found.start() : found.end()] = True
    return np.where(
        in_words[lowered], _mixed(lowered.astype(np.uint64) + np.uint64(1)), np.uint64()
    )


@lru_cache(maxsize=2)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of `BASE` and of its inverse modulo 2^64."""
    both = np.ones((2, count), np.uint64)
    both[0, 1:], both[1, 1:] = BASE, pow(BASE, -1, 1 << 64)
    powers, inverses = np.cumprod(both, axis=1)
    return powers, inverses


def _mixed(values: Hashes) -> Hashes:
    """Every bit of each value spread over the whole of it, one to one (the finalizer of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
