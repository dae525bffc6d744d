"""Densities of lengths by Gaussian kernels: the curves of the paper's Figure 1, as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from gonerd.dataset.columns import Column
from gonerd.dataset.lengths import quantile
from gonerd.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Curves", "length_curves", "length_density"]

CLIPPED_AT = 0.995
FAR_APART = 5
"""From this ratio of medians on, the axis is logarithmic: else the longer dataset would be a flat line."""
LEAST_WIDTH, LEAST_LOG_WIDTH = 0.5, 0.02
"""Of a kernel: equal lengths would have no width at all."""


@dataclass(frozen=True, slots=True)
class Curves:
    """One curve a dataset, all at the same lengths; about the longest 0.5% lie beyond."""

    names: tuple[str, ...]
    at: NDArray[np.float64]
    curves: tuple[NDArray[np.float64], ...]
    logarithmic: bool
    """Whether the density is that of the decimal logarithm, and `at` is spaced so."""

    def as_json(self) -> dict[str, Any]:
        """Six digits of each number."""
        return {
            "logarithmic": self.logarithmic,
            "at": _six_digits(self.at),
            "curves": {
                name: _six_digits(curve)
                for name, curve in zip(self.names, self.curves, strict=True)
            },
        }


def length_curves(columns: Sequence[Column], *, points: int) -> Curves:
    """The densities of the lengths of each dataset's units, at `points` lengths.

    Raises:
        InputError: a dataset has no documents.
    """
    import numpy as np

    for name, statistics in columns:
        if not statistics.unit_lengths:
            raise InputError(f"{name} has no {statistics.unit}s, so there are no lengths to draw")
    lengths = [statistics.unit_lengths for _, statistics in columns]
    logarithmic = _far_apart(lengths)
    end = max(quantile(counts, CLIPPED_AT) for counts in lengths)
    end = max(end * (1.25 if logarithmic else 1.02), 10)
    begin = 0.8 * max(min(map(min, lengths)), 1)
    at = np.asarray(
        np.geomspace(begin, end, points) if logarithmic else np.linspace(0, end, points),
        dtype=np.float64,
    )
    curves = [length_density(counts, at, logarithmic=logarithmic) for counts in lengths]
    return Curves(tuple(name for name, _ in columns), at, tuple(curves), logarithmic)


def length_density(
    lengths: Counter[int], grid: NDArray[np.float64], *, logarithmic: bool = False
) -> NDArray[np.float64]:
    """The Gaussian kernel density of `lengths` at `grid`, with Scott's bandwidth, as in the paper.

    scipy's `gaussian_kde` of all lengths gives the same; this takes one kernel for each distinct length,
    so that a million documents cost no more than their distinct lengths. With `logarithmic`, it is the
    density of the decimal logarithm of the length, where 0 counts as 1.
    """
    import numpy as np

    values = np.array(sorted(lengths), dtype=np.float64)
    weights = np.array([lengths[int(value)] for value in values], dtype=np.float64)
    if logarithmic:
        values, grid = np.log10(np.maximum(values, 1)), np.log10(grid)
    count = weights.sum()
    mean = (weights * values).sum() / count
    spread = sqrt((weights * (values - mean) ** 2).sum() / max(count - 1, 1))
    width = max(spread * count ** (-1 / 5), LEAST_LOG_WIDTH if logarithmic else LEAST_WIDTH)
    density = np.zeros_like(grid)
    for value, weight in zip(values, weights, strict=True):
        density += weight * np.exp(-0.5 * ((grid - value) / width) ** 2)
    density /= count * width * sqrt(2 * np.pi)
    return density


def _far_apart(lengths: Sequence[Mapping[int, int]]) -> bool:
    medians = [max(quantile(counts, 0.5), 1) for counts in lengths]
    return max(medians) >= FAR_APART * min(medians)


def _six_digits(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
