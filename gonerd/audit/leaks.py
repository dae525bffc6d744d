"""What two documents share that no two splits may: an id, a text, an address, most of their words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gonerd.audit.finding import Check, Finding, Findings, Held, Place, place
from gonerd.audit.overlaps import Overlaps, overlaps_of
from gonerd.audit.passages import shared_passage
from gonerd.takedown import ADDRESSES, address_key

__all__ = ["leak_checks"]

BEGINNING = 160
"""Characters of a text that stand for it."""
MOST_SHOWN = 8
"""Documents of a group that are listed."""


def leak_checks(
    corpus: Sequence[Held], *, jaccard: float, containment: float, limit: int
) -> Iterator[Check]:
    """Ids, texts, addresses, near-duplicates and reprints, in that order.

    What crosses splits is a leak and fails; what stays in one split is told.
    """
    yield _check("ids", "The same id", "An id names one document.", _ids(corpus), limit)
    groups = list(_groups(corpus, lambda held: [" ".join(held.document.text.split())]))
    yield _check(
        "exact_duplicates",
        "The same text",
        "Texts that differ in nothing but white space.",
        (_same_text(group) for group in groups if len(group) > 1),
        limit,
    )
    yield _check(
        "same_address",
        "The same address",
        "Addresses are compared without scheme, www., tracking parameters and closing slashes.",
        _addresses(corpus),
        limit,
    )
    overlaps = overlaps_of(
        [group[0].document.text for group in groups], jaccard=jaccard, containment=containment
    )
    near = overlaps.jaccard >= jaccard
    yield _pair_check(
        "near_duplicates",
        "Near-duplicates",
        f"Pairs of texts that share at least {jaccard:g} of all their 5-word shingles (Jaccard).",
        groups,
        overlaps,
        near,
        limit,
    )
    yield _pair_check(
        "reprints",
        "Reprints",
        f"Pairs of texts that are less alike, where at least {containment:g} of the shorter's 5-word "
        "shingles stand in the longer.",
        groups,
        overlaps,
        ~near,
        limit,
    )


def _check(name: str, title: str, explained: str, findings: Iterable[Finding], limit: int) -> Check:
    """A check of these findings; those that fail are kept first."""
    gathered, told = Findings(limit), Findings(limit)
    for finding in findings:
        (gathered if finding.fails else told).add(finding)
    kept = [*gathered.kept, *told.kept][:limit]
    count = gathered.count + told.count
    return Check(name, title, "leak", explained, count, gathered.failures, kept)


def _groups(corpus: Sequence[Held], keys: Callable[[Held], Iterable[str]]) -> Iterator[list[Held]]:
    by_key: defaultdict[str, list[Held]] = defaultdict(list)
    for held in corpus:
        for key in dict.fromkeys(keys(held)):
            by_key[key].append(held)
    yield from by_key.values()


def _ids(corpus: Sequence[Held]) -> Iterator[Finding]:
    for group in _groups(corpus, lambda held: [held.document.id]):
        if len(group) > 1:
            yield Finding(
                f"{len(group)} documents have the id {group[0].document.id!r}: {_listed(group)}",
                _beginnings(group),
                fails=True,
            )


def _same_text(group: list[Held]) -> Finding:
    labelled = {tuple(_mentions(held)) for held in group}
    differ = "; their entities differ" if len(labelled) > 1 else ""
    return Finding(
        f"{len(group)} documents have the same text: {_listed(group)}{differ}",
        _beginnings(group),
        fails=_crosses(group),
        figures={
            "documents": [held.document.id for held in group],
            "entities_differ": len(labelled) > 1,
        },
    )


def _mentions(held: Held) -> Iterator[tuple[str, str]]:
    for entity in held.document.entities:
        yield entity.label, " ".join(held.document.mention(entity).split())


def _addresses(corpus: Sequence[Held]) -> Iterator[Finding]:
    said = set[frozenset[int]]()
    for group in _groups(corpus, _keys):
        members = frozenset(map(id, group))
        if len(group) > 1 and members not in said:
            said.add(members)
            address = next(iter(_stated(group[0])))
            yield Finding(
                f"{len(group)} documents are from {address}: {_listed(group)}",
                _beginnings(group),
                fails=_crosses(group),
                figures={"documents": [held.document.id for held in group], "address": address},
            )


def _keys(held: Held) -> Iterator[str]:
    return map(address_key, _stated(held))


def _stated(held: Held) -> Iterator[str]:
    for name in ADDRESSES:
        address = held.document.meta.get(name)
        if isinstance(address, str) and address:
            yield address


def _pair_check(
    name: str,
    title: str,
    explained: str,
    groups: Sequence[list[Held]],
    overlaps: Overlaps,
    which: NDArray[np.bool_],
    limit: int,
) -> Check:
    """The pairs of `which`: leaks first, the most alike first."""
    numbers = {split: n for n, split in enumerate({h.split for group in groups for h in group})}
    mixed = len(numbers)
    codes = np.array(
        [mixed if _crosses(group) else numbers[group[0].split] for group in groups], np.int64
    )
    rows = np.flatnonzero(which)
    one, other = codes[overlaps.shorter[rows]], codes[overlaps.longer[rows]]
    leaks = (one != other) | (one == mixed)
    alike = overlaps.jaccard[rows] if name == "near_duplicates" else overlaps.containment[rows]
    order = np.lexsort((rows, -alike, ~leaks))[:limit]
    findings = [_pair(groups, overlaps, int(rows[n]), leak=bool(leaks[n])) for n in order]
    return Check(name, title, "leak", explained, len(rows), int(leaks.sum()), findings)


def _pair(groups: Sequence[list[Held]], overlaps: Overlaps, row: int, *, leak: bool) -> Finding:
    shorter, longer = groups[overlaps.shorter[row]], groups[overlaps.longer[row]]
    first, second = shorter[0], longer[0]
    if leak and first.split == second.split:  # another of the same text is in another split
        second = next((held for held in longer if held.split != first.split), second)
        first = next((held for held in shorter if held.split != second.split), first)
    jaccard, containment = float(overlaps.jaccard[row]), float(overlaps.containment[row])
    return Finding(
        f"{_named(first)} and {_named(second)}: Jaccard {jaccard:.3f}, "
        f"{containment:.1%} of the shorter text's shingles stand in the longer",
        _passages(first, second),
        fails=leak,
        figures={
            "documents": [first.document.id, second.document.id],
            "jaccard": round(jaccard, 6),
            "containment": round(containment, 6),
        },
    )


def _passages(first: Held, second: Held) -> tuple[Place, ...]:
    spans = shared_passage(first.document.text, second.document.text)
    return tuple(place(held, *span) for held, span in zip((first, second), spans, strict=True))


def _crosses(group: Sequence[Held]) -> bool:
    return any(held.split != group[0].split for held in group)


def _beginnings(group: Sequence[Held]) -> tuple[Place, ...]:
    return tuple(
        place(held, 0, min(BEGINNING, len(held.document.text))) for held in group[:MOST_SHOWN]
    )


def _listed(group: Sequence[Held]) -> str:
    named = ", ".join(map(_named, group[:MOST_SHOWN]))
    more = len(group) - MOST_SHOWN
    return f"{named} and {more:,} more" if more > 0 else named


def _named(held: Held) -> str:
    return f"{held.document.id!r} ({held.split})"
