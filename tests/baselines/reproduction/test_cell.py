"""Means, retentions and differences over seeds and documents."""

from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

from gonerd.scoring.confidence import Difference, Quotient, Ratio, intervals
from gonerd_baselines.reproduction.cell import (
    RunScores,
    difference,
    mean_of_runs,
    of_values,
    retention,
)
from gonerd_baselines.reproduction.seed_figures import (
    SeedDifference,
    SeedMean,
    SeedRetention,
    side_by_side,
)
from tests.baselines.reproduction.scores import run, values

STUDENT, TEACHER = [run(0.6, 1)], [run(0.65, 2)]
THREE, OTHERS = [run(0.6, n) for n in (1, 2, 3)], [run(0.65, n) for n in (4, 5)]


def counts(*models: list[RunScores]) -> np.ndarray:
    return side_by_side([[each.counts["f1"] for each in runs] for runs in models])


def test_with_one_seed_the_figures_are_those_of_gonerd_compare() -> None:
    columns = counts(STUDENT, TEACHER)
    order = np.argsort(np.array(STUDENT[0].units))
    of_compare = intervals(
        [Ratio(columns[order, :2]), Quotient(columns[order]), Difference(columns[order])]
    )
    ours = (
        mean_of_runs(STUDENT, "f1"),
        retention(STUDENT, TEACHER, "f1"),
        difference(STUDENT, TEACHER, "f1"),
    )
    for found, (low, high) in zip(ours, of_compare, strict=True):
        assert found is not None
        assert (found.low, found.high) == pytest.approx((low, high))
        assert found.over == "documents"


@pytest.mark.parametrize(
    "figure",
    [
        SeedMean(counts(THREE)),
        SeedRetention(counts(THREE, OTHERS), 3),
        SeedDifference(counts(THREE, OTHERS), 3),
    ],
    ids=lambda figure: type(figure).__name__,
)
def test_gradients_are_those_of_small_differences(figure) -> None:
    sums = figure.columns.sum(axis=0)
    found = figure.gradient(sums)
    for place in range(len(sums)):
        step = np.zeros_like(sums)
        step[place] = 1e-3
        by_difference = (figure.value(sums + step) - figure.value(sums - step)) / 2e-3
        assert found[place] == pytest.approx(by_difference, rel=1e-5)


def test_the_mean_is_of_the_seeds_ratios() -> None:
    found = mean_of_runs(THREE, "f1")
    assert found.value == pytest.approx(fmean(each.values["f1"] for each in THREE))
    assert found.low < found.value < found.high
    kept = retention(THREE, OTHERS, "f1")
    assert kept is not None
    assert kept.value == pytest.approx(found.value / mean_of_runs(OTHERS, "f1").value)


def test_a_paired_interval_is_narrower_where_models_err_together() -> None:
    noise = np.random.default_rng(9).integers(0, 2, (60, 1))
    teacher = run(0.5, 7)
    near = teacher.counts["f1"] - np.concatenate([noise, 0 * noise], axis=1)
    alike = replace(
        teacher, counts={"f1": near}, values={"f1": near[:, 0].sum() / near[:, 1].sum()}
    )
    paired, apart = retention([alike], [teacher], "f1"), retention([alike], [run(0.5, 8)], "f1")
    assert paired is not None
    assert apart is not None
    assert paired.high - paired.low < 0.5 * (apart.high - apart.low)


def test_the_order_of_documents_plays_no_part() -> None:
    one = STUDENT[0]
    turned = replace(one, units=one.units[::-1], counts={"f1": one.counts["f1"][::-1]})
    assert mean_of_runs([turned], "f1") == mean_of_runs([one], "f1")


def test_without_documents_the_interval_is_students_over_seeds() -> None:
    numbers = [0.61, 0.64, 0.6, 0.66]
    found = of_values(numbers)
    low, high = stats.t.interval(0.95, 3, loc=np.mean(numbers), scale=np.std(numbers, ddof=1) / 2)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
    assert found.over == "seeds"
    assert of_values([0.6]).as_json()["interval"] is None


@pytest.mark.parametrize("seeds", [2, 10, 11, 12, 30])
def test_students_quantile_is_scipys_for_any_number_of_seeds(seeds: int) -> None:
    numbers = np.random.default_rng(seeds).normal(size=seeds).tolist()
    found = of_values(numbers)
    scale = np.std(numbers, ddof=1) / np.sqrt(seeds)
    low, high = stats.t.interval(0.95, seeds - 1, loc=np.mean(numbers), scale=scale)
    assert (found.low, found.high) == pytest.approx((low, high), rel=3e-3, abs=3e-3 * scale)


def test_a_retention_over_seeds_pairs_them() -> None:
    found = retention(values(0.5, 0.6), values(0.625, 0.75), "accuracy")
    assert found is not None
    assert found.value == pytest.approx(0.8)
    assert found.high - found.low == pytest.approx(0, abs=1e-9)
    unpaired = retention(values(0.5, 0.6, 0.7), values(0.625, 0.75), "accuracy")
    assert unpaired is not None
    assert unpaired.value == pytest.approx(0.6 / 0.6875)
    assert len(unpaired.seeds) == 3


def test_of_a_teacher_that_finds_nothing_nothing_is_kept() -> None:
    assert retention(values(0.5), values(0.0), "accuracy") is None
