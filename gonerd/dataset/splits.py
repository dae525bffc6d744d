"""Which document goes to which split: by near-duplicate cluster and seed, and never to another one later."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gonerd.errors import InputError

__all__ = ["SPLITS", "SplitKey", "Splits", "Stratum", "assign_splits", "strata"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Split names with the share of the clusters that each gets, the same in every stratum."""

LENGTH_BOUNDS = (170, 330, 658)
"""Quartiles of the paper's Table 1, in words: the strata of length."""


@dataclass(frozen=True, slots=True)
class SplitKey:
    """What a document's split may be told by, or shown by; only `id` and `cluster` decide it."""

    id: str
    cluster: str
    source: str
    words: int


@dataclass(frozen=True, slots=True)
class Splits:
    """Where the documents go, and which have no place."""

    homes: Mapping[str, str]
    """Split by document id."""
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Splits of the known members by id of a new document whose cluster was parted before it came."""
    parted: int = 0
    """Clusters with known documents in more than one split."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """How the documents of one source and one quartile of length fell on the splits."""

    source: str
    words: str
    documents: Mapping[str, int]


def assign_splits(
    keys: Iterable[SplitKey], *, seed: int, known: Mapping[str, str] | None = None
) -> Splits:
    """Where each document goes; the order of `keys` changes nothing.

    Documents of one cluster stay together, so that no near-duplicate of a training text is tested on. A
    seeded hash of the cluster's name is held against fixed thresholds: no other document has a say in it,
    and documents that are added later move none. `known` documents keep the split that they have; a
    cluster goes where its known members are.

    Only where a split would be empty, which takes a handful of clusters, it gets the cluster whose hash
    is the nearest to its thresholds.

    Raises:
        InputError: there are fewer clusters than splits, or only known documents could fill a split.
    """
    known = known or {}
    clusters: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        clusters[key.cluster].append(key.id)
    if len(clusters) < len(SPLITS):
        raise InputError(
            f"{len(clusters)} different documents can't fill the {len(SPLITS)} splits "
            f"{', '.join(SPLITS)}; at least {len(SPLITS)} are needed"
        )
    homes: dict[str, str] = {}
    left_out: dict[str, tuple[str, ...]] = {}
    free: dict[str, str] = {}
    parted = 0
    for cluster, members in clusters.items():
        places = {known[name] for name in members if name in known}
        parted += len(places) > 1
        if not places:
            free[cluster] = _split_at(_point(cluster, seed))
        for name in members:
            if name in known:
                homes[name] = known[name]
            elif len(places) == 1:
                (homes[name],) = places
            elif places:
                left_out[name] = tuple(split for split in SPLITS if split in places)
    _fill_empty(free, seed=seed, taken=homes.values())
    homes |= {name: split for cluster, split in free.items() for name in clusters[cluster]}
    return Splits(homes, left_out, parted)


def strata(keys: Iterable[SplitKey], homes: Mapping[str, str]) -> list[Stratum]:
    """The documents that have a place, counted by source, quartile of length and split."""
    counts: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for key in keys:
        if key.id in homes:
            quartile = bisect_right(LENGTH_BOUNDS, key.words)
            counts[key.source, quartile][homes[key.id]] += 1
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


def _fill_empty(free: dict[str, str], *, seed: int, taken: Iterable[str]) -> None:
    """Give each split that nobody came to the free cluster that lies nearest, if its own can spare it."""
    sizes = Counter(set(taken)) + Counter(free.values())
    for split, (low, high) in _ranges().items():
        if sizes[split]:
            continue
        spare = [cluster for cluster, home in free.items() if sizes[home] > 1]
        if not spare:
            raise InputError(
                f"the split {split} would be empty: the documents that could fill it have their places "
                "in the previous dataset"
            )

        def distance(cluster: str, low: float = low, high: float = high) -> tuple[float, str]:
            point = _point(cluster, seed)
            return max(low - point, point - high), cluster

        nearest = min(spare, key=distance)
        sizes[free[nearest]] -= 1
        sizes[split] += 1
        free[nearest] = split


def _words(quartile: int) -> str:
    if quartile == len(LENGTH_BOUNDS):
        return f"{LENGTH_BOUNDS[-1]:,} and more"
    low = LENGTH_BOUNDS[quartile - 1] if quartile else 0
    return f"{low:,} to {LENGTH_BOUNDS[quartile] - 1:,}"
