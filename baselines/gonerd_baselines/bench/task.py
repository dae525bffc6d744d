"""What one process is told to time, as JSON that holds all that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from gonerd_baselines.attention import AUTO
from gonerd_baselines.bench.implementation import Implementation, Way, way_of
from gonerd_baselines.bench.row import Row, row_from_json

__all__ = ["ARRANGEMENTS", "DTYPES", "Task", "task_from_json"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}

ARRANGEMENTS = ("uniform", "padded", "sorted", "packed")
"""A batch of equal lengths; real lengths in batches padded to one length, in batches of documents sorted by
length and padded to the longest, or packed without padding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A cell of the table."""

    row: Row
    implementation: Implementation
    length: int
    """Tokens of a document; of real ones the most, what is longer is cut."""
    batch: int
    """Documents of a batch; packed, so many times `length` tokens."""
    dtype: str = "float32"
    head: str = "token"
    device: str = "cpu"
    attention_backend: str = AUTO
    arrangement: str = "uniform"
    """One of ARRANGEMENTS."""
    lengths: tuple[int, ...] = ()
    """Of real documents, where they are not equal."""
    repeat: int = 3
    """Timed runs."""
    warm_up: int = 1
    """Runs before."""
    at_most_seconds: float | None = None
    """Runs end after so many, but not before three."""
    memory_limit_mib: int | None = None
    """Of the process' address space; None for the machine's own limit."""
    threads: int | None = None
    """Of torch on the processor; None for its own choice."""
    seed: int = 0
    """Of weights and tokens."""

    @property
    def way(self) -> Way:
        """How it is computed."""
        return way_of(self.row, self.implementation)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from the other cells of a run."""
        return (
            self.row.name,
            self.implementation,
            str(self.length),
            self.dtype,
            self.head,
            self.arrangement,
        )

    @property
    def work_key(self) -> tuple[Any, ...]:
        """Equal for cells that compute the same."""
        way = self.way
        return (self.row.name, way.family, way.attention, *self.key[2:])

    def named(self) -> dict[str, Any]:
        """What a result says of it: all but sizes and lists."""
        fields = asdict(self)
        for name in ("lengths", "row", "memory_limit_mib", "at_most_seconds", "threads", "seed"):
            del fields[name]
        return {"row": self.row.name} | fields

    def as_json(self) -> dict[str, Any]:
        """All fields; `task_from_json` is the inverse."""
        return asdict(self)


def task_from_json(fields: Mapping[str, Any]) -> Task:
    """The task that `Task.as_json` gave."""
    rest = dict(fields)
    row = row_from_json(rest.pop("row"))
    return Task(row=row, lengths=tuple(rest.pop("lengths")), **rest)
