"""Which document goes to which split: by near-duplicate cluster, even over source and length, by seed."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gonerd.errors import InputError

__all__ = ["SPLITS", "SplitKey", "assign_splits"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Split names with the share of the documents that each gets."""

LENGTH_BOUNDS = (170, 330, 658)
"""Quartiles of the paper's Table 1, in words: the strata of length."""


@dataclass(frozen=True, slots=True)
class SplitKey:
    """What decides a document's split: nothing else about it may matter."""

    id: str
    cluster: str
    source: str
    words: int


def assign_splits(keys: Iterable[SplitKey], *, seed: int) -> dict[str, str]:
    """Split name by document id; the order of `keys` changes nothing.

    Documents of one cluster stay together, so that no near-duplicate of a training text is tested on.
    Within each stratum (source, length quartile) clusters come in the order of a seeded hash, and each
    goes to the split that is furthest below its share.

    Raises:
        InputError: there are fewer clusters than splits.
    """
    clusters: defaultdict[str, list[SplitKey]] = defaultdict(list)
    for key in keys:
        clusters[key.cluster].append(key)
    if len(clusters) < len(SPLITS):
        raise InputError(
            f"{len(clusters)} different documents can't fill the {len(SPLITS)} splits "
            f"{', '.join(SPLITS)}; at least {len(SPLITS)} are needed"
        )
    ordered = sorted(clusters, key=lambda name: (_stratum(clusters[name]), _order(name, seed)))
    sizes = dict.fromkeys(SPLITS, 0)
    chosen: dict[str, str] = {}
    placed = 0
    for name in ordered:
        placed += len(clusters[name])
        split = max(SPLITS, key=lambda candidate: SPLITS[candidate] * placed - sizes[candidate])
        sizes[split] += len(clusters[name])
        chosen[name] = split
    for empty in [split for split, size in sizes.items() if not size]:  # fewer than ten documents
        donor = next(name for name in reversed(ordered) if chosen[name] == "train")
        chosen[donor] = empty
    return {key.id: chosen[name] for name, members in clusters.items() for key in members}


def _stratum(members: list[SplitKey]) -> tuple[str, int]:
    first = min(members, key=lambda key: key.id)
    return first.source, bisect_right(LENGTH_BOUNDS, first.words)


def _order(cluster: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{cluster}".encode()).digest()
