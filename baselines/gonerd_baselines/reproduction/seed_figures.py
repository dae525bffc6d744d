"""Figures of models that were fine-tuned with several seeds, for `gonerd.scoring.confidence.Bootstrap`.

Documents are resampled, seeds are not: the interval says what other documents would have given with these
models. What other seeds would have given is told by the numbers of the seeds themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gonerd.scoring.confidence import Floats

__all__ = ["SeedDifference", "SeedMean", "SeedRetention", "side_by_side"]


def side_by_side(models: Sequence[Sequence[Floats]]) -> Floats:
    """(documents, 2 x runs) of runs with (documents, 2) parts and wholes each, model after model."""
    runs = [np.asarray(run, np.float64) for runs in models for run in runs]
    return np.concatenate(runs, axis=1)


@dataclass(frozen=True, slots=True)
class SeedMean:
    """The mean over runs of `sum(part) / sum(whole)`."""

    columns: Floats
    """(documents, 2 x runs)."""
    bounds: tuple[float, float] = (0.0, 1.0)

    def value(self, sums: Floats) -> Floats:
        """Of sums (..., 2 x runs)."""
        return _mean(sums)

    def gradient(self, sums: Floats) -> Floats:
        """By each sum."""
        return _mean_gradient(sums)


@dataclass(frozen=True, slots=True)
class SeedRetention:
    """One model's mean over another's, of the same documents; 0 where the second is 0."""

    columns: Floats
    """(documents, 2 x runs): the student's, then the teacher's."""
    student_runs: int
    bounds: tuple[float, float] = (0.0, np.inf)

    def value(self, sums: Floats) -> Floats:
        """First mean over second."""
        student, teacher = self._parts(sums)
        return _divided(_mean(student), _mean(teacher))

    def gradient(self, sums: Floats) -> Floats:
        """By each sum."""
        student, teacher = self._parts(sums)
        inverse = _divided(np.ones(sums.shape[:-1]), _mean(teacher))[..., None]
        quotient = self.value(sums)[..., None]
        by_teacher = -_mean_gradient(teacher) * quotient * inverse
        return np.concatenate([_mean_gradient(student) * inverse, by_teacher], axis=-1)

    def _parts(self, sums: Floats) -> tuple[Floats, Floats]:
        end = 2 * self.student_runs
        return sums[..., :end], sums[..., end:]


@dataclass(frozen=True, slots=True)
class SeedDifference:
    """One model's mean less another's, of the same documents."""

    columns: Floats
    """(documents, 2 x runs): the first one's, then the other's."""
    first_runs: int
    bounds: tuple[float, float] = (-1.0, 1.0)

    def value(self, sums: Floats) -> Floats:
        """First mean less second."""
        end = 2 * self.first_runs
        return _mean(sums[..., :end]) - _mean(sums[..., end:])

    def gradient(self, sums: Floats) -> Floats:
        """By each sum."""
        end = 2 * self.first_runs
        parts = [_mean_gradient(sums[..., :end]), -_mean_gradient(sums[..., end:])]
        return np.concatenate(parts, axis=-1)


def _mean(sums: Floats) -> Floats:
    mean: Floats = _divided(sums[..., 0::2], sums[..., 1::2]).mean(axis=-1)
    return mean


def _mean_gradient(sums: Floats) -> Floats:
    part, whole = sums[..., 0::2], sums[..., 1::2]
    runs = part.shape[-1]
    by_part = _divided(np.ones_like(whole), whole) / runs
    by_whole = -by_part * _divided(part, whole)
    return np.stack([by_part, by_whole], axis=-1).reshape(sums.shape)


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
