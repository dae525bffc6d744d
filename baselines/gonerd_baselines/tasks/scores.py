"""How well guesses agree with what is right: the numbers of classification and regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["accuracy", "f1", "matthews", "pearson", "spearman"]

Classes: TypeAlias = Sequence[int] | NDArray[Any]


def accuracy(guessed: Classes, right: Classes) -> float:
    """The share of all that is guessed right."""
    return float((np.asarray(guessed) == np.asarray(right)).mean())


def f1(guessed: Classes, right: Classes, *, of: int = 1) -> float:
    """2 tp / (2 tp + fp + fn) of the class `of`; 0 where it is neither guessed nor right anywhere."""
    ours, theirs = np.asarray(guessed) == of, np.asarray(right) == of
    both = int(ours.sum() + theirs.sum())
    return 2 * int((ours & theirs).sum()) / both if both else 0.0


def matthews(guessed: Classes, right: Classes) -> float:
    """Matthews' correlation of two classes, 0 and 1; 0 where either side has only one of them."""
    return pearson(np.asarray(guessed, np.float64), np.asarray(right, np.float64))


def pearson(guessed: ArrayLike, right: ArrayLike) -> float:
    """The correlation of two rows of numbers, -1 to 1; 0 where all numbers of one are the same."""
    x, y = (np.asarray(row, np.float64) for row in (guessed, right))
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(np.clip(x @ y / scale, -1.0, 1.0)) if scale > 0 else 0.0


def spearman(guessed: ArrayLike, right: ArrayLike) -> float:
    """Pearson's correlation of the ranks; equal numbers share the mean of theirs."""
    return pearson(_ranks(guessed), _ranks(right))


def _ranks(row: ArrayLike) -> NDArray[np.float64]:
    _, place, often = np.unique(np.asarray(row), return_inverse=True, return_counts=True)
    ends = np.cumsum(often)
    ranks: NDArray[np.float64] = (ends - (often - 1) / 2)[place]
    return ranks
