"""What the tables are made of: rows of models, columns of tasks, and the runs that fill the cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Column", "Row", "TableSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A number that every model has."""

    name: str
    title: str
    group: str
    """The task's title, over its columns."""
    task: str = ""
    """Whose runs hold it; empty for an average of columns."""
    metric: str = ""
    """As the task's evaluation calls it."""
    average_of: tuple[tuple[str, ...], ...] = ()
    """Columns, by task: an average over tasks of averages."""
    paper: str = ""
    """The paper's column, empty where it has none."""
    paper_group: str = ""
    """The task as the paper calls it."""
    place: int = 0
    """Which of the numbers of the paper's cell, where a slash stands between two."""
    shown: bool = True
    """Or only a part of an average."""
    leads: bool = True
    """Whether it is shown with interval and retention, as the task's main number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A model."""

    name: str
    title: str
    block: str
    """Under which heading it stands: baseline, compressed, efficient, beyond the paper."""
    runs: Mapping[str, tuple[str, ...]]
    """By task, the steps that fine-tuned and evaluated it, one for each seed."""
    teachers: tuple[str, ...] = ()
    """Rows that its numbers are shares of: of each number, that of the first one that has it."""
    paper: str = ""
    """The paper's row, empty where it has none."""
    control: bool = False
    """Nothing was learned from a teacher."""
    against: str = ""
    """The row that differs from it by its teacher alone."""
    more: int = 0
    """Tokens that it read beyond those of a distillation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A table before anything has run."""

    name: str
    title: str
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    paper: str = ""
    """The paper's table whose cells stand beside; empty where there is none."""
    bench: str = ""
    """The step of a benchmark: what models cost, by `gonerd bench`."""
    costs: str = ""
    """The step of a benchmark whose seconds and memory stand beside."""
    notes: tuple[str, ...] = field(default=())

    @property
    def steps(self) -> tuple[str, ...]:
        """All whose results it is made of."""
        runs = [name for row in self.rows for names in row.runs.values() for name in names]
        return tuple(dict.fromkeys([*runs, *(name for name in (self.bench, self.costs) if name)]))
