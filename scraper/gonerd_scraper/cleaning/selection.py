"""Which of the documents that are alike is kept, and which documents belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from gonerd.schema import Document
from gonerd_scraper.cleaning.duplicates import Clusters, verified_pairs
from gonerd_scraper.cleaning.filters import CleanRules, Rejection
from gonerd_scraper.cleaning.grouping import Grouping
from gonerd_scraper.cleaning.judged import JudgedDocuments
from gonerd_scraper.cleaning.judging import compared_text
from gonerd_scraper.urls import url_key

__all__ = ["Selection", "precedence", "select"]


def precedence(document: Document) -> tuple[Any, ...]:
    """A sort key: of documents alike, the one with the least is kept.

    That is one which is no copy by its own word; older; with the shorter address; with the smaller id.
    """
    meta = document.meta
    url, canonical = str(meta.get("final_url") or meta.get("url") or ""), meta.get("canonical")
    copy = isinstance(canonical, str) and url_key(canonical) != url_key(url)
    return copy, str(meta.get("date") or "9999"), len(url), document.id


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of the documents that passed the rules."""

    clusters: Clusters
    """Groups of documents that are similar directly or through others, dropped ones included."""
    dropped: dict[str, Rejection]
    """By id, the documents that go because another one like them stays."""


def select(judged: JudgedDocuments, rules: CleanRules, repeated: Set[int]) -> Selection:
    """Drop all but the best of each group of duplicates; nothing depends on the order of the documents.

    What the manual list keeps is better than all else, and stays beside a better one.
    """
    names = [judged.ids[position] for position in judged.passed]
    duplicates, clusters = Clusters(), Clusters()
    alone, same_text = _by_text(judged)

    def text_of(place: int) -> str:
        return compared_text(judged.document(judged.passed[place]), repeated)

    found = Grouping(
        judged.signatures, alone, text_of, duplicate_threshold=rules.duplicate_threshold
    )
    of_text = alone[found.duplicates], alone[found.clusters]
    for groups, stands_for in zip((duplicates, clusters), of_text, strict=True):
        for place in np.flatnonzero(stands_for != alone).tolist():
            groups.join(names[alone[place]], names[stands_for[place]])
    for first, other in same_text:
        duplicates.join(names[first], names[other])
        clusters.join(names[first], names[other])
    members: defaultdict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        members[duplicates.name(name)].append(place)
    dropped: dict[str, Rejection] = {}
    for group in members.values():
        if len(group) > 1:
            dropped |= _all_but_the_best(group, names, judged, text_of)
    return Selection(clusters, dropped)


def _all_but_the_best(
    group: list[int],
    names: list[str],
    judged: JudgedDocuments,
    text_of: Callable[[int], str],
) -> dict[str, Rejection]:
    """Why each of a group of duplicates goes, but for the best and those that are kept by hand."""
    best = min(
        group,
        key=lambda place: (
            names[place] not in judged.kept_by_hand,
            *precedence(judged.document(judged.passed[place])),
        ),
    )
    others = [p for p in group if p != best and names[p] not in judged.kept_by_hand]
    pairs = np.array([(best, other) for other in others], np.int64).reshape(-1, 2)
    return {
        names[other]: _rejection(names[best], similarity)
        for _, other, similarity in verified_pairs(pairs, text_of, threshold=0)
    }


def _by_text(judged: JudgedDocuments) -> tuple[np.ndarray[Any, Any], Iterator[tuple[int, int]]]:
    """The first place of each text, ascending, and (first, other) for each other place of a text.

    The first is that of the smallest id, so that the comparison with other texts depends on no order.
    """
    names = [judged.ids[position] for position in judged.passed]
    ordered = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    digests = np.frombuffer(judged.digests, np.uint64).reshape(-1, 2)[ordered]
    _, firsts, texts = np.unique(digests, axis=0, return_index=True, return_inverse=True)
    first_of = ordered[firsts][texts.reshape(-1)]
    others = np.flatnonzero(first_of != ordered)
    return np.sort(ordered[firsts]), zip(
        first_of[others].tolist(), ordered[others].tolist(), strict=True
    )


def _rejection(kept: str, similarity: float) -> Rejection:
    exact = similarity == 1.0
    rule = "duplicate" if exact else "near_duplicate"
    reason = (
        f"{'the same words as' if exact else 'nearly the same words as'} {kept}, or as one that is"
    )
    return Rejection(rule, reason, {"kept": kept, "jaccard": similarity})
