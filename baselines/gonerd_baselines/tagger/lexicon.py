"""Words as rows of embedding tables: what a model knows of a word before it sees the context.

A known word, prefix, suffix or shape is kept as a 64-bit BLAKE2b hash of its text and not as the text,
so that a model file holds no words of its training corpus. The hash is the same on every machine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AFFIX_SLOTS",
    "CHARACTERS",
    "Lexicon",
    "lexicon_from_counts",
    "row_counts",
    "word_shape",
]

AFFIX_LENGTHS = (1, 2, 3, 4)
AFFIX_SLOTS = 2 * len(AFFIX_LENGTHS)
CHARACTERS = 16
"""Characters of a word that the character convolution reads; of a longer one the first and last 8."""
CHARACTER_ROWS = 512
"""Rows of the character table: code points by remainder, row 0 for no character."""
UNKNOWN = 0
"""The row that every table keeps for what it does not know."""
CACHE_LIMIT = 200_000

Rows = NDArray[np.int64]

_RUNS = re.compile(r"(.)\1+")


@lru_cache(maxsize=CACHE_LIMIT)
def word_shape(word: str) -> str:
    """Kinds of characters with runs made short: 'Nkosi' is Xxx, 'U.N.' X.X., '1,200' d,ddd, 'SADC' XXX."""
    kinds = [
        "X"
        if c.isupper()
        else "x"
        if c.islower()
        else "d"
        if c.isdigit()
        else "x"
        if c.isalpha()
        else c
        for c in word[:24]
    ]
    return _RUNS.sub(lambda run: run[0][:3] if len(run[0]) > 2 else run[0], "".join(kinds))


def _affixes(word: str) -> list[str]:
    """Keys of the prefixes and suffixes of 1 to 4 characters, empty where the word is shorter."""
    lowered = word.lower()
    size = len(lowered)
    prefixes = [f"<{lowered[:n]}" if n <= size else "" for n in AFFIX_LENGTHS]
    return prefixes + [f"{lowered[-n:]}>" if n <= size else "" for n in AFFIX_LENGTHS]


def _hash(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


@dataclass(slots=True)
class Lexicon:
    """Hash to row for words, affixes and shapes; row 0 is what is not known.

    The arrays are the known hashes in the order of their rows, from row 1.
    """

    words: Rows
    affixes: Rows
    shapes: Rows
    _tables: tuple[dict[int, int], ...] = field(init=False, repr=False)
    _cache: dict[str, tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._tables = tuple(
            {int(known): row for row, known in enumerate(table, start=1)}
            for table in (self.words, self.affixes, self.shapes)
        )
        self._cache = {}

    def rows(self, words: Iterable[str]) -> Rows:
        """(n, 2 + AFFIX_SLOTS) rows: the word's, its shape's, its prefixes' and suffixes'."""
        return np.array([self._row(word) for word in words], dtype=np.int64).reshape(
            -1, 2 + AFFIX_SLOTS
        )

    def _row(self, word: str) -> tuple[int, ...]:
        found = self._cache.get(word)
        if found is None:
            known_words, known_affixes, known_shapes = self._tables
            found = (
                known_words.get(_hash(word.lower()), UNKNOWN),
                known_shapes.get(_hash(word_shape(word)), UNKNOWN),
                *(
                    known_affixes.get(_hash(key), UNKNOWN) if key else UNKNOWN
                    for key in _affixes(word)
                ),
            )
            if len(self._cache) >= CACHE_LIMIT:
                self._cache.clear()
            self._cache[word] = found
        return found


def character_rows(words: Iterable[str]) -> Rows:
    """(n, CHARACTERS) rows of the character table, 0 after the end of a word."""
    half = CHARACTERS // 2
    made = []
    for word in words:
        kept = word if len(word) <= CHARACTERS else word[:half] + word[-half:]
        codes = [ord(c) % (CHARACTER_ROWS - 1) + 1 for c in kept]
        made.append(codes + [0] * (CHARACTERS - len(codes)))
    return np.array(made, dtype=np.int64).reshape(-1, CHARACTERS)


def lexicon_from_counts(counts: Mapping[str, int], *, min_count: int) -> Lexicon:
    """The lexicon of a training split, from how often each word stands in it.

    A word or shape is known from `min_count` on, an affix when two different words have it; rows come
    in the order of the hashes, so that the order of the documents changes nothing.
    """
    words: Counter[str] = Counter()
    shapes: Counter[str] = Counter()
    affixes: Counter[str] = Counter()
    for word, count in counts.items():
        words[word.lower()] += count
        shapes[word_shape(word)] += count
    for word in words:
        affixes.update(key for key in _affixes(word) if key)
    return Lexicon(_known(words, min_count), _known(affixes, 2), _known(shapes, min_count))


def _known(counts: Mapping[str, int], least: int) -> Rows:
    return np.array(
        sorted({_hash(text) for text, count in counts.items() if count >= least}), dtype=np.int64
    )


def row_counts(lexicon: Lexicon, counts: Mapping[str, int]) -> Rows:
    """(known words + 1,) how often the word of each row stands in `counts`; 0 for the unknown."""
    made = np.zeros(len(lexicon.words) + 1, dtype=np.int64)
    rows = lexicon.rows(counts)[:, 0]
    np.add.at(made, rows, np.fromiter(counts.values(), dtype=np.int64, count=len(counts)))
    made[UNKNOWN] = 0
    return made
