import numpy as np
import pytest

from benchmarks.interval_coverage import CORPORA, coverage
from gonerd.scoring.confidence import (
    Bootstrap,
    Difference,
    Quotient,
    Ratio,
    _fill,
    _value_and_error,
    intervals,
)
from gonerd.scoring.document_counts import f1_figure, precision_figure


def counts(seed: int = 0, documents: int = 80) -> np.ndarray:
    random = np.random.default_rng(seed)
    gold = random.negative_binomial(1.2, 0.03, documents)
    tp = random.binomial(gold, random.beta(12, 3, documents))
    return np.stack([tp, random.poisson(3, documents), gold - tp], axis=1)


def ratio_of(table: np.ndarray) -> float:
    return float(2 * table[:, 0].sum() / (2 * table[:, 0] + table[:, 1] + table[:, 2]).sum())


def test_an_interval_holds_the_sample_and_is_fixed_by_its_seed() -> None:
    figure = f1_figure(counts())
    low, high = intervals([figure], seed=3)[0]
    assert 0 < low < ratio_of(counts()) < high < 1
    assert intervals([figure], seed=3) == [(low, high)]
    assert intervals([figure], seed=4) != [(low, high)]
    narrow = intervals([figure], seed=3, level=0.5)[0]
    assert low < narrow[0] < narrow[1] < high


def test_figures_have_the_same_interval_alone_and_together() -> None:
    figures = [f1_figure(counts()), precision_figure(counts())]
    together = intervals(figures, seed=1)
    alone = [intervals([figure], seed=1)[0] for figure in figures]
    assert np.array(together) == pytest.approx(np.array(alone))


def test_intervals_of_nothing_and_of_certainty() -> None:
    assert intervals([f1_figure(np.zeros((0, 3), dtype=int))]) == [(0.0, 0.0)]
    assert intervals([f1_figure(np.zeros((5, 3), dtype=int))]) == [(0.0, 0.0)]
    assert intervals([f1_figure(np.array([[3, 0, 0]] * 9))]) == [(1.0, 1.0)]
    assert intervals([f1_figure(np.array([[0, 2, 3]] * 9))]) == [(0.0, 0.0)]


def test_one_document_says_nothing_of_others() -> None:
    alone, one_of_many = np.array([[3, 1, 1]]), np.zeros((9, 3), dtype=int)
    one_of_many[4] = [3, 0, 0]
    assert intervals([f1_figure(alone)]) == [(0.0, 1.0)]
    assert intervals([f1_figure(one_of_many)]) == [(0.0, 1.0)]
    pair = np.concatenate([f1_figure(alone).columns] * 2, axis=1)
    assert intervals([Difference(pair), Quotient(pair)]) == [(-1.0, 1.0), (0.0, np.inf)]


def test_few_errors_do_not_make_the_interval_endless() -> None:
    table = np.array([[20, 0, 0]] * 40 + [[20, 1, 1]] * 2)
    low, high = intervals([f1_figure(table)])[0]
    assert 0.98 < low < ratio_of(table) < high <= 1.0


def test_batches_of_replicates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = intervals([f1_figure(counts())], replicates=300)
    monkeypatch.setattr("gonerd.scoring.confidence.DRAWS_AT_ONCE", 80 * 70)
    apart = intervals([f1_figure(counts())], replicates=300)
    assert np.array(apart) == pytest.approx(np.array(whole))


@pytest.mark.parametrize("figure", [Ratio, Difference, Quotient])
def test_gradients_are_the_derivatives(figure) -> None:
    width = 2 if figure is Ratio else 4
    sums = np.array([30.0, 50.0, 20.0, 60.0])[:width]
    made = figure(np.zeros((1, width)))
    step = 1e-5
    numeric = [
        (made.value(sums + step * unit) - made.value(sums - step * unit)) / (2 * step)
        for unit in np.eye(width)
    ]
    assert made.gradient(sums) == pytest.approx(np.array(numeric), rel=1e-5)
    # of degree 0: twice the documents, the same figure
    assert made.value(2 * sums) == pytest.approx(made.value(sums))
    assert float(made.gradient(sums) @ sums) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", [Ratio, Difference, Quotient])
def test_standard_errors_are_those_of_the_jackknife(kind) -> None:
    one = counts(1, 400)
    lost = np.random.default_rng(2).binomial(one[:, 0], 0.1)
    other = one + np.stack([-lost, 0 * lost, lost], axis=1)
    columns = np.concatenate([f1_figure(t).columns for t in (one, other)], axis=1).astype(float)
    figure = kind(columns[:, : 2 if kind is Ratio else 4])
    size = figure.columns.shape[1]
    table = np.empty((size + size * (size + 1) // 2, 400))
    _fill(table, figure.columns, size)
    value, error = _value_and_error(figure, table.sum(axis=1), 400)
    left_out = figure.value(figure.columns.sum(axis=0) - figure.columns)
    assert value == figure.value(figure.columns.sum(axis=0))
    assert error == pytest.approx(
        np.sqrt(399 / 400 * ((left_out - left_out.mean()) ** 2).sum()), rel=0.02
    )


def test_a_models_difference_to_itself_is_0_and_its_retention_1() -> None:
    twice = np.concatenate([f1_figure(counts()).columns] * 2, axis=1)
    assert intervals([Difference(twice), Quotient(twice)]) == [(0.0, 0.0), (1.0, 1.0)]


def test_a_paired_interval_is_narrower_than_two_apart() -> None:
    one = counts(1, 200)
    lost = np.random.default_rng(2).binomial(one[:, 0], 0.05)
    other = one + np.stack([-lost, 0 * lost, lost], axis=1)
    columns = [f1_figure(table).columns for table in (one, other)]
    difference, a, b = intervals(
        [Difference(np.concatenate(columns, axis=1)), f1_figure(one), f1_figure(other)]
    )
    assert 0 < difference[0] < ratio_of(one) - ratio_of(other) < difference[1]
    assert difference[1] - difference[0] < min(a[1] - a[0], b[1] - b[0]) / 2


def test_95_percent_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """A small run of benchmarks/interval_coverage.py: 300 samples, so 95% may show as 92 to 98."""
    found = coverage(CORPORA["news"], documents=59, samples=300, replicates=400, seed=1)
    assert 0.92 <= found["documents"] <= 0.98
    assert found["entities"] < 0.8  # entities of one document are not independent


def test_documents_in_pieces_are_drawn_as_often_and_have_the_same_intervals() -> None:
    """As many draws as documents, whatever the pieces; other draws than of one piece, so nearly the same."""
    table = counts(documents=400)
    bootstrap = Bootstrap([150, 150, 100], replicates=4000, seed=2)
    for piece in np.split(table, [150, 300]):
        bootstrap.add([f1_figure(piece), precision_figure(piece)])
    assert set(bootstrap._draws.sum(axis=1).tolist()) == {400}
    found = bootstrap.intervals()
    whole = intervals([f1_figure(table), precision_figure(table)], replicates=4000, seed=2)
    for (low, high), (least, most) in zip(found, whole, strict=True):
        assert low == pytest.approx(least, abs=(most - least) / 20)
        assert high == pytest.approx(most, abs=(most - least) / 20)


def test_the_last_documents_of_a_piece_are_drawn_like_the_first() -> None:
    """One entity in the last document of each piece: its share of the draws is what makes the interval."""
    alone = np.zeros((60, 3), dtype=int)
    alone[::20] = [5, 0, 0]
    alone[19::20] = [0, 5, 5]
    one, other = Bootstrap([20, 20, 20], replicates=3000), Bootstrap([60], replicates=3000)
    for piece in np.split(alone, 3):
        one.add([f1_figure(piece)])
    other.add([f1_figure(alone)])
    assert np.array(one.intervals()) == pytest.approx(np.array(other.intervals()), abs=0.05)


def test_no_figures_have_no_intervals() -> None:
    assert intervals([]) == []
