"""Windows over the subwords of a text: they begin and end between words, and each word is answered for once.

Of the windows that hold a word, the one answers in which the lesser of its two contexts, left and right, is
the largest. Numbers of subwords are those of the text: the special ones that a model wants are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Window", "answering_windows", "first_window", "windows_from_counts"]


@dataclass(frozen=True, slots=True)
class Window:
    """Words `[first, last)` of a text, read as its subwords `[start, stop)`."""

    first: int
    last: int
    start: int
    stop: int

    def __len__(self) -> int:
        """How many subwords it reads."""
        return self.stop - self.start


def windows_from_counts(counts: Sequence[int], *, room: int, stride: int) -> list[Window]:
    """The windows over words that have `counts` subwords, in their order; none where there are no words.

    They are as few as windows of `room` a `stride` apart would be, and about equally long: neighbours
    share `room - stride` subwords, and no window is a short rest. A word of more than `room` subwords
    has a window of its own, which reads its beginning only.

    Args:
        counts: subwords of each word, 1 or more.
        room: the most subwords in a window, 1 or more.
        stride: from 1 to `room`, where windows do not overlap.
    """
    edges = _edges(counts)
    planned = _edges(np.minimum(counts, room))  # as much of each word as a window may read
    words, shared = len(edges) - 1, room - stride
    windows: list[Window] = []
    first = last = 0
    length = 0
    while last < words:
        if windows:
            by_length = _last_edge(planned, planned[first] + length - shared)
            by_new_word = int(np.searchsorted(planned, planned[last + 1] - room, side="left"))
            first = min(max(by_length, by_new_word, first + 1), last)
        left = int(planned[-1] - planned[first])
        further = -(-max(0, left - room) // stride)
        length = -(-(left + further * shared) // (further + 1))
        even = int(np.searchsorted(planned, planned[first] + length, side="left"))
        last = min(even, _last_edge(planned, planned[first] + room))
        start = int(edges[first])
        windows.append(Window(first, last, start, min(int(edges[last]), start + room)))
    return windows


def first_window(counts: Sequence[int], *, room: int) -> list[Window]:
    """The one window over as many words as fit in; none where there are no words."""
    edges = _edges(counts)
    if len(edges) == 1:
        return []
    last = max(_last_edge(edges, room), 1)
    return [Window(0, last, 0, min(int(edges[last]), room))]


def answering_windows(counts: Sequence[int], windows: Sequence[Window]) -> NDArray[np.int64]:
    """For each word the number of the window that answers for it; of equals the earlier.

    The ends of the text need no case of their own: who takes the context there for unlimited chooses the
    same windows.
    """
    edges = _edges(counts)
    largest = np.full(len(edges) - 1, -1, dtype=np.int64)
    answering = np.zeros(len(edges) - 1, dtype=np.int64)
    for number, window in enumerate(windows):
        words = slice(window.first, window.last)
        left = edges[window.first : window.last] - window.start
        right = window.stop - edges[window.first + 1 : window.last + 1]
        context = np.maximum(np.minimum(left, right), 0)  # below 0 in a word that is cut
        larger = context > largest[words]
        largest[words][larger] = context[larger]
        answering[words][larger] = number
    return answering


def _edges(counts: ArrayLike) -> NDArray[np.int64]:
    """(words + 1,) the subword with which each word begins, and at last their number."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _last_edge(edges: NDArray[np.int64], place: int | np.int64) -> int:
    """The number of the last edge at `place` or before it."""
    return int(np.searchsorted(edges, place, side="right")) - 1
