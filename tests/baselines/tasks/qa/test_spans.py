from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd_baselines.tasks.qa.spans import best_spans

# Few different values, so that there are ties.
LOGITS = st.integers(-3, 3).map(float)


@given(st.data())
@settings(max_examples=200)
def test_the_best_spans_are_those_of_a_search_over_all(data: st.DataObject) -> None:
    t = data.draw(st.integers(0, 12))
    begins, ends = (np.array(data.draw(st.lists(LOGITS, min_size=t, max_size=t))) for _ in range(2))
    segments = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=t, max_size=t)), int)
    longest, count = data.draw(st.integers(1, 14)), data.draw(st.integers(1, 100))
    every = sorted(
        (-(begins[i] + ends[j]), i, j)
        for i in range(t)
        for j in range(i, min(t, i + longest))
        if segments[i] == segments[j] >= 0
    )
    found = best_spans(begins, ends, segments, longest=longest, count=count)
    assert [(-span.score, span.first, span.last) for span in found] == every[:count]


def test_the_best_span_need_not_have_the_best_begin_or_end() -> None:
    # The best begin stands behind the best end: neither is of use.
    begins = np.array([1.0, 0.0, 9.0], np.float32)
    ends = np.array([9.0, 2.5, -9.0], np.float32)
    (span,) = best_spans(begins, ends, np.zeros(3, int), longest=3, count=1)
    assert (span.first, span.last, span.score) == (0, 0, 10.0)
    (span,) = best_spans(begins, np.array([-9.0, 2.5, -9.0]), np.zeros(3, int), longest=2, count=1)
    assert (span.first, span.last, span.score) == (0, 1, 3.5)


def test_a_window_of_4096_tokens_takes_no_time() -> None:
    from time import perf_counter

    draw = np.random.default_rng(0)
    begins, ends = draw.normal(size=(2, 4096)).astype(np.float32)
    began = perf_counter()
    found = best_spans(begins, ends, np.zeros(4096, int), longest=30, count=20)
    assert perf_counter() - began < 0.5
    assert len(found) == 20
