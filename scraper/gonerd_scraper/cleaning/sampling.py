"""A seeded sample in which each source has the share that is asked for, and lengths the wanted distribution.

The documents are gone through twice: once to draw, with 16 bytes for each in memory, and once to pick.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document
from gonerd_scraper.cleaning.boilerplate import site_of
from gonerd_scraper.lots import lot

__all__ = ["DOMAIN", "Draw", "draw_sample", "length_of", "quotas"]

DOMAIN = "domain:"
"""Begins the name of a group that is a domain; other groups are kinds of source."""
BINS = 10
"""Classes of length, each with a tenth of the documents whose lengths are to be followed."""

Name = TypeVar("Name")
Cell = tuple[str, int]
"""Group and class of length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Which documents are drawn, and how many were asked for, drawn and available of each group."""

    seed: int
    asked: int
    lots: frozenset[int]
    drawn: Mapping[str, int]
    available: Mapping[str, int]
    lengths: tuple[Mapping[str, int], ...] = ()
    """For each class of length: `words` (the longest of the class), `available`, `drawn`."""

    @property
    def size(self) -> int:
        """Documents that are drawn."""
        return len(self.lots)

    @property
    def short(self) -> bool:
        """Fewer are drawn than asked for."""
        return self.size < self.asked

    def taken(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Those of `documents` that are drawn, in their order.

        Raises:
            InputError: one of them stands there twice.
        """
        seen: set[str] = set()
        for document in documents:
            if lot(self.seed, document.id) in self.lots:
                if document.id in seen:
                    raise InputError(f"id {document.id!r} stands in the documents twice")
                seen.add(document.id)
                yield document


def draw_sample(
    documents: Iterable[Document],
    *,
    n: int,
    weights: Mapping[str, float],
    seed: int,
    lengths: Iterable[int] | None = None,
    by_length: bool = False,
) -> Draw:
    """Draw `n` documents, or as many as keep the shares; the order of `documents` does not matter.

    `weights` gives kinds of source (`meta["source"]`) and domains (`domain:` and the name) their share. A
    document counts for its domain where that has one, else for its kind; what is left goes to the kinds
    without a weight by how many documents they have. Each document's lot is a hash of seed and id, so
    that a larger sample contains a smaller one of the same shares, lengths aside. With `by_length`, each
    group's lengths in words are drawn like those it has, by tenths of all; with `lengths`, like these.

    Raises:
        ConfigError: a weight is not a share, or the weights add up to more than 1.
        InputError: there is no document at all, or none of a group that has a weight, or of a length.
    """
    _require_shares(weights)
    groups: dict[str, int] = {}
    lots, of_group, words = array("Q"), array("I"), array("I")
    for document in documents:
        lots.append(lot(seed, document.id))
        of_group.append(groups.setdefault(_group(document, weights), len(groups)))
        words.append(length_of(document))
    if not lots:
        raise InputError("there is no document to draw from")
    every, in_group, long = (
        np.frombuffer(column, column.typecode) for column in (lots, of_group, words)
    )
    counts = np.bincount(in_group, minlength=len(groups))
    available = {name: int(counts[number]) for name, number in groups.items()}
    _require_documents(weights, available)
    wanted = np.array(sorted(lengths), np.int64) if lengths is not None else np.sort(long)
    edges = _edges(wanted) if by_length or lengths is not None else np.array([], np.int64)
    bins = np.searchsorted(edges, long)  # class k has the lengths up to edges[k]
    cells = {
        (name, k): np.flatnonzero((in_group == number) & (bins == k))
        for name, number in groups.items()
        for k in range(len(edges) + 1)
    }
    sizes = {cell: len(places) for cell, places in cells.items()}
    if lengths is not None:
        follow = np.bincount(np.searchsorted(edges, wanted), minlength=len(edges) + 1).tolist()
        _require_lengths(sizes, follow, _shares(weights, available), edges)
    shares = _shares(weights, available)
    if not shares:
        raise InputError(
            f"all documents are of {', '.join(sorted(available))}, which have no share"
        )

    def plan(total: int) -> dict[Cell, int]:
        planned: dict[Cell, int] = {}
        for name, count in _apportioned(total, shares).items():
            like = [sizes[name, k] if lengths is None else follow[k] for k in range(len(edges) + 1)]
            whole = sum(like)
            of_bins = {str(k).zfill(3): Fraction(size, whole) for k, size in enumerate(like)}
            planned |= {(name, int(k)): c for k, c in _apportioned(count, of_bins).items()}
        return planned

    quota = _largest(n, plan, sizes)
    chosen = [
        every[cells[cell]][np.argsort(every[cells[cell]])[:count]] for cell, count in quota.items()
    ]
    drawn = {name: sum(c for cell, c in quota.items() if cell[0] == name) for name in shares}
    return Draw(
        seed=seed,
        asked=n,
        lots=frozenset(np.concatenate(chosen).tolist()),
        drawn=dict(sorted(drawn.items())),
        available=dict(sorted(available.items())),
        lengths=_classes(edges, long, sizes, quota),
    )


def length_of(document: Document) -> int:
    """Words, which are what white space parts."""
    return len(document.text.split())


def quotas(n: int, *, weights: Mapping[str, float], available: Mapping[str, int]) -> dict[str, int]:
    """How many to draw of each group: at most `n` in all, never more than there are, in the wanted ratio.

    The largest total is taken at which every group's quota (by largest remainders) can be met.
    """
    shares = _shares(weights, available)
    return _largest(n, lambda total: _apportioned(total, shares), available)


def _group(document: Document, weights: Mapping[str, float]) -> str:
    if weights:
        domain = DOMAIN + site_of(document)
        if domain in weights:
            return domain
    return str(document.meta.get("source", ""))


def _largest(
    n: int, plan: Callable[[int], dict[Name, int]], available: Mapping[Name, int]
) -> dict[Name, int]:
    low, high = 0, min(n, sum(available.values()))
    while (
        low < high
    ):  # a smaller total is met wherever a larger one is, up to one document of rounding
        middle = (low + high + 1) // 2
        if all(count <= available.get(name, 0) for name, count in plan(middle).items()):
            low = middle
        else:
            high = middle - 1
    return plan(low)


def _shares(weights: Mapping[str, float], available: Mapping[str, int]) -> dict[str, Fraction]:
    others = {name: count for name, count in available.items() if name not in weights}
    given = {name: Fraction(str(weight)) for name, weight in weights.items() if weight}
    left = 1 - sum(given.values())
    total = sum(others.values())
    if not total or left <= 0:  # the weights are then relative to each other
        whole = sum(given.values())
        return {name: weight / whole for name, weight in given.items()}
    return given | {name: left * Fraction(count, total) for name, count in others.items()}


def _apportioned(n: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers that add up to `n`, by largest remainders; ties go to the name that sorts first."""
    exact = {name: n * share for name, share in shares.items()}
    whole = {name: int(value) for name, value in exact.items()}
    rest = n - sum(whole.values())
    for name in sorted(exact, key=lambda name: (whole[name] - exact[name], name))[:rest]:
        whole[name] += 1
    return whole


def _edges(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """The longest length of each class but the last; classes that would be empty are not made."""
    if not len(ordered):
        raise InputError("there is no document whose lengths could be followed")
    places = [len(ordered) * k // BINS - 1 for k in range(1, BINS)]
    edges: NDArray[np.int64] = np.unique(ordered[[place for place in places if place >= 0]])
    return edges[: np.searchsorted(edges, ordered[-1])].astype(np.int64)


def _classes(
    edges: NDArray[np.int64],
    long: NDArray[np.int64],
    sizes: Mapping[Cell, int],
    quota: Mapping[Cell, int],
) -> tuple[Mapping[str, int], ...]:
    if not len(edges):
        return ()
    return tuple(
        {
            "words": longest,
            "available": sum(size for cell, size in sizes.items() if cell[1] == k),
            "drawn": sum(count for cell, count in quota.items() if cell[1] == k),
        }
        for k, longest in enumerate([*edges.tolist(), int(long.max())])
    )


def _require_shares(weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        if not 0 <= weight <= 1:
            raise ConfigError(f"weight {name}={weight:g}: expected a share from 0 to 1")
    if sum(weights.values()) > 1 + 1e-9:
        raise ConfigError(f"the weights add up to {sum(weights.values()):g}, expected at most 1")


def _require_documents(weights: Mapping[str, float], available: Mapping[str, int]) -> None:
    found = ", ".join(f"{name or 'none'} {count}" for name, count in sorted(available.items()))
    for name, weight in weights.items():
        if weight and not available.get(name):
            what = f"is of the {name}" if name.startswith(DOMAIN) else f"has the source {name!r}"
            raise InputError(
                f"no document {what}, which is to have a share of {weight:g}; found {found}"
            )


def _require_lengths(
    sizes: Mapping[Cell, int],
    follow: list[int],
    shares: Mapping[str, Fraction],
    edges: NDArray[np.int64],
) -> None:
    for (name, k), size in sizes.items():
        if not size and follow[k] and shares.get(name):
            low = int(edges[k - 1]) + 1 if k else 0
            high = f"to {int(edges[k])}" if k < len(edges) else "or more"
            raise InputError(
                f"no document of {name or 'no source'!r} has {low} {high} words, "
                "which some of the lengths to follow have"
            )
