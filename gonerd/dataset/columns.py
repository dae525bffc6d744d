"""Datasets as the columns of a table or the curves of a figure: their names, and how figures are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.statistics import Statistics

__all__ = ["Column", "decimal", "marked", "notices", "per_cent", "share", "union_of_labels"]

Column = tuple[str, Statistics]


def marked(columns: Sequence[Column]) -> list[str]:
    """The columns' names, with a mark on those of invented documents."""
    return [f"{name} *" if statistics.synthetic else name for name, statistics in columns]


def notices(columns: Sequence[Column]) -> tuple[str, ...]:
    """What stands below a table with a mark in it."""
    any_marked = any(statistics.synthetic for _, statistics in columns)
    return (f"* {SYNTHETIC_NOTICE}",) if any_marked else ()


def union_of_labels(columns: Iterable[Column]) -> list[str]:
    """GONERD's labels in their order, then all others that occur."""
    return list(dict.fromkeys(label for _, s in columns for label in s.labels()))


def share(value: float | None) -> str:
    """A share as the paper prints it: .896."""
    return "-" if value is None else f"{value:.3f}".removeprefix("0")


def per_cent(value: float | None) -> str:
    """A share in per cent, with one decimal."""
    return "-" if value is None else f"{100 * value:.1f}%"


def decimal(value: float | None, digits: int = 1) -> str:
    """A number with its thousands apart."""
    return "-" if value is None else f"{value:,.{digits}f}"
