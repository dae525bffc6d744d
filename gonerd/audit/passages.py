"""What two similar texts share at one place, to show it: the longest run of words of one in the other."""

from __future__ import annotations

import re

from gonerd.schema import Span
from gonerd.shingles import SHINGLE

__all__ = ["shared_passage"]

WORD = re.compile(r"\w+")


def shared_passage(first: str, second: str) -> tuple[Span, Span]:
    """Where the longest run of shared shingles of `first` stands, and where it begins in `second`.

    The beginnings of both where they share none.
    """
    ours, theirs = _words(first), _words(second)
    places: dict[tuple[str, ...], int] = {}
    for n in range(len(theirs) - SHINGLE + 1):
        places.setdefault(tuple(word for word, _, _ in theirs[n : n + SHINGLE]), n)
    best, run, begins = 0, 0, 0
    for n in range(len(ours) - SHINGLE + 1):
        shared = tuple(word for word, _, _ in ours[n : n + SHINGLE]) in places
        run = run + 1 if shared else 0
        if run > best:
            best, begins = run, n - run + 1
    if not best:
        return (0, min(len(first), 160)), (0, min(len(second), 160))
    there = places[tuple(word for word, _, _ in ours[begins : begins + SHINGLE])]
    length = 0
    while (
        begins + length < len(ours)
        and there + length < len(theirs)
        and ours[begins + length][0] == theirs[there + length][0]
    ):
        length += 1
    return (
        (ours[begins][1], ours[begins + length - 1][2]),
        (theirs[there][1], theirs[there + length - 1][2]),
    )


def _words(text: str) -> list[tuple[str, int, int]]:
    return [(found[0].lower(), found.start(), found.end()) for found in WORD.finditer(text)]
