"""Overlapping windows over a text for models that name spans, and one answer of what they find.

A window answers for its core: half of each overlap belongs to either side. A span counts where its midpoint
lies in the core and where it touches no edge that cut the text, as it might go on beyond. All is counted
in characters; only the windows' lengths are in the model's units.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from gonerd.schema import Span

__all__ = ["FoundSpan", "SpanWindow", "flat_spans", "spans_of_windows", "windows_over"]


class FoundSpan(NamedTuple):
    """What a model says of one stretch of a text."""

    start: int
    end: int
    type: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class SpanWindow:
    """Words number `first` to `last` - 1 of a text."""

    first: int
    last: int
    start: int
    """The first word's first character."""
    end: int
    """Behind the last word's last character."""
    core: Span
    """The characters that it answers for; the cores of one passage do not overlap."""
    cut_before: bool
    """Whether the passage has words before it."""
    cut_after: bool

    def answers_for(self, span: FoundSpan) -> bool:
        """Whether `span` is this window's to tell, and whole."""
        twice_middle = span.start + span.end
        return (
            2 * self.core[0] <= twice_middle < 2 * self.core[1]
            and not (self.cut_before and span.start <= self.start)
            and not (self.cut_after and span.end >= self.end)
        )


def windows_over(
    words: Sequence[Span],
    sizes: Sequence[int],
    *,
    max_len: int,
    stride: int,
    borders: Iterable[int] = (),
) -> list[SpanWindow]:
    """Windows of at most `max_len` units that begin about `stride` units after each other, word by word.

    Args:
        words: places in the text, ascending and disjoint.
        sizes: units that the model takes for each word; one that takes more than `max_len` stands alone.
        max_len: at least 1.
        stride: at least 1 and at most `max_len`, where windows do not overlap.
        borders: numbers of words, ascending, that begin passages (sentences, say), which no window crosses.
    """
    edges = [0, *(border for border in borders if 0 < border < len(words)), len(words)]
    units = [0, *accumulate(sizes)]
    return [
        window
        for first, last in pairwise(edges)
        if first < last
        for window in _passage(words, units, first, last, max_len, stride)
    ]


def spans_of_windows(
    windows: Sequence[SpanWindow], found: Iterable[Sequence[FoundSpan]]
) -> list[FoundSpan]:
    """What all windows of a text say together: flat, in text order, one a place.

    Args:
        windows: in any order; what is returned does not depend on it.
        found: for each window what was found in it, in characters of the text.
    """
    return flat_spans(
        span
        for window, spans in zip(windows, found, strict=True)
        for span in spans
        if window.answers_for(span)
    )


def flat_spans(spans: Iterable[FoundSpan]) -> list[FoundSpan]:
    """The best of spans that overlap: by score, then the earlier, the longer, the first type by name."""
    chosen: list[tuple[int, int]] = []
    kept: list[FoundSpan] = []
    for span in sorted(set(spans), key=lambda s: (-s.score, s.start, -s.end, s.type)):
        place = bisect_left(chosen, (span.start, span.end))
        before_is_clear = place == 0 or chosen[place - 1][1] <= span.start
        after_is_clear = place == len(chosen) or span.end <= chosen[place][0]
        if before_is_clear and after_is_clear:
            chosen.insert(place, (span.start, span.end))
            kept.append(span)
    return sorted(kept)


def _passage(
    words: Sequence[Span],
    units: Sequence[int],
    first: int,
    last: int,
    max_len: int,
    stride: int,
) -> list[SpanWindow]:
    ranges = [(first, _reach(units, first, last, max_len))]
    while ranges[-1][1] < last:
        ranges.append(_following(units, ranges[-1], last, max_len, stride))
    # an overlap is shared out word by word: its middle word begins the later core
    middles = [(right[0] + left[1]) // 2 for left, right in pairwise(ranges)]
    begins = [words[first][0], *(words[middle][0] for middle in middles)]
    ends = [*begins[1:], words[last - 1][1]]
    return [
        SpanWindow(
            first=a,
            last=b,
            start=words[a][0],
            end=words[b - 1][1],
            core=(begin, end),
            cut_before=a > first,
            cut_after=b < last,
        )
        for (a, b), begin, end in zip(ranges, begins, ends, strict=True)
    ]


def _following(
    units: Sequence[int], before: tuple[int, int], last: int, max_len: int, stride: int
) -> tuple[int, int]:
    """The next window: it leaves no word out and reads at least one more than the one before."""
    begin = min(max(bisect_left(units, units[before[0]] + stride), before[0] + 1), before[1])
    while begin < before[1] and units[before[1] + 1] - units[begin] > max_len:
        begin += 1
    return begin, _reach(units, begin, last, max_len)


def _reach(units: Sequence[int], first: int, last: int, max_len: int) -> int:
    """Behind the last word that fits into a window from word `first`."""
    end = first + 1
    while end < last and units[end + 1] - units[first] <= max_len:
        end += 1
    return end
