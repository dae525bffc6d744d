from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gonerd.adapters.windows import (
    Window,
    answering_windows,
    first_window,
    windows_from_counts,
)

counts = st.lists(st.one_of(st.integers(1, 4), st.integers(1, 30)), max_size=60)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[list[int], int, int]:
    room = draw(st.integers(1, 20))
    return draw(counts), room, draw(st.integers(1, room))


def context_of(word: int, edges: np.ndarray, window: Window) -> int:
    """The lesser of the subwords left and right of a word in a window; none where it is cut."""
    return max(0, min(edges[word] - window.start, window.stop - edges[word + 1]))


@given(layouts())
def test_windows_lie_on_word_boundaries_and_none_is_too_long(
    layout: tuple[list[int], int, int],
) -> None:
    words, room, stride = layout
    edges = np.concatenate(([0], np.cumsum(words, dtype=int)))
    windows = windows_from_counts(words, room=room, stride=stride)
    for window in windows:
        assert window.first < window.last
        assert window.start == edges[window.first]
        assert 1 <= len(window) <= room
        if len(window) < edges[window.last] - edges[window.first]:
            assert window.last - window.first == 1  # a word that no window could hold whole
            assert len(window) == room
    for before, after in pairwise(windows):
        assert before.first < after.first <= before.last < after.last
    assert (windows[0].first, windows[-1].last) == (0, len(words)) if words else windows == []


@given(layouts())
def test_each_word_is_answered_for_once_by_the_window_with_the_most_context(
    layout: tuple[list[int], int, int],
) -> None:
    words, room, stride = layout
    edges = np.concatenate(([0], np.cumsum(words, dtype=int)))
    windows = windows_from_counts(words, room=room, stride=stride)
    answering = answering_windows(words, windows)
    assert len(answering) == len(words)
    for word, number in enumerate(answering):
        holding = [w for w in range(len(windows)) if windows[w].first <= word < windows[w].last]
        largest = max(context_of(word, edges, windows[w]) for w in holding)
        assert number == next(w for w in holding if context_of(word, edges, windows[w]) == largest)


@given(layouts())
def test_unlimited_context_at_the_ends_of_the_text_chooses_the_same_windows(
    layout: tuple[list[int], int, int],
) -> None:
    words, room, stride = layout
    edges = np.concatenate(([0], np.cumsum(words, dtype=int)))
    windows = windows_from_counts(words, room=room, stride=stride)
    endless = 10**9

    def context(word: int, window: Window) -> int:
        left = endless if window.first == 0 else edges[word] - window.start
        right = endless if window.last == len(words) else window.stop - edges[word + 1]
        return max(0, min(left, right))

    whole = [w for w in windows if len(w) == edges[w.last] - edges[w.first]]
    if len(whole) < len(windows):
        return  # a word that is cut has no context to compare
    for word, number in enumerate(answering_windows(words, windows)):
        holding = [w for w in windows if w.first <= word < w.last]
        assert context(word, windows[number]) == max(context(word, w) for w in holding)


@given(st.integers(1, 3000), st.integers(1, 200), st.data())
def test_windows_of_words_of_one_subword_are_as_few_as_can_be_and_equally_long(
    words: int, room: int, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(1, room))
    windows = windows_from_counts([1] * words, room=room, stride=stride)
    assert len(windows) == 1 + max(0, -(-(words - room) // stride))
    assert max(map(len, windows)) - min(map(len, windows)) <= 1
    for before, after in pairwise(windows):
        assert before.stop - after.start == room - stride


def test_windows_of_equal_words_share_what_the_stride_leaves() -> None:
    windows = windows_from_counts([1] * 20, room=8, stride=5)
    assert [(w.start, w.stop) for w in windows] == [(0, 8), (5, 12), (9, 16), (13, 20)]
    answers = answering_windows([1] * 20, windows).tolist()
    assert answers == [0] * 7 + [1] * 4 + [2] * 4 + [3] * 5  # word 6 is a tie: the earlier window


@given(counts, st.integers(1, 30))
def test_the_first_window_holds_as_many_words_as_fit(words: list[int], room: int) -> None:
    windows = first_window(words, room=room)
    assert len(windows) == bool(words)
    for window in windows:
        assert (window.first, window.start) == (0, 0)
        assert window.stop == min(sum(words[: window.last]), room)
        assert window.last == 1 or sum(words[: window.last]) <= room
        assert window.last == len(words) or sum(words[: window.last + 1]) > room


def test_of_a_word_longer_than_a_window_the_beginning_is_read() -> None:
    words = [1, 1, 1, 20, 1, 1, 1]
    windows = windows_from_counts(words, room=8, stride=5)
    assert [(w.start, w.stop) for w in windows] == [(0, 3), (3, 11), (23, 26)]
    assert answering_windows(words, windows).tolist() == [0, 0, 0, 1, 2, 2, 2]


def test_a_text_that_fits_is_one_window() -> None:
    assert windows_from_counts([2, 3, 3], room=8, stride=1) == [Window(0, 3, 0, 8)]
    assert windows_from_counts([], room=8, stride=8) == []
