"""The same words with different labels between the same neighbours: one of the two is likely wrong."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gonerd.audit.finding import Check, Finding, Held, place
from gonerd.console import counted
from gonerd.schema import Entity

__all__ = ["context_check"]

WORD = re.compile(r"\w+|[^\w\s]")
NONE = "no label"
NEAR = 8
"""Entities before a place that are asked whether they reach it: more than nest in one another."""
Key = tuple[str, str, str]
"""The word before in lower case, the form, the word after in lower case."""


@dataclass(slots=True)
class _Readings:
    """How one form was labelled in one context: counts, and the first places of each label."""

    counts: Counter[str] = field(default_factory=Counter[str])
    places: dict[str, list[tuple[int, int, int]]] = field(
        default_factory=dict[str, list[tuple[int, int, int]]]
    )

    def add(self, label: str, where: tuple[int, int, int]) -> None:
        self.counts[label] += 1
        first = self.places.setdefault(label, [])
        if len(first) < 2:
            first.append(where)


def context_check(corpus: Sequence[Held], *, limit: int) -> Check:
    """Forms that carry different labels, or once a label and once none, between the same two words.

    A context needs a word on one side at least; commas on both say nothing. A form that a longer entity
    holds is another thing (a place in a university's name), and is passed over.
    """
    readings = _labelled(corpus)
    _add_others(corpus, readings)
    conflicts = [(key, found) for key, found in readings.items() if len(found.counts) > 1]
    conflicts.sort(key=lambda item: (-_certainty(item[1]), item[0]))
    findings = [_finding(corpus, key, found) for key, found in conflicts[:limit]]
    return Check(
        "conflicting_labels",
        "The same words, other labels",
        "hint",
        "Words that are labelled differently between the same two neighbours; the rarer label comes last.",
        len(conflicts),
        0,
        findings,
    )


def _labelled(corpus: Sequence[Held]) -> dict[Key, _Readings]:
    readings: defaultdict[Key, _Readings] = defaultdict(_Readings)
    for number, held in enumerate(corpus):
        text = held.document.text
        for entity in held.document.entities:
            before = WORD.findall(text, max(0, entity.start - 40), entity.start)
            after = WORD.search(text, entity.end, entity.end + 40)
            left = before[-1].lower() if before else ""
            right = after[0].lower() if after else ""
            if left[:1].isalnum() or right[:1].isalnum():
                key = left, held.document.mention(entity), right
                readings[key].add(entity.label, (number, entity.start, entity.end))
    return dict(readings)


def _add_others(corpus: Sequence[Held], readings: dict[Key, _Readings]) -> None:
    """Where the same words stand in the same context and are no entity of their own."""
    lengths: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    by_words: defaultdict[tuple[str, ...], list[Key]] = defaultdict(list)
    for key in readings:
        words = WORD.findall(key[1])
        if words:
            lengths[key[0], words[0]].add(len(words))
            by_words[key[0], *words, key[2]].append(key)
    for number, held in enumerate(corpus):
        document = held.document
        if not document.entities:
            continue
        found = list(WORD.finditer(document.text))
        words = [match[0] for match in found]
        small = ["", *map(str.lower, words), ""]
        own = {(entity.start, entity.end) for entity in document.entities}
        for at, pair in enumerate(zip(small, words, strict=False)):
            for length in lengths.get(pair, ()):
                end = at + length
                if end > len(words):
                    continue
                for key in by_words.get((pair[0], *words[at:end], small[end + 1]), ()):
                    span = found[at].start(), found[end - 1].end()
                    if span in own or document.text[slice(*span)] != key[1]:
                        continue
                    label = _reading(document.entities, *span)
                    if label is not None:
                        readings[key].add(label, (number, *span))


def _reading(entities: Sequence[Entity], start: int, end: int) -> str | None:
    """How `[start, end)` is marked where it is no entity of its own; None where a longer one holds it."""
    near = bisect_left(entities, end, key=lambda entity: entity.start)
    touching = [e for e in entities[max(0, near - NEAR) : near] if e.end > start]
    if any(entity.start <= start and end <= entity.end for entity in touching):
        return None
    return f"{touching[0].label} in part" if touching else NONE


def _certainty(readings: _Readings) -> int:
    """How much the usual label outweighs the others."""
    (_, most), *others = readings.counts.most_common()
    return most - sum(count for _, count in others)


def _finding(corpus: Sequence[Held], key: Key, readings: _Readings) -> Finding:
    ordered: list[tuple[str, int]] = readings.counts.most_common()
    counts = ", ".join(f"{label} {counted(count, 'time')}" for label, count in ordered)
    left, form, right = key
    context = " ".join(part for part in (left, form, right) if part)
    return Finding(
        f"{form!r} in {context!r}: {counts}",
        tuple(place(corpus[n], start, end) for n, start, end in _places(readings, ordered)),
        figures={"form": form, "labels": dict(ordered)},
    )


def _places(
    readings: _Readings, ordered: Sequence[tuple[str, int]]
) -> Iterator[tuple[int, int, int]]:
    """One of the usual label, two of each other."""
    for rank, (label, _) in enumerate(ordered):
        yield from readings.places[label][: 1 if rank == 0 else 2]
