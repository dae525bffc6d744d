"""Which document goes to which split: by near-duplicate cluster and seed, and never to another one later."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gonerd.errors import InputError

__all__ = ["SPLITS", "Assignment", "Cluster", "Stratum", "assign_splits", "strata"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Split names with the share of the clusters that each gets, the same in every stratum."""

LENGTH_BOUNDS = (170, 330, 658)
"""Quartiles of the paper's Table 1, in words: the strata of length."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Documents that are near-duplicates of each other."""

    name: str
    known: Sequence[str | None]
    """By document, the split that it has already."""

    @property
    def places(self) -> tuple[str, ...]:
        """The splits that its documents have already."""
        return tuple(split for split in SPLITS if split in self.known)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where the documents of each cluster go."""

    seed: int
    parted: int
    """Clusters with known documents in more than one split."""
    moved: Mapping[str, str]
    """Splits by cluster of those that fill a split to which no other came."""

    def splits(self, cluster: Cluster) -> list[str | None]:
        """The split of each document; None for one that came to a cluster which was parted before."""
        places = cluster.places
        if not places:
            home = self.moved.get(cluster.name) or _split_at(_point(cluster.name, self.seed))
            return [home] * len(cluster.known)
        new = places[0] if len(places) == 1 else None
        return [split or new for split in cluster.known]


@dataclass(frozen=True, slots=True)
class Stratum:
    """How the documents of one source and one quartile of length fell on the splits."""

    source: str
    words: str
    documents: Mapping[str, int]


def assign_splits(clusters: Callable[[], Iterable[Cluster]], *, seed: int) -> Assignment:
    """Where each document goes; the order of the clusters changes nothing.

    Documents of one cluster stay together, so that no near-duplicate of a training text is tested on. A
    seeded hash of the cluster's name is held against fixed thresholds: no other document has a say in it,
    and documents that are added later move none. Known documents keep the split that they have; a cluster
    goes where its known members are.

    Only where a split would be empty, which takes a handful of clusters, it gets the cluster whose hash
    is the nearest to its thresholds.

    Args:
        clusters: gives all clusters, each time that it is called.
        seed: of the hash.

    Raises:
        InputError: there are fewer clusters than splits, or only known documents could fill a split.
    """
    count = parted = 0
    sizes = Counter[str]()
    taken = set[str]()
    for cluster in clusters():
        count += 1
        places = cluster.places
        parted += len(places) > 1
        taken.update(places)
        if not places:
            sizes[_split_at(_point(cluster.name, seed))] += 1
    if count < len(SPLITS):
        raise InputError(
            f"{count} different documents can't fill the {len(SPLITS)} splits "
            f"{', '.join(SPLITS)}; at least {len(SPLITS)} are needed"
        )
    moved: dict[str, str] = {}
    sizes.update(taken)
    for split in SPLITS:
        if not sizes[split]:
            name = _nearest(split, Assignment(seed, parted, moved), clusters(), sizes)
            moved[name] = split
    return Assignment(seed, parted, moved)


def strata(placed: Iterable[tuple[str, int, str]]) -> list[Stratum]:
    """Documents (source, words, split), counted by source, quartile of length and split."""
    counts: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for source, words, split in placed:
        counts[source, bisect_right(LENGTH_BOUNDS, words)][split] += 1
    return [
        Stratum(source, _words(quartile), {split: found[split] for split in SPLITS})
        for (source, quartile), found in sorted(counts.items())
    ]


def _point(cluster: str, seed: int) -> float:
    """Where the cluster lies between 0 and 1."""
    digest = hashlib.sha256(f"{seed}:{cluster}".encode()).digest()
    return float(int.from_bytes(digest[:6])) / 2**48


def _ranges() -> dict[str, tuple[float, float]]:
    """From where to where, between 0 and 1, a split's clusters lie."""
    ranges: dict[str, tuple[float, float]] = {}
    low = 0.0
    for split, share in SPLITS.items():
        ranges[split] = (low, low + share)
        low += share
    return ranges


def _split_at(point: float) -> str:
    names: Sequence[str] = tuple(SPLITS)
    return names[bisect_right([high for _, high in list(_ranges().values())[:-1]], point)]


def _nearest(
    split: str, so_far: Assignment, clusters: Iterable[Cluster], sizes: Counter[str]
) -> str:
    """The free cluster that lies nearest to a split that nobody came to, if its own can spare it."""
    low, high = _ranges()[split]
    nearest: tuple[float, str, str] | None = None
    for cluster in clusters:
        home = so_far.splits(cluster)[0]
        if home is None or cluster.places or sizes[home] < 2:
            continue
        point = _point(cluster.name, so_far.seed)
        this = max(low - point, point - high), cluster.name, home
        nearest = this if nearest is None else min(nearest, this)
    if nearest is None:
        raise InputError(
            f"the split {split} would be empty: the documents that could fill it have their places "
            "in the previous dataset"
        )
    _, name, home = nearest
    sizes[home] -= 1
    sizes[split] += 1
    return name


def _words(quartile: int) -> str:
    if quartile == len(LENGTH_BOUNDS):
        return f"{LENGTH_BOUNDS[-1]:,} and more"
    low = LENGTH_BOUNDS[quartile - 1] if quartile else 0
    return f"{low:,} to {LENGTH_BOUNDS[quartile] - 1:,}"
