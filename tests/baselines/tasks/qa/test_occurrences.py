from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gonerd_baselines.tasks.qa.occurrences import occurrences

WORDS = st.lists(
    st.sampled_from(["ab", "b", "B", "a.", "(b)", "a b", "_", " ", "\n", "é"]), max_size=12
)


def found(text: str, *answers: str, **how: bool) -> list[str]:
    return [text[a:b] for a, b in occurrences(text, answers, **how)]


def test_whole_words_alone_count_unless_parts_are_asked_for() -> None:
    assert found("no nose, no_ no-one NO", "no") == ["no", "no"]
    assert found("nose", "no") == []
    assert found("nose", "no", whole_words=False) == ["no"]
    assert found("NO no", "no", ignore_case=True) == ["NO", "no"]


def test_an_answer_that_begins_or_ends_in_a_sign_needs_no_border_there() -> None:
    assert found("cost$5.now", "$5.") == ["$5."]
    assert found("costs 5.now", "5.") == ["5."]
    assert found("C++11", "C++") == ["C++"]
    assert found("ABC++", "C++") == []


def test_of_two_that_begin_together_the_longest_counts() -> None:
    assert found("New York City", "New York", "New York City") == ["New York City"]
    assert found("New York City", "New York", "York City") == ["New York"]


def test_blanks_of_an_answer_are_any_and_an_empty_answer_stands_nowhere() -> None:
    assert found("New\n  York", " New York ") == ["New\n  York"]
    assert found("New York", "", "  ") == []


@given(WORDS, st.lists(st.sampled_from(["b", "ab", "a.", "(b)", "a b", "é"]), max_size=3))
def test_all_places_are_answers_and_lie_apart(parts: list[str], answers: list[str]) -> None:
    text = "".join(parts)
    places = occurrences(text, answers)
    for start, end in places:
        assert " ".join(text[start:end].split()) in answers
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(places))
    if any(len(a) == 1 and a in text.split() for a in answers):
        assert places
