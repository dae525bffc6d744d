"""Near-duplicates: candidates by MinHash and locality-sensitive hashing, verified by exact Jaccard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, product
from operator import itemgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gonerd.shingles import Hashes, jaccard, numbered_shingles, shingles
from gonerd_scraper.cleaning.signatures import Pairs, Signatures, banding_for

__all__ = [
    "Clusters",
    "Pair",
    "jaccard",
    "joined",
    "near_duplicates",
    "pairs_of_groups",
    "shingles",
    "verified_pairs",
]

DIGITS = 6
"""A similarity is given to this many decimal places."""
TILE = 128
"""Documents at most on either side of the pairs that are verified together, with their shingles in memory."""
DENSE = 6
"""Pairs per document from which on it is quicker to number all shingles than to intersect sets of them."""


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two documents, the smaller id first, and the exact similarity of their texts."""

    a: str
    b: str
    jaccard: float

    @classmethod
    def of(cls, one: str, other: str, similarity: float) -> Self:
        """The pair of two ids in any order."""
        return cls(min(one, other), max(one, other), similarity)


def near_duplicates(texts: Iterable[tuple[str, str]], *, threshold: float = 0.8) -> list[Pair]:
    """The pairs of (id, text) with at least this similarity, each verified, in the order of their ids.

    Not one that is less similar is among them; about one in a thousand of those that are just as
    similar as the threshold is missed, and next to none of those that are more so.
    """
    held = list(texts)
    of_text: dict[str, list[int]] = {}
    for position, (_, text) in enumerate(held):
        of_text.setdefault(text, []).append(position)
    texts_once = list(of_text)
    signatures = Signatures(banding_for(threshold))
    signatures.add(texts_once)
    found = verified_pairs(signatures.candidates(), texts_once.__getitem__, threshold=threshold)
    return sorted(
        Pair.of(held[i][0], held[j][0], similarity)
        for i, j, similarity in pairs_of_groups(list(of_text.values()), found)
    )


def pairs_of_groups(
    groups: Sequence[Sequence[int]], found: Iterable[tuple[int, int, float]]
) -> Iterator[tuple[int, int, float]]:
    """The pairs of positions, where a group holds the positions of one text and `found` pairs groups."""
    for group in groups:
        for i, j in combinations(group, 2):
            yield i, j, 1.0
    for a, b, similarity in found:
        for i, j in product(groups[a], groups[b]):
            yield i, j, similarity


def verified_pairs(
    candidates: Pairs, text_of: Callable[[int], str], *, threshold: float
) -> Iterator[tuple[int, int, float]]:
    """The candidates that have at least this exact similarity, with it, in no order to rely on.

    What hangs together is read together, and the shingles of at most 256 documents are in memory.
    """
    for some in _tiles(candidates):
        positions = np.unique(some).tolist()
        own = dict(zip(positions, numbered_shingles(map(text_of, positions)), strict=True))
        for (first, second), shared in zip(some.tolist(), _shared(some, own), strict=True):
            similarity = shared / (len(own[first]) + len(own[second]) - shared)
            if similarity >= threshold:
                yield first, second, round(similarity, DIGITS)


def _shared(pairs: Pairs, own: Mapping[int, Hashes]) -> Iterator[int]:
    """How many shingles the sets of each pair share."""
    if len(pairs) < DENSE * len(own):
        for first, second in pairs.tolist():
            yield len(np.intersect1d(own[first], own[second], assume_unique=True))
        return
    sizes = [len(found) for found in own.values()]
    different, numbers = np.unique(np.concatenate(list(own.values())), return_inverse=True)
    numbered = dict(zip(own, np.split(numbers, np.cumsum(sizes)[:-1]), strict=True))
    for first, some in groupby(pairs.tolist(), key=itemgetter(0)):
        marked = np.zeros(len(different), bool)
        marked[numbered[first]] = True
        yield from (int(np.count_nonzero(marked[numbered[second]])) for _, second in some)


def _tiles(pairs: Pairs) -> Iterator[Pairs]:
    """`pairs` in portions among at most twice `TILE` documents; those of a connected group in a row."""
    if not len(pairs):
        return
    documents, ends = np.unique(pairs, return_inverse=True)
    first, second = ends.reshape(pairs.shape).T
    group = joined(np.arange(len(documents)), np.stack([first, second], axis=1))
    ranks = np.empty_like(group)
    ranks[np.argsort(group, kind="stable")] = np.arange(len(group))
    sides = np.sort(np.stack([ranks[first], ranks[second]]) // TILE, axis=0)
    order = np.lexsort((second, first, sides[1], sides[0]))
    moved = np.flatnonzero((np.diff(sides[:, order]) != 0).any(axis=0)) + 1
    yield from np.split(pairs[order], moved)


def joined(groups: NDArray[np.int64], pairs: Pairs) -> NDArray[np.int64]:
    """The groups once both of each pair are in one; a group is told by its smallest position."""
    first, second = groups[pairs].T
    groups, before = groups.copy(), None
    while before is None or (groups != before).any():
        before = groups.copy()
        least = np.minimum(groups[first], groups[second])
        np.minimum.at(groups, first, least)
        np.minimum.at(groups, second, least)
        groups = groups[groups]
    return groups


class Clusters:
    """Groups of ids that grow together; each is named by its smallest id, so that no order matters."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, a: str, b: str) -> None:
        """Put the groups of `a` and `b` together."""
        low, high = sorted((self.name(a), self.name(b)))
        self._parent[high] = low

    def name(self, member: str) -> str:
        """The smallest id of the group of `member`."""
        root = member
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(member, member)) != root:
            self._parent[member] = root
            member = above
        return root
