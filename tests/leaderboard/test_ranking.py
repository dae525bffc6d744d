"""Ranks, held against their definition."""

from hypothesis import given
from hypothesis import strategies as st

from gonerd_leaderboard.ranking import ranks
from gonerd_leaderboard.result import Interval


def interval(low, high):
    return Interval(low, high, 0.95, "percentile bootstrap", 1000, 0, "document")


ENDS = st.integers(0, 20).map(lambda n: n / 20)
SCORES = st.lists(
    st.tuples(ENDS, ENDS, ENDS).map(sorted).map(lambda v: (v[1], interval(v[0], v[2]))), max_size=12
)


@given(SCORES)
def test_rank_intervals_count_what_is_surely_above_and_below(scores):
    for (f1, mine), rank in zip(scores, ranks(scores), strict=True):
        above = sum(other.low > mine.high for _, other in scores)
        below = sum(other.high < mine.low for _, other in scores)
        assert (rank.best, rank.worst) == (1 + above, len(scores) - below)
        assert rank.place == 1 + sum(other > f1 for other, _ in scores)
        assert rank.best <= rank.place <= rank.worst


@given(SCORES)
def test_all_of_a_tie_group_overlap_with_its_best(scores):
    ranked = sorted(
        zip(scores, ranks(scores), strict=True), key=lambda pair: (pair[1].place, pair[1].group)
    )
    groups = [rank.group for _, rank in ranked]
    assert groups == sorted(groups)
    for group in set(groups):
        members = [score for score, rank in ranked if rank.group == group]
        best = max(f1 for f1, _ in members)
        leaders = [leader for f1, leader in members if f1 == best]
        assert any(all(leader.overlaps(other) for _, other in members) for leader in leaders)


def test_intervals_that_do_not_touch_give_sure_ranks():
    scores = [(0.5, interval(0.4, 0.6)), (0.9, interval(0.8, 1.0)), (0.55, interval(0.45, 0.65))]
    assert [(r.place, r.best, r.worst, r.group) for r in ranks(scores)] == [
        (3, 2, 3, 2),
        (1, 1, 1, 1),
        (2, 2, 3, 2),
    ]
