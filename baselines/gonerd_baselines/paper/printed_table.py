"""A table as it is printed: cells are the paper's own characters, so that their precision is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from gonerd.errors import ConfigError
from gonerd_baselines.paper.interval import Interval, printed

__all__ = ["EFFICIENT", "NOTHING", "STUDENT", "PrintedTable", "table_from_text"]

NOTHING = "-"
"""A cell in which the paper prints no number."""

EFFICIENT = ("LSG", "Nystromformer", "Longformer", "Big Bird")
"""The teachers, as the tables call them."""

STUDENT = "'s student"
"""After a teacher's name: the row below it, which the paper marks with an arrow."""


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Cells by row and column; a cell may hold two numbers with a slash between."""

    name: str
    columns: tuple[str, ...]
    cells: Mapping[str, tuple[str, ...]]

    def text(self, row: str, column: str) -> str:
        """The cell as printed."""
        if row not in self.cells or column not in self.columns:
            raise ConfigError(f"{self.name} has no cell {row!r}, {column!r}")
        return self.cells[row][self.columns.index(column)]

    def has(self, row: str, column: str) -> bool:
        """Whether a number is printed there."""
        return self.text(row, column) != NOTHING

    def values(self, row: str, column: str) -> tuple[Interval, ...]:
        """The cell's numbers: two where there is a slash, none where nothing is printed."""
        text = self.text(row, column)
        return () if text == NOTHING else tuple(map(printed, text.split("/")))

    def value(self, row: str, column: str) -> Interval:
        """The only number of a cell."""
        return printed(self.text(row, column))

    def count(self, row: str, column: str) -> Interval:
        """The cell's whole number, which is counted and not rounded."""
        return Interval.exact(Fraction(self.text(row, column)))

    def with_cell(self, row: str, column: str, text: str) -> PrintedTable:
        """The same with one cell printed differently."""
        self.text(row, column)
        line = list(self.cells[row])
        line[self.columns.index(column)] = text
        return replace(self, cells={**self.cells, row: tuple(line)})


def table_from_text(name: str, columns: str, lines: str) -> PrintedTable:
    """A table of lines `row | cell cell ...`; names of columns stand with spaces between.

    A line without a name is the student of the row above.
    """
    header = tuple(columns.split())
    cells: dict[str, tuple[str, ...]] = {}
    above = ""
    for line in lines.strip().splitlines():
        title, _, rest = line.partition("|")
        row = title.strip() or above + STUDENT
        above = row
        found = tuple(rest.split())
        if len(found) != len(header) or row in cells:
            raise ConfigError(
                f"{name}, row {row!r}: {len(found)} cells; expected {len(header)}, and the row once"
            )
        cells[row] = found
    return PrintedTable(name, header, cells)
