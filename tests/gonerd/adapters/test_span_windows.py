import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.adapters.span_windows import (
    FoundSpan,
    SpanWindow,
    flat_spans,
    spans_of_windows,
    windows_over,
)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[int], int, int]:
    """Words with gaps, their sizes, and a window's length and stride."""
    words, position = [], 0
    for _ in range(draw(st.integers(1, 60))):
        position += draw(st.integers(0, 2))
        length = draw(st.integers(1, 5))
        words.append((position, position + length))
        position += length
    sizes = draw(st.lists(st.integers(1, 6), min_size=len(words), max_size=len(words)))
    max_len = draw(st.integers(1, 20))
    return words, sizes, max_len, draw(st.integers(1, max_len))


@given(layouts(), st.lists(st.integers(1, 59)))
def test_windows_hold_every_word_and_their_cores_share_the_text_out(
    layout: tuple[list[tuple[int, int]], list[int], int, int], borders: list[int]
) -> None:
    words, sizes, max_len, stride = layout
    borders = sorted(set(borders))
    windows = windows_over(words, sizes, max_len=max_len, stride=stride, borders=borders)
    assert {n for w in windows for n in range(w.first, w.last)} == set(range(len(words)))
    for window in windows:
        assert window.last - window.first == 1 or sum(sizes[window.first : window.last]) <= max_len
        next_word = words[window.last][0] if window.last < len(words) else window.end
        assert window.start <= window.core[0] <= window.core[1] <= next_word
        assert not any(window.first < border < window.last for border in borders)
        assert window.cut_before == (window.first > 0 and window.first not in borders)
        assert window.cut_after == (window.last < len(words) and window.last not in borders)
    for one, other in pairwise(windows):
        assert one.first < other.first
        assert one.last < other.last  # none is read for nothing
        assert one.core[1] <= other.core[0]
        assert other.core[0] == one.core[1] or one.last in borders
    for start, end in words:  # a word on a border of two cores is told by one of them
        answering = [w for w in windows if 2 * w.core[0] <= start + end < 2 * w.core[1]]
        assert len(answering) == 1


@given(layouts(), st.randoms(use_true_random=False))
def test_what_every_window_sees_alike_is_found_once_wherever_the_overlap_holds_it(
    layout: tuple[list[tuple[int, int]], list[int], int, int], rng: random.Random
) -> None:
    words, sizes, max_len, stride = layout
    windows = windows_over(words, sizes, max_len=max_len, stride=stride)
    number = rng.randrange(len(words))
    last = min(number + rng.randint(1, 3), len(words))
    truth = FoundSpan(words[number][0], words[last - 1][1], "PER")
    seen = [[truth] if w.start <= truth.start and truth.end <= w.end else [] for w in windows]
    found = spans_of_windows(windows, seen)
    assert len(found) <= 1
    shuffled = rng.sample(range(len(windows)), len(windows))
    assert found == spans_of_windows([windows[n] for n in shuffled], [seen[n] for n in shuffled])
    # whole, and off the edges, in the window that answers for its middle
    owner = next(w for w in windows if 2 * w.core[0] <= truth.start + truth.end < 2 * w.core[1])
    inside = (not owner.cut_before or truth.start > owner.start) and (
        not owner.cut_after or truth.end < owner.end
    )
    assert found == (
        [truth] if inside and owner.start <= truth.start <= truth.end <= owner.end else []
    )


def test_a_text_that_fits_is_one_window_and_an_empty_one_none() -> None:
    words = [(0, 3), (4, 7), (8, 10)]
    assert windows_over(words, [1, 1, 1], max_len=3, stride=2) == [
        SpanWindow(0, 3, 0, 10, (0, 10), cut_before=False, cut_after=False)
    ]
    assert windows_over([], [], max_len=3, stride=2) == []


def test_a_span_at_an_edge_that_cuts_is_not_believed_and_one_at_the_texts_edge_is() -> None:
    words = [(2 * n, 2 * n + 1) for n in range(6)]
    windows = windows_over(words, [1] * 6, max_len=4, stride=2)
    assert [(w.first, w.last, w.core) for w in windows] == [(0, 4, (0, 6)), (2, 6, (6, 11))]
    first, second = windows
    assert first.answers_for(FoundSpan(0, 3, "PER"))
    assert not first.answers_for(FoundSpan(4, 7, "PER"))  # it may go on
    assert not second.answers_for(FoundSpan(4, 7, "PER"))
    assert second.answers_for(FoundSpan(8, 11, "PER"))
    assert first.answers_for(FoundSpan(2, 5, "PER"))
    assert not second.answers_for(FoundSpan(2, 5, "PER"))


@given(
    st.lists(
        st.builds(
            lambda start, length, type_, score: FoundSpan(start, start + length, type_, score),
            st.integers(0, 30),
            st.integers(1, 6),
            st.sampled_from("AB"),
            st.sampled_from([0.2, 0.5, 0.9]),
        )
    ),
    st.randoms(use_true_random=False),
)
def test_flat_spans_do_not_overlap_and_none_that_fits_is_left_out(
    spans: list[FoundSpan], rng: random.Random
) -> None:
    kept = flat_spans(spans)
    assert all(one.end <= other.start for one, other in pairwise(kept))
    for span in spans:
        if span not in kept:  # one at least as good is in its way
            rivals = [k for k in kept if k.start < span.end and span.start < k.end]
            assert any(k.score >= span.score for k in rivals)
    assert kept == flat_spans(rng.sample(spans, len(spans)))


def test_ties_of_scores_go_to_the_earlier_then_the_longer_then_the_first_name() -> None:
    assert flat_spans([FoundSpan(2, 5, "A"), FoundSpan(0, 3, "A")]) == [FoundSpan(0, 3, "A")]
    assert flat_spans([FoundSpan(0, 3, "A"), FoundSpan(0, 5, "A")]) == [FoundSpan(0, 5, "A")]
    assert flat_spans([FoundSpan(0, 3, "B"), FoundSpan(0, 3, "A")]) == [FoundSpan(0, 3, "A")]
    assert flat_spans([FoundSpan(0, 3, "A", 0.5), FoundSpan(2, 5, "A", 0.6)]) == [
        FoundSpan(2, 5, "A", 0.6)
    ]


@pytest.mark.parametrize("sizes", [[9, 1, 1], [1, 9, 1], [1, 1, 9]])
def test_a_word_that_is_longer_than_a_window_stands_alone(sizes: list[int]) -> None:
    words = [(0, 1), (2, 3), (4, 5)]
    windows = windows_over(words, sizes, max_len=4, stride=3)
    big = sizes.index(9)
    assert (big, big + 1) in [(w.first, w.last) for w in windows]
    assert {n for w in windows for n in range(w.first, w.last)} == {0, 1, 2}
