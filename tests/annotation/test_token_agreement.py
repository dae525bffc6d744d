import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from sklearn.metrics import confusion_matrix as sklearn_confusion

from gonerd import Document, Entity
from gonerd.tokens import token_spans
from gonerd_annotation.categories import CATEGORIES
from gonerd_annotation.token_agreement import (
    cohen_kappa,
    coincidence_matrix,
    confusion_matrix,
    krippendorff_alpha,
    one_against_rest,
    token_categories,
    without_outside,
)
from tests.annotation.teams import document

K = 4

pairs_of_answers = st.lists(st.tuples(st.integers(0, K - 1), st.integers(0, K - 1)), max_size=60)
answers_of_many = st.integers(2, 5).flatmap(
    lambda m: st.lists(
        st.lists(st.integers(0, K - 1), min_size=m, max_size=m), min_size=1, max_size=40
    )
)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def sklearn_kappa(first: np.ndarray, second: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is undefined is what is asked here
        return float(cohen_kappa_score(first, second, labels=range(K)))


def peer_alpha(answers: np.ndarray) -> float:
    return float(
        krippendorff.alpha(answers, value_domain=list(range(K)), level_of_measurement="nominal")
    )


@given(pairs_of_answers)
def test_the_confusion_matrix_and_kappa_are_those_of_scikit_learn(
    pairs: list[tuple[int, int]],
) -> None:
    first, second = arrays(pairs)
    counts = confusion_matrix(first, second, K)
    kappa = float(cohen_kappa(counts))
    if not pairs:
        assert np.isnan(kappa)
        return
    assert counts.tolist() == sklearn_confusion(first, second, labels=range(K)).tolist()
    if len(set(first) | set(second)) == 1:
        assert np.isnan(kappa)
    else:
        assert kappa == pytest.approx(sklearn_kappa(first, second), abs=1e-12)


@given(pairs_of_answers)
def test_kappa_without_o_is_kappa_of_the_tokens_that_somebody_marked(
    pairs: list[tuple[int, int]],
) -> None:
    first, second = arrays(pairs)
    marked = (first > 0) | (second > 0)
    kappa = float(cohen_kappa(without_outside(confusion_matrix(first, second, K))))
    if len(set(first[marked]) | set(second[marked])) < 2:
        assert np.isnan(kappa)
    else:
        assert kappa == pytest.approx(sklearn_kappa(first[marked], second[marked]), abs=1e-12)


@given(answers_of_many, st.booleans())
def test_alpha_is_that_of_the_krippendorff_package(units: list[list[int]], outside: bool) -> None:
    answers = np.array(units, dtype=np.int64).T
    alpha = float(krippendorff_alpha(coincidence_matrix(list(answers), K, outside=outside)))
    counted = answers if outside else answers[:, (answers > 0).any(axis=0)]
    if len(np.unique(counted)) < 2:
        assert np.isnan(alpha)
    else:
        assert alpha == pytest.approx(peer_alpha(counted), abs=1e-9)


def test_alpha_adds_up_over_documents_that_different_people_annotated() -> None:
    """The krippendorff package takes who did not annotate as missing values; here matrices add up."""
    random = np.random.default_rng(3)
    three, two = random.integers(0, K, (3, 50)), random.integers(0, K, (2, 70))
    summed = coincidence_matrix(list(three), K) + coincidence_matrix(list(two), K)
    whole = np.full((3, 120), np.nan)
    whole[:, :50], whole[:2, 50:] = three, two
    assert float(krippendorff_alpha(summed)) == pytest.approx(peer_alpha(whole), abs=1e-9)


def test_alpha_of_the_example_in_krippendorffs_paper() -> None:
    """Part C of "Computing Krippendorff's Alpha-Reliability": four observers, missing values; 0.743."""
    nan = np.nan
    data = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
            [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
        ]
    )
    counts = np.zeros((6, 6))
    for unit in data.T:
        values = unit[~np.isnan(unit)].astype(np.int64)
        if len(values) > 1:
            counts += coincidence_matrix([np.array([value]) for value in values], 6)
    assert float(krippendorff_alpha(counts)) == pytest.approx(0.743, abs=0.0005)


@given(pairs_of_answers, st.integers(0, K - 1))
def test_one_type_against_the_rest_is_a_matrix_of_yes_and_no(
    pairs: list[tuple[int, int]], c: int
) -> None:
    first, second = arrays(pairs)
    expected = confusion_matrix((first == c).astype(np.int64), (second == c).astype(np.int64), 2)
    assert one_against_rest(confusion_matrix(first, second, K), c).tolist() == expected.tolist()


@given(pairs_of_answers)
def test_kappa_and_alpha_do_not_ask_who_comes_first(pairs: list[tuple[int, int]]) -> None:
    first, second = arrays(pairs)
    one, other = confusion_matrix(first, second, K), confusion_matrix(second, first, K)
    assert np.array_equal(cohen_kappa(one), cohen_kappa(other), equal_nan=True)
    alphas = [
        krippendorff_alpha(coincidence_matrix(pair, K))
        for pair in ([first, second], [second, first])
    ]
    assert np.array_equal(*alphas, equal_nan=True)


@given(st.lists(st.integers(0, K - 1), min_size=1, max_size=50))
def test_the_same_answers_agree_to_exactly_one_or_not_at_all(values: list[int]) -> None:
    answers = np.array(values, dtype=np.int64)
    for value in (
        cohen_kappa(confusion_matrix(answers, answers, K)),
        krippendorff_alpha(coincidence_matrix([answers] * 4, K)),
    ):
        assert float(value) == 1.0 if len(set(values)) > 1 else np.isnan(value)


def test_a_leading_axis_gives_one_value_for_each_matrix() -> None:
    random = np.random.default_rng(5)
    stack = random.integers(1, 9, (7, K, K)).astype(float)
    assert cohen_kappa(stack).tolist() == [float(cohen_kappa(one)) for one in stack]
    assert krippendorff_alpha(stack).shape == (7,)


def test_tokens_carry_the_category_that_the_annotator_chose() -> None:
    text = "Anna Berg, 34, left U.K.-based Acme."
    marked = document(text, ("Anna Berg", "PER"), ("34", "MISC", "AGE"), ("U.K.", "LOC"))
    numbers, moved = token_categories(marked)
    names = [CATEGORIES[number] for number in numbers]
    found = {text[s:e]: name for (s, e), name in zip(token_spans(text), names, strict=True)}
    assert moved == 0
    assert {token: name for token, name in found.items() if name != "O"} == {
        "Anna": "PER",
        "Berg": "PER",
        "34": "AGE",
        "U.K.": "LOC",
    }


def test_an_entity_that_cuts_a_token_takes_all_of_it_and_is_counted() -> None:
    numbers, moved = token_categories(
        Document(id="d", text="Oslo Bergen", entities=(Entity(1, 7, "LOC"),))
    )
    assert [CATEGORIES[number] for number in numbers] == ["LOC", "LOC"]
    assert moved == 1
