"""Which blocks of a page stand in a text that an extractor made of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from gonerd_scraper.extraction.blocks import Block

__all__ = ["letters_of", "votes_for"]

NO_LETTER = re.compile(r"\W+")

LONG = 25
"""Letters; a shorter text says little about where it stands."""

COPIES = 3
"""Places of a text that is repeated which are looked at."""

SEARCHED = 200_000_000
"""Letters gone through on one page for blocks that equal no line; past that, such blocks get no vote."""

PIECE = 12
"""Letters of the pieces by which a block is known that was taken in part."""

Match = tuple[int, int]
"""Number of a block, and where its letters begin in the extractor's text."""


@lru_cache(maxsize=4096)  # a page's lines are compared many times, and a site's come on every page
def letters_of(text: str) -> str:
    """Letters, digits and underscores of `text`, folded: what no extractor changes."""
    return NO_LETTER.sub("", text).casefold()


def votes_for(blocks: Sequence[Block], lines: Sequence[str]) -> list[bool]:
    """For each block whether it stands in `lines`, the extractor's text, as a whole or by half.

    Long blocks are found by the heaviest chain of matches that rises in both, so that of a text that
    a page repeats (a headline, a pull quote) only the copy in its place counts. Others count only in
    what lies between their neighbours. Takes O(n log n) steps, and a search of the text for each
    block that equals no line.
    """
    own = [letters_of(block.text) for block in blocks]
    extracted = [letters_of(line) for line in lines]
    text = "".join(extracted)
    matches = _matches(own, extracted)
    places = dict(_heaviest_chain(matches, own))
    _add_moved(places, matches, own, len(text))
    found = [number in places for number in range(len(own))]
    ends = [len(text)] * (len(own) + 1)
    for number in reversed(range(len(own))):
        ends[number] = places.get(number, ends[number + 1])
    at = 0
    for number, letters in enumerate(own):
        if number in places:
            at = places[number] + len(letters)
        elif letters:
            end = _end_in(text, letters, at, ends[number + 1])
            found[number] = end >= 0
            at = max(at, end)
    return found


def _matches(own: Sequence[str], lines: Sequence[str]) -> list[Match]:
    """Places of long blocks: of the lines that equal them, else wherever the text has them."""
    text = "".join(lines)
    starts: dict[str, list[int]] = {}
    at = 0
    for line in lines:
        if len(line) >= LONG:
            starts.setdefault(line, []).append(at)
        at += len(line)
    matches: list[Match] = []
    seen: Counter[str] = Counter()
    left = SEARCHED
    for number, letters in enumerate(own):
        if len(letters) < LONG:
            continue
        places = starts.get(letters)
        if places is not None:  # the n-th block of this text, and the lines around the n-th of it
            near = max(0, seen[letters] - COPIES // 2)
            matches += [(number, at) for at in places[near : near + COPIES]]
            seen[letters] += 1
            continue
        at = text.find(letters)
        for _ in range(COPIES):
            left -= (at if at >= 0 else len(text)) + 1
            if at < 0 or left < 0:
                break
            matches.append((number, at))
            at = text.find(letters, at + 1)
        if left < 0:
            break
    return matches


def _heaviest_chain(matches: Sequence[Match], own: Sequence[str]) -> list[Match]:
    """Of `matches`, ordered by block, those that rise in both and hold most letters together."""
    ends = sorted({at + len(own[number]) for number, at in matches})
    best = [(0, -1)] * (len(ends) + 1)  # a Fenwick tree of maxima: (letters, match) up to an end
    before: list[int] = []
    top = (0, -1)
    waiting: list[tuple[int, int, int]] = []  # matches of the same block are no chain
    for match, (number, at) in enumerate(matches):
        if match and matches[match - 1][0] != number:
            for slot, letters, chain in waiting:
                while slot <= len(ends):
                    best[slot] = max(best[slot], (letters, chain))
                    slot += slot & -slot
            waiting.clear()
        slot = bisect_left(ends, at + 1)  # the chains that end at `at` or earlier
        found = (0, -1)
        while slot:
            found = max(found, best[slot])
            slot -= slot & -slot
        before.append(found[1])
        weight = found[0] + len(own[number])
        top = max(top, (weight, match))
        waiting.append((bisect_left(ends, at + len(own[number])) + 1, weight, match))
    rising: list[Match] = []
    match = top[1]
    while match >= 0:
        rising.append(matches[match])
        match = before[match]
    return rising[::-1]


def _add_moved(
    places: dict[int, int], matches: Sequence[Match], own: Sequence[str], length: int
) -> None:
    """Take up what the extractor moved to another place: its letters are nobody else's."""
    taken = bytearray(length)
    for number, at in places.items():
        taken[at : at + len(own[number])] = b"\1" * len(own[number])
    for number, at in matches:
        size = len(own[number])
        if number not in places and taken.count(1, at, at + size) < size / 2:
            places[number] = at
            taken[at : at + size] = b"\1" * size


def _end_in(text: str, letters: str, start: int, end: int) -> int:
    """Where `letters`, or half of its pieces, end in `text[start:end]`; -1 where they don't stand there."""
    if len(letters) < LONG:
        at = text.find(letters, start, end)
        return at + len(letters) if at == start or (at > start and len(letters) > 3) else -1
    pieces = [letters[i : i + PIECE] for i in range(0, len(letters) - PIECE + 1, PIECE)]
    places = [at for piece in pieces if (at := text.find(piece, start, end)) >= 0]
    return max(places) + PIECE if 2 * len(places) >= len(pieces) else -1
