"""Windows over the subwords of a text: they begin and end between words, and each word is answered for once.

Of the windows that hold a word, the one answers in which the lesser of its two contexts, left and right, is
the largest. Numbers of subwords are those of the text: the special ones that a model wants are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Window", "answering_windows", "windows_from_counts"]


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

    A window begins at the last word that starts no more than `stride` subwords after the window before,
    but late enough to hold a word which that one does not. A word of more than `room` subwords has a
    window of its own, which reads its beginning only.

    Args:
        counts: subwords of each word, 1 or more.
        room: the most subwords in a window, 1 or more.
        stride: from 1 to `room`, where windows do not overlap.
    """
    edges = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    words = len(edges) - 1
    windows: list[Window] = []
    first = last = 0
    while last < words:
        if windows:
            by_stride = int(np.searchsorted(edges, edges[first] + stride, side="right")) - 1
            by_new_word = int(np.searchsorted(edges, edges[last + 1] - room, side="left"))
            first = min(max(by_stride, by_new_word, first + 1), last)
        start = int(edges[first])
        last = max(int(np.searchsorted(edges, start + room, side="right")) - 1, first + 1)
        windows.append(Window(first, last, start, min(int(edges[last]), start + room)))
    return windows


def answering_windows(counts: Sequence[int], windows: Sequence[Window]) -> NDArray[np.int64]:
    """For each word the number of the window that answers for it; of equals the earlier.

    The ends of the text need no case of their own: who takes the context there for unlimited chooses the
    same windows.
    """
    edges = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
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
