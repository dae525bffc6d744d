"""The columns of the benchmark: what a row is computed with, and why some can't be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from gonerd.errors import ConfigError
from gonerd_baselines.bench.row import Row

__all__ = ["IMPLEMENTATIONS", "Implementation", "Way", "checked_implementation", "way_of"]

Implementation = Literal["transformers", "sdpa", "eager", "ours"]
"""The row's own class in transformers with its default attention, full attention with SDPA, transformers'
eager attention (as the paper ran it), and our encoder."""

IMPLEMENTATIONS: tuple[Implementation, ...] = get_args(Implementation)


@dataclass(frozen=True, slots=True)
class Way:
    """How a row is computed in one column; rows with equal ways are timed once."""

    family: str
    """The family whose class of transformers runs; empty for our encoder."""
    attention: str
    """`sdpa` or `eager` in transformers; the pattern's kind in ours."""
    reason: str = ""
    """Why there is nothing to time; empty where there is."""


def checked_implementation(name: str) -> Implementation:
    """The implementation of this name.

    Raises:
        ConfigError: there is none.
    """
    for known in IMPLEMENTATIONS:
        if name == known:
            return known
    raise ConfigError(
        f"implementation {name!r} is unknown; expected one of {', '.join(IMPLEMENTATIONS)}"
    )


def way_of(row: Row, implementation: Implementation) -> Way:
    """How `row` runs in this column.

    Full attention with SDPA of a row with a pattern is RoBERTa's class in the row's sizes: what one would
    use instead of it.
    """
    family = row.of_family
    if implementation == "ours":
        if not family.ours:
            return Way("", "", f"{row.title.strip()} has not the shape of our encoder")
        return Way("", row.attention)
    if implementation == "sdpa":
        return Way(row.family, "sdpa") if family.full else Way("roberta", "sdpa")
    if row.attention == "lsg":
        if implementation == "eager":
            return Way("", "", "as `transformers`")
        return Way(
            "",
            "",
            "transformers 5 has no class for LSG, and LSG's converter does not import with it",
        )
    if implementation == "eager":
        if not family.full:
            return Way("", "", "as `transformers`: its class has no other attention than eager")
        return Way(row.family, "eager")
    return Way(row.family, "sdpa" if family.full else "eager")
