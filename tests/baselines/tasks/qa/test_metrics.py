from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.metrics import (
    HOTPOTQA,
    SQUAD_1,
    SQUAD_2,
    TRIVIAQA,
    BestThreshold,
    Rule,
    Score,
    best_threshold,
    scores,
)

RULES = (SQUAD_1, SQUAD_2, HOTPOTQA, TRIVIAQA)
TEXTS = st.lists(
    st.sampled_from(["the", "A", "cat", "Cat,", "dog", "yes", "no", "U.S.", "_", "‘dog’", "1990"]),
    max_size=6,
).map(" ".join)


def of(rule: Rule, prediction: str, *answers: str) -> tuple[float, float]:
    score = rule(prediction, answers)
    return score.exact_match, score.f1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_case_articles_and_blanks_make_no_difference(rule: Rule) -> None:
    assert of(rule, " The  Denver Broncos ", "denver broncos") == (1, 1)
    assert of(rule, "then a theory", "then theory") == (1, 1)
    assert of(rule, "theory", "then theory") == (0, pytest.approx(2 / 3))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_f1_is_that_of_the_words_in_common(rule: Rule) -> None:
    # 2 of 4 words are right, and 2 of 3 found: 2 (1/2 2/3) / (1/2 + 2/3) = 4/7.
    assert of(rule, "cats chase grey mice", "grey mice run") == (0, pytest.approx(4 / 7))
    # A word counts as often as it comes in both: 2 of 3, 2 of 2, so 4/5.
    assert of(rule, "ha ha ha", "ha ha") == (0, pytest.approx(4 / 5))
    assert of(rule, "cats", "mice") == (0, 0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_best_answer_counts_for_each_score_by_itself(rule: Rule) -> None:
    assert of(rule, "grey mice", "mice", "grey mice", "cats") == (1, 1)
    # 2/3 of "mice", 4/5 of the longer one.
    assert of(rule, "grey mice", "mice", "two grey mice") == (0, pytest.approx(4 / 5))


def test_signs_go_in_squad_and_hotpotqa_and_become_blanks_in_triviaqa() -> None:
    for rule in (SQUAD_1, SQUAD_2, HOTPOTQA):
        assert of(rule, "U.S.", "us") == (1, 1)
        assert of(rule, "well-known", "well known") == (0, 0)
        assert of(rule, "‘mice’", "mice") == (0, 0)
    assert of(TRIVIAQA, "U.S.", "u s") == (1, 1)
    assert of(TRIVIAQA, "U.S.", "us") == (0, 0)
    assert of(TRIVIAQA, "well-known", "well known") == (1, 1)
    assert of(TRIVIAQA, "‘grey_mice’", "grey mice") == (1, 1)
    # What is left of an article in signs is one: "a.b" is "a b", and so "b".
    assert of(TRIVIAQA, "a.b", "b") == (1, 1)
    assert of(SQUAD_1, "a.b", "b") == (0, 0)


def test_in_squad_2_none_is_right_where_there_is_none() -> None:
    assert of(SQUAD_2, "") == (1, 1)
    assert of(SQUAD_2, "mice") == (0, 0)
    assert of(SQUAD_2, "", "mice") == (0, 0)
    # An answer of an article alone is none.
    assert of(SQUAD_2, "", "the", "mice") == (0, 0)
    assert of(SQUAD_2, "a", "the") == (1, 1)
    for rule in (SQUAD_1, HOTPOTQA, TRIVIAQA):
        with pytest.raises(InputError, match="without an answer can't be scored"):
            rule("mice", ())


def test_in_hotpotqa_yes_and_no_count_whole_or_not_at_all() -> None:
    assert of(HOTPOTQA, "yes", "yes") == (1, 1)
    assert of(HOTPOTQA, "Yes.", "yes") == (1, 1)
    assert of(HOTPOTQA, "yes it is", "yes") == (0, 0)
    assert of(HOTPOTQA, "no", "no man's land") == (0, 0)
    assert of(HOTPOTQA, "noanswer", "yes") == (0, 0)
    assert of(HOTPOTQA, "yes minister", "the yes men") == (0, pytest.approx(1 / 2))
    assert of(SQUAD_1, "yes it is", "yes") == (0, pytest.approx(1 / 2))


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(RULES))
def test_scores_lie_between_0_and_1_and_an_exact_match_has_f1_1(
    prediction: str, answers: list[str], rule: Rule
) -> None:
    score = rule(prediction, answers)
    assert score.exact_match in (0, 1)
    assert 0 <= score.f1 <= 1
    # Without a word in common the official F1 is 0, also where both have none; SQuAD 2.0 says 1 there.
    if score.exact_match and (rule.words(prediction) or rule is SQUAD_2):
        assert score.f1 == 1
    if not score.exact_match:
        in_order = {tuple(sorted(rule.words(answer))) for answer in answers}
        assert score.f1 < 1 or tuple(sorted(rule.words(prediction))) in in_order
    assert rule(prediction, answers[::-1]) == score
    assert rule(prediction, [*answers, answers[0]]) == score
    assert rule(prediction, [*answers, "cat"]).f1 >= score.f1 or rule is SQUAD_2


@given(TEXTS, TEXTS, st.sampled_from(RULES))
def test_answer_and_truth_may_change_places(one: str, other: str, rule: Rule) -> None:
    there, back = rule(one, [other]), rule(other, [one])
    assert there.exact_match == back.exact_match
    assert there.f1 == pytest.approx(back.f1)


def test_every_question_needs_a_prediction() -> None:
    answers = {"a": ["mice"], "b": ["cats"]}
    assert scores(SQUAD_1, answers, {"a": "mice", "b": "mice", "c": ""}) == {
        "a": Score(1, 1),
        "b": Score(0, 0),
    }
    with pytest.raises(InputError, match="question 'b' has no prediction, expected one for each"):
        scores(SQUAD_1, answers, {"a": "mice"})


def test_the_best_threshold_is_the_one_of_evaluate_v2() -> None:
    answerable = {"a": True, "b": False, "c": True, "d": False}
    nulls = {"a": -2.0, "b": 0.0, "c": 1.0, "d": 5.0}
    # None answered: 2 of 4 right. a: 2.5, b: 1.5, c: 2.5, d: 1.5. The first best is kept.
    answered = {"a": 0.5, "b": 0.0, "c": 1.0, "d": 0.0}
    assert best_threshold(answered, nulls, answerable) == BestThreshold(2.5 / 4, -2.0)
    assert best_threshold({**answered, "a": 0.0}, nulls, answerable) == BestThreshold(2 / 4, None)


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(-9, 9), st.booleans()), min_size=1, max_size=12
    ).filter(lambda rows: len({null for _, null, _ in rows}) == len(rows))
)
def test_no_threshold_gives_more_than_the_best(rows: list[tuple[float, int, bool]]) -> None:
    names = [str(number) for number in range(len(rows))]
    answered = {name: row[0] for name, row in zip(names, rows, strict=True)}
    nulls = {name: float(row[1]) for name, row in zip(names, rows, strict=True)}
    answerable = {name: row[2] for name, row in zip(names, rows, strict=True)}

    def mean(threshold: float) -> float:
        total = 0.0
        for score, null, has_answer in rows:
            none = null > threshold
            total += float(none) if not has_answer else (0.0 if none else score)
        return total / len(rows)

    best = best_threshold(answered, nulls, answerable)
    tried = [mean(threshold) for threshold in (-10.0, *nulls.values())]
    assert best.score == pytest.approx(max(tried))
    threshold = -10.0 if best.threshold is None else best.threshold
    assert mean(threshold) == pytest.approx(best.score)
