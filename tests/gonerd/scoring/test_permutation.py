from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.scoring.permutation import holm, permutation_p, permutation_p_of_pairs


def f1(table: np.ndarray) -> float:
    tp, fp, fn = table.sum(axis=0)
    return 2 * tp / (2 * tp + fp + fn) if tp else 0.0


def tables(seed: int, documents: int, better: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts of two models on documents that are hard or easy for both; the second finds `better` more."""
    random = np.random.default_rng(seed)
    gold = random.poisson(20, documents)
    share = random.beta(8, 3, documents)
    sides = []
    for more in (0.0, better):
        tp = random.binomial(gold, np.clip(share + more, 0, 1))
        sides.append(np.stack([tp, random.poisson(4, documents), gold - tp], axis=1)[:, None])
    return sides[0], sides[1]


def test_a_model_against_itself_has_p_1() -> None:
    one, _ = tables(0, 30, 0.0)
    assert permutation_p(one, one).tolist() == [1.0]
    assert permutation_p(one[:0], one[:0]).tolist() == [1.0]


def test_p_is_that_of_all_swaps_where_they_can_be_listed() -> None:
    one, other = tables(3, 9, 0.04)
    found = abs(f1(one[:, 0]) - f1(other[:, 0]))
    as_large = 0
    for swaps in product([False, True], repeat=9):
        chosen = np.array(swaps)[:, None]
        a, b = np.where(chosen, other[:, 0], one[:, 0]), np.where(chosen, one[:, 0], other[:, 0])
        as_large += abs(f1(a) - f1(b)) >= found - 1e-12
    exact = as_large / 2**9
    assert 0.05 < exact < 0.95
    assert permutation_p(one, other, permutations=20_000)[0] == pytest.approx(exact, abs=0.015)


def test_the_smallest_p_is_one_over_n_plus_one() -> None:
    one, other = tables(1, 200, 0.2)
    assert permutation_p(one, other, permutations=99).tolist() == [0.01]


def test_p_is_uniform_without_a_difference() -> None:
    p = np.array(
        [permutation_p(*tables(seed, 40, 0.0), permutations=199)[0] for seed in range(200)]
    )
    assert 0.02 <= (p <= 0.05).mean() <= 0.09
    assert 0.42 <= (p <= 0.5).mean() <= 0.58


def test_p_does_not_depend_on_which_comes_first_nor_on_how_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = tables(5, 50, 0.03)
    p = permutation_p(one, other, permutations=999)
    assert permutation_p(other, one, permutations=999) == pytest.approx(p)
    both = np.concatenate([one, other], axis=1)
    assert permutation_p(both, both[:, ::-1], permutations=999) == pytest.approx([p[0], p[0]])


def test_all_pairs_of_one_drawing_have_the_p_of_each_pair_alone() -> None:
    models = [table[:, 0] for seed in range(3) for table in tables(seed, 60, 0.02 * seed)]
    models.append(np.zeros_like(models[0]))
    p = permutation_p_of_pairs(models, permutations=999, seed=5)
    assert (p == p.T).all()
    assert (np.diag(p) == 1).all()
    for one, other in combinations(range(len(models)), 2):
        pair = [models[place][:, None] for place in (one, other)]
        assert p[one, other] == permutation_p(*pair, permutations=999, seed=5)[0]
    assert len(set(p[np.triu_indices(len(p), 1)])) > 5


def test_a_pair_does_not_depend_on_which_comes_first_and_one_model_has_none() -> None:
    models = [table[:, 0] for table in tables(5, 50, 0.03)]
    whole = permutation_p_of_pairs(models, permutations=99)
    assert whole[0, 1] == permutation_p_of_pairs(models[::-1], permutations=99)[0, 1]
    assert permutation_p_of_pairs(models[:1], permutations=9).tolist() == [[1.0]]


def test_holm_is_the_published_procedure() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_keeps_the_order_and_never_lowers_a_p(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(one <= other <= 1 for one, other in zip(values, adjusted, strict=True))
    assert [a for _, a in sorted(zip(values, adjusted, strict=True))] == sorted(adjusted)
