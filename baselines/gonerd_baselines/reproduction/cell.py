"""What stands in a cell: our number with its interval, what a student kept of its teacher's, the paper's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

import numpy as np

from gonerd.scoring.confidence import LEVEL, Figure, Floats, intervals
from gonerd_baselines.reproduction.seed_figures import (
    SeedDifference,
    SeedMean,
    SeedRetention,
    side_by_side,
)

__all__ = [
    "Estimate",
    "RunScores",
    "difference",
    "mean_of_runs",
    "of_values",
    "quotient_of_values",
    "retention",
]

_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t at 97.5%, of 1 to 9 degrees of freedom."""

_Z = 1.95996
"""That of infinitely many."""

assert LEVEL == 0.95

DOCUMENTS, SEEDS = "documents", "seeds"


@dataclass(frozen=True, slots=True)
class RunScores:
    """One fine-tuned model on the held-out data of its task."""

    values: Mapping[str, float]
    """By metric, at most 1."""
    units: tuple[str, ...] = ()
    """Names of documents or examples, in the order of `counts`."""
    counts: Mapping[str, Floats] = field(default_factory=dict)
    """By metric that is a ratio of sums: (units, 2) part and whole."""
    split: str = ""
    """Of the data, on which it was measured."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and how sure it is."""

    value: float
    seeds: tuple[float, ...]
    """The same of each run."""
    low: float | None = None
    high: float | None = None
    over: str = ""
    """What the interval says may have been otherwise: documents or seeds; empty without one."""

    @property
    def spread(self) -> float | None:
        """Standard deviation over seeds."""
        return stdev(self.seeds) if len(self.seeds) > 1 else None

    def as_json(self) -> dict[str, Any]:
        """For a program; an end that has no bound is null."""
        return {
            "value": _finite(self.value),
            "interval": None if not self.over else [_finite(self.low), _finite(self.high)],
            "over": self.over or None,
            "seeds": [_finite(value) for value in self.seeds],
        }


def mean_of_runs(runs: Sequence[RunScores], metric: str) -> Estimate:
    """The mean over seeds: by documents where their counts are there, else by seeds."""
    values = tuple(run.values[metric] for run in runs)
    if not _same_units([runs], metric):
        return of_values(values)
    return _by_documents(SeedMean(_columns([runs], metric)), values)


def retention(
    student: Sequence[RunScores], teacher: Sequence[RunScores], metric: str
) -> Estimate | None:
    """The student's mean over its teacher's, of the same documents; none where the teacher's is 0."""
    below = fmean(run.values[metric] for run in teacher)
    if not below:
        return None
    shares = tuple(run.values[metric] / below for run in student)
    if not _same_units([student, teacher], metric):
        return quotient_of_values(
            *([run.values[metric] for run in of] for of in (student, teacher))
        )
    columns = _columns([student, teacher], metric)
    return _by_documents(SeedRetention(columns, len(student)), shares)


def difference(first: Sequence[RunScores], second: Sequence[RunScores], metric: str) -> Estimate:
    """One model's mean less another's, of the same documents."""
    other = fmean(run.values[metric] for run in second)
    values = tuple(run.values[metric] - other for run in first)
    if not _same_units([first, second], metric):
        return of_values(values)
    return _by_documents(SeedDifference(_columns([first, second], metric), len(first)), values)


def of_values(values: Sequence[float]) -> Estimate:
    """The mean with Student's interval over seeds; none with one seed."""
    mean = fmean(values)
    if len(values) < 2:
        return Estimate(mean, tuple(values))
    half = _student(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(mean, tuple(values), mean - half, mean + half, SEEDS)


def quotient_of_values(student: Sequence[float], teacher: Sequence[float]) -> Estimate:
    """One mean over another, with an interval over seeds; the teacher's mean is not 0.

    Seed by seed where both have the same number of them, so that what a seed does to both drops out.
    """
    if len(teacher) == len(student) and all(teacher):
        found = of_values([one / other for one, other in zip(student, teacher, strict=True)])
    else:
        found = of_values([one / fmean(teacher) for one in student])
    value = fmean(student) / fmean(teacher)
    return Estimate(value, found.seeds, found.low, found.high, found.over)


def _student(freedom: int) -> float:
    """From 10 degrees on by the first terms of its expansion in 1 / freedom, to 0.003."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    first, second = (_Z**3 + _Z) / 4, (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / 96
    return _Z + first / freedom + second / freedom**2


def _by_documents(figure: Figure, values: tuple[float, ...]) -> Estimate:
    low, high = intervals([figure])[0]
    sums = np.asarray(figure.columns, np.float64).sum(axis=0)
    return Estimate(float(figure.value(sums)), values, low, high, DOCUMENTS)


def _columns(models: Sequence[Sequence[RunScores]], metric: str) -> Floats:
    """Documents sorted by name, so that their order plays no part in what is drawn from them."""
    order = np.argsort(np.array(models[0][0].units), kind="stable")
    return side_by_side([[run.counts[metric] for run in runs] for runs in models])[order]


def _same_units(models: Sequence[Sequence[RunScores]], metric: str) -> bool:
    runs = [run for each in models for run in each]
    return all(metric in run.counts and run.units == runs[0].units for run in runs)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
