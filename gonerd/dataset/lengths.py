"""Lengths, counted: how many have each, and from that Table 1's column."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LIMITS", "LengthSummary", "length_summary", "quantile"]

LIMITS = (512, 4096)
"""Windows of the paper's models: Table 1 and section 3.3 tell how many documents are longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthSummary:
    """Table 1: `std` has ddof 1; quartiles interpolate linearly; shares run from 0 to 1."""

    count: int
    total: int
    mean: float
    std: float | None
    """None with fewer than two."""
    min: int
    q25: float
    q50: float
    q75: float
    max: int
    over_512: float
    over_4096: float


def length_summary(lengths: Mapping[int, int]) -> LengthSummary | None:
    """The summary of `lengths`, how many have each; None where nothing was counted."""
    count = sum(lengths.values())
    if not count:
        return None
    total = sum(length * times for length, times in lengths.items())
    mean = total / count
    squares = sum(times * (length - mean) ** 2 for length, times in lengths.items())
    over = [sum(times for length, times in lengths.items() if length > limit) for limit in LIMITS]
    return LengthSummary(
        count=count,
        total=total,
        mean=mean,
        std=math.sqrt(squares / (count - 1)) if count > 1 else None,
        min=min(lengths),
        q25=quantile(lengths, 0.25),
        q50=quantile(lengths, 0.5),
        q75=quantile(lengths, 0.75),
        max=max(lengths),
        over_512=over[0] / count,
        over_4096=over[1] / count,
    )


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The value below which `share` of the counted values lie, by linear interpolation as numpy does it."""
    place = share * (sum(counts.values()) - 1)
    below, part = math.floor(place), place - math.floor(place)
    low = high = None
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if low is None and passed > below:
            low = value
        if passed > below + 1 or (part == 0 and low is not None):
            high = value
            break
    if low is None:
        raise ValueError("no value was counted")
    return low + part * ((low if high is None else high) - low)
